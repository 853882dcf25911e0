#include <doctest/doctest.h>

#include <functional>
#include <set>

#include "compiler/ir/check.h"
#include "tests/ir/build.h"
#include "tests/random_policy/random_policy.h"

namespace route::ir {
namespace {

using namespace build;

auto GoodPolicy() -> Policy {
  Policy policy = SmallPolicy();
  policy.rules.push_back(MakeRule("rule", Is(kTier, {0}), Deployments({0, 1})));
  policy.refusals.push_back(MakeRefusal("refusal", InCountries(kOrigin, {"KP"})));
  policy.routes.push_back(MakeRoute("route", True(), {MakeTier(TierOrder::kAsListed, {0, 1})}));
  Guarantee guarantee;
  guarantee.name = "guarantee";
  guarantee.promise = Served{{RefusalId{0}}};
  policy.guarantees.push_back(guarantee);
  Test test;
  test.name = "test";
  test.given = {{AttributeId{kTier}, OneOfValue{1}}};
  test.expectations.push_back({.what = ExpectRoute{{0}}, .text = "route `route`", .span = {}});
  policy.tests.push_back(test);
  return policy;
}

TEST_CASE("a good policy is well formed") {
  CHECK(CheckWellFormed(GoodPolicy()) == std::vector<std::string>{});
  CHECK(CheckWellFormed(SmallPolicy()) == std::vector<std::string>{});
}

TEST_CASE("random policies are well formed and show every kind of thing") {
  std::set<int> conditions;
  std::set<int> tests;
  std::set<int> attributes;
  std::set<int> orders;
  std::set<int> origins;
  std::set<std::size_t> promises;
  const std::function<void(const Condition&)> see_condition = [&](const Condition& condition) {
    conditions.insert(static_cast<int>(condition.kind));
    for (const Condition& child : condition.children) see_condition(child);
  };
  const std::function<void(const DeploymentTest&)> see_test = [&](const DeploymentTest& test) {
    tests.insert(static_cast<int>(test.kind));
    for (const DeploymentTest& child : test.children) see_test(child);
  };
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const Policy policy = random_policy::MakeRandomPolicy(seed, {.services = 2});
    REQUIRE(CheckWellFormed(policy) == std::vector<std::string>{});
    for (const Attribute& attribute : policy.attributes) attributes.insert(static_cast<int>(attribute.kind));
    for (const Rule& rule : policy.rules) {
      see_condition(rule.when);
      see_test(rule.keep);
      origins.insert(static_cast<int>(rule.origin));
    }
    for (const Route& route : policy.routes) {
      see_condition(route.when);
      for (const Tier& tier : route.tiers) orders.insert(static_cast<int>(tier.order));
    }
    for (const Guarantee& guarantee : policy.guarantees) promises.insert(guarantee.promise.index());
  }
  CHECK(conditions.size() == 12);
  CHECK(tests.size() == 26);
  CHECK(attributes.size() == 7);
  CHECK(orders.size() == 5);
  CHECK(origins.size() == 3);
  CHECK(promises.size() == 7);
}

TEST_CASE("each way to be malformed is found") {
  struct Case {
    std::string problem;
    std::function<void(Policy&)> spoil;
  };
  const std::vector<Case> cases = {
      {"attribute `tier`: it has no values", [](Policy& p) { p.attributes[kTier].values.clear(); }},
      {"attribute `tier`: two of its values have one name", [](Policy& p) { p.attributes[kTier].values[1] = "free"; }},
      {"attribute `tier`: it has no source", [](Policy& p) { p.attributes[kTier].sources.clear(); }},
      {"attribute `tier`: it has several sources",
       [](Policy& p) {
         p.attributes[kTier].sources.push_back({SourceKind::kClock, ""});
       }},
      {"attribute `tier`: a value does not fit attribute `tier`",
       [](Policy& p) { p.attributes[kTier].fallback = OneOfValue{3}; }},
      {"attribute `tier`: a value does not fit attribute `tier`",
       [](Policy& p) { p.attributes[kTier].fallback = YesNoValue{}; }},
      {"attribute `data`: a value does not fit attribute `data`",
       [](Policy& p) { p.attributes[kData].fallback = AnyOfValue{0b100}; }},
      {"attribute `prompt`: a value does not fit attribute `prompt`",
       [](Policy& p) { p.attributes[kPrompt].fallback = Decimal::FromInteger(3'000'000); }},
      {"attribute `urgent`: it has a unit or a maximum without being a number",
       [](Policy& p) { p.attributes[kUrgent].unit = Unit::kUsd; }},
      {"the name `tier` stands for two of the list of attributes",
       [](Policy& p) { p.attributes[kUrgent].name = "tier"; }},
      {"vendor `mistral`: its certifications are not sorted",
       [](Policy& p) {
         p.vendors[0].certifications = {"soc2", "iso27001"};
       }},
      {"model `mistral_large`: a quality is not between 0 and 100",
       [](Policy& p) { p.models[0].quality = Decimal::FromInteger(101); }},
      {"deployment `paris`: its vendor is out of range", [](Policy& p) { p.deployments[0].vendor = {3}; }},
      {"deployment `paris`: its price in is negative", [](Policy& p) { p.deployments[0].price_in = {-1}; }},
      {"deployment `paris`: its status is `alive`", [](Policy& p) { p.deployments[0].status = "alive"; }},
      {"rule `rule`: a condition's attribute is out of range", [](Policy& p) { p.rules[0].when = Is(7, {0}); }},
      {"rule `rule`: a condition does not fit attribute `tier`", [](Policy& p) { p.rules[0].when = Yes(kTier); }},
      {"rule `rule`: a condition on attribute `tier` lists no values",
       [](Policy& p) { p.rules[0].when = Not(Is(kTier, {})); }},
      {"rule `rule`: a list of values is not sorted",
       [](Policy& p) {
         p.rules[0].when = Is(kTier, {1, 0});
       }},
      {"rule `rule`: an index into the list of values is out of range",
       [](Policy& p) { p.rules[0].when = All({Is(kTier, {3})}); }},
      {"rule `rule`: a connective has no children", [](Policy& p) { p.rules[0].when = Any({}); }},
      {"rule `rule`: a prefix is empty", [](Policy& p) { p.rules[0].when = StartsWith(kModel, ""); }},
      {"rule `rule`: an index into the list of deployments is out of range",
       [](Policy& p) { p.rules[0].keep = Deployments({5}); }},
      {"rule `rule`: it comes after an implied rule",
       [](Policy& p) {
         p.rules.insert(p.rules.begin(), MakeRule("implied", True(), AnyDeployment()));
         p.rules[0].origin = Rule::Origin::kContext;
       }},
      {"route `route`: it has no tier", [](Policy& p) { p.routes[0].tiers.clear(); }},
      {"route `route`: a tier has no candidates", [](Policy& p) { p.routes[0].tiers[0].candidates.clear(); }},
      {"route `route`: a tier names a deployment twice",
       [](Policy& p) { p.routes[0].tiers[0].candidates[1].deployment = {0}; }},
      {"route `route`: a candidate is out of range",
       [](Policy& p) { p.routes[0].tiers[0].candidates[1].deployment = {5}; }},
      {"route `route`: a weight is not between 1 and 1,000,000",
       [](Policy& p) { p.routes[0].tiers[0].candidates[1].weight = 0; }},
      {"route `route`: a tier's limit is 0", [](Policy& p) { p.routes[0].tiers[0].limit = 0; }},
      {"guarantee `guarantee`: a refusal is out of range",
       [](Policy& p) { p.guarantees[0].promise = Served{{RefusalId{1}}}; }},
      {"guarantee `guarantee`: it bounds nothing", [](Policy& p) { p.guarantees[0].promise = Bounded{}; }},
      {"test `test`: a given attribute is out of range", [](Policy& p) { p.tests[0].given[0].first = {7}; }},
      {"test `test`: a value does not fit attribute `tier`",
       [](Policy& p) { p.tests[0].given[0].second = OneOfValue{3}; }},
      {"test `test`: a route is out of range", [](Policy& p) { p.tests[0].expectations[0].what = ExpectRoute{{1}}; }},
      {"test `test`: it expects nothing", [](Policy& p) { p.tests[0].expectations.clear(); }},
      {"the limit of attempts is 0", [](Policy& p) { p.limits.attempts = 0; }},
  };
  for (const Case& one : cases) {
    Policy policy = GoodPolicy();
    one.spoil(policy);
    const std::vector<std::string> problems = CheckWellFormed(policy);
    REQUIRE_MESSAGE(!problems.empty(), one.problem);
    CHECK(problems.front() == one.problem);
  }
}

}  // namespace
}  // namespace route::ir
