#include "compiler/explain/from_table.h"

#include <doctest/doctest.h>

#include "compiler/ir/check.h"
#include "compiler/ir/evaluate.h"
#include "tests/explain/table_of.h"
#include "tests/random_policy/random_policy.h"

namespace route::explain {
namespace {

TEST_CASE("a policy rebuilt from its table decides every request alike") {
  constexpr std::uint64_t kSeeds = 300;
  const SourceSet sources = random_policy::Sources();
  std::size_t compared = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    CAPTURE(seed);
    const ir::Policy policy = random_policy::MakeRandomPolicy(seed, {.services = 2, .requests = 300});
    const Table table = TableOf(policy, sources);
    const auto rebuilt = PolicyOf(table);
    REQUIRE_MESSAGE(rebuilt.has_value(), rebuilt.error());
    REQUIRE(ir::CheckWellFormed(rebuilt->policy).empty());
    random_policy::Random random(seed);
    std::vector<ir::Request> requests = random_policy::AllRequests(policy);
    for (int i = 0; i < 40; ++i) requests.push_back(random_policy::MakeRandomRequest(policy, random));
    for (const ir::Request& request : requests) {
      REQUIRE(ir::Evaluate(rebuilt->policy, request) == ir::Evaluate(policy, request));
      ++compared;
    }
    for (std::size_t i = 0; i < policy.routes.size(); ++i) {
      CHECK(rebuilt->sources.Describe(rebuilt->policy.routes[i].span) == sources.Describe(policy.routes[i].span));
    }
  }
  CHECK(compared > 20'000);
}

}  // namespace
}  // namespace route::explain
