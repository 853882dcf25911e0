#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "compiler/diff/diff.h"
#include "compiler/ir/evaluate.h"
#include "compiler/ir/text.h"
#include "compiler/lower/lower.h"
#include "tests/diff/pairs.h"
#include "tests/random_policy/random_policy.h"

// Every request of thousands of pairs of policies is decided by the evaluator, and what `Diff` says of it is compared with
// a comparison that is written here anew, in names instead of indexes.

namespace route::diff {
namespace {

using Classes = std::vector<std::uint16_t>;

/// Everything that is compared, as text.
struct Plain {
  std::string end;
  std::set<std::string> reached;
  std::set<std::string> first;
  std::vector<std::string> tiers;  ///< one for each, spelled out
};

auto Spelled(const ir::Policy& policy, const ir::Tier& tier, std::vector<ir::Candidate> candidates) -> std::string {
  std::uint32_t factor = 0;
  for (const ir::Candidate& candidate : candidates) factor = std::gcd(factor, candidate.weight);
  std::vector<std::string> names;
  const bool drawn = tier.order == TierOrder::kByWeight && candidates.size() > 1;
  for (const ir::Candidate& candidate : candidates) {
    names.push_back(policy.deployments[candidate.deployment.index].name + (drawn ? "*" + std::to_string(candidate.weight / factor) : ""));
  }
  if (drawn) std::ranges::sort(names);
  std::string text = drawn ? "drawn" : "listed";
  for (const std::string& name : names) text += " " + name;
  text += " within " + (tier.within_ms ? std::to_string(*tier.within_ms) : "-");
  return text + " retry " + (tier.retries ? std::to_string(*tier.retries) : "-");
}

/// `only`: the deployments that count for the tiers.
auto PlainOf(const ir::Policy& policy, const ir::Decision& decision, const std::set<std::string>& only) -> Plain {
  Plain plain{.end = std::string(OutcomeName(decision.outcome)), .reached = {}, .first = {}, .tiers = {}};
  if (decision.refusal) {
    const ir::Refusal& refusal = policy.refusals[decision.refusal->index];
    plain.end += " " + refusal.name + ": " + refusal.reason;
  }
  for (const ir::PlanTier& planned : decision.plan) {
    const ir::Tier& tier = policy.routes[decision.route->index].tiers[planned.tier];
    std::vector<ir::Candidate> kept;
    for (const ir::Candidate& candidate : planned.deployments) {
      const std::string& name = policy.deployments[candidate.deployment.index].name;
      plain.reached.insert(name);
      if (only.contains(name)) kept.push_back(candidate);
    }
    if (!kept.empty()) plain.tiers.push_back(Spelled(policy, tier, kept));
  }
  if (!decision.plan.empty()) {
    const ir::Tier& tier = policy.routes[decision.route->index].tiers[decision.plan.front().tier];
    std::vector<ir::Candidate> first = decision.plan.front().deployments;
    if (tier.order != TierOrder::kByWeight) first.resize(1);
    ir::Tier bare;
    bare.order = tier.order;
    plain.first.insert(Spelled(policy, bare, first));
  }
  return plain;
}

auto Names(const std::vector<std::uint32_t>& indexes, const DiffReport& report) -> std::set<std::string> {
  std::set<std::string> names;
  for (const std::uint32_t index : indexes) names.insert(report.program.deployments.at(index));
  return names;
}

auto Minus(const std::set<std::string>& left, const std::set<std::string>& right) -> std::set<std::string> {
  std::set<std::string> result = left;
  for (const std::string& name : right) result.erase(name);
  return result;
}

/// What one side makes of the request; a refusal for a missing value has no decision.
auto Decide(const DiffReport& report, const ir::Policy& policy, std::size_t side, const Classes& classes)
    -> std::pair<ir::Decision, std::string> {
  const auto request = report.space->Read(side, classes);
  if (request) return {ir::Evaluate(policy, *request), ""};
  ir::Decision refused;
  refused.outcome = Outcome::kRefused;
  return {refused, policy.attributes[request.error().index].name};
}

auto IsIn(const Cube& cube, const Classes& classes) -> bool {
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const auto members = cube[i].Members();
    if (std::ranges::find(members, classes[i]) == members.end()) return false;
  }
  return true;
}

auto IsRequest(const DiffReport& report, const Classes& classes) -> bool {
  bool given = true;
  const auto& dimensions = report.space->dimensions();
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (dimensions[i].kind == JointDimension::Kind::kGiven) given = classes[i] == 0;
    if (dimensions[i].kind == JointDimension::Kind::kMember && (i == 0 || dimensions[i - 1].attribute != dimensions[i].attribute)) given = true;
    if (dimensions[i].kind == JointDimension::Kind::kMember && !given && classes[i] == 1) return false;
  }
  return true;
}

template <typename Visit>
void ForEachRequest(const DiffReport& report, const Visit& visit) {
  const auto& dimensions = report.space->dimensions();
  Classes classes(dimensions.size(), 0);
  while (true) {
    if (IsRequest(report, classes)) visit(classes);
    std::size_t at = classes.size();
    while (at > 0 && classes[at - 1] + 1U == dimensions[at - 1].classes) classes[--at] = 0;
    if (at == 0) return;
    ++classes[at - 1];
  }
}

struct Tally {
  std::uint64_t requests = 0;
  std::uint64_t changed = 0;
  bool loses = false;
  bool gains = false;
  std::map<std::size_t, std::uint64_t> by_change;
  std::map<std::size_t, Classes> smallest;
};

void CheckRequest(const DiffReport& report, const Pair& pair, const Classes& classes, Tally& tally) {
  const auto [before, missing_before] = Decide(report, pair.before, 0, classes);
  const auto [after, missing_after] = Decide(report, pair.after, 1, classes);
  const std::set<std::string> reached_before = PlainOf(pair.before, before, {}).reached;
  const std::set<std::string> reached_after = PlainOf(pair.after, after, {}).reached;
  Plain left = PlainOf(pair.before, before, reached_after);
  Plain right = PlainOf(pair.after, after, reached_before);
  left.end += missing_before;
  right.end += missing_after;
  const bool changed = left.end != right.end || left.reached != right.reached || left.first != right.first || left.tiers != right.tiers;
  ++tally.requests;
  tally.loses = tally.loses || !Minus(left.reached, right.reached).empty();
  tally.gains = tally.gains || !Minus(right.reached, left.reached).empty();
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < report.changes.size(); ++i) {
    if (std::ranges::any_of(report.changes[i].where.cubes, [&](const Cube& cube) { return IsIn(cube, classes); })) found.push_back(i);
  }
  if (!changed) {
    REQUIRE(found.empty());
    return;
  }
  ++tally.changed;
  REQUIRE(found.size() == 1);
  const Change& change = report.changes[found[0]];
  const Delta& delta = change.difference.delta;
  CHECK(delta.ends.has_value() == (left.end != right.end));
  CHECK(Names(delta.lost, report) == Minus(left.reached, right.reached));
  CHECK(Names(delta.gained, report) == Minus(right.reached, left.reached));
  CHECK(delta.first.has_value() == (left.first != right.first));
  CHECK(delta.chain == (left.tiers != right.tiers));
  ++tally.by_change[found[0]];
  tally.smallest.try_emplace(found[0], classes);
}

void CheckPair(const Pair& pair) {
  const Options options{.allowances = {}, .conditions = {}, .effort = {}, .most_cubes = 10'000};
  const auto report = Diff({&pair.before, nullptr, nullptr}, nullptr, {&pair.after, nullptr, nullptr}, options);
  REQUIRE(report);
  REQUIRE(report->listing == DiffReport::Listing::kComplete);
  Tally tally;
  ForEachRequest(*report, [&](const Classes& classes) { CheckRequest(*report, pair, classes, tally); });
  CHECK(report->requests == Count(tally.requests));
  CHECK(report->changed == Count(tally.changed));
  for (std::size_t i = 0; i < report->changes.size(); ++i) {
    CHECK(report->changes[i].requests == Count(tally.by_change[i]));
    CHECK(report->changes[i].where.rest.IsZero());
    CHECK(report->changes[i].witness.classes == tally.smallest[i]);
  }
  const bool same_limits = pair.before.limits.attempts == pair.after.limits.attempts && pair.before.limits.deadline_ms == pair.after.limits.deadline_ms;
  const Verdict expected = tally.loses ? (tally.gains ? Verdict::kIncomparable : Verdict::kNarrower)
                           : tally.gains ? Verdict::kWider
                           : tally.changed > 0 || !same_limits ? Verdict::kSameReach
                                                               : Verdict::kEquivalent;
  CHECK(report->verdict == expected);
}

TEST_CASE("every request of small policies is told as the evaluator decides it") {
  for (std::uint64_t seed = 0; seed < 10000; ++seed) {
    CAPTURE(seed);
    CheckPair(MakePair(seed));
  }
}

}  // namespace
}  // namespace route::diff
