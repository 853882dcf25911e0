#include "runtime/values/decimal.h"

namespace route {
namespace {

constexpr int kDigitsAfterPoint = 6;

constexpr auto IsDigit(char c) -> bool {
  return c >= '0' && c <= '9';
}

// A run of digits in which single underscores may stand between two digits.
auto IsDigitRun(std::string_view text) -> bool {
  if (text.empty() || !IsDigit(text.front()) || !IsDigit(text.back())) return false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (IsDigit(text[i])) continue;
    if (text[i] != '_' || text[i - 1] == '_') return false;
  }
  return true;
}

}  // namespace

auto ParseDecimal(std::string_view text) -> std::expected<Decimal, DecimalError> {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);

  int shift = kDigitsAfterPoint;  // how many digits of the fraction belong to the count of millionths
  if (text.ends_with('k')) {
    shift += 3;
    text.remove_suffix(1);
  } else if (text.ends_with('M')) {
    shift += 6;
    text.remove_suffix(1);
  }

  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (!IsDigitRun(whole)) return std::unexpected(DecimalError::kMalformed);
  if (point != std::string_view::npos && !IsDigitRun(fraction)) return std::unexpected(DecimalError::kMalformed);

  // Counts downwards from zero, so that the smallest number needs no special case.
  std::int64_t total = 0;
  const auto append = [&total](int digit) -> bool {
    return !__builtin_mul_overflow(total, std::int64_t{10}, &total) &&
           !__builtin_sub_overflow(total, std::int64_t{digit}, &total);
  };
  bool in_range = true;
  for (char c : whole) {
    if (c != '_') in_range = in_range && append(c - '0');
  }
  int used = 0;
  for (char c : fraction) {
    if (c == '_') continue;
    if (used < shift) {
      in_range = in_range && append(c - '0');
      ++used;
    } else if (c != '0') {
      return std::unexpected(DecimalError::kTooPrecise);
    }
  }
  for (; used < shift; ++used) in_range = in_range && append(0);

  if (!negative) in_range = in_range && !__builtin_sub_overflow(std::int64_t{0}, total, &total);
  if (!in_range) return std::unexpected(DecimalError::kOutOfRange);
  return Decimal{total};
}

auto FormatDecimal(Decimal value) -> std::string {
  const bool negative = value.micros < 0;
  std::uint64_t rest = static_cast<std::uint64_t>(value.micros);
  if (negative) rest = 0 - rest;

  std::string text = negative ? "-" : "";
  text += std::to_string(rest / Decimal::kScale);
  std::string fraction = std::to_string(rest % Decimal::kScale);
  fraction.insert(0, kDigitsAfterPoint - fraction.size(), '0');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  if (!fraction.empty()) text += "." + fraction;
  return text;
}

}  // namespace route
