#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/prove/obligation.h"

namespace route::prove {

enum class Truth : std::uint8_t { kFalse = 0, kUnknown = 1, kTrue = 2 };

/// For each dimension the classes that are still possible, at least one.
using Box = std::vector<std::vector<bool>>;

auto Everything(const Model& model) -> Box;
auto Evaluate(const Formula& formula, const Box& box) -> Truth;

/// What is known about the requests of a box.
struct Outcomes {
  Truth when = Truth::kUnknown;
  std::vector<Truth> refusals, routes, rules, screens, allowed;
  std::vector<Truth> shown;         ///< for each service: whether nothing keeps it from the prompt
  std::int64_t longest_prompt = 0;  ///< in whole tokens; 0 if the policy does not ask for it
};
auto OutcomesIn(const Model& model, const Obligation& obligation, const Box& box) -> Outcomes;

/// Why an obligation is not established: the route that would break it, unless it is that no route is sure to match, that a
/// refusal may answer which must not, or that a service may see the prompt which must not.
struct Obstacle {
  std::optional<std::uint32_t> route;
  std::optional<std::uint32_t> refusal;
  std::optional<std::uint32_t> service;
};

/// Nothing if every request with these outcomes keeps the promise. Does not read `rules` or `screens`. Exact where nothing is
/// unknown.
auto FindObstacle(const Model& model, const Obligation& obligation, const Outcomes& outcomes)
    -> std::optional<Obstacle>;

}  // namespace route::prove
