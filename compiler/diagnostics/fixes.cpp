#include "compiler/diagnostics/fixes.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

namespace route::diagnostics {
namespace {

auto IsBlank(char c) -> bool { return c == ' ' || c == '\t'; }

/// How the lines of a file end: as its first one does.
auto LineEnd(std::string_view text) -> std::string {
  std::size_t at = text.find_first_of("\r\n");
  if (at == std::string_view::npos) return "\n";
  return text.substr(at).starts_with("\r\n") ? "\r\n" : std::string(1, text[at]);
}

/// How many bytes of a line end stand here: 0, 1 or 2.
auto LineEndAt(std::string_view text, std::size_t at) -> std::size_t {
  std::string_view rest = text.substr(at);
  if (rest.starts_with("\r\n")) return 2;
  return rest.starts_with('\n') || rest.starts_with('\r') ? 1 : 0;
}

auto At(FileId file, std::size_t begin, std::size_t end) -> Span {
  return {file, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

/// Two edits may not overlap, and nothing is inserted where another edit begins or ends: the order would matter.
auto Touch(Span a, Span b) -> bool {
  if (a.file != b.file) return false;
  bool insertion = a.begin == a.end || b.begin == b.end;
  return insertion ? a.begin <= b.end && b.begin <= a.end : a.begin < b.end && b.begin < a.end;
}

/// The edits of one file that were taken so far, by where they begin. None of them touch.
using TakenEdits = std::map<std::uint32_t, const Edit*>;

auto IsFree(const TakenEdits& taken, const Edit& edit) -> bool {
  auto next = taken.lower_bound(edit.span.begin);
  if (next != taken.end() && Touch(edit.span, next->second->span)) return false;
  return next == taken.begin() || !Touch(edit.span, std::prev(next)->second->span);
}

auto CanApply(const Fix& fix, const SourceSet& sources) -> bool {
  return std::ranges::none_of(fix.edits, [&](const Edit& edit) { return IsBuiltIn(sources.Get(edit.span.file)); });
}

}  // namespace

auto Replace(const SourceSet& sources, Span span, std::string replacement) -> Fix {
  std::string title = "write `" + replacement + "` instead of `" + std::string(sources.Text(span)) + "`";
  return {std::move(title), {{span, std::move(replacement)}}};
}

auto DeleteFromList(const SourceSet& sources, Span before, Span repeated) -> std::optional<Fix> {
  if (sources.Text({repeated.file, before.end, repeated.begin}).find('#') != std::string_view::npos) return std::nullopt;
  return Fix{"take out the second `" + std::string(sources.Text(repeated)) + "`",
          {{{repeated.file, before.end, repeated.end}, ""}}};
}

auto DeleteStatement(const SourceSet& sources, Span span) -> Fix {
  std::string title = "take out `" + std::string(sources.Text(span)) + "`";
  std::string_view text = sources.Get(span.file).text();
  std::size_t begin = span.begin;
  while (begin > 0 && IsBlank(text[begin - 1])) --begin;
  std::size_t end = span.end;
  while (end < text.size() && IsBlank(text[end])) ++end;
  bool first = begin == 0 || text[begin - 1] == '\n' || text[begin - 1] == '\r';
  std::size_t line_end = LineEndAt(text, end);
  bool last = end == text.size() || line_end > 0;
  if (first && last) return {std::move(title), {{At(span.file, begin, end + line_end), ""}}};
  // Other text stands on the line: the blanks on one side go too.
  return {std::move(title), {{first ? At(span.file, span.begin, end) : At(span.file, begin, span.end), ""}}};
}

auto InsertDeclaration(const SourceSet& sources, Span after, const std::string& declaration) -> Fix {
  std::string title = "add `" + declaration + "`";
  std::string_view text = sources.Get(after.file).text();
  const std::string line_end = LineEnd(text);
  const std::string line = declaration + line_end;
  if (after.end == 0) return {std::move(title), {{At(after.file, 0, 0), line}}};
  std::size_t end = std::min(text.find_first_of("\r\n", after.end), text.size());
  std::string_view rest = text.substr(after.end, end - after.end);
  std::size_t word = rest.find_first_not_of(" \t");
  if (word != std::string_view::npos && rest[word] != '#') {
    return {std::move(title), {{At(after.file, after.end, after.end), line_end + line}}};
  }
  if (end == text.size()) return {std::move(title), {{At(after.file, end, end), line_end + line}}};
  std::size_t next = end + LineEndAt(text, end);
  return {std::move(title), {{At(after.file, next, next), line}}};
}

auto WithWordsBefore(const SourceSet& sources, std::string_view words, Span value) -> Span {
  std::string_view text = sources.Get(value.file).text();
  std::size_t at = value.begin;
  while (!words.empty()) {
    std::size_t blank = words.rfind(' ');
    std::string_view word = blank == std::string_view::npos ? words : words.substr(blank + 1);
    words = blank == std::string_view::npos ? std::string_view() : words.substr(0, blank);
    std::size_t end = at;
    while (end > 0 && (IsBlank(text[end - 1]) || text[end - 1] == '\n' || text[end - 1] == '\r')) --end;
    if (end == at || end < word.size() || text.substr(end - word.size(), word.size()) != word) return {value.file, 0, 0};
    at = end - word.size();
  }
  return At(value.file, at, value.end);
}

auto IsBuiltIn(const SourceFile& file) -> bool { return file.path().starts_with('<') && file.path().ends_with('>'); }

auto CountFixable(const std::vector<Diagnostic>& diagnostics, const SourceSet& sources) -> std::size_t {
  return static_cast<std::size_t>(std::ranges::count_if(diagnostics, [&](const Diagnostic& diagnostic) {
    return !diagnostic.fixes.empty() && CanApply(diagnostic.fixes.front(), sources);
  }));
}

auto ApplyFixes(const std::vector<Diagnostic>& diagnostics, const SourceSet& sources) -> FixRound {
  FixRound round;
  std::map<FileId, TakenEdits> taken;
  std::set<std::string> inserted;  // a declaration that two files lack is wanted once
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.fixes.empty()) continue;
    const Fix& fix = diagnostic.fixes.front();
    bool free = CanApply(fix, sources) && std::ranges::all_of(fix.edits, [&](const Edit& edit) {
      return IsFree(taken[edit.span.file], edit);
    });
    if (!free || fix.edits.empty()) continue;
    bool declares = fix.edits.size() == 1 && fix.edits[0].span.begin == fix.edits[0].span.end &&
                    fix.edits[0].replacement.ends_with('\n');
    if (declares && !inserted.insert(fix.title).second) continue;
    for (const Edit& edit : fix.edits) taken[edit.span.file][edit.span.begin] = &edit;
    round.applied.push_back({diagnostic.code, fix.title, fix.edits.front().span});
  }
  for (const auto& [file, edits] : taken) {
    if (edits.empty()) continue;
    std::string_view text = sources.Get(file).text();
    std::string fixed;
    std::size_t at = 0;
    for (const auto& [begin, edit] : edits) {
      fixed += text.substr(at, begin - at);
      fixed += edit->replacement;
      at = edit->span.end;
    }
    fixed += text.substr(at);
    round.files.push_back({file, std::move(fixed)});
  }
  return round;
}

}  // namespace route::diagnostics
