#include <doctest/doctest.h>

#include <limits>

#include "compiler/ir/evaluate.h"
#include "tests/ir/build.h"

namespace route::ir {
namespace {

using namespace build;

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();

auto Names(const Policy& policy, const Decision& decision) -> std::vector<std::vector<std::string>> {
  std::vector<std::vector<std::string>> names;
  for (const PlanTier& tier : decision.plan) {
    names.emplace_back();
    for (const Candidate& candidate : tier.deployments) {
      names.back().push_back(policy.deployments[candidate.deployment.index].name);
    }
  }
  return names;
}

using Plan = std::vector<std::vector<std::string>>;

auto With(std::uint32_t attribute, Value value) -> Request {
  Request request = PlainRequest();
  request[attribute] = std::move(value);
  return request;
}

TEST_CASE("each kind of condition asks what it says") {
  const Request request = {OneOfValue{2},
                           AnyOfValue{0b10},
                           YesNoValue{true},
                           Decimal::FromInteger(8000),
                           "gpt-4o",
                           ParseCountry("DE").value(),
                           ParseDate("2026-08-02").value()};
  CHECK(Holds(True(), request));
  CHECK(!Holds(False(), request));
  CHECK(Holds(Is(kTier, {1, 2}), request));
  CHECK(!Holds(Is(kTier, {0, 1}), request));
  CHECK(Holds(Includes(kData, 1), request));
  CHECK(!Holds(Includes(kData, 0), request));
  CHECK(Holds(Yes(kUrgent), request));
  CHECK(!Holds(Yes(kUrgent), PlainRequest()));
  CHECK(Holds(TextIs(kModel, "gpt-4o"), request));
  CHECK(!Holds(TextIs(kModel, "gpt-4"), request));
  CHECK(Holds(StartsWith(kModel, "gpt-4"), request));
  CHECK(Holds(StartsWith(kModel, "gpt-4o"), request));
  CHECK(!Holds(StartsWith(kModel, "gpt-4o-mini"), request));
  CHECK(Holds(InCountries(kOrigin, {"FR", "DE"}), request));
  CHECK(!Holds(InCountries(kOrigin, {"FR", "US"}), request));
}

TEST_CASE("a range holds its lower end and not its upper") {
  const Request tokens = With(kPrompt, Decimal{5});
  CHECK(Holds(InRange(kPrompt, 5, 6), tokens));
  CHECK(!Holds(InRange(kPrompt, 4, 5), tokens));
  CHECK(!Holds(InRange(kPrompt, 6, kHighest), tokens));
  CHECK(!Holds(InRange(kPrompt, 5, 5), tokens));
  CHECK(Holds(InRange(kPrompt, kLowest, 6), tokens));
  const std::int32_t day = ParseDate("2026-08-02").value().days;
  CHECK(Holds(InRange(kToday, day, kHighest), PlainRequest()));
  CHECK(!Holds(InRange(kToday, kLowest, day), PlainRequest()));
}

TEST_CASE("connectives combine their children") {
  const Request request = PlainRequest();
  CHECK(Holds(All({True(), True()}), request));
  CHECK(!Holds(All({True(), False()}), request));
  CHECK(Holds(Any({False(), True()}), request));
  CHECK(!Holds(Any({False(), False()}), request));
  CHECK(Holds(Not(False()), request));
  CHECK(!Holds(Not(Any({False(), All({True(), Not(False())})})), request));
}

TEST_CASE("each kind of deployment test asks what it says") {
  using Kind = DeploymentTest::Kind;
  const Policy policy = SmallPolicy();
  const auto holding = [&](const DeploymentTest& test) {
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < policy.deployments.size(); ++i) {
      if (Holds(test, policy, {i})) names.push_back(policy.deployments[i].name);
    }
    return names;
  };
  using List = std::vector<std::string>;
  const auto usd = [](std::int64_t amount) { return amount * Decimal::kScale; };

  CHECK(holding(AnyDeployment()).size() == 5);
  CHECK(holding(Among(Kind::kProcessedIn, {CountryIndex("DE"), CountryIndex("FR")})) == List{"paris", "berlin"});
  CHECK(holding(Among(Kind::kHeadquarteredIn, {CountryIndex("US")})) == List{"dublin", "virginia"});
  CHECK(holding(Among(Kind::kVendorIs, {0, 2})) == List{"paris", "mumbai", "berlin"});
  CHECK(holding(Among(Kind::kModelIs, {1})) == List{"dublin", "virginia"});
  CHECK(holding(Deployments({1, 3})) == List{"dublin", "mumbai"});
  CHECK(holding(TestOn(Kind::kCertified, "iso27001")) == List{"paris", "berlin"});
  CHECK(holding(TestOn(Kind::kStatusIs, "preview")) == List{"mumbai"});
  CHECK(holding(TestOn(Kind::kCapable, "vision")) == List{"dublin", "virginia"});
  CHECK(holding(TestOn(Kind::kTagged, "open_weights")) == List{"mumbai"});
  CHECK(holding(TestOn(Kind::kTagged, "spare")) == List{"berlin"});
  CHECK(holding(TestOn(Kind::kPriceIn, usd(2), usd(3))) == List{"paris", "berlin"});
  CHECK(holding(TestOn(Kind::kPriceOut, kLowest, usd(6) + 1)) == List{"paris", "mumbai", "berlin"});
  CHECK(holding(TestOn(Kind::kPriceOut, kLowest, usd(6))) == List{"mumbai"});
  CHECK(holding(TestOn(Kind::kFirstToken, usd(400), kHighest)) == List{"paris", "dublin", "berlin"});
  CHECK(holding(TestOn(Kind::kRetention, kLowest, kHighest)) == List{"dublin"});
  CHECK(holding(TestOn(Kind::kQuality, usd(84), usd(85))) == List{"paris", "berlin"});
  DeploymentTest for_code = TestOn(Kind::kQuality, usd(80), kHighest);
  for_code.text = "code";
  CHECK(holding(for_code) == List{"paris", "berlin"});
  CHECK(holding(TestOn(Kind::kContext, usd(128'001), kHighest)) == List{"dublin", "virginia"});

  const DeploymentTest european =
      Among(Kind::kProcessedIn, {CountryIndex("DE"), CountryIndex("FR"), CountryIndex("IE")});
  const DeploymentTest smart = TestOn(Kind::kQuality, usd(90), kHighest);
  CHECK(holding(Combine(Kind::kAll, std::vector{european, smart})) == List{"dublin"});
  CHECK(holding(Combine(Kind::kAny, std::vector{european, smart})) == List{"paris", "dublin", "virginia", "berlin"});
  CHECK(holding(Combine(Kind::kNot, std::vector{european})) == List{"virginia", "mumbai"});
  // A fact that the catalogue does not state makes the comparison false, and its negation true.
  CHECK(holding(Combine(Kind::kNot, std::vector{TestOn(Kind::kFirstToken, kLowest, kHighest)})) == List{"mumbai"});
}

TEST_CASE("refusals come before everything, and the first one answers") {
  Policy policy = SmallPolicy();
  policy.refusals.push_back(MakeRefusal("gold_only", Is(kTier, {0, 1})));
  policy.refusals.push_back(MakeRefusal("nobody", True()));
  policy.rules.push_back(MakeRule("nothing_goes", True(), Deployments({})));
  policy.routes.push_back(MakeRoute("all", True(), {MakeTier(TierOrder::kAsListed, {0})}));

  Decision decision = Evaluate(policy, PlainRequest());
  CHECK(decision.outcome == Outcome::kRefused);
  CHECK(decision.refusal == RefusalId{0});
  CHECK(!decision.route);
  CHECK(decision.rules.empty());
  CHECK(decision.plan.empty());
  CHECK(decision.excluded.empty());
  CHECK(Evaluate(policy, With(kTier, OneOfValue{2})).refusal == RefusalId{1});
}

TEST_CASE("all rules that apply hold at once") {
  Policy policy = SmallPolicy();
  policy.rules.push_back(MakeRule("not_paris", Includes(kData, 0), Deployments({1, 2, 3, 4})));
  policy.rules.push_back(MakeRule("never", False(), Deployments({})));
  policy.rules.push_back(MakeRule("europe", Includes(kData, 1), Deployments({0, 1, 4})));
  policy.routes.push_back(MakeRoute("all", True(), {MakeTier(TierOrder::kAsListed, {0, 1, 2, 3, 4})}));

  CHECK(Names(policy, Evaluate(policy, PlainRequest())) == Plan{{"paris", "dublin", "virginia", "mumbai", "berlin"}});
  const Decision both = Evaluate(policy, With(kData, AnyOfValue{0b11}));
  CHECK(both.outcome == Outcome::kRouted);
  CHECK(both.rules == std::vector<RuleId>{{0}, {2}});
  CHECK(Names(policy, both) == Plan{{"dublin", "berlin"}});
  CHECK(both.excluded == std::vector<Exclusion>{{{0}, {0}}, {{2}, {2}}, {{3}, {2}}});

  // The order of the rules does not matter.
  std::swap(policy.rules[0], policy.rules[2]);
  CHECK(Evaluate(policy, With(kData, AnyOfValue{0b11})).plan == both.plan);
}

TEST_CASE("a deployment that two rules exclude is listed with both") {
  Policy policy = SmallPolicy();
  policy.rules.push_back(MakeRule("a", True(), Deployments({1, 2, 3, 4})));
  policy.rules.push_back(MakeRule("b", True(), Deployments({2, 3, 4})));
  policy.routes.push_back(MakeRoute("all", True(), {MakeTier(TierOrder::kAsListed, {4})}));
  CHECK(Evaluate(policy, PlainRequest()).excluded == std::vector<Exclusion>{{{0}, {0}}, {{0}, {1}}, {{1}, {1}}});
}

TEST_CASE("the rules that a request's needs imply exclude like any other") {
  Policy policy = SmallPolicy();
  policy.rules.push_back(
      MakeRule("needs vision", Includes(kData, 1), TestOn(DeploymentTest::Kind::kCapable, "vision")));
  policy.rules.back().origin = Rule::Origin::kCapability;
  policy.rules.push_back(MakeRule("prompt over 128000", InRange(kPrompt, 128'000 * Decimal::kScale + 1, kHighest),
                                  TestOn(DeploymentTest::Kind::kContext, 200'000 * Decimal::kScale, kHighest)));
  policy.rules.back().origin = Rule::Origin::kContext;
  policy.routes.push_back(MakeRoute("all", True(), {MakeTier(TierOrder::kAsListed, {0, 1, 2, 3, 4})}));
  CHECK(Names(policy, Evaluate(policy, With(kData, AnyOfValue{0b10}))) == Plan{{"dublin", "virginia"}});
  CHECK(Names(policy, Evaluate(policy, With(kPrompt, Decimal::FromInteger(150'000)))) == Plan{{"dublin", "virginia"}});
  CHECK(Evaluate(policy, With(kPrompt, Decimal::FromInteger(128'000))).rules.empty());
}

TEST_CASE("the first route that matches decides, even if a later one could serve") {
  Policy policy = SmallPolicy();
  policy.rules.push_back(MakeRule("not_paris", Includes(kData, 0), Deployments({1, 2, 3, 4})));
  policy.routes.push_back(MakeRoute("gold", Is(kTier, {2}), {MakeTier(TierOrder::kAsListed, {1})}));
  policy.routes.push_back(MakeRoute("paid", Is(kTier, {1, 2}), {MakeTier(TierOrder::kAsListed, {0})}));
  policy.routes.push_back(MakeRoute("rest", True(), {MakeTier(TierOrder::kAsListed, {4})}));

  CHECK(Evaluate(policy, With(kTier, OneOfValue{2})).route == RouteId{0});
  CHECK(Evaluate(policy, With(kTier, OneOfValue{1})).route == RouteId{1});
  CHECK(Evaluate(policy, PlainRequest()).route == RouteId{2});

  Request silver_personal = With(kTier, OneOfValue{1});
  silver_personal[kData] = AnyOfValue{0b1};
  const Decision unservable = Evaluate(policy, silver_personal);
  CHECK(unservable.outcome == Outcome::kUnservable);
  CHECK(unservable.route == RouteId{1});
  CHECK(unservable.plan.empty());
  CHECK(unservable.rules == std::vector<RuleId>{{0}});
  CHECK(unservable.excluded == std::vector<Exclusion>{{{0}, {0}}});
}

TEST_CASE("a request that no route takes is uncovered, with its rules all the same") {
  Policy policy = SmallPolicy();
  policy.rules.push_back(MakeRule("not_paris", True(), Deployments({1, 2, 3, 4})));
  policy.routes.push_back(MakeRoute("gold", Is(kTier, {2}), {MakeTier(TierOrder::kAsListed, {1})}));
  const Decision decision = Evaluate(policy, PlainRequest());
  CHECK(decision.outcome == Outcome::kUncovered);
  CHECK(!decision.route);
  CHECK(decision.rules == std::vector<RuleId>{{0}});
  CHECK(decision.excluded == std::vector<Exclusion>{{{0}, {0}}});
}

TEST_CASE("the constraint comes before the order, and the order before the limit") {
  Policy policy = SmallPolicy();
  policy.rules.push_back(MakeRule("not_mumbai", Includes(kData, 0), Deployments({0, 1, 2, 4})));
  Tier cheapest = MakeTier(TierOrder::kCheapest, {3, 0, 4, 1, 2});
  cheapest.limit = 2;
  policy.routes.push_back(MakeRoute("cheap", True(), {cheapest}));
  CHECK(Names(policy, Evaluate(policy, PlainRequest())) == Plan{{"mumbai", "paris"}});
  CHECK(Names(policy, Evaluate(policy, With(kData, AnyOfValue{0b1}))) == Plan{{"paris", "berlin"}});
}

TEST_CASE("tiers with nothing left are dropped and the others keep their place") {
  Policy policy = SmallPolicy();
  policy.rules.push_back(MakeRule("europe", True(), Deployments({0, 1, 4})));
  policy.routes.push_back(MakeRoute("all", True(),
                                    {MakeTier(TierOrder::kAsListed, {2}), MakeTier(TierOrder::kAsListed, {3, 4}),
                                     MakeTier(TierOrder::kAsListed, {2, 3}), MakeTier(TierOrder::kAsListed, {0})}));
  const Decision decision = Evaluate(policy, PlainRequest());
  CHECK(Names(policy, decision) == Plan{{"berlin"}, {"paris"}});
  CHECK(decision.plan[0].tier == 1);
  CHECK(decision.plan[1].tier == 3);
}

TEST_CASE("attempts and time of a plan") {
  Policy policy = SmallPolicy();
  policy.limits = {.attempts = 100, .deadline_ms = 10'000};
  Tier plain = MakeTier(TierOrder::kAsListed, {0, 1, 2});
  Tier retrying = MakeTier(TierOrder::kAsListed, {3, 4});
  retrying.retries = 4;
  retrying.within_ms = 800;
  policy.routes.push_back(MakeRoute("all", True(), {retrying, plain}));

  Decision decision = Evaluate(policy, PlainRequest());
  CHECK(PlanAttempts(policy, decision) == 2 + 4 + 3);
  CHECK(PlanTime(policy, decision) == 10'000);

  policy.routes[0].tiers[1].within_ms = 1'500;
  CHECK(PlanTime(policy, decision) == 2'300);
  policy.limits = {.attempts = 6, .deadline_ms = 2'000};
  CHECK(PlanAttempts(policy, decision) == 6);
  CHECK(PlanTime(policy, decision) == 2'000);

  policy.routes[0].tiers[0].retries = std::numeric_limits<std::uint32_t>::max();
  policy.routes[0].tiers[0].within_ms = std::numeric_limits<std::uint32_t>::max();
  CHECK(PlanAttempts(policy, decision) == 6);
  CHECK(PlanTime(policy, decision) == 2'000);

  // A tier that was dropped takes nothing.
  policy.rules.push_back(MakeRule("no_retrying", True(), Deployments({0, 1})));
  decision = Evaluate(policy, PlainRequest());
  CHECK(PlanAttempts(policy, decision) == 2);
  CHECK(PlanTime(policy, decision) == 1'500);

  policy.refusals.push_back(MakeRefusal("all", True()));
  decision = Evaluate(policy, PlainRequest());
  CHECK(PlanAttempts(policy, decision) == 0);
  CHECK(PlanTime(policy, decision) == 0);
  CHECK(FirstChoices(policy, decision).empty());
}

TEST_CASE("attempts of a tier") {
  CHECK(TierAttempts(3, std::nullopt) == 3);
  CHECK(TierAttempts(3, 0) == 3);
  CHECK(TierAttempts(3, 1) == 4);
  CHECK(TierAttempts(1, 5) == 6);
  CHECK(TierAttempts(2, std::numeric_limits<std::uint32_t>::max()) == std::uint64_t{0x1'0000'0001});
}

TEST_CASE("a tier drawn by weight has as many first choices as deployments, any other has one") {
  Policy policy = SmallPolicy();
  Tier weighted = MakeTier(TierOrder::kByWeight, {0, 1, 2});
  weighted.limit = 2;
  policy.routes.push_back(MakeRoute("gold", Is(kTier, {2}), {weighted, MakeTier(TierOrder::kAsListed, {3})}));
  policy.routes.push_back(MakeRoute("rest", True(), {MakeTier(TierOrder::kFastest, {2, 0}), weighted}));
  CHECK(FirstChoices(policy, Evaluate(policy, With(kTier, OneOfValue{2}))) == std::vector<DeploymentId>{{0}, {1}});
  CHECK(FirstChoices(policy, Evaluate(policy, PlainRequest())) == std::vector<DeploymentId>{{2}});
}

struct GuaranteeFixture {
  Policy policy = SmallPolicy();
  Guarantee guarantee;

  GuaranteeFixture() {
    guarantee.when = True();
    policy.refusals.push_back(MakeRefusal("sanctions", InCountries(kOrigin, {"KP"})));
    policy.refusals.push_back(MakeRefusal("old", InRange(kToday, kLowest, 0)));
    policy.rules.push_back(MakeRule("europe", Includes(kData, 0), Deployments({0, 1, 4})));
    Tier first = MakeTier(TierOrder::kByWeight, {0, 2});
    first.within_ms = 800;
    policy.routes.push_back(MakeRoute("gold", Is(kTier, {2}), {first, MakeTier(TierOrder::kAsListed, {4})}));
    policy.routes.push_back(MakeRoute("silver", Is(kTier, {1}), {MakeTier(TierOrder::kAsListed, {2})}));
    policy.routes.push_back(MakeRoute("urgent", Yes(kUrgent), {MakeTier(TierOrder::kFastest, {2, 0, 4})}));
    gold_personal[kData] = AnyOfValue{0b1};
    silver_personal[kData] = AnyOfValue{0b1};
  }

  auto Promise(auto promise, const Request& request) -> bool {
    guarantee.promise = std::move(promise);
    return Holds(guarantee, policy, request);
  }

  Request gold = With(kTier, OneOfValue{2});
  Request gold_personal = With(kTier, OneOfValue{2});
  Request silver_personal = With(kTier, OneOfValue{1});  // unservable
  Request free = PlainRequest();                         // uncovered
  Request urgent = With(kUrgent, YesNoValue{true});
  Request refused = With(kOrigin, ParseCountry("KP").value());
};

TEST_CASE_FIXTURE(GuaranteeFixture, "every deployment reached") {
  const EveryDeploymentReached europe{Deployments({0, 1, 4})};
  CHECK(!Promise(europe, gold));
  CHECK(Promise(europe, gold_personal));
  CHECK(Promise(europe, silver_personal));
  CHECK(Promise(europe, free));
  CHECK(Promise(europe, refused));
  guarantee.when = Includes(kData, 0);
  CHECK(Promise(europe, gold));
}

TEST_CASE_FIXTURE(GuaranteeFixture, "first choice") {
  CHECK(!Promise(FirstChoice{Deployments({0})}, gold));    // drawn by weight: virginia may come first
  CHECK(Promise(FirstChoice{Deployments({0, 2})}, gold));  // berlin comes later
  CHECK(Promise(FirstChoice{Deployments({0})}, gold_personal));
  CHECK(Promise(FirstChoice{Deployments({2})}, urgent));
  CHECK(!Promise(FirstChoice{Deployments({0})}, urgent));
  CHECK(Promise(FirstChoice{Deployments({})}, free));
}

TEST_CASE_FIXTURE(GuaranteeFixture, "served") {
  const Served always{};
  const Served but_sanctions{{RefusalId{0}}};
  CHECK(Promise(always, gold));
  CHECK(!Promise(always, silver_personal));
  CHECK(!Promise(always, free));
  CHECK(!Promise(always, refused));
  CHECK(Promise(but_sanctions, refused));
  CHECK(!Promise(Served{{RefusalId{1}}}, refused));
  CHECK(!Promise(but_sanctions, free));
  guarantee.when = Is(kTier, {2});
  CHECK(Promise(always, free));
}

TEST_CASE_FIXTURE(GuaranteeFixture, "survives loss") {
  using Unit = SurvivesLoss::Unit;
  // gold reaches paris, virginia and berlin: three deployments, two vendors, three countries.
  CHECK(Promise(SurvivesLoss{Unit::kDeployment, 2}, gold));
  CHECK(!Promise(SurvivesLoss{Unit::kDeployment, 3}, gold));
  CHECK(Promise(SurvivesLoss{Unit::kVendor, 1}, gold));
  CHECK(!Promise(SurvivesLoss{Unit::kVendor, 2}, gold));
  CHECK(Promise(SurvivesLoss{Unit::kCountry, 2}, gold));
  // With personal data it reaches paris and berlin, both of mistral.
  CHECK(Promise(SurvivesLoss{Unit::kDeployment, 1}, gold_personal));
  CHECK(!Promise(SurvivesLoss{Unit::kVendor, 1}, gold_personal));
  CHECK(Promise(SurvivesLoss{Unit::kCountry, 1}, gold_personal));
  CHECK(!Promise(SurvivesLoss{Unit::kCountry, 2}, gold_personal));
  // It says nothing of requests that are not served at all.
  CHECK(Promise(SurvivesLoss{Unit::kVendor, 1}, silver_personal));
  CHECK(Promise(SurvivesLoss{Unit::kVendor, 1}, free));
  CHECK(Promise(SurvivesLoss{Unit::kVendor, 1}, refused));
}

TEST_CASE_FIXTURE(GuaranteeFixture, "a loss also ends service by using up the attempts") {
  using Unit = SurvivesLoss::Unit;
  // urgent reaches virginia, paris and berlin, in this order: openai, mistral, mistral.
  policy.limits.attempts = 1;
  CHECK(!Promise(SurvivesLoss{Unit::kVendor, 1}, urgent));
  CHECK(!Promise(SurvivesLoss{Unit::kDeployment, 1}, urgent));
  policy.limits.attempts = 2;
  CHECK(Promise(SurvivesLoss{Unit::kVendor, 1}, urgent));
  CHECK(Promise(SurvivesLoss{Unit::kDeployment, 1}, urgent));
  CHECK(!Promise(SurvivesLoss{Unit::kDeployment, 2}, urgent));
  policy.limits.attempts = 3;
  CHECK(Promise(SurvivesLoss{Unit::kDeployment, 2}, urgent));
}

TEST_CASE("the smallest loss that ends service") {
  using Unit = SurvivesLoss::Unit;
  using Units = std::vector<std::uint32_t>;
  Policy policy = SmallPolicy();
  Tier one = MakeTier(TierOrder::kAsListed, {2});
  Tier many = MakeTier(TierOrder::kAsListed, {0, 1, 3, 4});
  const auto lost = [&](std::uint32_t attempts, Unit unit) {
    policy.limits.attempts = attempts;
    policy.routes = {MakeRoute("all", True(), {one, many})};
    const Decision decision = Evaluate(policy, PlainRequest());
    const Units smallest = SmallestLoss(policy, decision, unit);
    CHECK(!IsServedDespite(policy, decision, unit, smallest));
    for (std::size_t kept = 0; kept < smallest.size(); ++kept) {
      Units fewer = smallest;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(kept));
      CHECK(IsServedDespite(policy, decision, unit, fewer));
    }
    return smallest;
  };

  CHECK(lost(1, Unit::kDeployment) == Units{2});
  CHECK(lost(2, Unit::kDeployment) == Units{0, 2});
  CHECK(lost(4, Unit::kDeployment) == Units{0, 1, 2, 3});
  CHECK(lost(5, Unit::kDeployment) == Units{0, 1, 2, 3, 4});
  CHECK(lost(6, Unit::kDeployment) == Units{0, 1, 2, 3, 4});

  SUBCASE("retries use up attempts before the next tier, but not within theirs") {
    one.retries = 2;
    many.retries = 9;
    CHECK(lost(3, Unit::kDeployment) == Units{2});
    CHECK(lost(4, Unit::kDeployment) == Units{0, 2});
    CHECK(lost(7, Unit::kDeployment) == Units{0, 1, 2, 3, 4});
  }
  SUBCASE("a draw by weight puts those first that are lost with the fewest vendors") {
    many.order = TierOrder::kByWeight;
    policy.vendors.resize(4, policy.vendors[0]);
    for (const auto& [deployment, its] : {std::pair{0U, 0U}, {1U, 1U}, {2U, 2U}, {3U, 1U}, {4U, 3U}}) {
      policy.deployments[deployment].vendor = {its};
    }
    CHECK(lost(1, Unit::kVendor) == Units{2});
    CHECK(lost(2, Unit::kVendor) == Units{1, 2});
    CHECK(lost(3, Unit::kVendor) == Units{1, 2});
    CHECK(lost(4, Unit::kVendor) == Units{0, 1, 2});
    CHECK(lost(5, Unit::kVendor) == Units{0, 1, 2, 3});
    policy.deployments[2].vendor = {1};  // what must be lost anyway counts first
    CHECK(lost(3, Unit::kVendor) == Units{1});
    CHECK(lost(4, Unit::kVendor) == Units{0, 1});
  }
}

TEST_CASE_FIXTURE(GuaranteeFixture, "bounded") {
  policy.limits = {.attempts = 10, .deadline_ms = 5'000};
  CHECK(Promise(Bounded{.attempts = 3, .within_ms = std::nullopt}, gold));
  CHECK(!Promise(Bounded{.attempts = 2, .within_ms = std::nullopt}, gold));
  CHECK(Promise(Bounded{.attempts = 2, .within_ms = std::nullopt}, gold_personal));
  CHECK(Promise(Bounded{.attempts = std::nullopt, .within_ms = 5'000}, gold));
  CHECK(!Promise(Bounded{.attempts = std::nullopt, .within_ms = 4'999}, gold));
  policy.routes[0].tiers[1].within_ms = 700;
  CHECK(Promise(Bounded{.attempts = 3, .within_ms = 1'500}, gold));
  CHECK(!Promise(Bounded{.attempts = 2, .within_ms = 1'500}, gold));
  CHECK(!Promise(Bounded{.attempts = 3, .within_ms = 1'499}, gold));
  CHECK(Promise(Bounded{.attempts = 0, .within_ms = 0}, free));
}

TEST_CASE("a request is completed from defaults and from what an empty request would measure") {
  Policy policy = SmallPolicy();
  const Date today = ParseDate("2026-11-24").value();
  const auto france = GivenValue{{kOrigin}, ParseCountry("FR").value()};

  CHECK(CompleteRequest(policy, {}, today).error() == AttributeId{kOrigin});
  auto request = CompleteRequest(policy, {france}, today);
  REQUIRE(request);
  CHECK(*request == Request{OneOfValue{0}, AnyOfValue{}, YesNoValue{false}, Decimal{}, std::string(),
                            ParseCountry("FR").value(), today});

  // A default goes before what an empty request would measure.
  policy.attributes[kPrompt].fallback = Decimal::FromInteger(9);
  policy.attributes[kData].fallback = AnyOfValue{0b10};
  request = CompleteRequest(policy, {france, {{kTier}, OneOfValue{2}}}, today);
  REQUIRE(request);
  CHECK((*request)[kPrompt] == Value{Decimal::FromInteger(9)});
  CHECK((*request)[kData] == Value{AnyOfValue{0b10}});
  CHECK((*request)[kTier] == Value{OneOfValue{2}});

  // Without a default, what the caller or the tenant must state is missing.
  policy.attributes[kTier].fallback.reset();
  CHECK(CompleteRequest(policy, {france}, today).error() == AttributeId{kTier});
  policy.attributes[kPrompt].fallback.reset();
  policy.attributes[kPrompt].sources = {{SourceKind::kHeader, "x-tokens"}};
  CHECK(CompleteRequest(policy, {france, {{kTier}, OneOfValue{2}}}, today).error() == AttributeId{kPrompt});
  policy.attributes[kPrompt].sources = {{SourceKind::kBudget, ""}};
  CHECK(CompleteRequest(policy, {france, {{kTier}, OneOfValue{2}}}, today).has_value());
}

}  // namespace
}  // namespace route::ir
