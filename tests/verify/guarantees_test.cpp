#include <doctest/doctest.h>

#include "compiler/ir/text.h"
#include "compiler/verify/verify.h"
#include "tests/verify/policy_builder.h"

namespace route::verify {
namespace {

struct Fixture {
  PolicyBuilder b;
  AttributeId tier = b.AddOneOf("tier", {"free", "silver", "gold"});
  AttributeId data = b.AddAnyOf("data", {"personal", "health"});
  VendorId mistral = b.AddVendor("mistral", "FR");
  VendorId openai = b.AddVendor("openai", "US");
  VendorId aleph = b.AddVendor("aleph", "DE");
  DeploymentId paris = b.AddDeployment("paris", mistral, "FR", 2);
  DeploymentId lyon = b.AddDeployment("lyon", mistral, "FR", 3);
  DeploymentId gpt_us = b.AddDeployment("gpt_us", openai, "US", 10);
  DeploymentId gpt_se = b.AddDeployment("gpt_se", openai, "SE", 12);
  DeploymentId berlin = b.AddDeployment("berlin", aleph, "DE", 20);

  auto Only() -> GuaranteeResult {
    const VerifyReport report = Verify(b.Build(), {});
    REQUIRE(report.unanswered.empty());
    REQUIRE(report.guarantees.size() == 1);
    CHECK(report.guarantees[0].guarantee == GuaranteeId{0});
    return report.guarantees[0];
  }

  auto Witness(const GuaranteeResult& result) const -> std::string {
    return ir::FormatRequest(b.policy, result.witness.value());
  }
};

void CheckProved(const GuaranteeResult& result) {
  CHECK(result.verdict == Verdict::kProved);
  CHECK_FALSE(result.vacuous);
  CHECK_FALSE(result.witness);
  CHECK(result.explanation.empty());
}

TEST_CASE_FIXTURE(Fixture, "every deployment reached") {
  const RouteId all = b.AddRoute("all", Always(), {MakeTier("mixed", {paris, gpt_us, berlin})});
  b.AddGuarantee("eu_only", Includes(data, 1), ir::EveryDeploymentReached{ProcessedIn({"FR", "DE", "SE"})});

  SUBCASE("violated, with the smallest request that the premise allows") {
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(Witness(result) == "tier=free data=health");
    CHECK(result.route == all);
    CHECK(result.deployments == std::vector{gpt_us});
    CHECK(result.explanation == "route `all` can reach `gpt_us`, which is processed in US");
  }
  SUBCASE("a rule for part of the premise leaves the rest") {
    b.AddRule("stay", All({Includes(data, 1), Is(tier, {0, 1})}), ProcessedIn({"FR", "DE"}));
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(Witness(result) == "tier=gold data=health");
  }
  SUBCASE("a rule for all of it proves it") {
    b.AddRule("stay", Includes(data, 1), ProcessedIn({"FR", "DE"}));
    CheckProved(Only());
  }
  SUBCASE("a refusal proves it") {
    b.AddRefusal("no_health", Includes(data, 1));
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kProved);
    CHECK(result.vacuous);
    CHECK(result.refused_by == std::vector<RefusalId>{{0}});
  }
  SUBCASE("it takes two refusals, of three, to leave nothing of the premise") {
    b.AddRefusal("free", All({Includes(data, 1), Is(tier, {0})}));
    b.AddRefusal("silver", All({Includes(data, 1), Is(tier, {1})}));
    b.AddRefusal("paying", All({Includes(data, 1), Is(tier, {1, 2})}));
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kProved);
    CHECK(result.vacuous);
    CHECK(result.refused_by == std::vector<RefusalId>{{0}, {2}});
  }
}

TEST_CASE_FIXTURE(Fixture, "the smallest witness over all routes, whichever comes first") {
  b.AddRoute("gold", Is(tier, {2}), {MakeTier("us", {gpt_us})});
  const RouteId rest = b.AddRoute("rest", Always(), {MakeTier("us", {gpt_us})});
  b.AddGuarantee("eu_only", Always(), ir::EveryDeploymentReached{ProcessedIn({"FR"})});
  const GuaranteeResult result = Only();
  CHECK(result.route == rest);
  CHECK(Witness(result) == "tier=free data=nothing");
}

TEST_CASE_FIXTURE(Fixture, "a tier's limit counts only what is allowed") {
  ir::Tier cheapest = MakeTier("cheapest 2", {paris, lyon, gpt_us});
  cheapest.order = TierOrder::kCheapest;
  cheapest.limit = 2;
  b.AddRoute("all", Always(), {cheapest});
  b.AddGuarantee("cheap", Always(), ir::EveryDeploymentReached{PriceOutAtMost(5)});

  SUBCASE("the third is out of reach while the first two are allowed") {
    CheckProved(Only());
  }
  SUBCASE("it comes into reach when a rule takes one of them out") {
    b.AddRule("not_lyon", All({Is(tier, {1}), Includes(data, 0)}), NotTest(Among({lyon})));
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(Witness(result) == "tier=silver data=personal");
    CHECK(result.deployments == std::vector{gpt_us});
    CHECK(result.explanation == "route `all` can reach `gpt_us`, whose price out is 10 USD");
  }
  SUBCASE("but not when the same rule takes it out as well") {
    b.AddRule("not_lyon", Is(tier, {1}), NotTest(Among({lyon, gpt_us})));
    CheckProved(Only());
  }
}

TEST_CASE_FIXTURE(Fixture, "the first choice: as ordered, or any when drawn by weight") {
  b.AddRoute("all", Always(), {MakeTier("pair", {paris, gpt_us}), MakeTier("berlin", {berlin})});
  b.AddGuarantee("french_first", Always(), ir::FirstChoice{ProcessedIn({"FR"})});

  SUBCASE("as listed, the first") {
    CheckProved(Only());
  }
  SUBCASE("by weight, any") {
    b.policy.routes[0].tiers[0].order = TierOrder::kByWeight;
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(result.deployments == std::vector{gpt_us});
    CHECK(result.explanation == "route `all` can try first `gpt_us`, which is processed in US");
  }
  SUBCASE("the next one when the first is excluded") {
    b.AddRule("not_paris", Is(tier, {2}), NotTest(Among({paris})));
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(Witness(result) == "tier=gold data=nothing");
    CHECK(result.deployments == std::vector{gpt_us});
  }
  SUBCASE("the next tier when the first is empty") {
    b.AddRule("not_the_pair", Is(tier, {1}), NotTest(Among({paris, gpt_us})));
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(result.deployments == std::vector{berlin});
  }
  SUBCASE("an excluded deployment is not a first choice, drawn by weight or not") {
    b.policy.routes[0].tiers[0].order = TierOrder::kByWeight;
    b.AddRule("not_us", Always(), NotTest(ProcessedIn({"US"})));
    CheckProved(Only());
  }
}

TEST_CASE_FIXTURE(Fixture, "served") {
  const RefusalId no_gold = b.AddRefusal("no_gold", Is(tier, {2}));
  const RefusalId no_health = b.AddRefusal("no_health", Includes(data, 1));
  const RouteId free = b.AddRoute("free", Is(tier, {0}), {MakeTier("paris", {paris})});
  const RouteId silver = b.AddRoute("silver", Is(tier, {1}), {MakeTier("gpt_us", {gpt_us})});

  SUBCASE("proved when every refusal is named") {
    b.AddGuarantee("served", Always(), ir::Served{{no_gold, no_health}});
    CheckProved(Only());
  }
  SUBCASE("violated by a refusal that is not named, where it answers first") {
    b.AddGuarantee("served", Is(tier, {1, 2}), ir::Served{{no_gold}});
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(Witness(result) == "tier=silver data=health");
    CHECK_FALSE(result.route);
    CHECK(result.explanation == "refusal `no_health` answers");
  }
  SUBCASE("a refusal that is named shields one behind it") {
    b.AddGuarantee("served", Is(tier, {2}), ir::Served{{no_gold}});
    CheckProved(Only());
  }
  SUBCASE("violated where no route matches") {
    b.policy.routes.pop_back();
    b.AddGuarantee("served", Always(), ir::Served{{no_gold, no_health}});
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(Witness(result) == "tier=silver data=nothing");
    CHECK(result.explanation == "no route matches");
  }
  SUBCASE("violated where rules leave nothing") {
    b.AddRule("not_us", Includes(data, 0), NotTest(ProcessedIn({"US"})));
    b.AddGuarantee("served", Always(), ir::Served{{no_gold, no_health}});
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(Witness(result) == "tier=silver data=personal");
    CHECK(result.route == silver);
    CHECK(result.explanation == "route `silver` matches and every deployment of its chain is excluded");
  }
  SUBCASE("a premise that is always refused is not vacuous here, one that cannot hold is") {
    b.AddGuarantee("served", All({Is(tier, {2}), Includes(data, 0)}), ir::Served{{no_gold}});
    b.AddGuarantee("nothing", All({Is(tier, {2}), Is(tier, {0})}), ir::Served{{}});
    const VerifyReport report = Verify(b.Build(), {});
    REQUIRE(report.guarantees.size() == 2);
    CheckProved(report.guarantees[0]);
    CHECK(report.guarantees[1].verdict == Verdict::kProved);
    CHECK(report.guarantees[1].vacuous);
    CHECK(report.passed());
  }
  CHECK(free.index == 0);
}

TEST_CASE_FIXTURE(Fixture, "survives the loss of any one") {
  using Unit = ir::SurvivesLoss::Unit;
  const RouteId all = b.AddRoute("all", Always(), {MakeTier("french", {paris, lyon}), MakeTier("us", {gpt_us})});

  SUBCASE("vendor: two are enough") {
    b.AddGuarantee("two", Always(), ir::SurvivesLoss{Unit::kVendor, 1});
    CheckProved(Only());
  }
  SUBCASE("vendor: a rule that leaves one breaks it") {
    b.AddRule("not_us", Includes(data, 1), NotTest(ProcessedIn({"US"})));
    b.AddGuarantee("two", Is(tier, {1, 2}), ir::SurvivesLoss{Unit::kVendor, 1});
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(Witness(result) == "tier=silver data=health");
    CHECK(result.route == all);
    CHECK(result.deployments == std::vector{paris, lyon});
    CHECK(result.explanation == "losing vendor `mistral` leaves nothing of route `all`");
  }
  SUBCASE("deployment: the same rule leaves two") {
    b.AddRule("not_us", Includes(data, 1), NotTest(ProcessedIn({"US"})));
    b.AddGuarantee("two", Always(), ir::SurvivesLoss{Unit::kDeployment, 1});
    CheckProved(Only());
  }
  SUBCASE("country") {
    b.AddRule("not_us", Includes(data, 1), NotTest(ProcessedIn({"US"})));
    b.AddGuarantee("two", Always(), ir::SurvivesLoss{Unit::kCountry, 1});
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(result.explanation == "losing country FR leaves nothing of route `all`");
  }
  SUBCASE("requests that are not routed do not count") {
    b.AddRule("nothing", Includes(data, 1), ProcessedIn({"JP"}));
    b.AddGuarantee("two", Always(), ir::SurvivesLoss{Unit::kVendor, 1});
    CheckProved(Only());
  }
}

TEST_CASE_FIXTURE(Fixture, "survives the loss of any two") {
  using Unit = ir::SurvivesLoss::Unit;
  b.AddGuarantee("three", Always(), ir::SurvivesLoss{Unit::kVendor, 2});
  SUBCASE("three vendors are enough") {
    b.AddRoute("all", Always(), {MakeTier("all", {paris, gpt_us, berlin})});
    CheckProved(Only());
  }
  SUBCASE("two are not, in whatever tiers") {
    b.AddRoute("all", Always(), {MakeTier("a", {paris, gpt_us}), MakeTier("b", {lyon, gpt_us, gpt_se})});
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(result.deployments == std::vector{paris, gpt_us, lyon, gpt_se});
    CHECK(result.explanation == "losing the vendors `mistral` and `openai` leaves nothing of route `all`");
  }
  SUBCASE("a limit can keep the third out of the plan") {
    ir::Tier two = MakeTier("cheapest 2", {paris, gpt_us, berlin});
    two.limit = 2;
    b.AddRoute("all", Always(), {two});
    CHECK(Only().verdict == Verdict::kViolated);
  }
}

TEST_CASE_FIXTURE(Fixture, "a loss that uses up the attempts") {
  using Unit = ir::SurvivesLoss::Unit;
  b.AddGuarantee("two", Always(), ir::SurvivesLoss{Unit::kVendor, 1});
  b.policy.limits.attempts = 2;

  SUBCASE("the only attempt goes to what is lost") {
    b.policy.limits.attempts = 1;
    b.AddRoute("all", Always(), {MakeTier("pair", {paris, gpt_us})});
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(result.deployments == std::vector{paris});
    CHECK(result.explanation ==
          "losing vendor `mistral` uses up the only attempt of route `all` before `gpt_us` is tried");
  }
  SUBCASE("an attempt is left for the other vendor") {
    b.AddRoute("all", Always(), {MakeTier("pair", {paris, gpt_us, lyon})});
    CheckProved(Only());
  }
  SUBCASE("two of the same vendor first, unless a rule takes one out") {
    b.AddRoute("all", Always(), {MakeTier("french", {paris, lyon}), MakeTier("us", {gpt_us})});
    b.AddRule("not_lyon", Is(tier, {0}), NotTest(Among({lyon})));
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(Witness(result) == "tier=silver data=nothing");
    CHECK(result.deployments == std::vector{paris, lyon});
    CHECK(result.explanation ==
          "losing vendor `mistral` uses up the 2 attempts of route `all` before `gpt_us` is tried");
    b.policy.rules[0].when = Always();
    CheckProved(Only());
  }
  SUBCASE("retries use them up, but only before the next tier") {
    ir::Tier retried = MakeTier("paris retry 1", {paris});
    retried.retries = 1;
    ir::Tier last = MakeTier("us retry 1", {gpt_us});
    last.retries = 1;
    b.AddRoute("all", Always(), {retried, last});
    CHECK(Only().explanation ==
          "losing vendor `mistral` uses up the 2 attempts of route `all` before `gpt_us` is tried");
    b.policy.limits.attempts = 3;
    CheckProved(Only());
  }
  SUBCASE("a tier that the rules empty takes none") {
    ir::Tier retried = MakeTier("lyon retry 5", {lyon});
    retried.retries = 5;
    b.AddRoute("all", Always(), {retried, MakeTier("pair", {paris, gpt_us})});
    b.AddRule("not_lyon", Always(), NotTest(Among({lyon})));
    CheckProved(Only());
  }
  SUBCASE("a draw by weight can put what is lost first") {
    ir::Tier drawn = MakeTier("drawn", {paris, gpt_us, lyon});
    b.AddRoute("all", Always(), {drawn});
    CheckProved(Only());
    b.policy.routes[0].tiers[0].order = TierOrder::kByWeight;
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(result.deployments == std::vector{paris, lyon});
    CHECK(result.explanation ==
          "losing vendor `mistral` uses up the 2 attempts of route `all` before `gpt_us` is tried, in the worst draw");
    b.policy.limits.attempts = 3;
    CheckProved(Only());
    b.policy.limits.attempts = 2;
    b.AddRule("not_lyon", Is(tier, {0, 2}), NotTest(Among({lyon})));
    CHECK(Witness(Only()) == "tier=silver data=nothing");
    b.policy.rules[0].when = Always();
    CheckProved(Only());
  }
  SUBCASE("losing less is enough in a draw after a tier that must be lost too") {
    ir::Tier drawn = MakeTier("drawn", {berlin, gpt_us, gpt_se});
    drawn.order = TierOrder::kByWeight;
    b.AddRoute("all", Always(), {MakeTier("paris", {paris}), drawn});
    b.policy.limits.attempts = 3;
    CheckProved(Only());
    b.policy.guarantees[0].promise = ir::SurvivesLoss{Unit::kVendor, 2};
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(result.deployments == std::vector{paris, gpt_us, gpt_se});
    CHECK(result.explanation ==
          "losing the vendors `mistral` and `openai` uses up the 3 attempts of route `all` before `berlin` is tried, "
          "in the worst draw");
    b.policy.limits.attempts = 4;
    CheckProved(Only());
  }
}

TEST_CASE_FIXTURE(Fixture, "attempts") {
  ir::Tier retried = MakeTier("paris retry 2", {paris});
  retried.retries = 2;
  const RouteId all = b.AddRoute("all", Always(), {retried, MakeTier("others", {gpt_us, berlin})});
  b.policy.limits.attempts = 10;

  SUBCASE("within the bound") {
    b.AddGuarantee("bounded", Always(), ir::Bounded{.attempts = 5, .within_ms = {}});
    CheckProved(Only());
  }
  SUBCASE("over it") {
    b.AddGuarantee("bounded", Always(), ir::Bounded{.attempts = 4, .within_ms = {}});
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(result.route == all);
    CHECK(result.explanation == "route `all` takes 5 attempts: 3 in `paris retry 2` and 2 in `others`");
  }
  SUBCASE("retries come on top of one attempt for each deployment") {
    b.policy.routes[0].tiers[1].retries = 1;
    b.AddGuarantee("bounded", Always(), ir::Bounded{.attempts = 5, .within_ms = {}});
    CHECK(Only().explanation == "route `all` takes 6 attempts: 3 in `paris retry 2` and 3 in `others`");
    b.policy.limits.attempts = 5;
    b.policy.guarantees[0].promise = ir::Bounded{.attempts = 4, .within_ms = {}};
    CHECK(Only().explanation ==
          "route `all` takes 5 attempts: 3 in `paris retry 2` and 3 in `others`, of which `limits` allow 5");
  }
  SUBCASE("rules bring it down, but not for all") {
    b.AddRule("not_berlin", Is(tier, {0, 1}), NotTest(Among({berlin})));
    b.AddGuarantee("bounded", Always(), ir::Bounded{.attempts = 4, .within_ms = {}});
    CHECK(Witness(Only()) == "tier=gold data=nothing");
    b.policy.guarantees[0].when = Not(Is(tier, {2}));
    CheckProved(Only());
  }
  SUBCASE("the policy's own limit bounds it") {
    b.policy.limits.attempts = 4;
    b.AddGuarantee("bounded", Always(), ir::Bounded{.attempts = 4, .within_ms = {}});
    CheckProved(Only());
  }
}

TEST_CASE_FIXTURE(Fixture, "time") {
  ir::Tier fast = MakeTier("fast", {paris});
  fast.within_ms = 800;
  ir::Tier slow = MakeTier("slow", {gpt_us});
  slow.within_ms = 5'000;
  b.AddRoute("all", Always(), {fast, slow});

  SUBCASE("within the bound") {
    b.AddGuarantee("bounded", Always(), ir::Bounded{.attempts = 2, .within_ms = 5'800});
    CheckProved(Only());
  }
  SUBCASE("over it") {
    b.AddGuarantee("bounded", Always(), ir::Bounded{.attempts = 2, .within_ms = 5'799});
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(result.explanation == "route `all` can take 5800 ms: 800 ms in `fast` and 5 s in `slow`");
  }
  SUBCASE("a tier without a bound takes what is left of the deadline") {
    b.policy.routes[0].tiers[1].within_ms.reset();
    b.AddGuarantee("bounded", Always(), ir::Bounded{.attempts = {}, .within_ms = 29'999});
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(result.explanation ==
          "route `all` can take 30 s: 800 ms in `fast` and what is left of the deadline in `slow`");
  }
  SUBCASE("unless rules empty it") {
    b.policy.routes[0].tiers[1].within_ms.reset();
    b.AddRule("not_us", Always(), NotTest(ProcessedIn({"US"})));
    b.AddGuarantee("bounded", Always(), ir::Bounded{.attempts = {}, .within_ms = 800});
    CheckProved(Only());
  }
  SUBCASE("the deadline bounds it") {
    b.policy.routes[0].tiers[1].within_ms.reset();
    b.AddGuarantee("bounded", Always(), ir::Bounded{.attempts = {}, .within_ms = 30'000});
    CheckProved(Only());
  }
}

TEST_CASE_FIXTURE(Fixture, "which fact the explanation gives") {
  b.AddRoute("all", Always(), {MakeTier("us", {gpt_us, gpt_se})});
  SUBCASE("a conjunction: the part that fails") {
    b.AddGuarantee("g", Always(),
                   ir::EveryDeploymentReached{AllTests({PriceOutAtMost(100), VendorIs(mistral), ProcessedIn({"FR"})})});
    CHECK(Only().explanation == "route `all` can reach `gpt_us`, whose vendor is `openai` (and 1 other)");
  }
  SUBCASE("a negation: the fact that should not be") {
    b.AddGuarantee("g", Always(), ir::EveryDeploymentReached{NotTest(VendorIs(openai))});
    CHECK(Only().explanation == "route `all` can reach `gpt_us`, whose vendor is `openai` (and 1 other)");
  }
  SUBCASE("membership of a group says enough") {
    b.AddGuarantee("g", Always(), ir::EveryDeploymentReached{Among({gpt_us})});
    CHECK(Only().explanation == "route `all` can reach `gpt_se`");
  }
}

}  // namespace
}  // namespace route::verify
