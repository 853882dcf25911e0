/// The questions of R0506 to R0509 and of an audit, compared with trying every request.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/ir/classes.h"
#include "compiler/ir/evaluate.h"
#include "compiler/verify/verify.h"
#include "runtime/values/schema.h"
#include "tests/differential/brute_force.h"
#include "tests/differential/seeds.h"
#include "tests/random_policy/random_policy.h"

namespace route::differential {
namespace {

using verify::VerifyReport;

auto Reaches(const ir::Decision& decision, std::uint32_t tier) -> bool {
  return std::ranges::find(decision.plan, tier, &ir::PlanTier::tier) != decision.plan.end();
}

void CompareAlwaysHolds(const ir::Policy& policy, const BruteForce& truth, const VerifyReport& report) {
  std::vector<std::variant<RuleId, RefusalId, RouteId>> always;
  const auto try_it = [&](auto id, const ir::Condition& when) {
    if (when.kind == ir::Condition::Kind::kTrue) return;
    if (!truth.First([&](std::size_t i) { return !ir::Holds(when, truth.requests()[i]); })) always.emplace_back(id);
  };
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    if (policy.rules[i].origin == ir::Rule::Origin::kWritten) try_it(RuleId{i}, policy.rules[i].when);
  }
  for (std::uint32_t i = 0; i < policy.refusals.size(); ++i) try_it(RefusalId{i}, policy.refusals[i].when);
  for (std::uint32_t i = 0; i < policy.routes.size(); ++i) try_it(RouteId{i}, policy.routes[i].when);
  REQUIRE(report.always_hold.size() == always.size());
  for (std::size_t i = 0; i < always.size(); ++i) REQUIRE(report.always_hold[i].whose == always[i]);
}

auto ExcludeTier(const ir::Policy& policy, const ir::Tier& tier, const std::vector<RuleId>& rules) -> bool {
  return std::ranges::all_of(tier.candidates, [&](const ir::Candidate& candidate) {
    return std::ranges::any_of(
        rules, [&](RuleId id) { return !ir::Holds(policy.rules.at(id.index).keep, policy, candidate.deployment); });
  });
}

void CompareDeadTiers(const ir::Policy& policy, const BruteForce& truth, const VerifyReport& report) {
  std::size_t next = 0;
  for (std::uint32_t route = 0; route < policy.routes.size(); ++route) {
    const auto first = truth.First([&](std::size_t i) { return truth.decisions()[i].route == RouteId{route}; });
    const std::vector<ir::Tier>& tiers = policy.routes[route].tiers;
    if (!first || tiers.size() < 2) continue;
    std::vector<std::uint32_t> dead;
    for (std::uint32_t tier = 0; tier < tiers.size(); ++tier) {
      const auto reached = truth.First([&](std::size_t i) {
        return truth.decisions()[i].route == RouteId{route} && Reaches(truth.decisions()[i], tier);
      });
      if (!reached) dead.push_back(tier);
    }
    if (dead.size() == tiers.size()) continue;
    for (const std::uint32_t tier : dead) {
      CAPTURE(route);
      CAPTURE(tier);
      REQUIRE(next < report.dead_tiers.size());
      const verify::DeadTier& finding = report.dead_tiers[next++];
      REQUIRE(finding.route == RouteId{route});
      REQUIRE(finding.tier == tier);
      REQUIRE(finding.witness == truth.requests()[*first]);
      // For every request of the route, and for some without any one of them.
      const auto are_enough = [&](const std::vector<RuleId>& rules) {
        return !truth.First([&](std::size_t i) {
          std::vector<RuleId> applying = rules;
          std::erase_if(applying, [&](RuleId id) { return !ir::Holds(policy.rules.at(id.index).when, truth.requests()[i]); });
          return truth.decisions()[i].route == RouteId{route} && !ExcludeTier(policy, tiers[tier], applying);
        });
      };
      REQUIRE(std::ranges::is_sorted(finding.rules));
      REQUIRE(are_enough(finding.rules));
      for (const RuleId left_out : finding.rules) {
        std::vector<RuleId> fewer = finding.rules;
        std::erase(fewer, left_out);
        REQUIRE(!are_enough(fewer));
      }
    }
  }
  REQUIRE(next == report.dead_tiers.size());
}

/// Nothing if the time before the tier is open.
auto TimeBefore(const std::vector<ir::Tier>& tiers, std::uint32_t tier) -> std::optional<std::uint64_t> {
  std::uint64_t time = 0;
  for (std::uint32_t i = 0; i < tier; ++i) {
    if (!tiers[i].within_ms) return std::nullopt;
    time += *tiers[i].within_ms;
  }
  return time;
}

auto AttemptsBefore(const ir::Policy& policy, const ir::Decision& decision, std::uint32_t tier) -> std::uint64_t {
  std::uint64_t attempts = 0;
  for (const ir::PlanTier& planned : decision.plan) {
    if (planned.tier >= tier) break;
    const ir::Tier& it = policy.routes.at(decision.route.value().index).tiers.at(planned.tier);
    attempts += ir::TierAttempts(planned.deployments.size(), it.retries);
  }
  return attempts;
}

void CompareUntriedTiers(const ir::Policy& policy, const BruteForce& truth, const VerifyReport& report) {
  std::size_t next = 0;
  for (std::uint32_t route = 0; route < policy.routes.size(); ++route) {
    for (std::uint32_t tier = 1; tier < policy.routes[route].tiers.size(); ++tier) {
      const auto time = TimeBefore(policy.routes[route].tiers, tier);
      const bool too_late = time && *time >= policy.limits.deadline_ms;
      bool is_reached = false;
      bool is_tried = false;
      for (const ir::Decision& decision : truth.decisions()) {
        if (decision.route != RouteId{route} || !Reaches(decision, tier)) continue;
        is_reached = true;
        is_tried = is_tried || AttemptsBefore(policy, decision, tier) < policy.limits.attempts;
      }
      if (!too_late && (!is_reached || is_tried)) continue;
      CAPTURE(route);
      CAPTURE(tier);
      REQUIRE(next < report.untried_tiers.size());
      const verify::UntriedTier& finding = report.untried_tiers[next++];
      REQUIRE(finding.route == RouteId{route});
      REQUIRE(finding.tier == tier);
      REQUIRE(finding.limit ==
              (too_late ? verify::UntriedTier::Limit::kDeadline : verify::UntriedTier::Limit::kAttempts));
    }
  }
  REQUIRE(next == report.untried_tiers.size());
}

// --- Rules that add nothing to another one, tiers that are no faster ----------------------------------------------------

auto AskTheSame(const ir::DeploymentTest& one, const ir::DeploymentTest& other) -> bool {
  return one.kind == other.kind && one.text == other.text && one.property == other.property && one.low == other.low &&
         one.high == other.high && one.values == other.values &&
         std::ranges::equal(one.children, other.children, AskTheSame);
}

/// Whatever the one does to a request, the other does.
auto AddsNothing(const BruteForce& truth, const ir::Rule& one, const ir::Rule& other) -> bool {
  const ir::Policy& policy = truth.policy();
  if (one.layer != other.layer || !AskTheSame(one.keep, other.keep)) return false;
  bool keeps_a_service = false;
  for (std::uint32_t i = 0; i < policy.services.size(); ++i) {
    keeps_a_service = keeps_a_service || (!ir::AskedFor(policy, {i}).empty() &&
                                          ir::Says(one.keep, policy, ServiceId{i}) == ir::Said::kNo);
  }
  return std::ranges::all_of(truth.requests(), [&](const ir::Request& request) {
    const auto could_apply = [&](const ir::Rule& rule) {
      return ir::Foresee(rule.when, policy, request) != ir::Truth::kNo;
    };
    return (!ir::Holds(one.when, request) || ir::Holds(other.when, request)) &&
           (!keeps_a_service || !could_apply(one) || could_apply(other));
  });
}

void CompareRedundantRules(const ir::Policy& policy, const BruteForce& truth, const VerifyReport& report) {
  std::map<RuleId, RuleId> expected;
  for (auto rule = static_cast<std::uint32_t>(policy.rules.size()); rule-- > 0;) {
    const auto is_written = [&](std::uint32_t i) { return policy.rules[i].origin == ir::Rule::Origin::kWritten; };
    if (!is_written(rule) || !truth.CanHold(policy.rules[rule].when)) continue;
    for (std::uint32_t other = 0; other < policy.rules.size(); ++other) {
      if (other == rule || !is_written(other) || expected.contains({other})) continue;
      if (!AddsNothing(truth, policy.rules[rule], policy.rules[other])) continue;
      expected.emplace(RuleId{rule}, RuleId{other});
      break;
    }
  }
  REQUIRE(report.redundant_rules.size() == expected.size());
  std::size_t next = 0;
  for (const auto& [rule, covering] : expected) {
    CAPTURE(rule.index);
    REQUIRE(report.redundant_rules[next].rule == rule);
    REQUIRE(report.redundant_rules[next++].covered_by == covering);
  }
}

/// The first tokens of all deployments of a tier, in millionths of a millisecond; nothing if one is not stated.
auto TimesOf(const ir::Policy& policy, const ir::Tier& tier) -> std::vector<std::int64_t> {
  std::vector<std::int64_t> times;
  for (const ir::Candidate& candidate : tier.candidates) {
    const auto& time = policy.deployments.at(candidate.deployment.index).first_token_ms;
    if (!time) return {};
    times.push_back(time->micros);
  }
  return times;
}

void CompareSlowFailovers(const ir::Policy& policy, const VerifyReport& report) {
  std::size_t next = 0;
  for (std::uint32_t route = 0; route < policy.routes.size(); ++route) {
    const std::vector<ir::Tier>& tiers = policy.routes[route].tiers;
    for (std::uint32_t t = 0; t + 1 < tiers.size(); ++t) {
      const std::vector<std::int64_t> here = TimesOf(policy, tiers[t]);
      const std::vector<std::int64_t> then = TimesOf(policy, tiers[t + 1]);
      const auto is_slower = [&](std::int64_t time) {
        return std::ranges::all_of(here, [&](std::int64_t before) { return before < time; });
      };
      if (!tiers[t].within_ms || here.empty() || then.empty() || !std::ranges::all_of(then, is_slower)) continue;
      REQUIRE(next < report.slow_failovers.size());
      const verify::SlowFailover& finding = report.slow_failovers[next++];
      REQUIRE(finding.route == RouteId{route});
      REQUIRE(finding.tier == t);
      REQUIRE(finding.slowest_ms == std::ranges::max(here));
      REQUIRE(finding.next_ms == std::ranges::min(then));
    }
  }
  REQUIRE(next == report.slow_failovers.size());
}

/// By what each request's plan holds: a tier that is named has nothing in it that no tier before it has. And where no tier takes
/// only so many of its candidates, one that is not named lists something new.
void CompareRepeatedTiers(const ir::Policy& policy, const BruteForce& truth, const VerifyReport& report) {
  std::set<std::pair<std::uint32_t, std::uint32_t>> named;
  for (const verify::RepeatedTier& finding : report.repeated_tiers) {
    REQUIRE(finding.first < finding.tier);
    named.emplace(finding.route.index, finding.tier);
  }
  REQUIRE(named.size() == report.repeated_tiers.size());
  for (const ir::Decision& decision : truth.decisions()) {
    std::set<DeploymentId> before;
    for (const ir::PlanTier& planned : decision.plan) {
      for (const ir::Candidate& candidate : planned.deployments) {
        if (named.contains({decision.route->index, planned.tier})) REQUIRE(before.contains(candidate.deployment));
      }
      for (const ir::Candidate& candidate : planned.deployments) before.insert(candidate.deployment);
    }
  }
  for (std::uint32_t route = 0; route < policy.routes.size(); ++route) {
    const std::vector<ir::Tier>& tiers = policy.routes[route].tiers;
    if (std::ranges::any_of(tiers, [](const ir::Tier& tier) { return tier.limit.has_value(); })) continue;
    std::set<DeploymentId> before;
    for (std::uint32_t t = 0; t < tiers.size(); ++t) {
      bool is_new = false;
      for (const ir::Candidate& candidate : tiers[t].candidates) is_new = before.insert(candidate.deployment).second || is_new;
      REQUIRE(named.contains({route, t}) == (!is_new && !tiers[t].retries && !tiers[t].within_ms));
    }
  }
}

// --- An audit ---------------------------------------------------------------------------------------------------------

auto IsClaimed(const ir::Attribute& attribute) -> bool {
  return std::ranges::all_of(attribute.sources, [](const ir::Source& source) {
    return SourceTrust(source.kind, source.argument) == Trust::kClaimed;
  });
}

auto Gained(const ir::Policy& policy, const ir::Decision& before, const ir::Decision& after) -> std::vector<DeploymentId> {
  std::vector<DeploymentId> gained;
  if (before.refusal || after.refusal) return gained;
  for (std::uint32_t i = 0; i < policy.deployments.size(); ++i) {
    const auto is_this = [&](const ir::Exclusion& exclusion) { return exclusion.deployment == DeploymentId{i}; };
    if (std::ranges::any_of(before.excluded, is_this) && std::ranges::none_of(after.excluded, is_this)) {
      gained.push_back({i});
    }
  }
  return gained;
}

auto ServicesGained(const ir::Decision& before, const ir::Decision& after) -> std::vector<ServiceId> {
  std::vector<ServiceId> gained;
  if (before.refusal || after.refusal) return gained;
  const std::vector<ServiceId> already = ir::ServicesAsked(before);
  for (const ServiceId service : ir::ServicesAsked(after)) {
    if (std::ranges::find(already, service) == already.end()) gained.push_back(service);
  }
  return gained;
}

struct Gain {
  ir::Request witness;
  ir::Request instead;
  std::vector<DeploymentId> gained;
  std::vector<ServiceId> services;
};

/// Of the dimensions and classes in order, the default's class first, the first that gains; with the smallest request.
auto FirstGain(const ir::Policy& policy, const BruteForce& truth, std::uint32_t attribute) -> std::optional<Gain> {
  const ir::ValueClasses classes(policy);
  const ir::Attribute& declared = policy.attributes[attribute];
  for (std::uint32_t d = 0; d < classes.dimensions().size(); ++d) {
    if (classes.dimensions()[d].attribute != AttributeId{attribute}) continue;
    std::vector<std::uint16_t> candidates;
    if (declared.fallback) {
      ir::Request request = truth.requests().front();
      request[attribute] = *declared.fallback;
      candidates.push_back(classes.Classify(request)[d]);
    }
    if (IsClaimed(declared)) {
      for (std::uint16_t i = 0; i < classes.dimensions()[d].classes; ++i) candidates.push_back(i);
    }
    for (const std::uint16_t candidate : candidates) {
      for (std::size_t i = 0; i < truth.requests().size(); ++i) {
        std::vector<std::uint16_t> changed = classes.Classify(truth.requests()[i]);
        changed[d] = candidate;
        const ir::Request instead = classes.Representative(changed);
        const ir::Decision after = ir::Evaluate(policy, instead);
        const auto gained = Gained(policy, truth.decisions()[i], after);
        const auto services = ServicesGained(truth.decisions()[i], after);
        if (!gained.empty() || !services.empty()) return Gain{truth.requests()[i], instead, gained, services};
      }
    }
  }
  return std::nullopt;
}

/// How many services see a prompt that they would not see with another value.
auto CompareValueGains(const ir::Policy& policy, const BruteForce& truth, const VerifyReport& report) -> std::size_t {
  std::size_t next = 0;
  std::size_t services = 0;
  for (std::uint32_t attribute = 0; attribute < policy.attributes.size(); ++attribute) {
    const auto gain = FirstGain(policy, truth, attribute);
    if (!gain) continue;
    CAPTURE(attribute);
    REQUIRE(next < report.value_gains.size());
    const verify::ValueGain& finding = report.value_gains[next++];
    REQUIRE(finding.attribute == AttributeId{attribute});
    REQUIRE((finding.how == verify::ValueGain::How::kClaimed) == IsClaimed(policy.attributes[attribute]));
    REQUIRE(finding.witness == gain->witness);
    REQUIRE(finding.instead == gain->instead);
    REQUIRE(finding.gained == gain->gained);
    REQUIRE(finding.services == gain->services);
    services += finding.services.size();
    REQUIRE(!finding.rules.empty());
  }
  REQUIRE(next == report.value_gains.size());
  return services;
}

void CompareSingleLosses(BruteForce& truth, const VerifyReport& report) {
  using Unit = ir::SurvivesLoss::Unit;
  for (const Unit unit : {Unit::kDeployment, Unit::kVendor, Unit::kCountry}) {
    std::optional<std::size_t> first;
    for (std::uint32_t route = 0; route < truth.policy().routes.size() && !first; ++route) {
      first = truth.First([&](std::size_t i) {
        const ir::Decision& decision = truth.decisions()[i];
        return decision.outcome == Outcome::kRouted && decision.route == RouteId{route} &&
               truth.FewestLosses(decision, unit) == 1;
      });
    }
    if (!first) continue;
    REQUIRE(report.single_losses.size() == 1);
    const verify::SingleLoss& finding = report.single_losses[0];
    REQUIRE(finding.unit == unit);
    REQUIRE(finding.witness == truth.requests()[*first]);
    REQUIRE(truth.decisions()[*first].route == finding.route);
    REQUIRE(truth.CanEndService(truth.decisions()[*first], unit, {finding.lost}));
    return;
  }
  REQUIRE(report.single_losses.empty());
}

/// The same requests, catalogue and limits, with nothing but a route to one deployment, which is tried as often as may be.
auto WithOneRouteTo(const ir::Policy& policy, DeploymentId deployment) -> ir::Policy {
  ir::Policy bare = policy;
  bare.rules.clear();
  bare.refusals.clear();
  ir::Condition always;
  always.kind = ir::Condition::Kind::kTrue;
  ir::Tier tier;
  tier.candidates = {{deployment, 1}};
  tier.retries = policy.limits.attempts;
  ir::Route route;
  route.when = always;
  route.tiers = {std::move(tier)};
  bare.routes = {std::move(route)};
  return bare;
}

/// What holds by the catalogue or the limits alone holds of such a policy whatever its deployment is; of the kinds that say
/// something of each deployment, what holds of each of them is found.
void CompareTrivialGuarantees(const ir::Policy& policy, const BruteForce& truth, const VerifyReport& report) {
  std::set<GuaranteeId> trivial;
  for (const verify::TrivialGuarantee& finding : report.trivial_guarantees) trivial.insert(finding.guarantee);
  for (std::uint32_t i = 0; i < policy.guarantees.size(); ++i) {
    CAPTURE(i);
    ir::Guarantee guarantee = policy.guarantees[i];
    guarantee.when = ir::Condition{};
    guarantee.when.kind = ir::Condition::Kind::kTrue;
    const bool is_about_each = std::holds_alternative<ir::EveryDeploymentReached>(guarantee.promise) ||
                               std::holds_alternative<ir::FirstChoice>(guarantee.promise);
    if (!trivial.contains({i}) && !is_about_each) continue;
    bool holds = true;
    for (std::uint32_t d = 0; d < policy.deployments.size(); ++d) {
      const ir::Policy bare = WithOneRouteTo(policy, {d});
      holds = holds && ir::Holds(guarantee, bare, truth.requests().front()) && ir::Holds(guarantee, bare, truth.requests().back());
    }
    if (const auto* every = std::get_if<ir::EveryDeploymentReached>(&guarantee.promise)) {
      for (std::uint32_t service = 0; service < policy.services.size(); ++service) {
        holds = holds && ir::Says(every->test, policy, ServiceId{service}) != ir::Said::kNo;
      }
    }
    REQUIRE(holds == trivial.contains({i}));
  }
}

TEST_CASE("the further questions are answered as by trying every request") {
  std::size_t dead_tiers = 0;
  std::size_t untried = 0;
  std::size_t always = 0;
  std::size_t gains = 0;
  std::size_t services_gained = 0;
  std::size_t trivial = 0;
  std::size_t redundant = 0;
  std::size_t slow = 0;
  std::size_t repeated = 0;
  for (const std::uint64_t seed : Seeds()) {
    CAPTURE(seed);
    const ir::Policy policy = PolicyOf(seed);
    BruteForce truth(policy);
    const VerifyReport report = verify::Verify(policy, {.depth = verify::Limits::Depth::kAudit});
    REQUIRE(report.unanswered.empty());
    CompareAlwaysHolds(policy, truth, report);
    CompareDeadTiers(policy, truth, report);
    CompareUntriedTiers(policy, truth, report);
    services_gained += CompareValueGains(policy, truth, report);
    CompareSingleLosses(truth, report);
    CompareRedundantRules(policy, truth, report);
    CompareSlowFailovers(policy, report);
    CompareRepeatedTiers(policy, truth, report);
    CompareTrivialGuarantees(policy, truth, report);
    trivial += report.trivial_guarantees.size();
    redundant += report.redundant_rules.size();
    slow += report.slow_failovers.size();
    repeated += report.repeated_tiers.size();
    dead_tiers += report.dead_tiers.size();
    untried += report.untried_tiers.size();
    always += report.always_hold.size();
    gains += report.value_gains.size();
  }
  MESSAGE(dead_tiers << " dead tiers, " << untried << " tiers never tried, " << always << " conditions that always hold, "
                     << gains << " gains by another value, " << services_gained << " services among them, " << trivial
                     << " trivial promises, " << redundant << " redundant rules, " << slow << " slow failovers, " << repeated << " tiers with nothing new");
  if (std::getenv("ROUTE_SEED") == nullptr) {
    CHECK(dead_tiers > 5);
    CHECK(untried > 20);
    CHECK(always > 5);
    CHECK(gains > 50);
    CHECK(services_gained > 5);
    CHECK(trivial > 5);
    CHECK(redundant > 5);
    CHECK(slow > 5);
    CHECK(repeated > 5);
  }
}

// --- Rules that add nothing ---------------------------------------------------------------------------------------------

TEST_CASE("a rule that is planted under another one is found, and what is found can go") {
  std::size_t found = 0;
  for (const std::uint64_t seed : Seeds()) {
    CAPTURE(seed);
    ir::Policy policy = PolicyOf(seed);
    if (policy.rules.empty() || policy.rules[0].origin != ir::Rule::Origin::kWritten) continue;
    ir::Rule planted = policy.rules[0];
    planted.name = "planted";
    ir::Condition both;
    both.kind = ir::Condition::Kind::kAll;
    both.children = {policy.rules[0].when, policy.routes[0].when};
    planted.when = both;
    policy.rules.insert(policy.rules.begin() + 1, planted);

    const BruteForce truth(policy);
    const VerifyReport report = verify::Verify(policy, {});
    const auto is_planted = [](const verify::RedundantRule& finding) { return finding.rule == RuleId{1}; };
    REQUIRE(std::ranges::any_of(report.redundant_rules, is_planted) == truth.CanHold(both));
    for (const verify::RedundantRule& finding : report.redundant_rules) {
      ir::Policy without = policy;
      without.rules.erase(without.rules.begin() + finding.rule.index);
      for (std::size_t i = 0; i < truth.requests().size(); ++i) {
        REQUIRE(ir::Evaluate(without, truth.requests()[i]).plan == truth.decisions()[i].plan);
      }
      ++found;
    }
  }
  if (std::getenv("ROUTE_SEED") == nullptr) CHECK(found > 50);
}

// --- The engines ----------------------------------------------------------------------------------------------------------

TEST_CASE("the two solvers agree on every question") {
  for (const std::uint64_t seed : Seeds()) {
    if (seed % 5 != 0) continue;
    CAPTURE(seed);
    const ir::Policy policy = PolicyOf(seed);
    const verify::Limits both{.solver = verify::SolverKind::kBoth, .depth = verify::Limits::Depth::kAudit};
    const VerifyReport report = verify::Verify(policy, both);  // throws if they do not
    const VerifyReport z3 =
        verify::Verify(policy, {.solver = verify::SolverKind::kZ3, .depth = verify::Limits::Depth::kAudit});
    REQUIRE(report.unanswered.empty());
    REQUIRE(report.guarantees.size() == z3.guarantees.size());
    for (std::size_t i = 0; i < report.guarantees.size(); ++i) {
      REQUIRE(report.guarantees[i].verdict == z3.guarantees[i].verdict);
      REQUIRE(report.guarantees[i].witness == z3.guarantees[i].witness);
    }
  }
}

// --- What a proof rests on ------------------------------------------------------------------------------------------------

auto Holds(const ir::Policy& policy, const std::vector<RuleId>& rules) -> bool {
  ir::Policy some = policy;
  some.rules.clear();
  for (const RuleId id : rules) some.rules.push_back(policy.rules.at(id.index));
  return !BruteForce(some).FirstBroken(some.guarantees[0]);
}

TEST_CASE("a proof rests on what is named, and on all of it") {
  std::size_t explained = 0;
  std::size_t number = 0;
  for (const std::uint64_t seed : Seeds()) {
    if (number++ % 10 != 0) continue;  // not by the seed: a shard may have no even one
    CAPTURE(seed);
    ir::Policy policy = PolicyOf(seed);
    if (policy.guarantees.empty()) continue;
    policy.guarantees.resize(1);
    // Refusals are left out here: which of them a promise names would change with them.
    policy.refusals.clear();
    policy.tests.clear();
    if (auto* served = std::get_if<ir::Served>(&policy.guarantees[0].promise)) served->unless_refused_by.clear();
    const verify::Why why = verify::ExplainProof(policy, {0}, {});
    std::vector<RuleId> all;
    for (std::uint32_t i = 0; i < policy.rules.size(); ++i) all.push_back({i});
    REQUIRE((why.verdict == Verdict::kProved) == Holds(policy, all));
    if (why.verdict != Verdict::kProved) continue;
    REQUIRE(why.is_minimal);
    REQUIRE(Holds(policy, why.rules));
    for (std::size_t left_out = 0; left_out < why.rules.size(); ++left_out) {
      std::vector<RuleId> fewer = why.rules;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(left_out));
      REQUIRE(!Holds(policy, fewer));
    }
    explained += why.rules.empty() ? 0 : 1;
  }
  MESSAGE(explained << " proofs rest on rules");
  if (std::getenv("ROUTE_SEED") == nullptr) CHECK(explained > 0);
}

}  // namespace
}  // namespace route::differential
