#include "compiler/mutate/mutants.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "compiler/ir/check.h"
#include "tests/random_policy/random_policy.h"

namespace route::mutate {
namespace {

using random_policy::MakeRandomPolicy;

/// The refusals that promises allow, and the routes that stand in the policy, by name.
auto NamesInPromises(const ir::Policy& policy) -> std::vector<std::set<std::string>> {
  std::vector<std::set<std::string>> names;
  for (const ir::Guarantee& guarantee : policy.guarantees) {
    const auto* served = std::get_if<ir::Served>(&guarantee.promise);
    if (served == nullptr) continue;
    names.emplace_back();
    for (const RefusalId refusal : served->unless_refused_by)
      names.back().insert(policy.refusals.at(refusal.index).name);
  }
  return names;
}

TEST_CASE("every mutant is a well-formed policy whose promises name what they did") {
  const SourceSet sources = random_policy::Sources();
  std::set<Kind> seen;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    const ir::Policy policy = MakeRandomPolicy(seed, {});
    const Generator generator(policy, sources, {});
    for (std::size_t i = 0; i < generator.size(); ++i) {
      const Mutant mutant = generator.Make(i);
      CAPTURE(mutant.what);
      CHECK(ir::CheckWellFormed(mutant.policy).empty());
      CHECK(NamesInPromises(mutant.policy) == NamesInPromises(policy));
      CHECK(!mutant.what.empty());
      seen.insert(mutant.kind);
    }
  }
  CHECK(seen.size() == kKinds);
}

TEST_CASE("only the kinds that are asked for") {
  const SourceSet sources = random_policy::Sources();
  const ir::Policy policy = MakeRandomPolicy(3, {});
  const std::vector<Kind> only = {Kind::kRoute, Kind::kOrder};
  const Generator generator(policy, sources, only);
  REQUIRE(generator.size() >= policy.routes.size());
  for (std::size_t i = 0; i < generator.size(); ++i) {
    const Kind kind = generator.Make(i).kind;
    CHECK((kind == Kind::kRoute || kind == Kind::kOrder));
  }
}

TEST_CASE("a route that changes places takes its tests along") {
  const SourceSet sources = random_policy::Sources();
  ir::Policy policy = MakeRandomPolicy(3, {});
  while (policy.routes.size() < 2) policy.routes.push_back(policy.routes.front());
  policy.routes[0].name = "first";
  policy.routes[1].name = "second";
  ir::Test test;
  test.name = "both";
  test.expectations = {{ir::ExpectRoute{{0}}, "route first", {}}, {ir::ExpectRoute{{1}}, "route second", {}}};
  policy.tests = {test};
  const std::vector<Kind> only = {Kind::kOrder};
  const Generator generator(policy, sources, only);
  bool swapped = false;
  for (std::size_t i = 0; i < generator.size(); ++i) {
    const ir::Policy mutant = generator.Make(i).policy;
    swapped = swapped || mutant.routes[0].name == "second";
    const auto route_of = [&](std::size_t at) {
      return mutant.routes.at(std::get<ir::ExpectRoute>(mutant.tests[0].expectations[at].what).route.index).name;
    };
    CHECK(route_of(0) == "first");
    CHECK(route_of(1) == "second");
  }
  CHECK(swapped);
}

}  // namespace
}  // namespace route::mutate
