#pragma once

#include <cstdint>
#include <vector>

#include "compiler/ir/policy.h"

/// A policy like those that large organisations write, of any size, and requests to it. The same numbers give the same policy
/// on every machine.
///
/// 12 attributes: tier, workload, region, tenant, asked model, classes of data, needs, prompt, difficulty, spend, urgency, date.
/// Of `rules` rules each asks one to three of them and keeps deployments by country, vendor, price, quality or status; those beyond
/// the 60th are each for one of `rules / 4 + 4` tenants. There are a fifth as many routes, the last for everything, and a twentieth as
/// many refusals, which few requests meet.
namespace route::bench {

struct Size {
  std::uint32_t rules = 100;
  std::uint32_t deployments = 300;
  std::uint64_t seed = 1;
};

auto MakePolicy(const Size& size) -> ir::Policy;

/// Requests as such a policy gets them: the common tiers and workloads often, the rest seldom.
auto MakeRequests(const ir::Policy& policy, std::uint32_t count, std::uint64_t seed) -> std::vector<ir::Request>;

}  // namespace route::bench
