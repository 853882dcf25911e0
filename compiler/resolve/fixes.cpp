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

/// Whether a number without a unit may be a share, of which 1 is all, as well as a percentage.
auto IsShareOrPercent(const ast::Quantity& quantity, Unit unit) -> bool {
  return unit == Unit::kPercent && quantity.number.micros > 0 && quantity.number.micros <= Decimal::kScale;
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

auto Resolver::WordFix(const ast::Condition& comparison, std::string_view word, std::string replacement) const
    -> std::optional<diagnostics::Fix> {
  if (comparison.values.empty()) return std::nullopt;
  Span first = ast::SpanOf(comparison.values.front());
  if (first.file != comparison.subject.span.file || first.begin < comparison.subject.span.end) return std::nullopt;
  std::string_view between = sources_.Text({first.file, comparison.subject.span.end, first.begin});
  std::size_t at = between.find_first_not_of(" \t\r\n");
  if (at == std::string_view::npos || between.substr(at, word.size()) != word) return std::nullopt;
  auto begin = comparison.subject.span.end + static_cast<std::uint32_t>(at);
  return Replace({first.file, begin, begin + static_cast<std::uint32_t>(word.size())}, std::move(replacement));
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

/// `128K` is the number 128 and the name `K`.
auto Resolver::IsCutOffThousands(Span number) const -> bool {
  const std::string_view behind = sources_.Get(number.file).text().substr(number.end);
  return behind.starts_with('K') && (behind.size() == 1 || !IsName(behind.substr(0, 2)));
}

auto Resolver::ThousandsFix(Span number) const -> diagnostics::Fix {
  return Replace({number.file, number.end, number.end + 1}, "k");
}

auto Resolver::MissingUnitHint(const ast::Quantity& quantity, Unit unit) const -> std::string {
  const std::string number = TextOf(quantity.span);
  if (unit == Unit::kTimeOfDay) return "a time of day is written, for example, `22:30`";
  if (IsCutOffThousands(quantity.span)) return "for thousands write `" + number + "k`";
  if (unit == Unit::kMilliseconds) return "write `" + number + " ms` or `" + number + " s`";
  if (IsShareOrPercent(quantity, unit)) {
    const Decimal percent{quantity.number.micros * 100};
    return "write `" + FormatDecimal(percent) + "%`, or, if so little is meant, `" + number + "%`";
  }
  return "write `" + number + (unit == Unit::kPercent ? "" : " ") + std::string(UnitName(unit)) + "`";
}

auto Resolver::MissingUnitFix(const ast::Quantity& quantity, Unit unit) const -> std::optional<diagnostics::Fix> {
  if (unit == Unit::kTimeOfDay) return std::nullopt;
  const Span number = quantity.span;
  if (IsCutOffThousands(number)) return ThousandsFix(number);
  if (unit == Unit::kMilliseconds || IsShareOrPercent(quantity, unit)) return std::nullopt;
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
