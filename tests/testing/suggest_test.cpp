#include "compiler/testing/suggest.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/random_policy/random_policy.h"

namespace route::testing {
namespace {

/// A random policy with some of its conditions under names of their own.
auto PolicyOf(std::uint64_t seed) -> ir::Policy {
  ir::Policy policy = random_policy::MakeRandomPolicy(seed, {.attributes = 4, .requests = 200});
  for (const ir::Guarantee& guarantee : policy.guarantees) {
    policy.conditions.push_back({"condition_" + guarantee.name, guarantee.when, 0, guarantee.span});
  }
  for (std::size_t i = 0; i < policy.routes.size(); i += 2) {
    policy.conditions.push_back({"condition_" + policy.routes[i].name, policy.routes[i].when, 0, policy.routes[i].span});
  }
  return policy;
}

TEST_CASE("what is suggested reaches everything that some request reaches") {
  constexpr std::uint64_t kSeeds = 200;
  const SourceSet sources = random_policy::Sources();
  const Moment now(ParseDate("2026-11-24").value());
  std::size_t tests = 0;
  std::size_t unreachable = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    CAPTURE(seed);
    ir::Policy policy = PolicyOf(seed);
    const std::vector<CoverageItem> items = CoverageItems(policy, sources);
    const Suggestions suggestions = Suggest(policy, items, now, {});
    CHECK(suggestions.unanswered.empty());
    tests += suggestions.tests.size();
    unreachable += suggestions.unreachable.size();

    for (const Suggestion& suggestion : suggestions.tests) policy.tests.push_back(suggestion.test);
    diagnostics::Emitter emitter;
    const auto results = RunTests(policy, sources, now, emitter);
    CHECK(std::ranges::count(results, TestResult::Verdict::kPassed, &TestResult::verdict) ==
          static_cast<std::ptrdiff_t>(results.size()));
    const std::vector<CoverageItem> after = MeasureCoverage(policy, sources, results);
    std::vector<CoverageItem> possible = items;
    for (const ir::Request& request : random_policy::AllRequests(policy)) {
      CountRun(policy, {request, ir::Evaluate(policy, request)}, possible);
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
      CAPTURE(Described(policy, items[i]));
      const bool is_unreachable = std::ranges::find(suggestions.unreachable, i) != suggestions.unreachable.end();
      CHECK((possible[i].reached > 0) == (after[i].reached > 0));
      CHECK((possible[i].reached > 0) == !is_unreachable);
    }
    CHECK(Suggest(policy, after, now, {}).tests.empty());
  }
  CHECK(tests > kSeeds);
  CHECK(unreachable > 20);
}

TEST_CASE("a suggestion as policy text") {
  const ir::Policy policy = PolicyOf(1);
  ir::Test test;
  test.name = "a";
  test.expectations.push_back({.what = ir::ExpectOutcome{Outcome::kUncovered, std::nullopt}, .text = "uncovered", .span = {}});
  CHECK(TestText(policy, test) == "test \"a\"\n  expect uncovered\n");
}

}  // namespace
}  // namespace route::testing
