#include "compiler/diagnostics/fixes.h"

#include <algorithm>

#include "compiler/resolve/resolver.h"

// The fixes that several of the errors have in common.

namespace route::resolve {
namespace {

auto IsName(std::string_view text) -> bool {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace

auto Upper(std::string text) -> std::string {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  return text;
}

auto Resolver::Replace(Span span, std::string replacement) const -> diagnostics::Fix {
  return diagnostics::Replace(sources_, span, std::move(replacement));
}

auto Resolver::AsNameFix(const ast::Value& value) const -> std::optional<diagnostics::Fix> {
  const auto* text = std::get_if<ast::String>(&value);
  if (text == nullptr || !IsName(text->text)) return std::nullopt;
  return Replace(text->span, text->text);
}

auto Resolver::AsTextFix(const ast::Value& value) const -> std::optional<diagnostics::Fix> {
  const auto* name = std::get_if<ast::Name>(&value);
  if (name == nullptr) return std::nullopt;
  return Replace(name->span, "\"" + name->text + "\"");
}

auto Resolver::OrFix(const std::vector<ast::Value>& values) const -> std::optional<diagnostics::Fix> {
  diagnostics::Fix fix{"join them with `or`", {}};
  for (std::size_t i = 0; i + 1 < values.size(); ++i) {
    Span between{ast::SpanOf(values[i]).file, ast::SpanOf(values[i]).end, ast::SpanOf(values[i + 1]).begin};
    if (TextOf(between) != " and" && TextOf(between) != "and") return std::nullopt;
    fix.edits.push_back({between, " or "});
  }
  return fix;
}

auto Resolver::ExchangeFix(const std::vector<ast::Value>& ends) const -> std::optional<diagnostics::Fix> {
  if (ends.size() != 2) return std::nullopt;
  Span first = ast::SpanOf(ends[0]);
  Span second = ast::SpanOf(ends[1]);
  std::string low(sources_.Text(second));
  std::string high(sources_.Text(first));
  return diagnostics::Fix{"exchange `" + high + "` and `" + low + "`", {{first, low}, {second, high}}};
}

auto Resolver::InsertFix(FileId file, const std::string& declaration) const -> diagnostics::Fix {
  Span after{file, 0, 0};
  for (const ast::File& each : loaded_.files) {
    if (each.id != file) continue;
    for (const ast::Declaration& written : each.declarations) {
      if (const auto* import = std::get_if<ast::Import>(&written)) after = std::max(after, import->span);
      if (const auto* line = std::get_if<ast::PolicyLine>(&written)) {
        after = std::max(after, line->version ? line->version->span : line->name.span);
      }
    }
  }
  return diagnostics::InsertDeclaration(sources_, after, declaration);
}

auto Resolver::MissingUnitHint(const std::string& number, Unit unit) -> std::string {
  if (unit == Unit::kTimeOfDay) return "a time of day is written, for example, `22:30`";
  if (unit == Unit::kMilliseconds) return "write `" + number + " ms` or `" + number + " s`";
  return "write `" + number + (unit == Unit::kPercent ? "" : " ") + std::string(UnitName(unit)) + "`";
}

auto Resolver::MissingUnitFix(Span number, Unit unit) const -> std::optional<diagnostics::Fix> {
  if (unit == Unit::kMilliseconds || unit == Unit::kTimeOfDay) return std::nullopt;
  std::string text(sources_.Text(number));
  return Replace(number, text + (unit == Unit::kPercent ? "" : " ") + std::string(UnitName(unit)));
}

auto Resolver::WithoutUnitFix(Span quantity) const -> std::optional<diagnostics::Fix> {
  std::string text(sources_.Text(quantity));
  std::size_t end = text.find_first_not_of("0123456789_.kM");
  if (end == 0 || end == std::string::npos) return std::nullopt;
  return Replace(quantity, text.substr(0, end));
}

auto Resolver::SameTwiceFix(std::string_view words, Span first, Span second) const -> std::optional<diagnostics::Fix> {
  if (first.file != second.file || TextOf(first) != TextOf(second)) return std::nullopt;
  Span statement = diagnostics::WithWordsBefore(sources_, words, second);
  if (statement.end == 0) return std::nullopt;
  return diagnostics::DeleteStatement(sources_, statement);
}

}  // namespace route::resolve
