#include "compiler/explain/sentences.h"

#include <doctest/doctest.h>

#include "tests/ir/build.h"

namespace route::explain {
namespace {

using namespace ir::build;

TEST_CASE("each kind of attribute and of source, with its trust") {
  const auto number = [](Unit unit) {
    ir::Attribute attribute = MakeAttribute("a", AttributeKind::kNumber, {}, {SourceKind::kTenant, ""});
    attribute.unit = unit;
    attribute.maximum = Decimal::FromInteger(100);
    return attribute;
  };
  const auto kind = [](AttributeKind each) {
    return KindPhrase(MakeAttribute("a", each, {"x", "y"}, {SourceKind::kTenant, ""}));
  };
  CHECK(kind(AttributeKind::kOneOf) == "one of x and y");
  CHECK(kind(AttributeKind::kAnyOf) == "any of x and y, or nothing");
  CHECK(kind(AttributeKind::kYesNo) == "yes or no");
  CHECK(kind(AttributeKind::kText) == "a text");
  CHECK(kind(AttributeKind::kCountry) == "a country");
  CHECK(kind(AttributeKind::kDate) == "a date");
  CHECK(KindPhrase(number(Unit::kNone)) == "a number from 0 to 100");
  CHECK(KindPhrase(number(Unit::kTokens)) == "a count of tokens from 0 to 100 tokens");
  CHECK(KindPhrase(number(Unit::kMilliseconds)) == "a time from 0 to 100 ms");
  CHECK(KindPhrase(number(Unit::kPercent)) == "a percentage from 0 to 100%");
  CHECK(KindPhrase(number(Unit::kUsd)) == "an amount of money from 0 to 100 USD");
  CHECK(KindPhrase(number(Unit::kEur)) == "an amount of money from 0 to 100 EUR");
  CHECK(KindPhrase(number(Unit::kTimeOfDay)) == "a time of day");

  CHECK(SourcePhrase({SourceKind::kTenant, ""}) == "the tenant's entry in the gateway's registry (measured by the gateway)");
  CHECK(SourcePhrase({SourceKind::kHeader, "x-a"}) == "the caller's header `x-a` (claimed by the caller)");
  CHECK(SourcePhrase({SourceKind::kRequest, "prompt"}) == "the size of the prompt (measured by the gateway)");
  CHECK(SourcePhrase({SourceKind::kRequest, "needs"}) == "what the request's body makes use of (measured by the gateway)");
  CHECK(SourcePhrase({SourceKind::kRequest, "model"}) == "the field `model` of the request's body (claimed by the caller)");
  CHECK(SourcePhrase({SourceKind::kClassifier, "hard"}) == "the classifier `hard` (measured by the gateway)");
  CHECK(SourcePhrase({SourceKind::kDetector, "pii"}) == "the detector `pii`, which reads the prompt (measured by the gateway)");
  CHECK(SourcePhrase({SourceKind::kBudget, ""}) == "what the tenant has spent, as a share of its cap (measured by the gateway)");
  CHECK(SourcePhrase({SourceKind::kClock, ""}) == "the gateway's clock, in UTC (measured by the gateway)");
  CHECK(SourcePhrase({SourceKind::kClock, "Europe/Paris"}) ==
        "the gateway's clock, in the time zone `Europe/Paris` (measured by the gateway)");
}

TEST_CASE("what happens without a value") {
  const ir::Policy policy = SmallPolicy();
  CHECK(AttributeSentences(policy.attributes[kTier]).ends_with("Without a value, it is free."));
  CHECK(AttributeSentences(MakeAttribute("a", AttributeKind::kYesNo, {}, {SourceKind::kTenant, ""}))
            .ends_with("Without a value, the request is refused."));
  CHECK(AttributeSentences(MakeAttribute("needs", AttributeKind::kAnyOf, {"tools"}, {SourceKind::kRequest, "needs"}))
            .ends_with("(measured by the gateway)."));
}

TEST_CASE("a deployment says who, where, for whom and what it costs") {
  ir::Policy policy = SmallPolicy();
  ir::Deployment& paris = policy.deployments[0];
  const std::string text = DeploymentSentences(policy, paris);
  CHECK(text.find("processed in France (FR)") != std::string::npos);
  CHECK(text.find("which has its headquarters in") != std::string::npos);
  CHECK(text.find("Who can see the data is not stated.") != std::string::npos);
  CHECK(text.find("A million tokens cost 2 USD in and 6 USD out.") != std::string::npos);
  CHECK(text.find("first token after 400 ms") != std::string::npos);
  paris.seen_by = std::vector<VendorId>{};
  CHECK(DeploymentSentences(policy, paris).find("Nobody can see the data.") != std::string::npos);
  paris.seen_by = std::vector<VendorId>{paris.vendor};
  CHECK(DeploymentSentences(policy, paris).find("The data can be seen by `") != std::string::npos);
  paris.provenance = {ParseDate("2026-07-01"), "a contract"};
  CHECK(DeploymentSentences(policy, paris).ends_with("These facts are of 2026-07-01, from a contract."));
}

TEST_CASE("rules that require and rules that forbid") {
  const ir::Policy policy = SmallPolicy();
  Phrases phrases(policy);
  CHECK(RuleSentence(MakeRule("r", Includes(kData, 1), Deployments({0})), phrases) ==
        "When `data` includes health, a deployment may answer only if it is `paris`.");
  const auto forbidden = Combine(ir::DeploymentTest::Kind::kNot, {TestOn(ir::DeploymentTest::Kind::kStatusIs, "preview")});
  CHECK(RuleSentence(MakeRule("r", True(), forbidden), phrases) ==
        "Whatever the request, a deployment may not answer if its status is `preview`.");
  ir::Refusal refusal = MakeRefusal("r", Is(kTier, {0}));
  CHECK(RefusalSentence(refusal, phrases) == "When `tier` is free, a request is refused.");
  refusal.reason = "no";
  CHECK(RefusalSentence(refusal, phrases) == "When `tier` is free, a request is refused. The caller is told: \"no\".");
}

TEST_CASE("a tier in each order, with and without a limit") {
  const ir::Policy policy = SmallPolicy();
  const auto phrase = [&](TierOrder order, std::optional<std::uint32_t> limit) {
    ir::Tier tier = MakeTier(order, {0, 1, 4});
    tier.label = "pool";
    tier.limit = limit;
    return TierPhrase(policy, tier);
  };
  CHECK(phrase(TierOrder::kAsListed, std::nullopt) == "`pool` (`paris`, `dublin` and `berlin`, in this order)");
  CHECK(phrase(TierOrder::kByWeight, std::nullopt) ==
        "`pool` (`paris` (1 in 3), `dublin` (1 in 3) and `berlin` (1 in 3), drawn at random)");
  CHECK(phrase(TierOrder::kCheapest, std::nullopt) == "`pool` (`paris`, `dublin` and `berlin`, the cheapest first)");
  CHECK(phrase(TierOrder::kFastest, std::nullopt) == "`pool` (`paris`, `dublin` and `berlin`, the fastest first)");
  CHECK(phrase(TierOrder::kQuality, std::nullopt) == "`pool` (`paris`, `dublin` and `berlin`, the best first)");
  CHECK(phrase(TierOrder::kAsListed, 1) == "`pool` (the first that is allowed of `paris`, `dublin` and `berlin`)");
  CHECK(phrase(TierOrder::kByWeight, 2) ==
        "`pool` (any 2 that are allowed of `paris` (1 in 3), `dublin` (1 in 3) and `berlin` (1 in 3))");
  CHECK(phrase(TierOrder::kCheapest, 2) == "`pool` (the 2 cheapest that are allowed of `paris`, `dublin` and `berlin`)");
  CHECK(phrase(TierOrder::kFastest, 1) == "`pool` (the fastest that is allowed of `paris`, `dublin` and `berlin`)");
  CHECK(phrase(TierOrder::kQuality, 2) == "`pool` (the 2 best that are allowed of `paris`, `dublin` and `berlin`)");
  ir::Tier one = MakeTier(TierOrder::kAsListed, {0});
  one.label = "paris";
  CHECK(TierPhrase(policy, one) == "`paris`");
}

TEST_CASE("a route from tier to tier") {
  const ir::Policy policy = SmallPolicy();
  Phrases phrases(policy);
  ir::Tier first = MakeTier(TierOrder::kAsListed, {0});
  first.label = "paris";
  first.within_ms = 800;
  ir::Tier second = MakeTier(TierOrder::kAsListed, {1});
  second.label = "dublin";
  second.retries = 2;
  ir::Route route = MakeRoute("r", Is(kTier, {2}), {first, second});
  CHECK(RouteSentence(policy, route, RoutePlace::kFirst, phrases) ==
        "When `tier` is gold, a request goes to `paris`; if that fails or takes more than 800 ms, to `dublin` with up to 2 "
        "further attempts.");
  route = MakeRoute("r", True(), {second, first});
  CHECK(RouteSentence(policy, route, RoutePlace::kFirst, phrases) ==
        "Every request goes to `dublin` with up to 2 further attempts; if that fails, to `paris`, which has 800 ms.");
  CHECK(RouteSentence(policy, route, RoutePlace::kLater, phrases).starts_with("Every other request goes to "));
}

TEST_CASE("each kind of promise") {
  ir::Policy policy = SmallPolicy();
  policy.refusals.push_back(MakeRefusal("embargo", Is(kTier, {0})));
  Phrases phrases(policy);
  const auto sentence = [&](auto promise, ir::Condition when) {
    ir::Guarantee guarantee;
    guarantee.when = std::move(when);
    guarantee.promise = promise;
    return GuaranteeSentence(policy, guarantee, phrases);
  };
  using Loss = ir::SurvivesLoss;
  CHECK(sentence(ir::EveryDeploymentReached{Deployments({0})}, Is(kTier, {2})) ==
        "When `tier` is gold, whichever deployment the request reaches, this holds: it is `paris`.");
  CHECK(sentence(ir::FirstChoice{Deployments({0})}, True()) ==
        "Whichever deployment is tried first, this holds: it is `paris`.");
  CHECK(sentence(ir::Served{}, True()) == "Every request is served.");
  CHECK(sentence(ir::Served{{RefusalId{0}}}, Is(kTier, {2})) ==
        "When `tier` is gold, the request is served, unless it is refused by `embargo`.");
  const std::string loss = "Every request, if it is served, would still be served after the loss of ";
  CHECK(sentence(Loss{Loss::Unit::kVendor, 1}, True()) == loss + "any one vendor.");
  CHECK(sentence(Loss{Loss::Unit::kDeployment, 2}, True()) == loss + "any 2 deployments.");
  CHECK(sentence(Loss{Loss::Unit::kCountry, 2}, True()) == loss + "any 2 countries.");
  CHECK(sentence(ir::Bounded{6, 30'000}, True()) ==
        "Every request makes at most 6 attempts and is being answered, or has failed, after 30 s.");
  CHECK(LimitsSentence({.attempts = 1, .deadline_ms = 500}).starts_with("A request makes at most 1 attempt "));
}

}  // namespace
}  // namespace route::explain
