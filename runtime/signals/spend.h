#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/values/decimal.h"

/// What requests cost and what caps there are. All money is a whole number of billionths of a US dollar.
namespace route {

struct TokenUsage {
  std::int64_t prompt_tokens = 0;      ///< not negative
  std::int64_t completion_tokens = 0;  ///< not negative

  friend auto operator==(const TokenUsage&, const TokenUsage&) -> bool = default;
};

struct NanoUsd {
  std::int64_t amount = 0;

  friend auto operator<=>(NanoUsd, NanoUsd) = default;
};

/// The list price of an answer, rounded up to a whole NanoUsd. Prices are in USD for a million tokens. A sum that
/// does not fit is the largest NanoUsd.
auto CostOf(TokenUsage usage, Decimal price_in, Decimal price_out) -> NanoUsd;

/// Dollars with nine digits after the point: `0.000123000`.
auto FormatUsd(NanoUsd cost) -> std::string;

/// Over which time spend counts towards a cap. Days and months are those of the policy's time zone.
enum class Period : std::uint8_t { kDay, kMonth, kTotal };

/// What happens when a cap would be passed.
enum class AtCap : std::uint8_t {
  kRefuse,  ///< a deployment that would cost more than is left is not asked
  kPolicy,  ///< the policy decides: its budget attribute shows 100 % and more
};

struct Cap {
  NanoUsd amount;
  Period period = Period::kTotal;
  AtCap at_cap = AtCap::kRefuse;

  friend auto operator==(const Cap&, const Cap&) -> bool = default;
};

/// `day`, `month`, `total`.
auto PeriodName(Period period) -> std::string_view;

/// How much of the cap is spent, in percent, rounded down to a millionth.
auto SpentPercent(NanoUsd spent, NanoUsd cap) -> Decimal;

}  // namespace route
