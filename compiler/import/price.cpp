#include "compiler/import/price.h"

#include <algorithm>
#include <limits>

namespace route::import {
namespace {

constexpr auto IsDigit(char c) -> bool { return c >= '0' && c <= '9'; }

/// A decimal number as its digits, without leading zeros, and a power of ten: `digits × 10^exponent`.
struct Digits {
  std::string digits;  // empty for zero
  std::int64_t exponent = 0;
  bool negative = false;
};

/// Far beyond any number that is kept, and far from overflow.
constexpr std::int64_t kMostExponent = 1'000'000'000;

auto TakeDigits(std::string_view& text, std::string& into) -> std::size_t {
  std::size_t count = 0;
  while (count < text.size() && IsDigit(text[count])) ++count;
  into += text.substr(0, count);
  text.remove_prefix(count);
  return count;
}

auto ReadExponent(std::string_view text) -> std::expected<std::int64_t, PriceError> {
  bool down = text.starts_with('-');
  if (down || text.starts_with('+')) text.remove_prefix(1);
  std::string digits;
  if (TakeDigits(text, digits) == 0 || !text.empty()) return std::unexpected(PriceError::kNotANumber);
  std::int64_t value = 0;
  for (char c : digits) value = std::min(value * 10 + (c - '0'), kMostExponent);
  return down ? -value : value;
}

auto ReadDigits(std::string_view text) -> std::expected<Digits, PriceError> {
  Digits number;
  number.negative = text.starts_with('-');
  if (number.negative) text.remove_prefix(1);
  if (TakeDigits(text, number.digits) == 0) return std::unexpected(PriceError::kNotANumber);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    std::size_t count = TakeDigits(text, number.digits);
    if (count == 0) return std::unexpected(PriceError::kNotANumber);
    number.exponent = -static_cast<std::int64_t>(count);
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    auto exponent = ReadExponent(text.substr(1));
    if (!exponent) return std::unexpected(exponent.error());
    number.exponent += *exponent;
    text = {};
  }
  if (!text.empty()) return std::unexpected(PriceError::kNotANumber);
  number.digits.erase(0, number.digits.find_first_not_of('0'));
  return number;
}

/// The number times 10^shift as an integer, and whether digits after the point were dropped.
struct Scaled {
  std::int64_t value = 0;
  bool has_rest = false;
};

auto Scale(Digits number, std::int64_t shift, std::int64_t most) -> std::expected<Scaled, PriceError> {
  if (number.digits.empty()) return Scaled{};
  if (number.negative) return std::unexpected(PriceError::kNegative);
  std::int64_t exponent = number.exponent + shift;
  Scaled result;
  if (exponent < 0) {
    auto dropped = std::min(static_cast<std::size_t>(-exponent), number.digits.size());
    std::size_t kept = number.digits.size() - dropped;
    result.has_rest = number.digits.find_first_not_of('0', kept) != std::string::npos;
    number.digits.resize(kept);
    exponent = 0;
  }
  constexpr std::int64_t kMostDigits = std::numeric_limits<std::int64_t>::digits10;
  if (static_cast<std::int64_t>(number.digits.size()) + exponent > kMostDigits)
    return std::unexpected(PriceError::kTooLarge);
  number.digits.append(static_cast<std::size_t>(exponent), '0');
  for (char c : number.digits) result.value = result.value * 10 + (c - '0');
  if (result.value > most) return std::unexpected(PriceError::kTooLarge);
  return result;
}

}  // namespace

auto PricePerMillion(std::string_view per_token) -> std::expected<Price, PriceError> {
  constexpr std::int64_t kShift = 6 + 6;  // a million tokens, in millionths of a USD
  constexpr std::int64_t kMost = 1'000'000'000 * Decimal::kScale;
  auto digits = ReadDigits(per_token);
  if (!digits) return std::unexpected(digits.error());
  auto scaled = Scale(std::move(*digits), kShift, kMost);
  if (!scaled) return std::unexpected(scaled.error());
  if (scaled->has_rest) return Price{Decimal{scaled->value + 1}, Price::Exactness::kRoundedUp};
  return Price{Decimal{scaled->value}, Price::Exactness::kExact};
}

auto FormatMoney(Decimal usd) -> std::string {
  std::string text = FormatDecimal(usd);
  std::size_t point = text.find('.');
  if (point == std::string::npos) return text + ".00";
  if (text.size() - point == 2) text += '0';
  return text;
}

auto ParseTokens(std::string_view text) -> std::expected<std::int64_t, PriceError> {
  constexpr std::int64_t kMost = 1'000'000'000'000;
  auto digits = ReadDigits(text);
  if (!digits) return std::unexpected(digits.error());
  auto scaled = Scale(std::move(*digits), 0, kMost);
  if (!scaled) return std::unexpected(scaled.error());
  if (scaled->has_rest) return std::unexpected(PriceError::kNotANumber);
  return scaled->value;
}

}  // namespace route::import
