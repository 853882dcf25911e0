#include "compiler/resolve/resolver.h"

namespace route::resolve {

using diagnostics::Builder;
using diagnostics::Code;

auto Symbols::Add(const std::string& name, std::uint32_t index, Span span) -> bool {
  return entries_.try_emplace(name, index, span).second;
}

auto Symbols::Find(const std::string& name) const -> std::optional<std::uint32_t> {
  auto found = entries_.find(name);
  if (found == entries_.end()) return std::nullopt;
  return found->second.first;
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
    emitter_.Report(std::move(builder).AddNote(applied_at_.back(), "it is used here"));
  }
}

void Resolver::Error(Code code, Span span, std::string message, std::string hint) {
  Report(Builder(code, span, std::move(message)).WithHint(std::move(hint)));
}

void Resolver::UnknownName(std::string_view kind, const ast::Name& name, const std::vector<std::string>& known) {
  constexpr std::size_t kMostListed = 8;
  std::string nearest = diagnostics::NearestName(name.text, known);
  std::string hint;
  if (!nearest.empty()) {
    hint = "did you mean `" + nearest + "`?";
  } else if (known.empty()) {
    hint = "none is declared";
  } else if (known.size() <= kMostListed) {
    for (const std::string& each : known) hint += (hint.empty() ? "known here: `" : ", `") + each + "`";
  }
  Error(Code::kR0201, name.span, "there is no " + std::string(kind) + " `" + name.text + "`", hint);
}

auto Resolver::Declare(Symbols& symbols, std::string_view kind, const ast::Name& name, std::uint32_t index) -> bool {
  if (symbols.Add(name.text, index, name.span)) return true;
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

auto Resolver::DistinctNames(const std::vector<ast::Name>& names, std::string_view what) -> std::vector<std::string> {
  std::vector<std::string> result;
  std::set<std::string> seen;
  for (const ast::Name& name : names) {
    if (!seen.insert(name.text).second) {
      Error(Code::kR0207, name.span, "the " + std::string(what) + " `" + name.text + "` is listed twice", "take one out");
      continue;
    }
    result.push_back(name.text);
  }
  return result;
}

}  // namespace route::resolve
