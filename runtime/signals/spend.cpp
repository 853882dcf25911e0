#include "runtime/signals/spend.h"

#include <cstdlib>
#include <limits>

namespace route {
namespace {

using Wide = __int128;

constexpr auto kMost = std::numeric_limits<std::int64_t>::max();

auto Saturate(Wide value) -> std::int64_t {
  return value > kMost ? kMost : static_cast<std::int64_t>(value);
}

}  // namespace

auto CostOf(TokenUsage usage, Decimal price_in, Decimal price_out) -> NanoUsd {
  // Millionths of a dollar for a million tokens: tokens times price is in units of 10^-12 USD.
  const Wide pico = static_cast<Wide>(usage.prompt_tokens) * price_in.micros +
                    static_cast<Wide>(usage.completion_tokens) * price_out.micros;
  return {Saturate((pico + 999) / 1000)};
}

auto FormatUsd(NanoUsd cost) -> std::string {
  constexpr std::int64_t kScale = 1'000'000'000;
  std::string text = std::to_string(cost.amount / kScale);
  text += '.';
  for (std::int64_t tenth = kScale / 10; tenth > 0; tenth /= 10) text += static_cast<char>('0' + cost.amount / tenth % 10);
  return text;
}

auto PeriodName(Period period) -> std::string_view {
  switch (period) {
    case Period::kDay:
      return "day";
    case Period::kMonth:
      return "month";
    case Period::kTotal:
      return "total";
  }
  std::abort();
}

auto SpentPercent(NanoUsd spent, NanoUsd cap) -> Decimal {
  if (cap.amount <= 0) return {};
  return {Saturate(static_cast<Wide>(spent.amount) * 100 * Decimal::kScale / cap.amount)};
}

}  // namespace route
