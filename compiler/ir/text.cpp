#include "compiler/ir/text.h"

#include <algorithm>
#include <cstdlib>

#include "compiler/diagnostics/diagnostic.h"
#include "runtime/values/given_text.h"
#include "runtime/values/value_text.h"

namespace route::ir {
namespace {

auto Quoted(std::string_view word) -> std::string {
  return "`" + std::string(word) + "`";
}

// "; did you mean `gold`?", or nothing if no name is near.
auto DidYouMean(std::string_view word, const std::vector<std::string>& names) -> std::string {
  const std::string nearest = diagnostics::NearestName(word, names);
  return nearest.empty() ? "" : "; did you mean " + Quoted(nearest) + "?";
}

// "free, silver or gold", shortened where the list is long.
auto ListNames(const std::vector<std::string>& names, std::string_view last_word) -> std::string {
  constexpr std::size_t kMost = 12;
  std::string list;
  const std::size_t shown = std::min(names.size(), kMost);
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) list += i + 1 == names.size() ? " " + std::string(last_word) + " " : ", ";
    list += Quoted(names[i]);
  }
  if (shown < names.size()) list += " " + std::string(last_word) + " " + std::to_string(names.size() - shown) + " more";
  return list;
}

auto IndexOf(const std::vector<std::string>& names, std::string_view name) -> std::optional<std::uint32_t> {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - names.begin());
}

auto NotAValue(const Attribute& attribute, std::string_view word) -> std::string {
  const std::string hint = DidYouMean(word, attribute.values);
  if (!hint.empty()) return Quoted(word) + " is not a value of " + Quoted(attribute.name) + hint;
  return Quoted(word) + " is not a value of " + Quoted(attribute.name) + "; expected " +
         ListNames(attribute.values, "or");
}

auto IsBlank(char c) -> bool {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

auto Trimmed(std::string_view text) -> std::string_view {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

auto InDoubleQuotes(std::string_view text) -> std::string {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

// The word for an empty set, which a set may also declare as a name of its own.
constexpr std::string_view kNothing = "nothing";

auto JoinMembers(const Attribute& attribute, const Value& value, std::string_view separator) -> std::string {
  std::string members;
  for (std::size_t i = 0; i < attribute.values.size(); ++i) {
    if (((std::get<AnyOfValue>(value).members >> i) & 1U) == 0) continue;
    if (!members.empty()) members += separator;
    members += attribute.values[i];
  }
  return members;
}

auto ParseMembers(const Attribute& attribute, std::string_view text) -> std::expected<Value, std::string> {
  text = Trimmed(text);
  AnyOfValue value;
  if (text.empty() || (text == kNothing && !IndexOf(attribute.values, kNothing))) return value;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view name = Trimmed(text.substr(0, comma));
    if (name.empty()) return std::unexpected("expected a value of " + Quoted(attribute.name) + " on each side of `,`");
    const auto index = IndexOf(attribute.values, name);
    if (!index) return std::unexpected(NotAValue(attribute, name));
    value.members |= std::uint64_t{1} << *index;
    if (comma == std::string_view::npos) return value;
    text.remove_prefix(comma + 1);
  }
}

auto ParseNumber(const Attribute& attribute, std::string_view text) -> std::expected<Value, std::string> {
  const auto number = ParseQuantity(text, attribute.unit);
  if (!number) return std::unexpected(Quoted(text) + " does not fit " + Quoted(attribute.name) + ": " + number.error());
  if (*number < Decimal{0}) {
    return std::unexpected(Quoted(text) + " does not fit " + Quoted(attribute.name) + ": the least value is 0");
  }
  if (*number > attribute.maximum) {
    return std::unexpected(Quoted(text) + " does not fit " + Quoted(attribute.name) + ": the greatest value is " +
                           FormatQuantity(attribute.maximum, attribute.unit));
  }
  return *number;
}

// The value as one word of `name=value`, before any quotes.
auto GivenWord(const Attribute& attribute, const Value& value) -> std::string {
  switch (attribute.kind) {
    case AttributeKind::kAnyOf: {
      std::string members = JoinMembers(attribute, value, ",");
      if (members.empty() && !IndexOf(attribute.values, kNothing)) members = kNothing;
      return members;
    }
    case AttributeKind::kNumber:
      if (attribute.unit == Unit::kTimeOfDay) return FormatQuantity(std::get<Decimal>(value), attribute.unit);
      return FormatDecimal(std::get<Decimal>(value)) + (attribute.unit == Unit::kPercent ? "%" : "");
    case AttributeKind::kText:
      return std::get<std::string>(value);
    case AttributeKind::kOneOf:
    case AttributeKind::kYesNo:
    case AttributeKind::kCountry:
    case AttributeKind::kDate:
      return FormatValue(attribute, value);
  }
  std::abort();  // every kind is handled above
}

auto NeedsQuotes(const std::string& word) -> bool {
  return word.empty() || std::ranges::any_of(word, [](char c) { return IsBlank(c) || c == '"' || c == '\\'; });
}

}  // namespace

auto FormatValue(const Attribute& attribute, const Value& value) -> std::string {
  switch (attribute.kind) {
    case AttributeKind::kOneOf:
      return attribute.values.at(std::get<OneOfValue>(value).index);
    case AttributeKind::kAnyOf: {
      std::string members = JoinMembers(attribute, value, ", ");
      return members.empty() ? std::string(kNothing) : members;
    }
    case AttributeKind::kYesNo:
      return std::get<YesNoValue>(value).yes ? "yes" : "no";
    case AttributeKind::kNumber:
      return FormatQuantity(std::get<Decimal>(value), attribute.unit);
    case AttributeKind::kText:
      return InDoubleQuotes(std::get<std::string>(value));
    case AttributeKind::kCountry:
      return std::string(CountryCode(std::get<Country>(value)));
    case AttributeKind::kDate:
      return FormatDate(std::get<Date>(value));
  }
  std::abort();  // every kind is handled above
}

auto ParseValue(const Attribute& attribute, std::string_view text) -> std::expected<Value, std::string> {
  switch (attribute.kind) {
    case AttributeKind::kOneOf: {
      const auto index = IndexOf(attribute.values, text);
      if (!index) return std::unexpected(NotAValue(attribute, text));
      return OneOfValue{*index};
    }
    case AttributeKind::kAnyOf:
      return ParseMembers(attribute, text);
    case AttributeKind::kYesNo: {
      const auto yes = ParseYesNo(text);
      if (!yes) {
        return std::unexpected(Quoted(text) + " does not fit " + Quoted(attribute.name) + ": expected `yes` or `no`");
      }
      return YesNoValue{*yes};
    }
    case AttributeKind::kNumber:
      return ParseNumber(attribute, text);
    case AttributeKind::kText:
      return std::string(text);
    case AttributeKind::kCountry: {
      const auto country = ParseCountry(text);
      if (!country) {
        return std::unexpected(Quoted(text) + " does not fit " + Quoted(attribute.name) +
                               ": expected a country's ISO 3166-1 code such as `FR`");
      }
      return *country;
    }
    case AttributeKind::kDate: {
      const auto date = ParseDate(text);
      if (!date) {
        return std::unexpected(Quoted(text) + " does not fit " + Quoted(attribute.name) +
                               ": expected a date such as `2026-08-02`");
      }
      return *date;
    }
  }
  std::abort();  // every kind is handled above
}

auto ParseGiven(const Policy& policy, std::string_view text) -> std::expected<std::vector<GivenValue>, std::string> {
  const auto pairs = SplitGiven(text);
  if (!pairs) return std::unexpected(pairs.error());

  std::vector<std::string> names;
  for (const Attribute& attribute : policy.attributes) names.push_back(attribute.name);
  std::vector<GivenValue> given;
  for (const GivenText& pair : *pairs) {
    const auto index = IndexOf(names, pair.name);
    if (!index) {
      const std::string hint = DidYouMean(pair.name, names);
      if (!hint.empty()) return std::unexpected(Quoted(pair.name) + " is not an attribute" + hint);
      return std::unexpected(Quoted(pair.name) + " is not an attribute; the policy has " +
                             (names.empty() ? "none" : ListNames(names, "and")));
    }
    auto value = ParseValue(policy.attributes[*index], pair.value);
    if (!value) return std::unexpected(std::move(value.error()));
    given.push_back({AttributeId{*index}, std::move(*value)});
  }
  return given;
}

auto FormatRequest(const Policy& policy, const Request& request) -> std::string {
  std::string text;
  for (std::size_t i = 0; i < policy.attributes.size(); ++i) {
    const Attribute& attribute = policy.attributes[i];
    const std::string value = GivenWord(attribute, request.at(i));
    if (!text.empty()) text += " ";
    text += attribute.name + "=" + (NeedsQuotes(value) ? InDoubleQuotes(value) : value);
  }
  return text;
}

auto PlainValue(const Attribute& attribute, const Value& value) -> std::string {
  if (attribute.kind == AttributeKind::kText) return std::get<std::string>(value);
  if (attribute.kind != AttributeKind::kAnyOf) return FormatValue(attribute, value);
  return JoinMembers(attribute, value, ",");
}

}  // namespace route::ir
