#include <doctest/doctest.h>

#include "compiler/ir/check.h"
#include "compiler/ir/evaluate.h"
#include "compiler/ir/screens.h"
#include "tests/ir/build.h"
#include "tests/random_policy/random_policy.h"

namespace route::ir {
namespace {

using namespace build;
using Kind = DeploymentTest::Kind;

constexpr std::uint32_t kMistral = 0;
constexpr std::uint32_t kClaude = 1;
constexpr ServiceId kTriage{0};

/// The small policy with a service of mistral in France that says `tier`; its vendor and it are what tests ask about.
auto PolicyWithService() -> Policy {
  Policy policy = SmallPolicy();
  policy.attributes[kTier].sources = {{SourceKind::kClassifier, "tier"}};
  Service triage;
  triage.name = "triage";
  triage.vendor = {kMistral};
  triage.processed_in = ParseCountry("FR").value();
  triage.tags = {"fast"};
  triage.answers = {SourceKind::kClassifier, "tier"};
  policy.services.push_back(triage);
  policy.models[0].tags = {"open_weights"};
  policy.properties = {{"hosting", AttributeKind::kOneOf, Unit::kNone, {}, Property::Owner::kDeployment},
                       {"size", AttributeKind::kOneOf, Unit::kNone, {}, Property::Owner::kModel}};
  policy.services[0].own["hosting"] = std::string("dedicated");
  return policy;
}

auto InFrance() -> DeploymentTest { return Among(Kind::kProcessedIn, {CountryIndex("FR")}); }
auto InIndia() -> DeploymentTest { return Among(Kind::kProcessedIn, {CountryIndex("IN")}); }
auto Cheap() -> DeploymentTest { return TestOn(Kind::kPriceOut, 0, 1); }

auto Own(const std::string& property, const std::string& word) -> DeploymentTest {
  DeploymentTest test = TestOn(Kind::kOwnIs, word);
  test.property = property;
  return test;
}

auto Negation(DeploymentTest test) -> DeploymentTest { return Combine(Kind::kNot, {std::move(test)}); }

TEST_CASE("a test says of a service what its facts say, and leaves out what it has none for") {
  const Policy policy = PolicyWithService();
  const auto says = [&](const DeploymentTest& test) { return Says(test, policy, kTriage); };
  CHECK(says(AnyDeployment()) == Said::kYes);
  CHECK(says(InFrance()) == Said::kYes);
  CHECK(says(InIndia()) == Said::kNo);
  CHECK(says(Among(Kind::kVendorIs, {kMistral})) == Said::kYes);
  CHECK(says(Among(Kind::kVendorIs, {kClaude})) == Said::kNo);
  CHECK(says(Among(Kind::kServiceIs, {0})) == Said::kYes);
  CHECK(says(TestOn(Kind::kStatusIs, "live")) == Said::kYes);
  CHECK(says(TestOn(Kind::kTagged, "fast")) == Said::kYes);
  CHECK(says(Own("hosting", "dedicated")) == Said::kYes);
  CHECK(says(Own("hosting", "shared")) == Said::kNo);

  for (const Kind kind : {Kind::kPriceIn, Kind::kPriceOut, Kind::kFirstToken, Kind::kQuality, Kind::kContext}) {
    CHECK(says(TestOn(kind, 0, 1)) == Said::kNothing);
  }
  CHECK(says(Among(Kind::kModelIs, {0})) == Said::kNothing);
  CHECK(says(TestOn(Kind::kCapable, "tools")) == Said::kNothing);
  CHECK(says(TestOn(Kind::kTagged, "open_weights")) == Said::kNothing);
  CHECK(says(Own("size", "small")) == Said::kNothing);
}

TEST_CASE("no service is a deployment, and no deployment a service") {
  const Policy policy = PolicyWithService();
  CHECK(Says(Deployments({0, 1, 2, 3, 4}), policy, kTriage) == Said::kNo);
  CHECK(Says(Negation(Deployments({0})), policy, kTriage) == Said::kYes);
  for (std::uint32_t i = 0; i < policy.deployments.size(); ++i) {
    CHECK(!Holds(Among(Kind::kServiceIs, {0}), policy, DeploymentId{i}));
  }
}

TEST_CASE("what is left out of a connective changes nothing, so that it saves nobody") {
  const Policy policy = PolicyWithService();
  const auto says = [&](const DeploymentTest& test) { return Says(test, policy, kTriage); };
  CHECK(says(Combine(Kind::kAll, {InFrance(), Cheap()})) == Said::kYes);
  CHECK(says(Combine(Kind::kAll, {InIndia(), Cheap()})) == Said::kNo);
  CHECK(says(Combine(Kind::kAny, {InFrance(), Cheap()})) == Said::kYes);
  CHECK(says(Combine(Kind::kAny, {InIndia(), Cheap()})) == Said::kNo);
  CHECK(says(Combine(Kind::kAny, {Cheap(), Cheap()})) == Said::kNothing);
  CHECK(says(Negation(Cheap())) == Said::kNothing);
  CHECK(says(Negation(Combine(Kind::kAll, {InFrance(), Cheap()}))) == Said::kNo);
  CHECK(says(Negation(Combine(Kind::kAny, {InIndia(), Cheap()}))) == Said::kYes);
}

TEST_CASE("a comparison on what a service answers is unknown before") {
  const Policy policy = PolicyWithService();
  const Condition unknown = Is(kTier, {0});
  const Condition no = Yes(kUrgent);
  const Condition yes = Not(Yes(kUrgent));
  const auto foresee = [&](const Condition& condition) { return Foresee(condition, policy, PlainRequest()); };
  CHECK(foresee(unknown) == Truth::kUnknown);
  CHECK(foresee(Not(unknown)) == Truth::kUnknown);
  CHECK(foresee(yes) == Truth::kYes);
  CHECK(foresee(All({unknown, yes})) == Truth::kUnknown);
  CHECK(foresee(All({unknown, no})) == Truth::kNo);
  CHECK(foresee(Any({unknown, no})) == Truth::kUnknown);
  CHECK(foresee(Any({unknown, yes})) == Truth::kYes);
  CHECK(foresee(Any({unknown, Not(unknown)})) == Truth::kUnknown);
}

TEST_CASE("a service is asked unless a rule that excludes it could apply, or a refusal applies in any case") {
  const auto use_with = [](Condition rule_when, Condition refusal_when) {
    Policy policy = PolicyWithService();
    policy.rules = {MakeRule("india", std::move(rule_when), InIndia()), MakeRule("cheap", True(), Cheap())};
    policy.refusals = {MakeRefusal("no", std::move(refusal_when))};
    const Decision decision = Evaluate(policy, PlainRequest());
    REQUIRE(decision.services.size() == 1);
    return decision.services.front();
  };
  CHECK(use_with(Yes(kUrgent), False()).is_asked());
  CHECK(use_with(True(), False()).rules == std::vector{RuleId{0}});
  CHECK(use_with(Is(kTier, {2}), False()).rules == std::vector{RuleId{0}});
  CHECK(use_with(False(), Is(kTier, {0})).is_asked());
  CHECK(use_with(False(), Not(Yes(kUrgent))).refusals == std::vector{RefusalId{0}});
}

TEST_CASE("a service that no attribute asks is never asked") {
  Policy policy = PolicyWithService();
  policy.attributes[kTier].sources = {{SourceKind::kClassifier, "another"}};
  CHECK(AskedFor(policy, kTriage).empty());
  CHECK(Evaluate(policy, PlainRequest()).services.empty());
  CHECK(ScreensOf(policy).empty());
}

TEST_CASE("what keeps services from nothing has its place among the screens, and never holds") {
  Policy policy = PolicyWithService();
  policy.refusals = {MakeRefusal("answered", Is(kTier, {0})), MakeRefusal("known", Yes(kUrgent))};
  policy.rules = {MakeRule("india", False(), InIndia()), MakeRule("cheap", True(), Cheap())};
  const std::vector<Screen> screens = ScreensOf(policy);
  REQUIRE(screens.size() == 3);  // `cheap` says nothing of services
  CHECK(screens[0].when.kind == Condition::Kind::kFalse);
  CHECK(screens[1].when.kind == Condition::Kind::kIsYes);
  CHECK(screens[2].when.kind == Condition::Kind::kFalse);
}

TEST_CASE("screens say in two values what is foreseen in three") {
  std::size_t screens = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    const Policy policy = random_policy::MakeRandomPolicy(seed, {.services = 3, .requests = 100});
    REQUIRE(CheckWellFormed(policy).empty());
    for (const Request& request : random_policy::AllRequests(policy)) {
      for (const Rule& rule : policy.rules) {
        REQUIRE(Holds(CouldHold(rule.when, policy), request) == (Foresee(rule.when, policy, request) != Truth::kNo));
      }
      for (const Refusal& refusal : policy.refusals) {
        REQUIRE(Holds(HoldsInAnyCase(refusal.when, policy), request) ==
                (Foresee(refusal.when, policy, request) == Truth::kYes));
      }
    }
    for (const Screen& screen : ScreensOf(policy)) {
      ++screens;
      REQUIRE(!screen.services.empty());
      for (std::uint32_t i = 0; i < policy.attributes.size(); ++i) {
        REQUIRE(!(IsAnswered(policy, {i}) && AsksAbout(screen.when, {i})));
      }
    }
  }
  CHECK(screens > 200);
}

}  // namespace
}  // namespace route::ir
