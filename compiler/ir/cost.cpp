#include "compiler/ir/cost.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "runtime/values/value_text.h"

namespace route::ir {
namespace {

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kUnitsOfMillionth = 1'000'000;          // of a USD
constexpr std::int64_t kUnitsOfHundredthCent = 100'000'000;

}  // namespace

auto SaturatingAdd(std::int64_t a, std::int64_t b) -> std::int64_t {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? kLargest : sum;
}

auto SaturatingMultiply(std::int64_t a, std::int64_t b) -> std::int64_t {
  std::int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? kLargest : product;
}

auto AttemptCost(const Policy& policy, DeploymentId deployment, std::int64_t prompt_tokens) -> std::int64_t {
  const Deployment& facts = policy.deployments.at(deployment.index);
  return SaturatingAdd(SaturatingMultiply(facts.price_in.micros, prompt_tokens),
                       SaturatingMultiply(facts.price_out.micros, policy.limits.answer_tokens));
}

auto MostExpensive(std::vector<PricedAttempts> attempts, std::uint64_t most) -> std::int64_t {
  std::ranges::sort(attempts, std::greater(), &PricedAttempts::cost);
  std::int64_t sum = 0;
  for (const PricedAttempts& each : attempts) {
    const std::uint64_t taken = std::min(each.count, most);
    sum = SaturatingAdd(sum, SaturatingMultiply(each.cost, static_cast<std::int64_t>(taken)));
    most -= taken;
  }
  return sum;
}

auto PromptTokens(const Policy& policy, const Request& request) -> std::int64_t {
  const std::int64_t micros = std::get<Decimal>(request.at(PromptAttribute(policy).value().index)).micros;
  return (micros + Decimal::kScale - 1) / Decimal::kScale;
}

auto WorstCost(const Policy& policy, const Request& request, const Decision& decision) -> std::int64_t {
  if (decision.outcome != Outcome::kRouted) return 0;
  const std::int64_t prompt = PromptTokens(policy, request);
  std::vector<PricedAttempts> attempts;
  for (const PlanTier& planned : decision.plan) {
    const Tier& tier = policy.routes.at(decision.route.value().index).tiers.at(planned.tier);
    std::int64_t dearest = 0;
    for (const Candidate& candidate : planned.deployments) {
      attempts.push_back({.cost = AttemptCost(policy, candidate.deployment, prompt)});
      dearest = std::max(dearest, attempts.back().cost);
    }
    attempts.push_back({.cost = dearest, .count = TierAttempts(0, tier.retries)});
  }
  const std::int64_t cost = MostExpensive(std::move(attempts), policy.limits.attempts);
  const std::int64_t limit = CostLimit(policy.limits);
  return limit > 0 ? std::min(cost, limit) : cost;
}

auto InCostUnits(Decimal usd) -> std::int64_t { return SaturatingMultiply(usd.micros, kUnitsOfMillionth); }

auto CostLimit(const Limits& limits) -> std::int64_t { return limits.cost_hundredth_cents * kUnitsOfHundredthCent; }

auto LongestAffordablePrompt(const Policy& policy, DeploymentId deployment) -> std::int64_t {
  const std::int64_t left = CostLimit(policy.limits) - AttemptCost(policy, deployment, 0);
  if (left < 0) return -1;
  const std::int64_t price = policy.deployments.at(deployment.index).price_in.micros;
  return price == 0 ? kLargest : left / price;
}

auto FormatCost(std::int64_t cost) -> std::string {
  const std::int64_t millionths = cost / kUnitsOfMillionth + (cost % kUnitsOfMillionth == 0 ? 0 : 1);
  return FormatQuantity(Decimal{millionths}, Unit::kUsd);
}

}  // namespace route::ir
