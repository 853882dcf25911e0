#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "compiler/diff/diff.h"
#include "compiler/ir/evaluate.h"
#include "compiler/ir/text.h"
#include "compiler/lower/lower.h"
#include "tests/diff/pairs.h"
#include "tests/random_policy/random_policy.h"

// Every request of thousands of pairs of policies is decided by the evaluator, and what `Diff` says of it is compared
// with a comparison that is written here anew, in names instead of indexes.

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
    names.push_back(policy.deployments[candidate.deployment.index].name +
                    (drawn ? "*" + std::to_string(candidate.weight / factor) : ""));
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
    if (dimensions[i].kind == JointDimension::Kind::kMember &&
        (i == 0 || dimensions[i - 1].attribute != dimensions[i].attribute))
      given = true;
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

/// The services that see the prompt.
auto SeenBy(const ir::Policy& policy, const ir::Decision& decision) -> std::set<std::string> {
  std::set<std::string> names;
  for (const ServiceId id : ir::ServicesAsked(decision)) names.insert(policy.services[id.index].name);
  return names;
}

/// Requests whose prompts a service sees no more, or newly.
struct Sight {
  std::uint64_t requests = 0;
  Classes smallest;

  void Add(const Classes& classes) {
    if (requests++ == 0) smallest = classes;
  }
};

struct Tally {
  std::uint64_t requests = 0;
  std::uint64_t changed = 0;
  bool loses = false;
  bool gains = false;
  std::map<std::size_t, std::uint64_t> by_change;
  std::map<std::size_t, Classes> smallest;
  std::map<std::string, Sight> unseen;  ///< by service
  std::map<std::string, Sight> seen;
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
  const bool changed =
      left.end != right.end || left.reached != right.reached || left.first != right.first || left.tiers != right.tiers;
  ++tally.requests;
  const std::set<std::string> seen_before = SeenBy(pair.before, before);
  const std::set<std::string> seen_after = SeenBy(pair.after, after);
  for (const std::string& name : Minus(seen_before, seen_after)) tally.unseen[name].Add(classes);
  for (const std::string& name : Minus(seen_after, seen_before)) tally.seen[name].Add(classes);
  tally.loses = tally.loses || !Minus(left.reached, right.reached).empty();
  tally.gains = tally.gains || !Minus(right.reached, left.reached).empty();
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < report.changes.size(); ++i) {
    if (std::ranges::any_of(report.changes[i].where.cubes, [&](const Cube& cube) { return IsIn(cube, classes); }))
      found.push_back(i);
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

/// What a policy makes of a request whose attributes and names are those of `asked`, as the language reference says.
auto ReadByName(const ir::Policy& policy, const ir::Policy& asked, const ir::Request& request)
    -> std::optional<ir::Request> {
  ir::Request read;
  for (const ir::Attribute& attribute : policy.attributes) {
    std::optional<ir::Value> value = attribute.fallback;
    for (std::size_t i = 0; i < asked.attributes.size(); ++i) {
      const ir::Attribute& other = asked.attributes[i];
      if (other.name != attribute.name || other.kind != attribute.kind || other.unit != attribute.unit) continue;
      if (attribute.kind == AttributeKind::kOneOf) {
        const auto found =
            std::ranges::find(attribute.values, other.values[std::get<ir::OneOfValue>(request[i]).index]);
        if (found != attribute.values.end())
          value = ir::OneOfValue{static_cast<std::uint32_t>(found - attribute.values.begin())};
      } else if (attribute.kind == AttributeKind::kAnyOf) {
        ir::AnyOfValue members;
        for (std::size_t m = 0; m < attribute.values.size(); ++m) {
          const auto at = std::ranges::find(other.values, attribute.values[m]) - other.values.begin();
          members.members |= ((std::get<ir::AnyOfValue>(request[i]).members >> at) & 1U) << m;
        }
        value = members;
      } else if (attribute.kind != AttributeKind::kNumber || std::get<Decimal>(request[i]) <= attribute.maximum) {
        value = request[i];
      }
    }
    if (!value) return std::nullopt;
    read.push_back(*value);
  }
  return read;
}

void CheckSights(const DiffReport& report, const Tally& tally) {
  std::set<std::string> reported;
  const auto check = [](const std::map<std::string, Sight>& sights, const std::string& name, const Count& requests,
                        const std::optional<Witness>& smallest) {
    const auto at = sights.find(name);
    CHECK(requests == Count(at == sights.end() ? 0 : at->second.requests));
    REQUIRE(smallest.has_value() == (at != sights.end()));
    if (smallest) CHECK(smallest->classes == at->second.smallest);
  };
  for (const ServiceChange& found : report.services) {
    const std::string& name = found.change.deployment;
    CAPTURE(name);
    reported.insert(name);
    REQUIRE(found.counted == ServiceChange::Counted::kYes);
    check(tally.unseen, name, found.lost, found.loses);
    check(tally.seen, name, found.gained, found.gains);
  }
  for (const auto& [name, sight] : tally.unseen) CHECK(reported.contains(name));
  for (const auto& [name, sight] : tally.seen) CHECK(reported.contains(name));
}

auto CheckPair(const Pair& pair) -> std::size_t {
  const Options options{.allowances = {},
                        .conditions = {},
                        .facts = Compared::kAllFacts,
                        .effort = {},
                        .limits = {},
                        .most_changes = 10'000,
                        .most_cubes = 10'000};
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
  CheckSights(*report, tally);
  tally.loses = tally.loses || !tally.unseen.empty();
  tally.gains = tally.gains || !tally.seen.empty();
  const bool same_limits = pair.before.limits == pair.after.limits;
  const Verdict expected = tally.loses   ? (tally.gains ? Verdict::kIncomparable : Verdict::kNarrower)
                           : tally.gains ? Verdict::kWider
                           : tally.changed > 0 || !same_limits ? Verdict::kSameReach
                                                               : Verdict::kEquivalent;
  CHECK(report->verdict == expected);
  return tally.unseen.size() + tally.seen.size();
}

TEST_CASE("every request of small policies is told as the evaluator decides it") {
  std::size_t sights = 0;
  for (std::uint64_t seed = 0; seed < 10000; ++seed) {
    CAPTURE(seed);
    sights += CheckPair(MakePair(seed));
  }
  CHECK(sights > 50);
  // A deployment that a tier with a limit passes over is reached by a later tier with a limit of its own.
  CheckPair(MakePair(1'061'316));
}

auto Differ(const DiffReport& report, const ir::Policy& left, std::size_t left_side, const ir::Policy& right,
            std::size_t right_side, const Classes& classes) -> bool {
  const auto [before, missing_before] = Decide(report, left, left_side, classes);
  const auto [after, missing_after] = Decide(report, right, right_side, classes);
  const Plain before_alone = PlainOf(left, before, {});
  const Plain after_alone = PlainOf(right, after, {});
  const Plain a = PlainOf(left, before, after_alone.reached);
  const Plain b = PlainOf(right, after, before_alone.reached);
  return a.end + missing_before != b.end + missing_after || a.reached != b.reached || a.first != b.first ||
         a.tiers != b.tiers;
}

TEST_CASE("each change has the cause that the step in between shows") {
  std::set<Cause> seen;
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    CAPTURE(seed);
    const Steps steps = MakeSteps(seed);
    const Options options{.allowances = {},
                          .conditions = {},
                          .facts = Compared::kAllFacts,
                          .effort = {},
                          .limits = {},
                          .most_changes = 10'000,
                          .most_cubes = 10'000};
    const auto report =
        Diff({&steps.before, nullptr, nullptr}, &steps.between, {&steps.after, nullptr, nullptr}, options);
    REQUIRE(report);
    ForEachRequest(*report, [&](const Classes& classes) {
      const bool changed = Differ(*report, steps.before, 0, steps.after, 2, classes);
      const auto found = std::ranges::find_if(report->changes, [&](const Change& change) {
        return std::ranges::any_of(change.where.cubes, [&](const Cube& cube) { return IsIn(cube, classes); });
      });
      REQUIRE((found != report->changes.end()) == changed);
      if (!changed) return;
      const bool catalogue = Differ(*report, steps.before, 0, steps.between, 1, classes);
      const bool rules = Differ(*report, steps.between, 1, steps.after, 2, classes);
      const Cause cause = catalogue ? (rules ? Cause::kBoth : Cause::kCatalogue) : Cause::kRules;
      CHECK(found->difference.cause == cause);
      seen.insert(cause);
    });
  }
  CHECK(seen.size() == 3);
}

TEST_CASE("a change of the catalogue is counted with the requests that reach the deployment") {
  std::uint64_t counted = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    const Pair pair = MakePair(seed);
    const auto report = Diff({&pair.before, nullptr, nullptr}, nullptr, {&pair.after, nullptr, nullptr}, {});
    REQUIRE(report);
    for (const CatalogueChange& found : report->catalogue) {
      const bool removed = found.change.kind == DeploymentChange::Kind::kRemoved;
      const ir::Policy& policy = removed ? pair.before : pair.after;
      std::uint64_t requests = 0;
      ForEachRequest(*report, [&](const Classes& classes) {
        const auto [decision, missing] = Decide(*report, policy, removed ? 0 : 1, classes);
        if (PlainOf(policy, decision, {}).reached.contains(found.change.deployment)) ++requests;
      });
      REQUIRE(found.requests);
      CHECK(*found.requests == Count(requests));
      counted += requests;
    }
  }
  CHECK(counted > 1000);
}

TEST_CASE("a change is explained by the allowances that hold of all its requests and speak of it") {
  std::uint64_t explained = 0;
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    CAPTURE(seed);
    const Pair pair = MakePair(seed);
    Options options{.allowances = {},
                    .conditions = {},
                    .facts = Compared::kAllFacts,
                    .effort = {},
                    .limits = {},
                    .most_changes = 10'000,
                    .most_cubes = 10'000};
    for (const ir::Route& route : pair.after.routes) {
      const auto aspect = static_cast<Aspect>(options.allowances.size() % 5);
      options.allowances.push_back(
          {.line = 1, .aspects = {aspect}, .deployments = {}, .condition = "written", .because = "so"});
      options.conditions.push_back(route.when);
    }
    const auto report = Diff({&pair.before, nullptr, nullptr}, nullptr, {&pair.after, nullptr, nullptr}, options);
    REQUIRE(report);
    ForEachRequest(*report, [&](const Classes& classes) {
      const auto request = report->space->Read(1, classes);
      for (const Change& change : report->changes) {
        const bool is_in =
            std::ranges::any_of(change.where.cubes, [&](const Cube& cube) { return IsIn(cube, classes); });
        if (!is_in || !request) continue;
        const auto concerns = ConcernsOf(change.difference.delta, report->program.deployments);
        for (std::uint32_t i = 0; i < options.allowances.size(); ++i) {
          const bool speaks =
              std::ranges::any_of(concerns, [&](const Concern& each) { return AllowsSome(options.allowances[i], each); });
          const bool named =
              std::ranges::find(change.difference.explained_by, i) != change.difference.explained_by.end();
          CHECK(named == (speaks && ir::Holds(options.conditions[i], *request)));
          explained += named ? 1 : 0;
        }
      }
    });
  }
  CHECK(explained > 1000);
}

void CheckDirections(const DiffReport& coarse, const DiffReport& listed) {
  CHECK(coarse.listing == DiffReport::Listing::kTooManyClasses);
  CHECK(coarse.changes.empty());
  const bool all_counted = std::ranges::all_of(
      coarse.services, [](const ServiceChange& each) { return each.counted == ServiceChange::Counted::kYes; });
  const Verdict expected = listed.verdict == Verdict::kEquivalent ? Verdict::kSameReach : listed.verdict;
  CHECK(coarse.verdict == (all_counted ? expected : Verdict::kUnknown));
  for (const auto member : {&DiffReport::loses, &DiffReport::gains}) {
    REQUIRE((coarse.*member).has_value() == (listed.*member).has_value());
    if (coarse.*member) CHECK((coarse.*member)->classes == (listed.*member)->classes);
  }
}

TEST_CASE("where classes are too many the solver gives the same verdict and the same smallest requests") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    const Pair pair = MakePair(seed);
    Options options;
    const auto listed = Diff({&pair.before, nullptr, nullptr}, nullptr, {&pair.after, nullptr, nullptr}, options);
    options.effort.looks = 0;
    const auto solved = Diff({&pair.before, nullptr, nullptr}, nullptr, {&pair.after, nullptr, nullptr}, options);
    REQUIRE(listed);
    REQUIRE(solved);
    CheckDirections(*solved, *listed);
  }
}

TEST_CASE("deployment by deployment the same requests lose and gain it") {
  std::uint64_t moved = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    CAPTURE(seed);
    const Pair pair = MakePair(seed);
    Options options;
    const auto listed = Diff({&pair.before, nullptr, nullptr}, nullptr, {&pair.after, nullptr, nullptr}, options);
    options.listing = DiffReport::Listing::kTooManyClasses;
    const auto coarse = Diff({&pair.before, nullptr, nullptr}, nullptr, {&pair.after, nullptr, nullptr}, options);
    REQUIRE(listed);
    REQUIRE(coarse);
    CheckDirections(*coarse, *listed);
    for (std::uint32_t d = 0; d < coarse->program.deployments.size(); ++d) {
      Count lost;
      Count gained;
      for (const Change& change : listed->changes) {
        const Delta& delta = change.difference.delta;
        if (std::ranges::find(delta.lost, d) != delta.lost.end()) lost.Add(change.requests);
        if (std::ranges::find(delta.gained, d) != delta.gained.end()) gained.Add(change.requests);
      }
      const auto move = std::ranges::find(coarse->moves, coarse->program.deployments[d], &Move::deployment);
      REQUIRE((move == coarse->moves.end()) == (lost.IsZero() && gained.IsZero()));
      if (move == coarse->moves.end()) continue;
      CHECK(move->lost == lost);
      CHECK(move->gained == gained);
      ++moved;
    }
  }
  CHECK(moved > 1000);
}

TEST_CASE("values of one class are decided alike by both policies") {
  random_policy::Random random(7);
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    const Pair pair = MakePair(seed);
    const JointSpace space({&pair.before, &pair.after}, {});
    for (int i = 0; i < 20; ++i) {
      const ir::Request request = random_policy::MakeRandomRequest(space.asked(), random);
      // The class of each dimension, as `JointSpace` numbers them; every value is given.
      const std::vector<std::uint16_t> asked = space.asked_classes().Classify(request);
      Classes classes;
      for (const JointDimension& dimension : space.dimensions()) {
        const std::size_t at = space.asked_classes().FirstDimension(dimension.attribute).index + dimension.member;
        classes.push_back(dimension.kind == JointDimension::Kind::kGiven ? std::uint16_t{0} : asked[at]);
      }
      for (const auto& [side, policy] :
           {std::pair(std::size_t{0}, &pair.before), std::pair(std::size_t{1}, &pair.after)}) {
        const auto representative = space.Read(side, classes);
        const auto itself = ReadByName(*policy, space.asked(), request);
        REQUIRE(representative.has_value() == itself.has_value());
        if (itself) CHECK(ir::Evaluate(*policy, *representative) == ir::Evaluate(*policy, *itself));
      }
    }
  }
}

}  // namespace
}  // namespace route::diff
