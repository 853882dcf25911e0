#include "runtime/values/value_text.h"

#include <cstdlib>

namespace route {
namespace {

// What follows the number: `128k tokens` is `128k` and `tokens`. The scale of `k` or `M` stays with the number.
struct Quantity {
  std::string_view number;
  std::string_view unit;
};

auto Split(std::string_view text) -> Quantity {
  std::size_t end = text.find_first_not_of("-0123456789._");
  if (end == std::string_view::npos) return {text, {}};
  const auto is_letter_at = [text](std::size_t i) {
    return i < text.size() && ((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z'));
  };
  if ((text[end] == 'k' || text[end] == 'M') && !is_letter_at(end + 1)) ++end;
  Quantity quantity{text.substr(0, end), text.substr(end)};
  if (quantity.unit.starts_with(' ')) {
    quantity.unit.remove_prefix(1);
    if (quantity.unit.empty()) quantity.number = {};  // a blank with no unit behind it
  }
  return quantity;
}

auto Expected(Unit unit) -> std::string {
  switch (unit) {
    case Unit::kNone:
      return "expected a number such as `12` or `0.375`";
    case Unit::kTokens:
      return "expected a number of tokens such as `8000` or `128k tokens`";
    case Unit::kMilliseconds:
      return "expected a time such as `800 ms` or `2s`";
    case Unit::kPercent:
      return "expected a percentage such as `40%`";
    case Unit::kUsd:
      return "expected an amount such as `15 USD`";
    case Unit::kEur:
      return "expected an amount such as `15 EUR`";
    case Unit::kTimeOfDay:
      return "expected a time of day such as `22:30`";
  }
  std::abort();  // every unit is handled above
}

}  // namespace

auto ParseQuantity(std::string_view text, Unit unit) -> std::expected<Decimal, std::string> {
  if (unit == Unit::kTimeOfDay) {
    if (auto time = ParseTimeOfDay(text)) return *time;
    return std::unexpected(Expected(unit));
  }
  const Quantity quantity = Split(text);
  const bool seconds = unit == Unit::kMilliseconds && quantity.unit == "s";
  if (!quantity.unit.empty() && !seconds && quantity.unit != UnitName(unit)) return std::unexpected(Expected(unit));

  const auto value = ParseDecimal(quantity.number);
  if (!value) {
    switch (value.error()) {
      case DecimalError::kMalformed:
        return std::unexpected(Expected(unit));
      case DecimalError::kTooPrecise:
        return std::unexpected("expected at most six digits after the point");
      case DecimalError::kOutOfRange:
        return std::unexpected("expected a number of at most 9223372036854");
    }
    std::abort();  // every error is handled above
  }
  if (unit == Unit::kTokens && value->micros % Decimal::kScale != 0) return std::unexpected("expected a whole number of tokens");
  if (!seconds) return *value;
  Decimal milliseconds;
  if (__builtin_mul_overflow(value->micros, std::int64_t{1000}, &milliseconds.micros)) {
    return std::unexpected("expected a time of at most 9223372036 seconds");
  }
  return milliseconds;
}

auto ParseTimeOfDay(std::string_view text) -> std::optional<Decimal> {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (std::size_t i : {0U, 1U, 3U, 4U}) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
  }
  const int hours = (text[0] - '0') * 10 + (text[1] - '0');
  const int minutes = (text[3] - '0') * 10 + (text[4] - '0');
  if (hours > 23 || minutes > 59) return std::nullopt;
  return Decimal::FromInteger(hours * 60 + minutes);
}

auto FormatQuantity(Decimal value, Unit unit) -> std::string {
  const std::string number = FormatDecimal(value);
  switch (unit) {
    case Unit::kNone:
      return number;
    case Unit::kPercent:
      return number + "%";
    case Unit::kTokens:
    case Unit::kMilliseconds:
    case Unit::kUsd:
    case Unit::kEur:
      return number + " " + std::string(UnitName(unit));
    case Unit::kTimeOfDay: {
      const std::int64_t minutes = value.micros / Decimal::FromInteger(1).micros;
      const auto two_digits = [](std::int64_t part) { return (part < 10 ? "0" : "") + std::to_string(part); };
      return two_digits(minutes / 60) + ":" + two_digits(minutes % 60);
    }
  }
  std::abort();  // every unit is handled above
}

auto FormatDuration(std::uint64_t milliseconds) -> std::string {
  constexpr std::uint64_t kSecond = 1000;
  if (milliseconds == 0 || milliseconds % kSecond != 0) return std::to_string(milliseconds) + " ms";
  return std::to_string(milliseconds / kSecond) + " s";
}

auto ParseYesNo(std::string_view text) -> std::optional<bool> {
  if (text == "yes" || text == "true") return true;
  if (text == "no" || text == "false") return false;
  return std::nullopt;
}

}  // namespace route
