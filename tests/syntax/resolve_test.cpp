#include "compiler/resolve/resolve.h"

#include <doctest/doctest.h>

#include <string>

#include "compiler/ir/check.h"
#include "compiler/ir/evaluate.h"
#include "compiler/ir/text.h"
#include "compiler/resolve/load.h"

namespace {

using namespace route;

const std::string kFrame = R"(
policy p version "1"
attribute tier   one of free, silver, gold  from tenant                 default free
attribute data   any of personal, health    from header "X-Data-Class"      default nothing
attribute spend  percent up to 200%         from budget
attribute prompt tokens up to 500k          from request
attribute needs  any of tools, vision       from request
attribute asked  text                       from request "model"
attribute origin country                    from tenant                 default FR
attribute today  date                       from clock
vendor a { headquarters FR certified soc2 }
vendor b { headquarters US }
model large { quality 80 quality code 90 context 200k tokens capabilities tools, vision licence open_weights }
model small { quality 60 context 100k tokens capabilities tools }
deployment d0 serves large { vendor a processed in FR price 3 USD in, 9 USD out first token 400 ms }
deployment d1 serves small { vendor a processed in DE price 1 USD in, 1 USD out first token 900 ms tags fast_lane }
deployment d2 serves large { vendor b processed in US price 1 USD in, 4 USD out first token 0.1 s status preview }
)";

struct Resolved {
  SourceSet sources;
  diagnostics::Emitter emitter;
  ir::Policy policy;

  auto Problems() const -> std::string {
    std::string text;
    for (const auto& d : emitter.diagnostics()) text += std::string(diagnostics::Entry(d.code).name) + " " + d.message + "\n";
    return text;
  }
};

auto ResolveText(const std::string& more, const std::string& frame = kFrame) -> Resolved {
  Resolved resolved;
  FileId root = resolved.sources.Add("test.route", frame + more);
  resolve::LoadedPolicy loaded = resolve::Load(resolved.sources, root, resolved.emitter);
  resolved.policy = resolve::Resolve(resolved.sources, loaded, {*ParseDate("2026-11-24")}, resolved.emitter);
  if (!resolved.emitter.has_errors()) CHECK(ir::CheckWellFormed(resolved.policy) == std::vector<std::string>{});
  return resolved;
}

/// The deployments, in order, that the only tier of the route `x` may try.
auto Candidates(const std::string& target, const std::string& more = "") -> std::string {
  Resolved resolved = ResolveText(more + "\nroute x to " + target + "\n");
  REQUIRE(resolved.Problems() == "");
  std::string names;
  for (const ir::Candidate& candidate : resolved.policy.routes[0].tiers[0].candidates) {
    names += (names.empty() ? "" : " ") + resolved.policy.deployments[candidate.deployment.index].name;
    if (candidate.weight != 1) names += "*" + std::to_string(candidate.weight);
  }
  return names;
}

/// Does the condition hold of the request?
auto Holds(const std::string& condition, const std::string& given) -> bool {
  Resolved resolved = ResolveText("route x when " + condition + " to d0\n");
  REQUIRE(resolved.Problems() == "");
  auto values = ir::ParseGiven(resolved.policy, given);
  REQUIRE(values);
  auto request = ir::CompleteRequest(resolved.policy, *values, *ParseDate("2026-11-24"));
  REQUIRE(request);
  return ir::Holds(resolved.policy.routes[0].when, *request);
}

/// The deployments that pass the test.
auto Passing(const std::string& test) -> std::string {
  Resolved resolved = ResolveText("route x to d0\nrule r require " + test + "\n");
  REQUIRE(resolved.Problems() == "");
  std::string names;
  for (std::uint32_t i = 0; i < resolved.policy.deployments.size(); ++i) {
    if (ir::Holds(resolved.policy.rules[0].keep, resolved.policy, {i})) {
      names += (names.empty() ? "" : " ") + resolved.policy.deployments[i].name;
    }
  }
  return names;
}

TEST_CASE("comparisons mean what they say") {
  CHECK(Holds("tier is gold or silver", "tier=silver"));
  CHECK_FALSE(Holds("tier is not gold or silver", "tier=silver"));
  CHECK(Holds("tier in { gold, silver } and tier not in { gold }", "tier=silver"));
  CHECK(Holds("data includes personal or health", "data=health"));
  CHECK_FALSE(Holds("data includes personal and health", "data=health"));
  CHECK_FALSE(Holds("data includes all of { personal, health }", "data=health"));
  CHECK(Holds("data includes all of { personal, health }", "data=health,personal"));
  CHECK(Holds("data includes none of { personal }", "data=health"));
  CHECK(Holds("data is empty", ""));
  CHECK(Holds("data is not empty", "data=health"));
  CHECK(Holds("spend < 40%", "spend=39.999999"));
  CHECK_FALSE(Holds("spend < 40%", "spend=40"));
  CHECK(Holds("spend <= 40%", "spend=40"));
  CHECK_FALSE(Holds("spend > 40%", "spend=40"));
  CHECK(Holds("spend > 40%", "spend=40.000001"));
  CHECK(Holds("spend between 10% and 20%", "spend=20"));
  CHECK_FALSE(Holds("spend between 10% and 20%", "spend=20.000001"));
  CHECK(Holds("spend is 20%", "spend=20"));
  CHECK(Holds("spend is not 20%", "spend=21"));
  CHECK(Holds("asked is \"gpt\" or \"claude\"", "asked=claude"));
  CHECK(Holds("asked starts with \"gp\"", "asked=gpt-5"));
  CHECK_FALSE(Holds("asked not in { \"gpt\" }", "asked=gpt"));
}

TEST_CASE("named conditions stand for what they name") {
  Resolved resolved = ResolveText("condition rich = tier is gold\ncondition busy = rich and spend > 50%\nroute x when busy to d0\n");
  REQUIRE(resolved.Problems() == "");
  CHECK(resolved.policy.routes[0].when.kind == ir::Condition::Kind::kAll);
}

TEST_CASE("clauses and dates join: all of them must let the request through") {
  Resolved resolved = ResolveText(
      "rule r from 2026-12-01 until 2026-12-31 when tier is gold unless spend > 50% forbid vendor b\nroute x to d0\n");
  REQUIRE(resolved.Problems() == "");
  auto applies = [&](const std::string& given) {
    auto request = ir::CompleteRequest(resolved.policy, *ir::ParseGiven(resolved.policy, given), *ParseDate("2026-01-01"));
    return ir::Holds(resolved.policy.rules[0].when, *request);
  };
  CHECK(applies("tier=gold today=2026-12-01"));
  CHECK(applies("tier=gold today=2026-12-31"));
  CHECK_FALSE(applies("tier=gold today=2026-11-30"));
  CHECK_FALSE(applies("tier=gold today=2027-01-01"));
  CHECK_FALSE(applies("tier=gold today=2026-12-05 spend=51"));
  CHECK_FALSE(applies("tier=free today=2026-12-05"));
}

TEST_CASE("deployment tests read the catalogue") {
  CHECK(Passing("processed in FR or DE") == "d0 d1");
  CHECK(Passing("not processed in US") == "d0 d1");
  CHECK(Passing("is not headquartered in FR") == "d2");
  CHECK(Passing("vendor a") == "d0 d1");
  CHECK(Passing("vendor is not b") == "d0 d1");
  CHECK(Passing("vendor not in { b }") == "d0 d1");
  CHECK(Passing("model is large and price out <= 4 USD") == "d2");
  CHECK(Passing("price in between 2 USD and 3 USD") == "d0");
  CHECK(Passing("certified soc2") == "d0 d1");
  CHECK(Passing("capable of vision") == "d0 d2");
  CHECK(Passing("capable of vision and tools") == "d0 d2");
  CHECK(Passing("quality >= 70 or status is preview") == "d0 d2");
  CHECK(Passing("context > 100k tokens") == "d0 d2");
  CHECK(Passing("first token < 0.4 s") == "d2");
  CHECK(Passing("open_weights") == "d0 d2");
  CHECK(Passing("fast_lane") == "d1");
  CHECK(Passing("tagged fast_lane or open_weights") == "d0 d1 d2");
  CHECK(Passing("deployment d1 or d2") == "d1 d2");
  CHECK(Passing("in { d1 }") == "d1");
}

TEST_CASE("selections are ordered, and an unstated fact selects nothing either way") {
  CHECK(Candidates("cheapest 2 deployments") == "d1 d2 d0");
  CHECK(Candidates("fastest deployment") == "d2 d0 d1");
  CHECK(Candidates("best deployment with quality >= 60") == "d0 d2 d1");
  CHECK(Candidates("deployments with quality code >= 50") == "d0 d2");
  CHECK(Candidates("deployments with not quality code >= 95") == "d0 d2");
  CHECK(Candidates("g", "group g = d2 weight 3, d0") == "d2*3 d0");
  CHECK(Candidates("g by cheapest", "group g = d0, d1") == "d1 d0");
  CHECK(Candidates("{ d1 weight 2, d0 weight 5 }") == "d1*2 d0*5");
}

TEST_CASE("tiers carry their limits") {
  Resolved resolved = ResolveText("route x to cheapest 2 deployments within 800 ms retry 3, then fastest deployment within 2 s then d0\n");
  REQUIRE(resolved.Problems() == "");
  const auto& tiers = resolved.policy.routes[0].tiers;
  REQUIRE(tiers.size() == 3);
  CHECK(tiers[0].label == "cheapest 2 deployments");
  CHECK(tiers[0].limit == 2);
  CHECK(tiers[0].within_ms == 800);
  CHECK(tiers[0].retries == 3);
  CHECK(tiers[1].limit == 1);
  CHECK(tiers[1].within_ms == 2000);
  CHECK_FALSE(tiers[2].within_ms);
}

TEST_CASE("what a request needs becomes rules") {
  Resolved resolved = ResolveText("route x to d0\n");
  REQUIRE(resolved.Problems() == "");
  std::string names;
  for (const ir::Rule& rule : resolved.policy.rules) names += rule.name + " ";
  CHECK(names == "context.100000 context.200000 needs.tools needs.vision ");
  auto allowed = [&](const std::string& given) {
    auto request = ir::CompleteRequest(resolved.policy, *ir::ParseGiven(resolved.policy, given), *ParseDate("2026-01-01"));
    ir::Decision decision = ir::Evaluate(resolved.policy, *request);
    std::string text;
    for (const ir::Exclusion& exclusion : decision.excluded) text += resolved.policy.deployments[exclusion.deployment.index].name + " ";
    return text;
  };
  CHECK(allowed("prompt=100k") == "");
  CHECK(allowed("prompt=100001") == "d1 ");
  CHECK(allowed("prompt=200001") == "d0 d1 d1 d2 ");
  CHECK(allowed("needs=vision") == "d1 ");
}

TEST_CASE("needs and prompts imply rules wherever their source stands") {
  Resolved resolved = ResolveText(
      "attribute uses any of tools, json from header \"x-uses\" and request \"needs\"\nroute x to d0\n",
      kFrame.substr(0, kFrame.find("attribute needs")) + kFrame.substr(kFrame.find("attribute asked")));
  REQUIRE(resolved.Problems() == "");
  std::string names;
  for (const ir::Rule& rule : resolved.policy.rules) names += rule.name + " ";
  CHECK(names == "context.100000 context.200000 needs.tools needs.json ");
}

TEST_CASE("header names are folded to lower case") {
  Resolved resolved = ResolveText("route x to d0\n");
  CHECK(resolved.policy.attributes[1].sources[0].argument == "x-data-class");
}

TEST_CASE("labels and guarantee texts are on one line, without comments") {
  Resolved resolved = ResolveText(
      "route x to deployments with # which\n   quality >= 50\nguarantee g when tier is gold, # and\n  never   vendor b\n");
  REQUIRE(resolved.Problems() == "");
  CHECK(resolved.policy.routes[0].tiers[0].label == "deployments with quality >= 50");
  CHECK(resolved.policy.guarantees[0].text == "when tier is gold, never vendor b");
}

TEST_CASE("library jurisdictions nest") {
  Resolved resolved = ResolveText("import std.jurisdictions\nroute x to d0\nrule r require processed in EEA\nrule s require processed in EU\n");
  REQUIRE(resolved.Problems() == "");
  CHECK(resolved.policy.rules[0].keep.values.size() == 30);
  CHECK(resolved.policy.rules[1].keep.values.size() == 27);
}

}  // namespace
