#include <doctest/doctest.h>

#include "compiler/ir/text.h"
#include "compiler/verify/verify.h"
#include "tests/verify/policy_builder.h"

namespace route::verify {
namespace {

auto Text(const ir::Policy& policy, const ir::Request& request) -> std::string {
  return ir::FormatRequest(policy, request);
}

TEST_CASE("uncovered: the smallest request that no route takes") {
  PolicyBuilder b;
  const AttributeId tier = b.AddOneOf("tier", {"free", "silver", "gold"});
  const AttributeId data = b.AddAnyOf("data", {"personal", "health"});
  const AttributeId spend = b.AddNumber("spend", 100);
  const DeploymentId d = b.AddDeployment("d", b.AddVendor("v", "FR"), "FR");
  b.AddRoute("free", Is(tier, {0}), {MakeTier("d", {d})});
  b.AddRoute("healthless", Not(Includes(data, 1)), {MakeTier("d", {d})});
  b.AddRoute("thrifty", Below(spend, 40), {MakeTier("d", {d})});

  const VerifyReport report = Verify(b.Build(), {});
  REQUIRE(report.uncovered.size() == 1);
  CHECK(Text(b.policy, report.uncovered[0].witness) == "tier=silver data=health spend=40");
  CHECK_FALSE(report.passed());

  SUBCASE("a refusal explains part of it") {
    b.AddRefusal("no_silver", Is(tier, {1}));
    const VerifyReport refused = Verify(b.Build(), {});
    REQUIRE(refused.uncovered.size() == 1);
    CHECK(Text(b.policy, refused.uncovered[0].witness) == "tier=gold data=health spend=40");
  }
  SUBCASE("a route without a condition covers the rest") {
    b.AddRoute("rest", Always(), {MakeTier("d", {d})});
    CHECK(Verify(b.Build(), {}).uncovered.empty());
  }
  SUBCASE("routes that cover everything between them need no such route") {
    b.AddRoute("dear", AtLeast(spend, 40), {MakeTier("d", {d})});
    CHECK(Verify(b.Build(), {}).uncovered.empty());
  }
}

TEST_CASE("uncovered: texts and countries by class") {
  PolicyBuilder b;
  const AttributeId model = b.AddText("model");
  const AttributeId origin = b.AddCountry("origin");
  const DeploymentId d = b.AddDeployment("d", b.AddVendor("v", "FR"), "FR");
  b.AddRoute("gpt", StartsWith(model, "gpt-"), {MakeTier("d", {d})});
  b.AddRoute("others", Not(Any({StartsWith(model, "gpt-"), StartsWith(model, "claude"), TextIs(model, "claude-1")})),
             {MakeTier("d", {d})});
  b.AddRoute("claude", All({TextIs(model, "claude-1"), InCountries(origin, {"DE", "FR"})}), {MakeTier("d", {d})});
  b.AddRoute("other_claude", All({StartsWith(model, "claude"), Not(TextIs(model, "claude-1"))}), {MakeTier("d", {d})});

  const VerifyReport report = Verify(b.Build(), {});
  REQUIRE(report.uncovered.size() == 1);
  CHECK(Text(b.policy, report.uncovered[0].witness) == "model=claude-1 origin=AD");
  CHECK(report.dead_routes.empty());
}

TEST_CASE("more than eight classes, scattered") {
  PolicyBuilder b;
  const AttributeId size =
      b.AddOneOf("size", {"s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11"});
  const DeploymentId d = b.AddDeployment("d", b.AddVendor("v", "FR"), "FR");
  b.AddRoute("some", Is(size, {0, 1, 3, 5, 6, 7, 11}), {MakeTier("d", {d})});
  b.AddRoute("more", Is(size, {2, 4, 8, 10}), {MakeTier("d", {d})});
  const VerifyReport report = Verify(b.Build(), {});
  REQUIRE(report.uncovered.size() == 1);
  CHECK(Text(b.policy, report.uncovered[0].witness) == "size=s9");
  b.AddRoute("last", Is(size, {9}), {MakeTier("d", {d})});
  CHECK(Verify(b.Build(), {}).passed());
}

TEST_CASE("unservable: the smallest request, and a minimal set of rules that prefers the earliest") {
  PolicyBuilder b;
  const AttributeId work = b.AddOneOf("work", {"chat", "legal"});
  const AttributeId data = b.AddAnyOf("data", {"personal", "health"});
  const AttributeId vip = b.AddYesNo("vip");
  const VendorId us = b.AddVendor("us", "US");
  const VendorId eu = b.AddVendor("eu", "FR");
  const DeploymentId us_d = b.AddDeployment("us_d", us, "US");
  const DeploymentId eu_d = b.AddDeployment("eu_d", eu, "FR");
  const RuleId idle = b.AddRule("idle", Always(), ProcessedIn({"FR", "US"}));
  const RuleId in_eu = b.AddRule("in_eu", Includes(data, 1), ProcessedIn({"FR"}));
  const RuleId approved = b.AddRule("approved", Is(work, {1}), VendorIs(us));
  b.AddRule("again", Is(work, {1}), VendorIs(us));
  b.AddRoute("vips", IsYes(vip), {MakeTier("eu_d", {eu_d})});
  const RouteId rest = b.AddRoute("rest", Always(), {MakeTier("us_d", {us_d}), MakeTier("eu_d", {eu_d})});

  const VerifyReport report = Verify(b.Build(), {});
  REQUIRE(report.unservable.size() == 2);
  CHECK(report.unservable[0].route == RouteId{0});
  CHECK(Text(b.policy, report.unservable[0].witness) == "work=legal data=nothing vip=yes");
  CHECK(report.unservable[0].rules == std::vector{approved});
  CHECK(report.unservable[1].route == rest);
  CHECK(Text(b.policy, report.unservable[1].witness) == "work=legal data=health vip=no");
  CHECK(report.unservable[1].rules == std::vector{in_eu, approved});
  CHECK(idle.index == 0);
  CHECK_FALSE(report.passed());

  SUBCASE("refusing such requests settles it") {
    b.AddRefusal("no_legal", Is(work, {1}));
    const VerifyReport refused = Verify(b.Build(), {});
    CHECK(refused.unservable.empty());
    CHECK(refused.passed());
  }
  SUBCASE("an earlier route that takes them settles it") {
    const DeploymentId both = b.AddDeployment("both", us, "FR");
    b.policy.routes[0].tiers.push_back(MakeTier("both", {both}));
    b.policy.routes[1].when = Not(Is(work, {1}));
    b.AddRoute("legal", Always(), {MakeTier("both", {both})});
    CHECK(Verify(b.Build(), {}).passed());
  }
}

}  // namespace
}  // namespace route::verify
