#include "compiler/ir/cost.h"

#include <doctest/doctest.h>

#include <limits>

#include "tests/ir/build.h"

namespace route::ir {
namespace {

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();

TEST_CASE("the most expensive attempts, as many as there may be") {
  CHECK(MostExpensive({}, 3) == 0);
  CHECK(MostExpensive({{.cost = 5}, {.cost = 7}}, 1) == 7);
  CHECK(MostExpensive({{.cost = 5}, {.cost = 7, .count = 2}}, 3) == 19);
  CHECK(MostExpensive({{.cost = 5, .count = 100}, {.cost = 7}}, 3) == 17);
  CHECK(MostExpensive({{.cost = kLargest / 2, .count = 3}}, 3) == kLargest);
  CHECK(MostExpensive({{.cost = kLargest}, {.cost = 1}}, 2) == kLargest);
}

TEST_CASE("an attempt is billed for the prompt and the longest answer") {
  Policy policy = build::SmallPolicy();
  policy.deployments[0].price_in = Decimal::FromInteger(2);
  policy.deployments[0].price_out = Decimal::FromInteger(6);
  policy.limits.answer_tokens = 1'000;
  CHECK(FormatCost(AttemptCost(policy, {0}, 0)) == "0.006 USD");
  CHECK(FormatCost(AttemptCost(policy, {0}, 500'000)) == "1.006 USD");
  CHECK(AttemptCost(policy, {0}, kLargest) == kLargest);
  CHECK(AttemptCost(policy, {0}, 500'000) == InCostUnits(Decimal{1'006'000}));

  policy.limits.cost_hundredth_cents = 60;  // 0.006 USD
  CHECK(CostLimit(policy.limits) == InCostUnits(Decimal{6'000}));
  CHECK(LongestAffordablePrompt(policy, {0}) == 0);
  policy.limits.cost_hundredth_cents = 10'060;
  CHECK(LongestAffordablePrompt(policy, {0}) == 500'000);
  policy.limits.cost_hundredth_cents = 59;
  CHECK(LongestAffordablePrompt(policy, {0}) == -1);
  policy.deployments[0].price_in = {};
  policy.deployments[0].price_out = {};
  CHECK(LongestAffordablePrompt(policy, {0}) == kLargest);
}

TEST_CASE("a cost that is no whole millionth is rounded up") {
  CHECK(FormatCost(0) == "0 USD");
  CHECK(FormatCost(1) == "0.000001 USD");
  CHECK(FormatCost(1'000'000) == "0.000001 USD");
  CHECK(FormatCost(1'000'001) == "0.000002 USD");
}

}  // namespace
}  // namespace route::ir
