#include "tests/differential/brute_force.h"

#include <algorithm>
#include <variant>

#include "compiler/ir/classes.h"
#include "compiler/ir/cost.h"
#include "tests/random_policy/random_policy.h"

namespace route::differential {
namespace {

/// The same request with the longest prompt of its class.
auto WithLongestPrompt(const ir::Policy& policy, const ir::Request& request) -> ir::Request {
  const AttributeId prompt = ir::PromptAttribute(policy).value();
  const ir::ValueClasses classes(policy);
  const ir::Dimension& dimension = classes.dimensions().at(classes.FirstDimension(prompt).index);
  std::int64_t longest = policy.attributes.at(prompt.index).maximum.micros;
  for (const std::int64_t cut : dimension.cuts) {
    if (cut <= std::get<Decimal>(request.at(prompt.index)).micros) continue;
    longest = std::min(longest, cut - Decimal::kScale);
    break;
  }
  ir::Request longer = request;
  longer.at(prompt.index) = Decimal{longest};
  return longer;
}

}  // namespace

BruteForce::BruteForce(const ir::Policy& policy) : policy_(policy), requests_(random_policy::AllRequests(policy)) {
  for (const ir::Request& request : requests_) decisions_.push_back(ir::Evaluate(policy, request));
}

auto BruteForce::First(const std::function<bool(std::size_t)>& does) const -> std::optional<std::size_t> {
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    if (does(i)) return i;
  }
  return std::nullopt;
}

auto BruteForce::FirstBroken(const ir::Guarantee& guarantee) const -> std::optional<std::size_t> {
  const bool is_about_cost = std::holds_alternative<ir::CostsAtMost>(guarantee.promise);
  return First([&](std::size_t i) {
    return !ir::Holds(guarantee, policy_, is_about_cost ? WithLongestPrompt(policy_, requests_[i]) : requests_[i]);
  });
}

auto BruteForce::CanHold(const ir::Condition& condition) const -> bool {
  return First([&](std::size_t i) { return ir::Holds(condition, requests_[i]); }).has_value();
}

auto BruteForce::IsCovered(const ir::Condition& condition, const std::vector<const ir::Condition*>& covers) const
    -> bool {
  return !First([&](std::size_t i) {
    const auto holds = [&](const ir::Condition* cover) { return ir::Holds(*cover, requests_[i]); };
    return ir::Holds(condition, requests_[i]) && std::ranges::none_of(covers, holds);
  });
}

auto BruteForce::IsCoveredMinimally(const ir::Condition& condition,
                                    const std::vector<const ir::Condition*>& covers) const -> bool {
  if (!IsCovered(condition, covers)) return false;
  for (std::size_t left_out = 0; left_out < covers.size(); ++left_out) {
    std::vector<const ir::Condition*> fewer = covers;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(left_out));
    if (IsCovered(condition, fewer)) return false;
  }
  return true;
}

auto BruteForce::RulesEmptyChain(const std::vector<RuleId>& rules, RouteId route, const ir::Request& request) const
    -> bool {
  ir::Policy only = policy_;
  only.rules.clear();
  for (RuleId id : rules) only.rules.push_back(policy_.rules.at(id.index));
  const ir::Decision decision = ir::Evaluate(only, request);
  return decision.route == route && decision.outcome == Outcome::kUnservable;
}

auto BruteForce::TierOf(const ir::Decision& decision, std::size_t planned) const -> const ir::Tier& {
  return policy_.routes.at(decision.route.value().index).tiers.at(decision.plan.at(planned).tier);
}

auto BruteForce::PlayTier(const std::vector<char>& fails, std::uint32_t retries, std::uint32_t attempts) const -> Play {
  std::uint32_t retried = 0;
  for (std::size_t round = 0;; ++round) {
    for (const char fails_again : fails) {
      if (attempts == policy_.limits.attempts) return {false, attempts};
      if (round > 0 && retried++ == retries) return {false, attempts};
      ++attempts;
      if (fails_again == 0) return {true, attempts};
    }
  }
}

auto BruteForce::AttemptsWhenAllFail(const ir::Decision& decision) const -> std::uint32_t {
  std::uint32_t attempts = 0;
  for (std::size_t tier = 0; tier < decision.plan.size(); ++tier) {
    const std::vector<char> fails(decision.plan[tier].deployments.size(), 1);
    attempts = PlayTier(fails, TierOf(decision, tier).retries.value_or(0), attempts).attempts;
  }
  return attempts;
}

auto BruteForce::MostCostFrom(const ir::Decision& decision, std::size_t tier, std::uint32_t attempts, const CostOf& cost_of,
                              KnownCosts& known) const -> std::int64_t {
  if (tier == decision.plan.size()) return 0;
  const auto [place, is_new] = known.try_emplace({tier, attempts}, 0);
  if (!is_new) return place->second;
  const std::vector<ir::Candidate>& deployments = decision.plan[tier].deployments;
  std::int64_t most = 0;
  std::vector<State> states(deployments.size(), State::kDown);
  // Counts through all states, like the digits of a number.
  for (bool is_done = false; !is_done;) {
    std::int64_t cost = 0;
    std::uint32_t made = attempts;
    const auto attempt = [&](std::size_t i) {
      if (made == policy_.limits.attempts) return;
      ++made;
      cost += cost_of(deployments[i].deployment);
    };
    std::vector<std::size_t> again;
    for (std::size_t i = 0; i < deployments.size(); ++i) {
      if (states[i] != State::kDown) attempt(i);
      if (states[i] == State::kFailsForNow) again.push_back(i);
    }
    most = std::max(most, cost + MostCostFrom(decision, tier + 1, made, cost_of, known));
    // After each retry all of them may fail for good.
    const std::uint32_t retries = again.empty() ? 0 : TierOf(decision, tier).retries.value_or(0);
    for (std::uint32_t retry = 0; retry < retries; ++retry) {
      attempt(again[retry % again.size()]);
      most = std::max(most, cost + MostCostFrom(decision, tier + 1, made, cost_of, known));
    }
    is_done = true;
    for (State& state : states) {
      if (!is_done) break;
      is_done = state == State::kFailsForNow;
      state = is_done ? State::kDown : static_cast<State>(static_cast<std::uint8_t>(state) + 1);
    }
  }
  known[{tier, attempts}] = most;
  return most;
}

auto BruteForce::MostCost(const ir::Decision& decision, const CostOf& cost_of) const -> std::int64_t {
  KnownCosts known;
  return MostCostFrom(decision, 0, 0, cost_of, known);
}

auto BruteForce::CanEndFrom(const ir::Decision& decision, const std::vector<std::vector<char>>& fails, std::size_t tier,
                            std::uint32_t attempts) const -> bool {
  if (tier == fails.size()) return true;
  const std::uint32_t retries = TierOf(decision, tier).retries.value_or(0);
  // Orders that differ only among those that fail, or only among those that do not, are played once.
  std::vector<char> order = fails[tier];
  const bool is_drawn = TierOf(decision, tier).order == TierOrder::kByWeight;
  if (is_drawn) std::ranges::sort(order);
  do {
    const Play play = PlayTier(order, retries, attempts);
    if (!play.is_served && CanEndFrom(decision, fails, tier + 1, play.attempts)) return true;
  } while (is_drawn && std::ranges::next_permutation(order).found);
  return false;
}

auto BruteForce::CanEndService(const ir::Decision& decision, ir::SurvivesLoss::Unit unit,
                               const std::set<std::uint32_t>& lost) const -> bool {
  std::vector<std::vector<char>> fails;
  for (const ir::PlanTier& planned : decision.plan) {
    std::vector<char>& tier = fails.emplace_back();
    for (const ir::Candidate& candidate : planned.deployments) {
      tier.push_back(lost.contains(ir::UnitOf(policy_, unit, candidate.deployment)) ? 1 : 0);
    }
  }
  return CanEndFrom(decision, fails, 0, 0);
}

auto BruteForce::FewestLosses(const ir::Decision& decision, ir::SurvivesLoss::Unit unit) -> std::size_t {
  std::vector<std::uint32_t> key{static_cast<std::uint32_t>(unit), decision.route.value().index};
  std::set<std::uint32_t> in_plan;
  for (const ir::PlanTier& planned : decision.plan) {
    key.push_back(planned.tier);
    key.push_back(static_cast<std::uint32_t>(planned.deployments.size()));
    for (const ir::Candidate& candidate : planned.deployments) {
      key.push_back(candidate.deployment.index);
      in_plan.insert(ir::UnitOf(policy_, unit, candidate.deployment));
    }
  }
  auto [place, is_new] = fewest_.try_emplace(key, in_plan.size());
  if (!is_new) return place->second;
  const std::vector<std::uint32_t> units(in_plan.begin(), in_plan.end());
  for (std::uint32_t chosen = 0; chosen < std::uint32_t{1} << units.size(); ++chosen) {
    std::set<std::uint32_t> lost;
    for (std::size_t i = 0; i < units.size(); ++i) {
      if (((chosen >> i) & 1U) != 0) lost.insert(units[i]);
    }
    if (lost.size() < place->second && CanEndService(decision, unit, lost)) place->second = lost.size();
  }
  return place->second;
}

}  // namespace route::differential
