#include "compiler/verify/diagnose.h"

#include <doctest/doctest.h>

#include "tests/verify/policy_builder.h"

namespace route::verify {
namespace {

using diagnostics::Code;
using diagnostics::Diagnostic;

struct Fixture {
  PolicyBuilder b;
  SourceSet sources;
  AttributeId tier = b.AddOneOf("tier", {"free", "silver", "gold"});
  AttributeId data = b.AddAnyOf("data", {"personal", "health"});
  AttributeId spend = b.AddNumber("spend", 100);
  AttributeId vip = b.AddYesNo("vip");
  VendorId v = b.AddVendor("v", "FR");
  VendorId w = b.AddVendor("w", "US");
  DeploymentId paris = b.AddDeployment("paris", v, "FR");
  DeploymentId gpt_us = b.AddDeployment("gpt_us", w, "US");

  Fixture() { sources.Add("policy.route", "policy tested\n"); }

  auto Diagnostics(const VerifyReport& report) -> std::vector<Diagnostic> {
    diagnostics::Emitter emitter;
    Diagnose(b.policy, sources, report, emitter);
    for (const Diagnostic& diagnostic : emitter.diagnostics()) {
      CHECK_FALSE(diagnostic.message.ends_with("."));
      CHECK_FALSE(diagnostic.hint.empty());
      CHECK_FALSE(diagnostic.hint.ends_with("."));
      CHECK_FALSE(diagnostic.evidence.ends_with("."));
      CHECK((diagnostic.witness.empty() || diagnostic.witness.size() == b.policy.attributes.size()));
    }
    return emitter.diagnostics();
  }

  auto Run() -> std::vector<Diagnostic> { return Diagnostics(Verify(b.Build(), {})); }
};

TEST_CASE_FIXTURE(Fixture, "nothing to say about a policy that passes") {
  b.AddRoute("all", Always(), {MakeTier("paris", {paris})});
  CHECK(Run().empty());
}

TEST_CASE_FIXTURE(Fixture, "uncovered and unservable") {
  b.AddRule("eu", Includes(data, 1), ProcessedIn({"FR"}));
  b.AddRoute("some", Any({Is(tier, {0, 1}), AtLeast(spend, 40)}), {MakeTier("us", {gpt_us})});
  const std::vector<Diagnostic> found = Run();
  REQUIRE(found.size() == 2);

  CHECK(found[0].code == Code::kR0501);
  CHECK(found[0].severity == diagnostics::Severity::kError);
  CHECK(found[0].message == "some requests are taken by no route");
  REQUIRE(found[0].witness.size() == 4);
  CHECK(found[0].witness[0].text == "gold");
  CHECK(found[0].witness[0].json == "\"gold\"");
  CHECK(found[0].witness[1].text == "nothing");
  CHECK(found[0].witness[1].json == "[]");
  CHECK(found[0].witness[2].json == "0");
  CHECK(found[0].witness[3].json == "false");
  CHECK(found[0].evidence == "no route matches");
  CHECK(found[0].hint == "add a last route without a condition, for example `route everything_else to us`");

  CHECK(found[1].code == Code::kR0502);
  CHECK(found[1].message == "route `some` takes requests for which none of its deployments is allowed");
  CHECK(found[1].rules == std::vector<std::string>{"some", "eu"});
  CHECK(found[1].witness[1].json == "[\"health\"]");
  REQUIRE(found[1].notes.size() == 1);
  CHECK(found[1].notes[0].message == "`eu` excludes `gpt_us`");
  CHECK(found[1].hint ==
        "add a tier to route `some` that these rules allow, for example `then paris`, or refuse such requests with a "
        "`refuse` of their own");
}

TEST_CASE_FIXTURE(Fixture, "dead routes, rules and refusals") {
  b.AddRule("idle", AtLeast(spend, 200), ProcessedIn({"FR"}));
  b.AddRefusal("no_gold", Is(tier, {2}));
  b.AddRefusal("no_gold_vip", All({Is(tier, {2}), IsYes(vip)}));
  b.AddRefusal("beyond", AtLeast(spend, 200));
  b.AddRoute("silver", Is(tier, {1}), {MakeTier("paris", {paris})});
  b.AddRoute("paying", Is(tier, {1, 2}), {MakeTier("paris", {paris})});
  b.AddRoute("never", All({IsYes(vip), Not(IsYes(vip))}), {MakeTier("paris", {paris})});
  b.AddRoute("rest", Always(), {MakeTier("paris", {paris})});
  const std::vector<Diagnostic> found = Run();
  REQUIRE(found.size() == 5);
  CHECK(found[0].code == Code::kR0503);
  CHECK(found[0].message == "route `paying` is never taken");
  CHECK(found[0].evidence == "every request that meets its condition is answered by `no_gold` and `silver` together");
  CHECK(found[0].notes.size() == 2);
  CHECK(found[0].rules == std::vector<std::string>{"paying", "no_gold", "silver"});
  CHECK(found[0].hint == "move route `paying` before route `silver` (policy.route:1), or delete it");
  CHECK(found[1].code == Code::kR0503);
  CHECK(found[1].evidence == "its condition can never hold");
  CHECK(found[2].code == Code::kR0504);
  CHECK(found[2].severity == diagnostics::Severity::kWarning);
  CHECK(found[2].message == "rule `idle` never applies");
  CHECK(found[3].code == Code::kR0505);
  CHECK(found[3].evidence == "every request that meets its condition is refused by `no_gold` already");
  CHECK(found[4].code == Code::kR0505);
  CHECK(found[4].evidence == "its condition can never hold");
}

TEST_CASE_FIXTURE(Fixture, "guarantees") {
  b.AddRule("eu", Includes(data, 1), ProcessedIn({"FR"}));
  b.AddRefusal("no_gold", Is(tier, {2}));
  b.AddRoute("all", Always(), {MakeTier("both", {paris, gpt_us})});
  b.AddGuarantee("eu_only", Always(), ir::EveryDeploymentReached{ProcessedIn({"FR"})});
  b.AddGuarantee("two", Always(), ir::SurvivesLoss{ir::SurvivesLoss::Unit::kVendor, 1});
  b.AddGuarantee("served", Always(), ir::Served{{}});
  b.AddGuarantee("bounded", Always(), ir::Bounded{.attempts = 1, .within_ms = {}});
  b.AddGuarantee("idle", Is(tier, {2}), ir::EveryDeploymentReached{ProcessedIn({"FR"})});
  const std::vector<Diagnostic> found = Run();
  REQUIRE(found.size() == 5);

  CHECK(found[0].code == Code::kR0510);
  CHECK(found[0].message == "guarantee `eu_only` does not hold");
  CHECK(found[0].evidence == "route `all` can reach `gpt_us`, which is processed in US");
  CHECK(found[0].rules == std::vector<std::string>{"eu_only", "all"});
  CHECK(found[0].hint ==
        "add a rule with the guarantee's condition that forbids `gpt_us`, or take it out of route `all`");

  CHECK(found[1].evidence == "losing vendor `v` leaves nothing of route `all`");
  CHECK(found[1].rules == std::vector<std::string>{"two", "all", "eu"});
  CHECK(found[1].hint == "add a deployment of another vendor to route `all` that the rules allow");

  CHECK(found[2].evidence == "refusal `no_gold` answers");
  CHECK(found[2].rules == std::vector<std::string>{"served", "no_gold"});
  CHECK(found[2].hint == "write `unless refused by no_gold` in the guarantee, or narrow the condition of `no_gold`");

  CHECK(found[3].hint == "lower `retry` or drop a tier in route `all`, or promise 2 attempts");

  CHECK(found[4].code == Code::kR0511);
  CHECK(found[4].severity == diagnostics::Severity::kWarning);
}

TEST_CASE_FIXTURE(Fixture, "the way out of a loss that uses up the attempts") {
  b.AddRoute("all", Always(), {MakeTier("both", {paris, gpt_us})});
  b.AddGuarantee("two", Always(), ir::SurvivesLoss{ir::SurvivesLoss::Unit::kDeployment, 1});
  b.policy.limits.attempts = 1;
  std::vector<Diagnostic> found = Run();
  REQUIRE(found.size() == 1);
  CHECK(found[0].evidence ==
        "losing deployment `paris` uses up the only attempt of route `all` before `gpt_us` is tried");
  CHECK(found[0].hint == "let `limits` allow more than 1 attempt, or have route `all` try another deployment earlier");
  b.policy.routes[0].tiers = {MakeTier("paris retry 1", {paris}), MakeTier("us", {gpt_us})};
  b.policy.routes[0].tiers[0].retries = 1;
  b.policy.limits.attempts = 2;
  found = Run();
  REQUIRE(found.size() == 2);
  CHECK(found[0].code == diagnostics::Code::kR0509);
  CHECK(found[1].hint ==
        "let `limits` allow more than 2 attempts, lower `retry`, or have route `all` try another deployment earlier");
}

TEST_CASE_FIXTURE(Fixture, "what was not answered is an error") {
  b.AddRoute("all", Always(), {MakeTier("paris", {paris})});
  b.AddGuarantee("eu_only", Always(), ir::EveryDeploymentReached{ProcessedIn({"FR"})});
  VerifyReport report;
  report.unanswered.push_back({"can route `all` be reached", {}});
  report.guarantees.push_back({.guarantee = {0},
                               .verdict = Verdict::kUnknown,
                               .witness = {},
                               .compared_with = {},
                               .route = {},
                               .deployments = {},
                               .explanation = {}});
  const std::vector<Diagnostic> found = Diagnostics(report);
  REQUIRE(found.size() == 2);
  CHECK(found[0].code == Code::kR0520);
  CHECK(found[0].severity == diagnostics::Severity::kError);
  CHECK(found[0].message == "the solver gave up on the question: does guarantee `eu_only` hold");
  CHECK(found[1].message == "the solver gave up on the question: can route `all` be reached");
}

}  // namespace
}  // namespace route::verify
