#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "runtime/values/decimal.h"

/// Prices as they are written in files, without a detour over binary fractions.
namespace route::import {

/// USD for a million tokens.
struct Price {
  Decimal usd;
  enum class Exactness : std::uint8_t { kExact, kRoundedUp };
  Exactness exactness = Exactness::kExact;  ///< rounded up to a millionth of a USD if it has more digits

  friend auto operator==(Price, Price) -> bool = default;
};

enum class PriceError : std::uint8_t {
  kNotANumber,  ///< no decimal number: `NaN`, `free`, an empty text
  kNegative,
  kTooLarge,  ///< more than a billion USD for a million tokens
};

/// Reads a price in USD for one token, as JSON writes numbers (`0.00001`, `1.5e-07`), as the price of a million tokens.
/// Exact, whatever the exponent; linear in the text.
auto PricePerMillion(std::string_view per_token) -> std::expected<Price, PriceError>;

/// With at least two digits after the point: `0.50`, `15.00`, `0.275`.
auto FormatMoney(Decimal usd) -> std::string;

/// Reads a count of tokens: digits, perhaps with a fraction of zeros (`2000000.0`) or an exponent. At most 10^12;
/// nothing otherwise.
auto ParseTokens(std::string_view text) -> std::expected<std::int64_t, PriceError>;

}  // namespace route::import
