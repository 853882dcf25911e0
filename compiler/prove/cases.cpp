#include "compiler/prove/cases.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compiler/base/internal_error.h"

namespace route::prove {
namespace {

constexpr std::size_t kDeepest = 500;

/// The first question of an unknown formula that is not answered in the box.
auto FirstOpen(const Formula& formula, const Box& box) -> const Formula& {
  if (formula.op == Formula::Op::kIn) return formula;
  return FirstOpen(
      *std::ranges::find_if(formula.parts, [&](const Formula& part) { return Evaluate(part, box) == Truth::kUnknown; }),
      box);
}

/// Splits boxes at what stands in the way of the promise, until nothing does.
class Search {
 public:
  Search(const Model& model, const Obligation& obligation, std::size_t most)
      : model_(model), obligation_(obligation), most_(most), box_(Everything(model)) {}

  auto Find(std::size_t depth = 0) -> std::optional<nlohmann::json> {
    const Outcomes outcomes = OutcomesIn(model_, obligation_, box_);
    const auto obstacle = FindObstacle(model_, obligation_, outcomes);
    if (!obstacle) {
      if (++leaves_ > most_) return std::nullopt;
      return true;
    }
    if (depth == kDeepest) return std::nullopt;
    const Formula* open = ChooseOpen(outcomes, *obstacle);
    if (open == nullptr)
      throw InternalError("prove: a request breaks what was reported as proved: " + obligation_.name);
    const Formula& question = FirstOpen(*open, box_);
    nlohmann::json classes = nlohmann::json::array();
    std::vector<bool>& possible = box_[question.dimension];
    const std::vector<bool> saved = possible;
    for (std::size_t c = 0; c < saved.size(); ++c) {
      if (saved[c] && question.classes[c]) classes.push_back(c);
    }
    nlohmann::json node = {question.dimension, classes};
    for (const bool inside : {true, false}) {
      for (std::size_t c = 0; c < saved.size(); ++c) possible[c] = saved[c] && question.classes[c] == inside;
      auto branch = Find(depth + 1);
      if (!branch) return branch;
      node.push_back(std::move(*branch));
    }
    possible = saved;
    return node;
  }

 private:
  /// The rule that is to be decided next so that a deployment is known to be allowed or not.
  auto OpenRuleOf(const Outcomes& outcomes, std::uint32_t deployment) const -> const Formula* {
    for (const std::uint32_t rule : model_.excluding[deployment]) {
      if (outcomes.rules[rule] == Truth::kUnknown) return &model_.rules[rule];
    }
    return nullptr;
  }

  /// Of the route's deployments that may be allowed and whose part in the promise is open, the one with the fewest open
  /// rules.
  auto OpenRuleOfRoute(const Outcomes& outcomes, const ir::Route& route) const -> const Formula* {
    const Formula* best = nullptr;
    std::size_t fewest = 0;
    for (const ir::Tier& tier : route.tiers) {
      for (const ir::Candidate& candidate : tier.candidates) {
        const std::uint32_t d = candidate.deployment.index;
        const bool irrelevant = !obligation_.passes.empty() && obligation_.passes[d] &&
                                std::holds_alternative<ir::EveryDeploymentReached>(obligation_.promise);
        if (outcomes.allowed[d] != Truth::kUnknown || irrelevant) continue;
        const auto open = static_cast<std::size_t>(std::ranges::count_if(
            model_.excluding[d], [&](std::uint32_t rule) { return outcomes.rules[rule] == Truth::kUnknown; }));
        if (best != nullptr && open >= fewest) continue;
        best = OpenRuleOf(outcomes, d);
        fewest = open;
      }
    }
    return best;
  }

  static auto FirstUnknown(const std::vector<Truth>& truths, std::size_t count) -> std::optional<std::size_t> {
    const auto found = std::find(truths.begin(), truths.begin() + static_cast<std::ptrdiff_t>(count), Truth::kUnknown);
    if (found == truths.begin() + static_cast<std::ptrdiff_t>(count)) return std::nullopt;
    return static_cast<std::size_t>(found - truths.begin());
  }

  auto ChooseOpen(const Outcomes& outcomes, const Obstacle& obstacle) const -> const Formula* {
    if (outcomes.when == Truth::kUnknown) return &obligation_.when;
    if (obstacle.route) {
      // A route that may take the request and breaks the promise whatever is allowed must be shown not to take it.
      const std::uint32_t route = *obstacle.route;
      if (const Formula* rule = OpenRuleOfRoute(outcomes, model_.policy->routes[route])) return rule;
      if (outcomes.routes[route] == Truth::kUnknown) return &model_.routes[route];
    }
    const std::size_t refusals = obstacle.refusal ? *obstacle.refusal + 1 : outcomes.refusals.size();
    const std::size_t routes = obstacle.refusal ? 0 : obstacle.route ? *obstacle.route : outcomes.routes.size();
    if (const auto i = FirstUnknown(outcomes.refusals, refusals)) return &model_.refusals[*i];
    if (const auto i = FirstUnknown(outcomes.routes, routes)) return &model_.routes[*i];
    return nullptr;
  }

  const Model& model_;
  const Obligation& obligation_;
  std::size_t most_;
  std::size_t leaves_ = 0;
  Box box_;
};

}  // namespace

auto FindCases(const Model& model, const Obligation& obligation, std::size_t most) -> std::optional<nlohmann::json> {
  return Search(model, obligation, most).Find();
}

}  // namespace route::prove
