#include "tests/differential/seeds.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "tests/random_policy/random_policy.h"

namespace route::differential {
namespace {

constexpr std::uint64_t kSeeds = 2000;

}  // namespace

auto Seeds() -> std::vector<std::uint64_t> {
  if (const char* seed = std::getenv("ROUTE_SEED")) return {std::strtoull(seed, nullptr, 10)};
  std::uint64_t remainder = 0;
  std::uint64_t shards = 1;
  if (const char* shard = std::getenv("ROUTE_SHARD")) {
    char* rest = nullptr;
    remainder = std::strtoull(shard, &rest, 10);
    shards = *rest == '/' ? std::strtoull(rest + 1, nullptr, 10) : 0;
    REQUIRE_MESSAGE(shards > remainder, "ROUTE_SHARD must be such as 1/4");
  }
  const char* count = std::getenv("ROUTE_SEEDS");
  const std::uint64_t end = count != nullptr ? std::strtoull(count, nullptr, 10) : kSeeds;
  std::vector<std::uint64_t> seeds;
  for (std::uint64_t seed = remainder; seed < end; seed += shards) seeds.push_back(seed);
  return seeds;
}

auto PolicyOf(std::uint64_t seed) -> ir::Policy {
  // Every third policy is smaller in requests and richer in rules, so that more of them interact.
  if (seed % 3 == 1) {
    return random_policy::MakeRandomPolicy(
        seed,
        {.attributes = 4, .deployments = 6, .rules = 10, .refusals = 3, .routes = 8, .guarantees = 8, .services = 3, .requests = 200});
  }
  if (seed % 3 == 2) return random_policy::MakeRandomPolicy(seed, {.services = 2, .layers = 3, .weekdays = 40});
  // Beyond what the suite tries, some are larger, for runs that may take longer.
  if (seed >= kSeeds && seed % 2 == 0) {
    return random_policy::MakeRandomPolicy(seed, {.attributes = 7,
                                                  .deployments = 8,
                                                  .rules = 16,
                                                  .refusals = 4,
                                                  .routes = 10,
                                                  .guarantees = 10,
                                                  .services = 4,
                                                  .layers = 2,
                                                  .weekdays = 20,
                                                  .requests = 4000});
  }
  return random_policy::MakeRandomPolicy(seed, {.services = 2});
}

}  // namespace route::differential
