#include <algorithm>

#include "compiler/base/lookalike.h"
#include "compiler/diagnostics/fixes.h"
#include "compiler/resolve/resolver.h"
#include "stdlib/library.h"

namespace route::resolve {

using diagnostics::Builder;
using diagnostics::Code;

auto Symbols::Add(const std::string& name, std::uint32_t index, Span span) -> bool {
  bool added = entries_.try_emplace(name, Entry{index, span}).second;
  if (added) by_skeleton_.try_emplace(NameSkeleton(name), name);
  return added;
}

auto Symbols::Lookalike(const std::string& name) const -> std::optional<std::string> {
  auto found = by_skeleton_.find(NameSkeleton(name));
  if (found == by_skeleton_.end() || found->second == name) return std::nullopt;
  return found->second;
}

auto Symbols::Find(const std::string& name) -> std::optional<std::uint32_t> {
  auto found = entries_.find(name);
  if (found == entries_.end()) return std::nullopt;
  found->second.used = true;
  return found->second.index;
}

auto Symbols::Unused() const -> std::vector<std::pair<std::string, Span>> {
  std::vector<std::pair<std::string, Span>> unused;
  for (const auto& [name, entry] : entries_) {
    if (!entry.used) unused.emplace_back(name, entry.span);
  }
  std::ranges::sort(unused, {}, [](const auto& each) { return std::pair(each.second.file.index, each.second.begin); });
  return unused;
}

auto Symbols::Names() const -> std::vector<std::string> {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

void Resolver::Report(Builder&& builder) {
  if (applied_at_.empty()) {
    emitter_.Report(std::move(builder));
  } else {
    // A fix inside a shape would change every place that uses it, and its words come from two places.
    emitter_.Report(std::move(builder).AddNote(applied_at_.front(), "it is used here").WithoutFixes());
  }
}

void Resolver::Error(Code code, Span span, std::string message, std::string hint) {
  Report(Builder(code, span, std::move(message)).WithHint(std::move(hint)));
}

void Resolver::Error(Code code, Span span, std::string message, std::string hint, std::optional<diagnostics::Fix> fix) {
  Builder builder(code, span, std::move(message));
  if (fix) std::move(builder).WithFix(std::move(*fix));
  Report(std::move(builder).WithHint(std::move(hint)));
}

void Resolver::UnknownName(std::string_view kind, const ast::Name& name, const std::vector<std::string>& known) {
  constexpr std::size_t kMostListed = 8;
  std::string nearest = diagnostics::NearestName(name.text, known);
  std::string library = LibraryThatDeclares(kind, name.text);
  std::string hint;
  std::optional<diagnostics::Fix> fix;
  if (kind == "attribute" && condition_names_.Contains(name.text)) {
    hint = "`" + name.text + "` is a condition: it stands alone, and is compared with nothing";
  } else if (!library.empty()) {
    hint = "add `import " + library + "`";
    fix = InsertFix(name.span.file, "import " + library);
  } else if (!nearest.empty()) {
    hint = "did you mean `" + nearest + "`?";
    if (diagnostics::OnlyNearestName(name.text, known) == nearest) fix = Replace(name.span, nearest);
  } else if (known.empty()) {
    hint = "none is declared";
  } else if (known.size() <= kMostListed) {
    for (const std::string& each : known) hint += (hint.empty() ? "known here: `" : ", `") + each + "`";
  }
  Error(Code::kR0201, name.span, "there is no " + std::string(kind) + " `" + name.text + "`", hint, std::move(fix));
}

auto Resolver::LibraryThatDeclares(std::string_view kind, std::string_view name) const -> std::string {
  std::string declaration = "\n" + std::string(kind) + " " + std::string(name) + " ";
  for (const std::string& library : stdlib::LibraryFiles()) {
    if (auto text = stdlib::LibraryFile(library); !text || text->find(declaration) == std::string_view::npos) continue;
    auto is_it = [&](const ast::File& each) { return sources_.Get(each.id).path() == "<" + library + ">"; };
    return std::ranges::any_of(loaded_.files, is_it) ? std::string() : library;
  }
  return {};
}

auto Resolver::Declare(Symbols& symbols, std::string_view kind, const ast::Name& name, std::uint32_t index) -> bool {
  if (symbols.Add(name.text, index, name.span)) {
    // The name of a test is a text, and no other line refers to it.
    auto other = &symbols == &test_names_ ? std::nullopt : symbols.Lookalike(name.text);
    if (other) ReportLookalike(kind, name, *other, symbols.SpanOf(*other));
    return true;
  }
  Report(Builder(Code::kR0202, name.span, "the " + std::string(kind) + " `" + name.text + "` is declared twice")
             .AddNote(symbols.SpanOf(name.text), "the first is here")
             .WithHint("give one of them another name"));
  return false;
}

auto Resolver::TextOf(Span span) const -> std::string {
  std::string text;
  bool comment = false;
  bool quoted = false;
  char before = 0;
  for (char c : sources_.Text(span)) {
    bool escaped = quoted && before == '\\';
    if (c == '"' && !comment && !escaped) quoted = !quoted;
    before = escaped ? '\0' : c;
    if (c == '#' && !quoted) comment = true;
    if (c == '\n') comment = false;
    if (comment) continue;
    bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!blank) {
      text.push_back(c);
    } else if (!text.empty() && text.back() != ' ') {
      text.push_back(' ');
    }
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

void Resolver::ListedTwice(const std::vector<ast::Value>& values, std::size_t second) {
  Span span = ast::SpanOf(values[second]);
  Error(Code::kR0207, span, "`" + TextOf(span) + "` is listed twice", "take one out",
        diagnostics::DeleteFromList(sources_, ast::SpanOf(values[second - 1]), span));
}

auto Resolver::DistinctNames(const std::vector<ast::Name>& names, std::string_view what) -> std::vector<std::string> {
  std::vector<std::string> result;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const ast::Name& name = names[i];
    if (!seen.insert(name.text).second) {
      Error(Code::kR0207, name.span, "the " + std::string(what) + " `" + name.text + "` is listed twice", "take one out",
            diagnostics::DeleteFromList(sources_, names[i - 1].span, name.span));
      continue;
    }
    result.push_back(name.text);
  }
  return result;
}

}  // namespace route::resolve
