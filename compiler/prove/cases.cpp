#include "compiler/prove/cases.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compiler/base/internal_error.h"
#include "compiler/prove/compared.h"
#include "compiler/prove/divide.h"

namespace route::prove {
namespace {

/// What stands in the way of the promise in a box, as a question that divides it.
class Search {
 public:
  Search(const Model& model, const Obligation& obligation) : model_(model), obligation_(obligation), calendars_(model) {}

  auto Ask(const Box& box) const -> std::optional<Question> {
    if (!calendars_.IsPossible(box)) return std::nullopt;
    const Outcomes outcomes = OutcomesIn(model_, obligation_, box);
    const auto obstacle = FindObstacle(model_, obligation_, outcomes);
    if (!obstacle) return std::nullopt;
    if (const Formula* open = ChooseOpen(outcomes, *obstacle)) return FirstOpen(*open, box);
    if (auto question = calendars_.Divide(box)) return question;
    throw InternalError("prove: a request breaks what was reported as proved: " + obligation_.name);
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
    if (obstacle.service) {
      for (const std::uint32_t screen : model_.screening[*obstacle.service]) {
        if (outcomes.screens[screen] == Truth::kUnknown) return &model_.screens[screen];
      }
      return nullptr;
    }
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
  Calendars calendars_;
};

}  // namespace

auto FindCases(const Model& model, const Obligation& obligation, std::size_t most) -> std::optional<nlohmann::json> {
  if (std::holds_alternative<ir::Compared>(obligation.promise)) {
    const Comparison comparison(model, obligation);
    return Divide(model, most, [&](const Box& box) { return comparison.Ask(box); });
  }
  const Search search(model, obligation);
  return Divide(model, most, [&](const Box& box) { return search.Ask(box); });
}

}  // namespace route::prove
