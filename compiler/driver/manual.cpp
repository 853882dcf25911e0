#include "compiler/driver/manual.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <sstream>
#include <string_view>
#include <system_error>
#include <vector>

#include "compiler/base/source.h"

namespace route::driver {
namespace {

/// The day on which the pages were last gone over. Set by hand, so that the same sources give the same pages.
constexpr const char* kDate = "November 24, 2026";
constexpr const char* kExitStatus = R"(.Sh EXIT STATUS
.Bl -tag -width 3n -compact
.It 0
Good.
.It 1
The policy has errors, or a test failed.
.It 2
Wrong usage, or a file that cannot be read or written.
.It 3
Nothing wrong was found, but a question was not answered within its limits.
.It 70
An internal error: a bug in
.Nm routec .
.El
)";

auto ManualText(std::string_view name) -> std::string_view {
  for (const EmbeddedFile& file : ManualTexts()) {
    if (file.name == name) return file.text;
  }
  return {};
}

/// Plain characters for a line of mdoc.
auto Escaped(std::string_view text) -> std::string {
  std::string escaped;
  for (char c : text) {
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '"') {
      escaped += "\\(dq";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

/// Words as lines that are no longer than mdoc's own style allows.
auto Wrapped(const std::string& text) -> std::string {
  constexpr std::size_t kLongestLine = 78;
  std::string lines;
  std::size_t column = 0;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (column > 0 && column + 1 + word.size() > kLongestLine) {
      lines += '\n';
      column = 0;
    }
    // A line that begins with a point or an apostrophe would be a command of mdoc.
    if (column == 0 && (word.front() == '.' || word.front() == '\'')) lines += "\\&";
    lines += (column > 0 ? " " : "") + word;
    column += word.size() + 1;
  }
  return column > 0 ? lines + '\n' : lines;
}

/// A sentence as lines of mdoc: code in backticks becomes a literal, and the marks after it stay with it.
auto Sentence(std::string_view text) -> std::string {
  std::string lines;
  while (!text.empty()) {
    std::size_t open = text.find('`');
    std::size_t close = open == std::string_view::npos ? open : text.find('`', open + 1);
    std::string_view plain = text.substr(0, close == std::string_view::npos ? text.size() : open);
    lines += Wrapped(Escaped(plain));
    if (close == std::string_view::npos) break;
    lines += ".Ql \"" + Escaped(text.substr(open + 1, close - open - 1)) + "\"";
    text.remove_prefix(close + 1);
    while (!text.empty() && std::string_view(".,:;?!)").find(text.front()) != std::string_view::npos) {
      lines += std::string(" ") + text.front();
      text.remove_prefix(1);
    }
    lines += "\n";
  }
  return lines;
}

/// `-o , -output FILE`, in the words of mdoc, whose `.Fl` puts the first hyphen itself.
auto OptionHead(const Argument& option) -> std::string {
  std::string head;
  for (const std::string& name : option.names) {
    if (!head.empty()) head += " , ";
    head += "Fl " + name.substr(1);
  }
  if (!option.placeholder.empty()) head += " Ar " + Escaped(option.placeholder);
  return head;
}

auto Synopsis(const Command& command) -> std::string {
  std::string text = ".Sh SYNOPSIS\n.Nm " +
                     (command.words.empty() ? std::string("routec") : "routec " + JoinWords(command, " ")) + "\n";
  for (const Argument& option : command.options) {
    if (option.required) text += "." + OptionHead({{option.names.back()}, option.placeholder, "", true, false}) + "\n";
  }
  if (!command.options.empty()) text += ".Op Ar options\n";
  for (const Argument& argument : command.arguments) {
    std::string value = Escaped(argument.placeholder) + (argument.repeats ? " ..." : "");
    text += argument.required ? ".Ar " + value + "\n" : ".Op Ar " + value + "\n";
  }
  if (!command.commands.empty()) text += ".Ar command\n.Op Ar arguments\n";
  return text;
}

auto List(const std::string& title, const std::string& items) -> std::string {
  return items.empty() ? "" : ".Pp\n" + title + "\n.Bl -tag -width Ds\n" + items + ".El\n";
}

auto Items(const std::vector<Argument>& arguments) -> std::string {
  std::string items;
  for (const Argument& argument : arguments) {
    std::string head = argument.names.empty() ? "Ar " + Escaped(argument.placeholder) : OptionHead(argument);
    items += ".It " + head + "\n" + Sentence(argument.meaning);
  }
  return items;
}

auto SeeAlso(const Command& command) -> std::string {
  std::vector<std::string> pages;
  if (!command.words.empty()) pages.emplace_back("routec 1");
  for (const Command& within : command.commands) pages.push_back(ManualName(within) + " 1");
  std::ranges::sort(pages);
  pages.emplace_back("route 5");
  std::string text = ".Sh SEE ALSO\n";
  for (std::size_t i = 0; i < pages.size(); ++i) text += ".Xr " + pages[i] + (i + 1 < pages.size() ? " ,\n" : "\n");
  return text;
}

}  // namespace

auto ManualName(const Command& command) -> std::string {
  return command.words.empty() ? "routec" : "routec-" + JoinWords(command, "-");
}

auto ManualPage(const Command& command) -> std::string {
  std::string title = ManualName(command);
  std::string capitals = title;
  for (char& c : capitals) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  // What stands by hand before the first section is the description; the sections after it follow the exit status.
  std::string_view by_hand = ManualText(title + ".mdoc");
  std::size_t first_section = std::min(by_hand.find(".Sh "), by_hand.size());
  std::string description(by_hand.substr(0, first_section));
  std::string sections(by_hand.substr(first_section));
  if (!sections.starts_with(".Sh EXIT STATUS")) sections.insert(0, kExitStatus);
  if (description.empty()) description = Sentence(command.summary + ".");

  std::string commands;
  for (const Command& within : command.commands) {
    commands += ".It Cm " + within.words.back() + "\n" + Sentence(within.summary + ".");
  }
  std::string summary = command.summary;
  if (!summary.empty()) summary.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(summary.front())));
  return ".Dd " + std::string(kDate) + "\n.Dt " + capitals + " 1\n.Os\n.Sh NAME\n.Nm " + title + "\n.Nd " +
         Escaped(summary) + "\n" + Synopsis(command) + ".Sh DESCRIPTION\n" + description +
         List("The commands are:", commands) + List("The arguments are:", Items(command.arguments)) +
         List("The options are:", Items(command.options)) + sections + SeeAlso(command);
}

auto WriteManual(const Command& routec, const std::string& folder) -> std::expected<void, std::string> {
  std::filesystem::path root(folder);
  for (const char* section : {"man1", "man5"}) {
    std::error_code error;
    std::filesystem::create_directories(root / section, error);
    if (error)
      return std::unexpected("cannot create the folder `" + (root / section).string() + "`: " + error.message());
  }
  for (const Command* command : WithAllWithin(routec)) {
    std::string path = (root / "man1" / (ManualName(*command) + ".1")).string();
    if (auto written = WriteFileAtomically(path, ManualPage(*command)); !written) return written;
  }
  return WriteFileAtomically((root / "man5" / "route.5").string(), ManualText("route.5"));
}

}  // namespace route::driver
