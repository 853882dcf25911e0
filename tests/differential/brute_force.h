#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "compiler/ir/evaluate.h"
#include "compiler/ir/policy.h"

/// Answers the questions of `verify.h` by trying every request there is, up to classes.
namespace route::differential {

class BruteForce {
 public:
  explicit BruteForce(const ir::Policy& policy);

  auto policy() const -> const ir::Policy& { return policy_; }

  /// Every request, smallest first, and what the policy decides for each.
  auto requests() const -> const std::vector<ir::Request>& { return requests_; }
  auto decisions() const -> const std::vector<ir::Decision>& { return decisions_; }

  /// The index of the first request that does.
  auto First(const std::function<bool(std::size_t)>& does) const -> std::optional<std::size_t>;

  /// The first request that breaks the promise, if it is about money with the longest prompt of its class; of those that
  /// compare two values, whatever its own value.
  auto FirstBroken(const ir::Guarantee& guarantee) const -> std::optional<std::size_t>;

  auto CanHold(const ir::Condition& condition) const -> bool;

  /// Whether each request that satisfies `condition` also satisfies one of `covers`.
  auto IsCovered(const ir::Condition& condition, const std::vector<const ir::Condition*>& covers) const -> bool;

  /// As `IsCovered`, and no longer so when any one of `covers` is left out.
  auto IsCoveredMinimally(const ir::Condition& condition, const std::vector<const ir::Condition*>& covers) const
      -> bool;

  /// Does nothing remain of the route's chain for this request when, of all rules, only these apply?
  auto RulesEmptyChain(const std::vector<RuleId>& rules, RouteId route, const ir::Request& request) const -> bool;

  /// How many attempts are made when every one fails in a way that may pass, counted one by one.
  auto AttemptsWhenAllFail(const ir::Decision& decision) const -> std::uint32_t;

  /// Can it be, in some order that the draws may give, that no deployment of a unit outside `lost` is tried? Plays
  /// every such order, attempt by attempt.
  auto CanEndService(const ir::Decision& decision, ir::SurvivesLoss::Unit unit,
                     const std::set<std::uint32_t>& lost) const -> bool;

  /// The most that the attempts of a plan can cost when each is billed as `cost_of` says, for every way in which deployments can
  /// be down, fail for good, or fail so that they are tried again, until they fail for good after some retry. Attempt by
  /// attempt; 3^deployments ways in each tier.
  using CostOf = std::function<std::int64_t(DeploymentId)>;
  auto MostCost(const ir::Decision& decision, const CostOf& cost_of) const -> std::int64_t;

  /// The size of the smallest set of units of a plan whose loss can end service. Tries every set. `decision` is routed.
  auto FewestLosses(const ir::Decision& decision, ir::SurvivesLoss::Unit unit) -> std::size_t;

 private:
  enum class State : std::uint8_t { kDown, kFailsForGood, kFailsForNow };
  using KnownCosts = std::map<std::pair<std::size_t, std::uint32_t>, std::int64_t>;  // by tier and attempts that were made before
  auto MostCostFrom(const ir::Decision& decision, std::size_t tier, std::uint32_t attempts, const CostOf& cost_of,
                    KnownCosts& known) const -> std::int64_t;
  struct Play {
    bool is_served = false;
    std::uint32_t attempts = 0;  // made so far, in the whole chain
  };
  auto PlayTier(const std::vector<char>& fails, std::uint32_t retries, std::uint32_t attempts) const -> Play;
  auto CanEndFrom(const ir::Decision& decision, const std::vector<std::vector<char>>& fails, std::size_t tier,
                  std::uint32_t attempts) const -> bool;
  auto TierOf(const ir::Decision& decision, std::size_t planned) const -> const ir::Tier&;

  const ir::Policy& policy_;
  std::vector<ir::Request> requests_;
  std::vector<ir::Decision> decisions_;
  std::map<std::vector<std::uint32_t>, std::size_t> fewest_;  // by unit, route and plan
};

}  // namespace route::differential
