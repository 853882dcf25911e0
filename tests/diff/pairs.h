#pragma once

#include <cstdint>

#include "compiler/ir/policy.h"

namespace route::diff {

/// Two policies to compare: the second is the first with a few random changes (rules, refusals, routes, tiers, limits,
/// facts, defaults, names of values, maxima), or now and then something else altogether.
struct Pair {
  ir::Policy before;
  ir::Policy after;
};
auto MakePair(std::uint64_t seed) -> Pair;

/// The same with a step in between, in which only the catalogue has changed.
struct Steps {
  ir::Policy before;
  ir::Policy between;
  ir::Policy after;
};
auto MakeSteps(std::uint64_t seed) -> Steps;

}  // namespace route::diff
