#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "compiler/ir/evaluate.h"
#include "compiler/ir/policy.h"

/// Answers the questions of `verify.h` by trying every request there is, up to classes.
namespace route::differential {

class BruteForce {
 public:
  explicit BruteForce(const ir::Policy& policy);

  /// Every request, smallest first, and what the policy decides for each.
  auto requests() const -> const std::vector<ir::Request>& { return requests_; }
  auto decisions() const -> const std::vector<ir::Decision>& { return decisions_; }

  /// The index of the first request that does.
  auto First(const std::function<bool(std::size_t)>& does) const -> std::optional<std::size_t>;

  auto CanHold(const ir::Condition& condition) const -> bool;

  /// Whether each request that satisfies `condition` also satisfies one of `covers`.
  auto IsCovered(const ir::Condition& condition, const std::vector<const ir::Condition*>& covers) const -> bool;

  /// As `IsCovered`, and no longer so when any one of `covers` is left out.
  auto IsCoveredMinimally(const ir::Condition& condition, const std::vector<const ir::Condition*>& covers) const
      -> bool;

  /// Does nothing remain of the route's chain for this request when, of all rules, only these apply?
  auto RulesEmptyChain(const std::vector<RuleId>& rules, RouteId route, const ir::Request& request) const -> bool;

 private:
  const ir::Policy& policy_;
  std::vector<ir::Request> requests_;
  std::vector<ir::Decision> decisions_;
};

}  // namespace route::differential
