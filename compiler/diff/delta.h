#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "compiler/diff/program.h"
#include "compiler/ir/evaluate.h"

namespace route::diff {

/// What a policy decides, in terms of a `Program`: the chain with everything that is not allowed taken out.
struct Decided {
  Outcome outcome = Outcome::kUncovered;
  std::optional<std::uint32_t> answer;  ///< when refused: index into `Program::answers`
  std::optional<std::uint32_t> route;   ///< when routed or unservable
  std::optional<std::uint32_t> chain;   ///< of that route: index into `Program::chains`
  std::vector<ChainTier> plan;          ///< not empty exactly when routed; without limits, which have been applied
};

/// One deployment, or several of which one is drawn in proportion to the weights; ascending by deployment.
using FirstChoice = std::vector<ir::Candidate>;

/// How two decisions about one request differ. What is not mentioned is the same.
struct Delta {
  struct End {
    Outcome outcome = Outcome::kRouted;
    std::optional<std::uint32_t> answer;
    friend auto operator<=>(const End&, const End&) = default;
  };
  std::optional<std::pair<End, End>> ends;  ///< what becomes of the request, or the answer that refuses it
  std::vector<std::uint32_t> lost;          ///< deployments that can be reached before and not after
  std::vector<std::uint32_t> gained;        ///< and the other way round
  std::optional<std::pair<FirstChoice, FirstChoice>> first;  ///< one is empty where nothing is reached
  bool chain =
      false;  ///< what can be reached in both is tried in another order, by other weights, or with another budget
  std::optional<std::pair<std::uint32_t, std::uint32_t>> routes;  ///< routes with different chains
  friend auto operator==(const Delta&, const Delta&) -> bool = default;

  /// Routes with other names or chains that come to the same are no difference.
  auto IsNothing() const -> bool { return !ends && lost.empty() && gained.empty() && !first && !chain; }
};

auto Compare(const Decided& before, const Decided& after) -> Delta;

/// The tiers of a chain with only those candidates that are not `excluded`, at most as many as the tier's limit.
auto PlanOf(const Chain& chain, const DeploymentSet& excluded) -> std::vector<ChainTier>;

/// What is tried first.
auto FirstChoiceOf(const std::vector<ChainTier>& plan) -> FirstChoice;

}  // namespace route::diff
