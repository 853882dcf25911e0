#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "runtime/values/decimal.h"

/// What requests cost and what tenants have spent. All money is a whole number of billionths of a US dollar.
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

/// What each tenant has spent since the process started. Threads may add and read at any time without a lock.
class SpendBook {
 public:
  explicit SpendBook(std::size_t tenants);

  void Add(std::uint32_t tenant, NanoUsd cost);
  auto Spent(std::uint32_t tenant) const -> NanoUsd;

 private:
  std::unique_ptr<std::atomic<std::int64_t>[]> spent_;
};

/// How much of the cap is spent, in percent, rounded down to a millionth. 0 without a cap.
auto SpentPercent(NanoUsd spent, std::optional<Decimal> cap) -> Decimal;

}  // namespace route
