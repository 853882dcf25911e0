#include "runtime/signals/spend.h"

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
  const std::string fraction = std::to_string(cost.amount % kScale);
  return std::to_string(cost.amount / kScale) + "." + std::string(9 - fraction.size(), '0') + fraction;
}

SpendBook::SpendBook(std::size_t tenants) : spent_(std::make_unique<std::atomic<std::int64_t>[]>(tenants)) {}

void SpendBook::Add(std::uint32_t tenant, NanoUsd cost) {
  std::int64_t before = spent_[tenant].load(std::memory_order_relaxed);
  while (!spent_[tenant].compare_exchange_weak(before, Saturate(static_cast<Wide>(before) + cost.amount),
                                               std::memory_order_relaxed)) {
  }
}

auto SpendBook::Spent(std::uint32_t tenant) const -> NanoUsd {
  return {spent_[tenant].load(std::memory_order_relaxed)};
}

auto SpentPercent(NanoUsd spent, std::optional<Decimal> cap) -> Decimal {
  if (!cap || cap->micros <= 0) return {};
  // spent / 10^9 over cap / 10^6, times 100, in millionths.
  return {Saturate(static_cast<Wide>(spent.amount) * 100'000 / cap->micros)};
}

}  // namespace route
