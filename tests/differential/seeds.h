#pragma once

#include <cstdint>
#include <vector>

#include "compiler/ir/policy.h"

/// Which random policies a run of these tests tries.
namespace route::differential {

/// All seeds, or those that ROUTE_SHARD, ROUTE_SEED and ROUTE_SEEDS pick: see `differential_test.cpp`.
auto Seeds() -> std::vector<std::uint64_t>;

auto PolicyOf(std::uint64_t seed) -> ir::Policy;

}  // namespace route::differential
