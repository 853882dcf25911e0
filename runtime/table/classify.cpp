#include "runtime/table/classify.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "runtime/values/value_text.h"

namespace route {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

auto TrimBlanks(std::string_view text) -> std::string_view {
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

auto Quoted(std::string_view word) -> std::string {
  return "`" + std::string(word) + "`";
}

auto NotAName(const AttributeView& attribute, std::string_view word) -> std::unexpected<std::string> {
  std::string message = Quoted(word) + " is not a value of " + Quoted(attribute.name) + "; expected ";
  for (std::size_t i = 0; i < attribute.values.size(); ++i) {
    if (i != 0) message += i + 1 == attribute.values.size() ? " or " : ", ";
    message += Quoted(attribute.values[i]);
  }
  return std::unexpected(std::move(message));
}

auto DoesNotFit(const AttributeView& attribute, std::string_view word, std::string_view why)
    -> std::unexpected<std::string> {
  return std::unexpected(Quoted(word) + " does not fit " + Quoted(attribute.name) + ": " + std::string(why));
}

auto FindName(const AttributeView& attribute, std::string_view name) -> std::optional<std::uint16_t> {
  const auto found = std::ranges::find(attribute.values, name);
  if (found == attribute.values.end()) return std::nullopt;
  return static_cast<std::uint16_t>(found - attribute.values.begin());
}

auto ReadMembers(const AttributeView& attribute, std::string_view text) -> std::expected<ReadValue, std::string> {
  ReadValue value;
  std::string_view rest = TrimBlanks(text);
  if (rest.empty() || (rest == "nothing" && !FindName(attribute, rest))) return value;
  for (;;) {
    const auto comma = rest.find(',');
    const std::string_view name = TrimBlanks(rest.substr(0, comma));
    const auto member = FindName(attribute, name);
    if (!member) return NotAName(attribute, name);
    value.members |= std::uint64_t{1} << *member;
    if (comma == std::string_view::npos) return value;
    rest.remove_prefix(comma + 1);
  }
}

/// The index of the longest of the sorted `prefixes` that `text` starts with.
auto LongestPrefix(const std::vector<std::string_view>& prefixes, std::string_view text) -> std::optional<std::size_t> {
  // Every prefix of the text sorts at or before it, and the nearest entry before it shares with it whatever shorter
  // prefix there is. So each miss cuts the text to what it shares with that entry.
  for (;;) {
    const auto after = std::ranges::upper_bound(prefixes, text);
    if (after == prefixes.begin()) return std::nullopt;
    const std::string_view nearest = *(after - 1);
    if (text.starts_with(nearest)) return static_cast<std::size_t>(after - 1 - prefixes.begin());
    const auto split = std::ranges::mismatch(text, nearest);
    text = text.substr(0, static_cast<std::size_t>(split.in1 - text.begin()));
  }
}

auto ClassOfPoint(const AttributeClasses& classes, std::int64_t point) -> std::uint16_t {
  return static_cast<std::uint16_t>(std::ranges::upper_bound(classes.cuts, point) - classes.cuts.begin());
}

auto ClassOfText(const AttributeClasses& classes, std::string_view text) -> std::uint16_t {
  const auto named = std::ranges::lower_bound(classes.texts, text);
  if (named != classes.texts.end() && *named == text) {
    return static_cast<std::uint16_t>(1 + static_cast<std::ptrdiff_t>(classes.prefixes.size()) +
                                      (named - classes.texts.begin()));
  }
  const auto prefix = LongestPrefix(classes.prefixes, text);
  return static_cast<std::uint16_t>(prefix ? 1 + *prefix : 0);
}

}  // namespace

auto ReadNumber(const AttributeView& attribute, const AttributeClasses& classes, Decimal number)
    -> std::expected<ReadValue, std::string> {
  const auto misfit = [&](std::string_view why) { return DoesNotFit(attribute, FormatQuantity(number, attribute.unit), why); };
  if (number < Decimal{0}) return misfit("the least value is 0");
  if (number > attribute.maximum) return misfit("the greatest value is " + FormatQuantity(attribute.maximum, attribute.unit));
  if (number.micros % StepOf(attribute.unit) != 0) return misfit("expected a whole number");
  return ReadValue{.value_class = ClassOfPoint(classes, number.micros), .text = {}, .point = number.micros};
}

auto ReadDate(const AttributeView& attribute, const AttributeClasses& classes, Date date)
    -> std::expected<ReadValue, std::string> {
  if (date < kFirstDate || date > kLastDate) {
    return DoesNotFit(attribute, std::to_string(date.days) + " days", "expected a date of the years 0001 to 9999");
  }
  return ReadValue{.value_class = ClassOfPoint(classes, date.days), .text = {}, .point = date.days};
}

auto ReadText(const AttributeClasses& classes, std::string_view text) -> ReadValue {
  return {.value_class = ClassOfText(classes, text), .text = std::string(text)};
}

auto ReadValueText(const AttributeView& attribute, const AttributeClasses& classes, std::string_view text)
    -> std::expected<ReadValue, std::string> {
  switch (attribute.kind) {
    case AttributeKind::kOneOf: {
      const auto index = FindName(attribute, text);
      if (!index) return NotAName(attribute, text);
      return ReadValue{.value_class = *index, .text = std::string(text)};
    }
    case AttributeKind::kAnyOf:
      return ReadMembers(attribute, text);
    case AttributeKind::kYesNo: {
      const auto yes = ParseYesNo(text);
      if (!yes) return DoesNotFit(attribute, text, "expected `yes` or `no`");
      return ReadValue{.value_class = std::uint16_t{*yes}, .text = *yes ? "yes" : "no"};
    }
    case AttributeKind::kNumber: {
      const auto number = ParseQuantity(text, attribute.unit);
      if (!number) return DoesNotFit(attribute, text, number.error());
      return ReadNumber(attribute, classes, *number);
    }
    case AttributeKind::kText:
      return ReadText(classes, text);
    case AttributeKind::kCountry: {
      const auto country = ParseCountry(text);
      if (!country) {
        return DoesNotFit(attribute, text, "expected a country's ISO 3166-1 code such as `FR`");
      }
      return ReadValue{.value_class = classes.country_class[country->index], .text = std::string(CountryCode(*country))};
    }
    case AttributeKind::kDate: {
      const auto date = ParseDate(text);
      if (!date) return DoesNotFit(attribute, text, "expected a date such as `2026-08-02`");
      return ReadDate(attribute, classes, *date);
    }
  }
  std::abort();  // the loader admits no other kind
}

auto MemberNames(const AttributeView& attribute, std::uint64_t members) -> std::string {
  std::string names;
  for (std::size_t i = 0; i < attribute.values.size(); ++i) {
    if (((members >> i) & 1U) == 0) continue;
    if (!names.empty()) names += ',';
    names += attribute.values[i];
  }
  return names;
}

}  // namespace route
