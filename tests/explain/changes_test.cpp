#include "compiler/explain/nearest_changes.h"

#include <doctest/doctest.h>

#include <functional>

#include "compiler/explain/explain.h"
#include "compiler/ir/classes.h"
#include "tests/explain/table_of.h"
#include "tests/ir/build.h"
#include "tests/random_policy/random_policy.h"

namespace route::explain {
namespace {

constexpr std::uint64_t kSeeds = 300;
constexpr std::uint64_t kRequestsOfEach = 4;

/// Which attributes differ, and whether it is in the bounds of the search.
struct Difference {
  std::vector<AttributeId> attributes;
  bool is_in_bounds = true;
};

auto DifferenceOf(const ir::Policy& policy, const ir::ValueClasses& classes, const ir::Request& a, const ir::Request& b)
    -> Difference {
  Difference difference;
  const auto a_classes = classes.Classify(a);
  const auto b_classes = classes.Classify(b);
  for (std::uint32_t i = 0; i < policy.attributes.size(); ++i) {
    const std::size_t first = classes.FirstDimension({i}).index;
    const bool is_set = policy.attributes[i].kind == AttributeKind::kAnyOf;
    const std::size_t count = is_set ? policy.attributes[i].values.size() : 1;
    std::size_t changed = 0;
    for (std::size_t d = first; d < first + count; ++d) changed += a_classes[d] != b_classes[d] ? 1 : 0;
    if (changed > 0) difference.attributes.push_back({i});
    if (changed > 2) difference.is_in_bounds = false;
  }
  if (difference.attributes.size() > 2) difference.is_in_bounds = false;
  return difference;
}

/// The best set of attributes over all requests there are: the fewest, and of those the first declared.
auto BestByBruteForce(const ir::Policy& policy, const ir::ValueClasses& classes, const ir::Request& request,
                      const std::function<bool(const ir::Decision&)>& is_wanted) -> std::optional<std::vector<AttributeId>> {
  std::optional<std::vector<AttributeId>> best;
  for (const ir::Request& other : random_policy::AllRequests(policy)) {
    if (!is_wanted(ir::Evaluate(policy, other))) continue;
    const Difference difference = DifferenceOf(policy, classes, request, other);
    if (difference.attributes.empty() || !difference.is_in_bounds) continue;
    const auto key = [](const std::vector<AttributeId>& ids) { return std::pair(ids.size(), ids); };
    if (!best || key(difference.attributes) < key(*best)) best = difference.attributes;
  }
  return best;
}

TEST_CASE("the nearest changes are those that trying every request finds") {
  const SourceSet sources = random_policy::Sources();
  std::size_t found = 0;
  std::size_t none = 0;
  std::size_t pairs = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    CAPTURE(seed);
    const ir::Policy policy = random_policy::MakeRandomPolicy(seed, {.attributes = 5, .requests = 300});
    const ir::ValueClasses classes(policy);
    const Table table = TableOf(policy, sources);
    random_policy::Random random(seed);
    for (std::uint64_t i = 0; i < kRequestsOfEach; ++i) {
      const ir::Request request = random_policy::MakeRandomRequest(policy, random);
      const ir::Decision now = ir::Evaluate(policy, request);
      const auto first_now = ir::FirstChoices(policy, now);
      const bool is_served = now.outcome == Outcome::kRouted;
      const NearestChanges changes = FindNearestChanges(policy, sources, table, request, {});
      REQUIRE(changes.search == NearestChanges::Search::kComplete);

      const auto is_other_outcome = [&](const ir::Decision& then) { return then.outcome != now.outcome; };
      const auto is_other_route = [&](const ir::Decision& then) {
        return then.outcome == Outcome::kRouted && (!is_served || then.route != now.route);
      };
      const auto is_other_first = [&](const ir::Decision& then) {
        return is_served && then.outcome == Outcome::kRouted && ir::FirstChoices(policy, then) != first_now;
      };
      const auto check = [&](const std::optional<Change>& change, const auto& is_wanted) {
        const auto best = BestByBruteForce(policy, classes, request, is_wanted);
        REQUIRE(change.has_value() == best.has_value());
        if (!change) {
          ++none;
          return;
        }
        ++found;
        pairs += change->attributes.size() == 2 ? 1 : 0;
        CHECK(change->attributes == *best);
        CHECK(DifferenceOf(policy, classes, request, change->request).attributes == change->attributes);
        CHECK(is_wanted(ir::Evaluate(policy, change->request)));
        CHECK(change->decision == ir::Evaluate(policy, change->request));
      };
      check(changes.outcome, is_other_outcome);
      check(changes.route, is_other_route);
      check(changes.first_choice, is_other_first);
      CHECK_FALSE(ExplainDecision(policy, sources, request, changes).sections.empty());
    }
  }
  CHECK(found > 500);
  CHECK(none > 100);
  CHECK(pairs > 50);
}

TEST_CASE("the search stops at its limit and says so") {
  const SourceSet sources = random_policy::Sources();
  std::size_t stopped = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const ir::Policy policy = random_policy::MakeRandomPolicy(seed, {});
    const Table table = TableOf(policy, sources);
    random_policy::Random random(seed);
    const ir::Request request = random_policy::MakeRandomRequest(policy, random);
    const NearestChanges whole = FindNearestChanges(policy, sources, table, request, {});
    if (whole.tried < 2) continue;
    const NearestChanges part = FindNearestChanges(policy, sources, table, request, {.requests = whole.tried - 1});
    CHECK(part.tried == whole.tried - 1);
    CHECK(part.search == NearestChanges::Search::kStopped);
    ++stopped;
  }
  CHECK(stopped > 10);
}

TEST_CASE("every random policy has an explanation") {
  const SourceSet sources = random_policy::Sources();
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const ir::Policy policy = random_policy::MakeRandomPolicy(seed, {});
    const Document page = ExplainPolicy(policy, sources, nullptr);
    std::size_t points = 0;
    for (const Section& section : page.sections) points += section.points.size();
    CHECK(points >= policy.attributes.size() + policy.deployments.size() + policy.rules.size() + policy.refusals.size() +
                        policy.routes.size() + policy.guarantees.size());
  }
}

}  // namespace
}  // namespace route::explain
