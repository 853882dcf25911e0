#include <doctest/doctest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "compiler/ir/json.h"
#include "compiler/ir/report.h"
#include "tests/ir/build.h"
#include "tests/random_policy/random_policy.h"

namespace route::ir {
namespace {

using namespace build;
using Json = nlohmann::ordered_json;

auto RuleJson(Condition when, DeploymentTest keep) -> Json {
  Policy policy = SmallPolicy();
  policy.rules.push_back(MakeRule("rule", std::move(when), std::move(keep)));
  return ToJson(policy)["rules"][0];
}

TEST_CASE("a request is a witness in the policy's words") {
  const Policy policy = SmallPolicy();
  Request request = PlainRequest();
  request[kData] = AnyOfValue{0b10};
  request[kPrompt] = Decimal{1'500'000};
  CHECK(
      RequestToJson(policy, request).dump() ==
      R"({"tier":"free","data":["health"],"urgent":false,"prompt":"1.5","asked_model":"","origin":"FR","today":"2026-08-02"})");
  request[kPrompt] = Decimal::FromInteger(128'000);
  CHECK(RequestToJson(policy, request)["prompt"].dump() == "128000");
  request[kData] = AnyOfValue{};
  CHECK(RequestToJson(policy, request)["data"].dump() == "[]");
}

TEST_CASE("conditions are spelled out") {
  constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
  const auto when = [](Condition condition) { return RuleJson(std::move(condition), AnyDeployment())["when"].dump(); };
  CHECK(when(True()) == "true");
  CHECK(when(False()) == "false");
  CHECK(when(Is(kTier, {0, 2})) == R"({"attribute":"tier","is":["free","gold"]})");
  CHECK(when(Includes(kData, 1)) == R"({"attribute":"data","includes":"health"})");
  CHECK(when(Yes(kUrgent)) == R"({"attribute":"urgent","is":true})");
  CHECK(when(InRange(kPrompt, 8'000'000, 9'500'000)) == R"({"attribute":"prompt","at_least":8,"below":"9.5"})");
  CHECK(when(InRange(kPrompt, kLowest, 1)) == R"({"attribute":"prompt","below":"0.000001"})");
  CHECK(when(InRange(kToday, ParseDate("2026-08-02")->days, kHighest)) ==
        R"({"attribute":"today","at_least":"2026-08-02"})");
  CHECK(when(TextIs(kModel, "gpt")) == R"({"attribute":"asked_model","is":"gpt"})");
  CHECK(when(StartsWith(kModel, "gpt")) == R"({"attribute":"asked_model","starts_with":"gpt"})");
  CHECK(when(InCountries(kOrigin, {"FR", "DE"})) == R"({"attribute":"origin","in":["DE","FR"]})");
  CHECK(when(All({True()})) == R"({"all":[true]})");
  CHECK(when(Not(Any({Yes(kUrgent), False()}))) == R"({"not":{"any":[{"attribute":"urgent","is":true},false]}})");
}

TEST_CASE("tests of deployments are spelled out") {
  using Kind = DeploymentTest::Kind;
  const auto keep = [](DeploymentTest test) { return RuleJson(True(), std::move(test))["keep"].dump(); };
  CHECK(keep(AnyDeployment()) == "true");
  CHECK(keep(Among(Kind::kProcessedIn, {CountryIndex("FR")})) == R"({"processed_in":["FR"]})");
  CHECK(keep(Among(Kind::kVendorIs, {0, 1})) == R"({"vendor":["mistral","anthropic"]})");
  CHECK(keep(Combine(Kind::kNot, std::vector{TestOn(Kind::kStatusIs, "preview")})) ==
        R"({"not":{"status":"preview"}})");
  CHECK(keep(TestOn(Kind::kPriceOut, 0, 15'000'001)) == R"({"fact":"price_out","at_least":0,"below":"15.000001"})");
  DeploymentTest code = TestOn(Kind::kQuality, 80'000'000, std::numeric_limits<std::int64_t>::max());
  code.text = "code";
  CHECK(keep(code) == R"({"fact":"quality","work":"code","at_least":80})");
}

TEST_CASE("the whole policy is one object with its lists in order") {
  const Json json = ToJson(SmallPolicy());
  std::vector<std::string> members;
  for (const auto& [name, value] : json.items()) members.push_back(name);
  CHECK(members == std::vector<std::string>{"policy", "version", "layers", "limits", "attributes", "conditions", "jurisdictions",
                                            "properties", "vendors", "models", "deployments", "rules", "refusals", "routes",
                                            "guarantees", "tests"});
  CHECK(
      json["attributes"][kTier].dump() ==
      R"({"name":"tier","kind":"one of","values":["free","silver","gold"],"sources":[{"kind":"tenant","trust":"measured"}],"default":"free"})");
  CHECK(
      json["attributes"][kPrompt].dump() ==
      R"({"name":"prompt","kind":"number","unit":"tokens","maximum":2000000,"sources":[{"kind":"request","argument":"prompt","trust":"measured"}]})");
  CHECK(json["vendors"][0].dump() == R"({"name":"mistral","headquarters":"FR","certifications":["iso27001","soc2"],"provenance":{"as_of":null,"source":""}})");
  CHECK(json["deployments"][3]["first_token_ms"].is_null());
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Policy policy = random_policy::MakeRandomPolicy(seed, {});
    REQUIRE(ToJson(policy).dump() == ToJson(random_policy::MakeRandomPolicy(seed, {})).dump());
  }
}

TEST_CASE("a decision is reported with every name spelled out") {
  SourceSet sources;
  sources.Add("small.route", "one\ntwo\nthree\nfour\n");
  Policy policy = SmallPolicy();
  policy.refusals.push_back(MakeRefusal("silent", Is(kTier, {1})));
  policy.refusals.push_back(MakeRefusal("spoken", Is(kTier, {2})));
  policy.refusals[1].reason = "not for gold";
  policy.rules.push_back(MakeRule("not_paris", True(), Deployments({1, 2, 3, 4})));
  policy.rules[0].because = "it rains";
  policy.rules[0].span = {.file = {0}, .begin = 4, .end = 7};
  policy.routes.push_back(MakeRoute("personal", Includes(kData, 0), {MakeTier(TierOrder::kAsListed, {0})}));
  Tier tier = MakeTier(TierOrder::kByWeight, {0, 1});
  tier.candidates[1].weight = 3;
  tier.within_ms = 800;
  policy.routes.push_back(MakeRoute("health", Includes(kData, 1), {tier}));
  policy.routes[1].span = {.file = {0}, .begin = 8, .end = 9};
  const auto report = [&](Request request) { return Report(policy, sources, Evaluate(policy, request)); };
  Request request = PlainRequest();

  request[kTier] = OneOfValue{1};
  DecisionReport refused = report(request);
  CHECK(refused.outcome == Outcome::kRefused);
  CHECK(refused.reason == "refused by `silent`");
  REQUIRE(refused.rules.size() == 1);
  CHECK(refused.rules[0].name == "silent");
  CHECK(refused.excluded.empty());
  CHECK(!refused.route);
  request[kTier] = OneOfValue{2};
  CHECK(report(request).reason == "not for gold");

  DecisionReport uncovered = report(PlainRequest());
  CHECK(uncovered.outcome == Outcome::kUncovered);
  CHECK(uncovered.reason == "no route matches this request");
  CHECK(uncovered.rules == std::vector<DecisionReport::Rule>{{"not_paris", "small.route", 2, "it rains", "small"}});
  CHECK(uncovered.excluded == std::vector<DecisionReport::Exclusion>{{"paris", "not_paris"}});

  request = PlainRequest();
  request[kData] = AnyOfValue{0b1};
  DecisionReport unservable = report(request);
  CHECK(unservable.outcome == Outcome::kUnservable);
  CHECK(unservable.route == "personal");
  CHECK(unservable.reason == "route `personal` matches, but no deployment of its chain is allowed");
  CHECK(unservable.plan.empty());
  CHECK(unservable.excluded.size() == 1);

  request[kData] = AnyOfValue{0b10};
  DecisionReport routed = report(request);
  CHECK(routed.outcome == Outcome::kRouted);
  CHECK(!routed.reason);
  CHECK(routed.route_place == DecisionReport::Rule{"health", "small.route", 3, "", "small"});
  REQUIRE(routed.plan.size() == 1);
  CHECK(routed.plan[0] == DecisionReport::Tier{"tier", {{"dublin", 3}}, 800, std::nullopt});
}

}  // namespace
}  // namespace route::ir
