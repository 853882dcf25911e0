#include "compiler/verify/costs.h"

#include <doctest/doctest.h>

#include "compiler/ir/text.h"
#include "compiler/verify/verify.h"
#include "tests/verify/policy_builder.h"

namespace route::verify {
namespace {

/// Prompts of up to 9,999 tokens, and answers of one: prices in are all that matters.
struct Fixture {
  PolicyBuilder b;
  AttributeId prompt = b.AddNumber("prompt", 9'999);
  VendorId vendor = b.AddVendor("mistral", "FR");

  Fixture() {
    b.policy.attributes[prompt.index].unit = Unit::kTokens;
    b.policy.attributes[prompt.index].sources = {{SourceKind::kRequest, "prompt"}};
    b.policy.limits.answer_tokens = 1;
  }

  auto Add(const std::string& name, std::int64_t price_in) -> DeploymentId {
    const DeploymentId id = b.AddDeployment(name, vendor, "FR", 0);
    b.policy.deployments[id.index].price_in = Decimal::FromInteger(price_in);
    return id;
  }
  void Promise(std::int64_t usd_micros) { b.AddGuarantee("affordable", Always(), ir::CostsAtMost{Decimal{usd_micros}}); }

  auto Only() -> GuaranteeResult {
    const VerifyReport report = Verify(b.Build(), {});
    REQUIRE(report.guarantees.size() == 1);
    return report.guarantees[0];
  }
};

TEST_CASE_FIXTURE(Fixture, "classes of prompts are told apart where they have to be") {
  const DeploymentId cheap = Add("cheap", 1);
  const DeploymentId dear = Add("dear", 100);
  b.policy.limits.attempts = 1;
  b.AddRule("short_only", AtLeast(prompt, 1'000), Among({cheap}));
  b.AddRule("anything", AtLeast(prompt, 5'000), Among({cheap, dear}));
  const RouteId all = b.AddRoute("all", Always(), {MakeTier("mixed", {cheap, dear})});

  SUBCASE("of a request that keeps the promise no more is suspected than that longer prompts break it") {
    const ir::CostsAtMost promise{Decimal{200'000}};
    const ir::ValueClasses classes(b.Build());
    smt::Solver solver(smt::EngineKind::kSat, 1'000'000);
    Encoder encoder(b.policy, classes, solver);
    SuspectedCosts costs(encoder, promise, all, HullOf(Always(), classes));
    CHECK(encoder.Ask({costs.Broken().value()}) == smt::Answer::kYes);
    CHECK_FALSE(costs.Confirm({0}));
    CHECK(encoder.Ask({costs.Broken().value()}) == smt::Answer::kNo);
  }
  SUBCASE("proved: what is dear gets no long prompt") {
    Promise(99'900);
    CHECK(Only().verdict == Verdict::kProved);
  }
  SUBCASE("violated: the shortest prompt that costs more") {
    Promise(50'000);
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(ir::FormatRequest(b.policy, result.witness.value()) == "prompt=501");
  }
  SUBCASE("violated by the longest prompts alone") {
    b.AddRule("cheap_is_for_long", Below(prompt, 5'000), Among({dear}));
    b.AddRule("dear_is_for_nobody", Always(), Among({cheap}));
    Promise(9'000);
    const GuaranteeResult result = Only();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(ir::FormatRequest(b.policy, result.witness.value()) == "prompt=9001");
  }
}

TEST_CASE_FIXTURE(Fixture, "the cheapest few of hundreds, with a promise that they just keep") {
  std::vector<DeploymentId> deployments;
  for (std::int64_t i = 1; i <= 400; ++i) deployments.push_back(Add("d" + std::to_string(i), i * i));
  ir::Tier tier = MakeTier("cheapest 2", deployments);
  tier.limit = 2;
  tier.retries = 8;
  b.AddRoute("all", Always(), {tier, MakeTier("more", {deployments[20], deployments[30], deployments[399]})});
  b.policy.limits.attempts = 10;
  // 400² once, 31² once, 21² once and 2² as often as the other attempts admit, for 9,999 tokens.
  const std::int64_t cost = 9'999 * (160'000 + 961 + 441 + 7 * 4);
  SUBCASE("proved") {
    Promise(cost);
    CHECK(Only().verdict == Verdict::kProved);
  }
  SUBCASE("violated") {
    Promise(cost - 1);
    CHECK(Only().verdict == Verdict::kViolated);
  }
}

}  // namespace
}  // namespace route::verify
