#include "compiler/testing/coverage.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/random_policy/random_policy.h"
#include "tests/testing/small_policy.h"

namespace route::testing {
namespace {

using Kind = CoverageItem::Kind;

auto Find(const std::vector<CoverageItem>& items, Kind kind, std::uint32_t index) -> CoverageItem {
  const auto found = std::ranges::find_if(items, [&](const auto& item) { return item.kind == kind && item.index == index; });
  REQUIRE(found != items.end());
  return *found;
}

TEST_CASE("what one request reaches") {
  const ir::Policy policy = CoveredPolicy();
  const SourceSet sources = random_policy::Sources();
  const auto items = [&](bool yes) {
    std::vector<CoverageItem> counted = CoverageItems(policy, sources);
    const ir::Request request{ir::YesNoValue{yes}};
    CountRun(policy, {request, ir::Evaluate(policy, request)}, counted);
    return counted;
  };
  const auto on_yes = items(true);
  CHECK(Find(on_yes, Kind::kRule, 0).reached == 1);
  CHECK(Find(on_yes, Kind::kRule, 1).reached == 0);
  CHECK(Find(on_yes, Kind::kRule, 1).applied == 1);
  CHECK(Missing(Find(on_yes, Kind::kRule, 1)) == "applies, but excludes nothing in any test");
  CHECK(Find(on_yes, Kind::kRoute, 0).reached == 1);
  CHECK(Find(on_yes, Kind::kTier, 0).reached == 0);
  CHECK(Find(on_yes, Kind::kDeployment, 0).reached == 0);
  CHECK(Find(on_yes, Kind::kDeployment, 1).reached == 1);
  CHECK(Find(on_yes, Kind::kConditionHolds, 0).reached == 1);
  CHECK(Find(on_yes, Kind::kConditionFails, 0).reached == 0);
  CHECK(Find(on_yes, Kind::kRefusal, 0).reached == 0);

  const auto on_no = items(false);
  CHECK(Find(on_no, Kind::kRefusal, 0).reached == 1);
  CHECK(Find(on_no, Kind::kRoute, 0).reached == 0);
  CHECK(Find(on_no, Kind::kRule, 0).applied == 0);
  CHECK(Missing(Find(on_no, Kind::kRule, 0)) == "applies in no test");
  CHECK(Find(on_no, Kind::kConditionFails, 0).reached == 1);
}

TEST_CASE("shares round down and count both outcomes of a condition") {
  const ir::Policy policy = CoveredPolicy();
  const SourceSet sources = random_policy::Sources();
  std::vector<CoverageItem> items = CoverageItems(policy, sources);
  const ir::Request request{ir::YesNoValue{true}};
  CountRun(policy, {request, ir::Evaluate(policy, request)}, items);
  const auto shares = Shares(items);
  std::vector<std::string> text;
  for (const CoverageShare& share : shares) {
    text.push_back(share.title + " " + std::to_string(share.reached) + "/" + std::to_string(share.total) + " " +
                   std::to_string(share.percent()));
  }
  CHECK(text == std::vector<std::string>{"rules 1/2 50", "refusals 0/1 0", "routes 1/1 100", "tiers 1/2 50",
                                         "deployments 1/2 50", "conditions 1/2 50", "in all 5/10 50"});
  CHECK(Shares({}).back().percent() == 100);
}

TEST_CASE("what another policy or the library declares is not counted") {
  ir::Policy policy = CoveredPolicy();
  policy.layers = {{"base", "", {}}, {"own", "", {}}};
  policy.routes[0].layer = 1;
  const SourceSet sources = random_policy::Sources();
  for (const CoverageItem& item : CoverageItems(policy, sources)) {
    CHECK((item.kind == Kind::kRoute || item.kind == Kind::kTier));
  }
  SourceSet library;
  library.Add("<std.rules>", "text\n");
  policy = CoveredPolicy();
  CHECK(CoverageItems(policy, library).empty());
}

}  // namespace
}  // namespace route::testing
