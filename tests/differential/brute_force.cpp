#include "tests/differential/brute_force.h"

#include <algorithm>

#include "tests/random_policy/random_policy.h"

namespace route::differential {

BruteForce::BruteForce(const ir::Policy& policy) : policy_(policy), requests_(random_policy::AllRequests(policy)) {
  for (const ir::Request& request : requests_) decisions_.push_back(ir::Evaluate(policy, request));
}

auto BruteForce::First(const std::function<bool(std::size_t)>& does) const -> std::optional<std::size_t> {
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    if (does(i)) return i;
  }
  return std::nullopt;
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

}  // namespace route::differential
