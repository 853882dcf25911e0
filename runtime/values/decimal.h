#pragma once

#include <compare>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace route {

/// An exact decimal number with six digits after the point, held as a count of millionths.
///
/// Every number of a policy is one of these: tokens, milliseconds, percent and money alike, so no price is
/// ever rounded through a binary fraction. The range is ±9,223,372,036,854.775807.
struct Decimal {
  std::int64_t micros = 0;

  static constexpr std::int64_t kScale = 1'000'000;

  static constexpr auto FromInteger(std::int64_t value) -> Decimal { return {value * kScale}; }

  friend auto operator<=>(Decimal, Decimal) = default;
};

enum class DecimalError : std::uint8_t {
  kMalformed,    ///< not digits, with at most one point and an optional leading minus
  kTooPrecise,   ///< more than six digits after the point that are not zero
  kOutOfRange,   ///< does not fit 64 bits of millionths
};

/// Reads `12`, `0.375`, `2_000_000`, `128k` or `1.5M` (k = thousand, M = million). No spaces, no exponent.
auto ParseDecimal(std::string_view text) -> std::expected<Decimal, DecimalError>;

/// The shortest plain form: `15`, `0.375`, `2000000`. ParseDecimal reads it back to the same value.
auto FormatDecimal(Decimal value) -> std::string;

}  // namespace route
