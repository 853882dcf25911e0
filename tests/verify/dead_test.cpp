#include <doctest/doctest.h>

#include "compiler/verify/verify.h"
#include "tests/verify/policy_builder.h"

namespace route::verify {
namespace {

struct Fixture {
  PolicyBuilder b;
  AttributeId tier = b.AddOneOf("tier", {"free", "silver", "gold"});
  AttributeId spend = b.AddNumber("spend", 100);
  AttributeId vip = b.AddYesNo("vip");
  DeploymentId d = b.AddDeployment("d", b.AddVendor("v", "FR"), "FR");

  auto Route(std::string name, ir::Condition when) -> RouteId {
    return b.AddRoute(std::move(name), std::move(when), {MakeTier("d", {d})});
  }
};

TEST_CASE_FIXTURE(Fixture, "two half-covers hide a route that neither hides alone") {
  const RouteId gold = Route("gold", Is(tier, {2}));
  const RouteId low = Route("low", Below(spend, 50));
  const RouteId high = Route("high", AtLeast(spend, 50));
  const RouteId vips = Route("vips", All({IsYes(vip), Is(tier, {0, 2})}));
  const VerifyReport report = Verify(b.Build(), {});
  REQUIRE(report.dead_routes.size() == 1);
  CHECK(report.dead_routes[0].route == vips);
  CHECK(report.dead_routes[0].hidden_by == std::vector{low, high});
  CHECK(report.dead_routes[0].refused_by.empty());
  CHECK_FALSE(report.dead_routes[0].never_matches);
  CHECK(gold.index == 0);
  CHECK_FALSE(report.passed());
}

TEST_CASE_FIXTURE(Fixture, "of several hiding sets, the one that keeps the earliest") {
  Route("low", Below(spend, 50));
  const RouteId gold = Route("gold", Is(tier, {2}));
  Route("high", AtLeast(spend, 50));
  Route("gold_vip", All({Is(tier, {2}), IsYes(vip)}));
  const VerifyReport report = Verify(b.Build(), {});
  REQUIRE(report.dead_routes.size() == 1);
  CHECK(report.dead_routes[0].hidden_by == std::vector{gold});
}

TEST_CASE_FIXTURE(Fixture, "a route is alive if one class is left to it") {
  Route("low", Below(spend, 50));
  Route("high", AtLeast(spend, 51));
  Route("vips", IsYes(vip));
  Route("rest", Always());
  CHECK(Verify(b.Build(), {}).passed());
}

TEST_CASE_FIXTURE(Fixture, "a refusal and a route hide together") {
  b.AddRefusal("unrelated", IsYes(vip));
  const RefusalId no_gold = b.AddRefusal("no_gold", Is(tier, {2}));
  const RouteId silver = Route("silver", Is(tier, {1}));
  const RouteId paying = Route("paying", Is(tier, {1, 2}));
  Route("rest", Always());
  const VerifyReport report = Verify(b.Build(), {});
  REQUIRE(report.dead_routes.size() == 1);
  CHECK(report.dead_routes[0].route == paying);
  CHECK(report.dead_routes[0].hidden_by == std::vector{silver});
  CHECK(report.dead_routes[0].refused_by == std::vector{no_gold});
}

TEST_CASE_FIXTURE(Fixture, "a route behind one without a condition, and a route that cannot match") {
  const RouteId never = Route("never", All({Below(spend, 10), AtLeast(spend, 20)}));
  const RouteId beyond = Route("beyond", AtLeast(spend, 101));
  const RouteId all = Route("all", Always());
  const RouteId late = Route("late", Is(tier, {0}));
  const VerifyReport report = Verify(b.Build(), {});
  REQUIRE(report.dead_routes.size() == 3);
  CHECK(report.dead_routes[0].route == never);
  CHECK(report.dead_routes[0].never_matches);
  CHECK(report.dead_routes[0].hidden_by.empty());
  CHECK(report.dead_routes[1].route == beyond);
  CHECK(report.dead_routes[1].never_matches);
  CHECK(report.dead_routes[2].route == late);
  CHECK_FALSE(report.dead_routes[2].never_matches);
  CHECK(report.dead_routes[2].hidden_by == std::vector{all});
}

TEST_CASE_FIXTURE(Fixture, "everything is refused") {
  const RefusalId closed = b.AddRefusal("closed", Any({Is(tier, {0, 1}), Is(tier, {2})}));
  const RouteId all = Route("all", Always());
  const VerifyReport report = Verify(b.Build(), {});
  CHECK(report.uncovered.empty());
  CHECK(report.unservable.empty());
  REQUIRE(report.dead_routes.size() == 1);
  CHECK(report.dead_routes[0].route == all);
  CHECK(report.dead_routes[0].refused_by == std::vector{closed});
}

TEST_CASE_FIXTURE(Fixture, "rules that never apply; implied ones do not count") {
  Route("all", Always());
  const RuleId alive = b.AddRule("alive", Is(tier, {1}), ProcessedIn({"FR"}));
  const RuleId dead = b.AddRule("dead", All({Is(tier, {0}), Is(tier, {1, 2})}), ProcessedIn({"FR"}));
  const RuleId implied = b.AddRule("implied", All({Is(tier, {0}), Is(tier, {1})}), ProcessedIn({"FR"}));
  b.policy.rules[implied.index].origin = ir::Rule::Origin::kContext;
  const VerifyReport report = Verify(b.Build(), {});
  REQUIRE(report.dead_rules.size() == 1);
  CHECK(report.dead_rules[0].rule == dead);
  CHECK(alive.index == 0);
  CHECK(report.passed());
}

TEST_CASE_FIXTURE(Fixture, "refusals that never apply, and refusals hidden by others") {
  Route("all", Always());
  const RefusalId free_vip = b.AddRefusal("free_vip", All({Is(tier, {0}), IsYes(vip)}));
  const RefusalId silver_vip = b.AddRefusal("silver_vip", All({Is(tier, {1}), IsYes(vip)}));
  const RefusalId never = b.AddRefusal("never", AtLeast(spend, 200));
  const RefusalId hidden = b.AddRefusal("hidden", All({Is(tier, {0, 1}), IsYes(vip), Below(spend, 10)}));
  const VerifyReport report = Verify(b.Build(), {});
  REQUIRE(report.dead_refusals.size() == 2);
  CHECK(report.dead_refusals[0].refusal == never);
  CHECK(report.dead_refusals[0].never_matches);
  CHECK(report.dead_refusals[1].refusal == hidden);
  CHECK_FALSE(report.dead_refusals[1].never_matches);
  CHECK(report.dead_refusals[1].hidden_by == std::vector{free_vip, silver_vip});
  CHECK(report.passed());
}

// Each of the four covers the one that is hidden in part; any three leave something.
TEST_CASE_FIXTURE(Fixture, "a minimal hiding set has no member that can be dropped") {
  std::vector<RouteId> quarters;
  quarters.push_back(Route("a", All({IsYes(vip), Below(spend, 50)})));
  Route("unrelated_1", All({IsYes(vip), Below(spend, 20), Is(tier, {0})}));
  quarters.push_back(Route("b", All({Not(IsYes(vip)), Below(spend, 50)})));
  quarters.push_back(Route("c", All({IsYes(vip), AtLeast(spend, 50)})));
  quarters.push_back(Route("d", All({Not(IsYes(vip)), AtLeast(spend, 50)})));
  const RouteId gold = Route("gold", Is(tier, {2}));
  const VerifyReport report = Verify(b.Build(), {});
  REQUIRE(report.dead_routes.size() == 2);
  CHECK(report.dead_routes[0].route == RouteId{1});
  CHECK(report.dead_routes[0].hidden_by == std::vector{quarters[0]});
  CHECK(report.dead_routes[1].route == gold);
  CHECK(report.dead_routes[1].hidden_by == quarters);
}

}  // namespace
}  // namespace route::verify
