#include "tests/format/properties.h"

#include <optional>
#include <string_view>
#include <vector>

#include "compiler/format/format.h"
#include "compiler/syntax/dump.h"
#include "compiler/syntax/outline.h"
#include "compiler/syntax/parse.h"

namespace route {
namespace {

/// The syntax tree without the lines on which its nodes stand; nothing if the text does not parse.
auto TreeOf(const std::string& text) -> std::optional<std::string> {
  SourceSet sources;
  diagnostics::Emitter emitter;
  FileId file = sources.Add("test.route", text);
  ast::File tree = syntax::Parse(sources, file, emitter);
  if (emitter.has_errors()) return std::nullopt;
  std::string result;
  std::string dump = syntax::Dump(tree, sources);
  for (std::size_t begin = dump.find('\n') + 1; begin < dump.size();) {  // the first line names the file
    std::size_t end = dump.find('\n', begin);
    result += dump.substr(begin, dump.rfind("  @", end) - begin) + "\n";
    begin = end + 1;
  }
  return result;
}

auto FormatText(const std::string& text) -> std::optional<std::string> {
  SourceSet sources;
  diagnostics::Emitter emitter;
  FileId file = sources.Add("test.route", text);
  return format::Format(sources, file, emitter);
}

/// Words, or comments without blanks at their ends.
auto Spellings(const std::string& text, bool comments) -> std::vector<std::string> {
  SourceSet sources;
  diagnostics::Emitter emitter;
  FileId file = sources.Add("test.route", text);
  std::vector<std::string> spellings;
  for (const syntax::Word& word : syntax::ReadOutline(sources, file, emitter)) {
    if ((word.joint == syntax::Joint::kComment) != comments) continue;
    spellings.push_back(text.substr(word.begin, word.end - word.begin));
  }
  return spellings;
}

auto WhatIsWrongWithLines(const std::string& text) -> std::string {
  if (text.empty()) return {};
  if (text.back() != '\n') return "the last line has no end";
  if (text.front() == '\n') return "a blank line at the beginning";
  if (text.ends_with("\n\n")) return "a blank line at the end";
  if (text.find("\n\n\n") != std::string::npos) return "two blank lines";
  for (std::string_view bad : {" \n", "\t\n", "\r"}) {
    if (text.find(bad) != std::string::npos) return "blanks at the end of a line";
  }
  return {};
}

}  // namespace

auto Parses(const std::string& text) -> bool {
  return TreeOf(text).has_value();
}

auto WhatIsWrongWithFormatting(const std::string& text) -> std::string {
  auto tree = TreeOf(text);
  auto once = FormatText(text);
  if (!tree) return once ? "a text with errors is formatted" : "";
  if (!once) return "a text without errors is not formatted";
  if (auto wrong = WhatIsWrongWithLines(*once); !wrong.empty()) return wrong + ":\n" + *once;
  if (TreeOf(*once) != tree) return "the tree changes:\n" + *once;
  if (Spellings(*once, false) != Spellings(text, false)) return "the words change:\n" + *once;
  if (Spellings(*once, true) != Spellings(text, true)) return "the comments change:\n" + *once;
  auto twice = FormatText(*once);
  if (!twice) return "what was formatted does not parse:\n" + *once;
  if (*twice != *once) return "formatting again changes\n" + *once + "\nto\n" + *twice;
  return {};
}

}  // namespace route
