#include "compiler/explain/reasons.h"

#include <doctest/doctest.h>

#include <limits>

#include "tests/ir/build.h"

namespace route::explain {
namespace {

using namespace ir::build;

TEST_CASE("each comparison says what the request has instead") {
  const ir::Policy policy = SmallPolicy();
  Phrases phrases(policy);
  const ir::Request request = PlainRequest();  // tier free, data nothing, not urgent, no tokens, model "", from France
  const auto reason = [&](const ir::Condition& condition) { return Reason(policy, condition, request, phrases); };
  constexpr std::int64_t kHigh = std::numeric_limits<std::int64_t>::max();

  CHECK(reason(Is(kTier, {1, 2})) == "`tier` is free, not silver or gold");
  CHECK(reason(Is(kTier, {0})) == "`tier` is free");
  CHECK(reason(Includes(kData, 1)) == "`data` does not include health");
  CHECK(reason(Yes(kUrgent)) == "`urgent` is no");
  CHECK(reason(InRange(kPrompt, 1'000'000, kHigh)) == "`prompt` is 0 tokens (less than 1 tokens)");
  CHECK(reason(TextIs(kModel, "x")) == "`asked_model` is \"\", not \"x\"");
  CHECK(reason(StartsWith(kModel, "x")) == "`asked_model` is \"\" (it does not start with \"x\")");
  CHECK(reason(InCountries(kOrigin, {"KP"})) == "`origin` is FR (not in KP)");
  CHECK(reason(InCountries(kOrigin, {"FR"})) == "`origin` is FR (in FR)");
  CHECK(reason(True()).empty());
  CHECK(reason(Not(Is(kTier, {0}))) == "`tier` is free");
}

TEST_CASE("the first that decides, or all that have to") {
  const ir::Policy policy = SmallPolicy();
  Phrases phrases(policy);
  const ir::Request request = PlainRequest();
  const auto reason = [&](const ir::Condition& condition) { return Reason(policy, condition, request, phrases); };
  CHECK(reason(All({Is(kTier, {0}), Yes(kUrgent), Is(kTier, {1})})) == "`urgent` is no");
  CHECK(reason(Any({Yes(kUrgent), Is(kTier, {1})})) == "`urgent` is no and `tier` is free, not silver");
  CHECK(reason(Any({Yes(kUrgent), Is(kTier, {0}), True()})) == "`tier` is free");
  CHECK(reason(All({Not(Yes(kUrgent)), Is(kTier, {0})})) == "`urgent` is no and `tier` is free");
  CHECK(reason(Any({Includes(kData, 0), Includes(kData, 1)})) == "`data` is empty");
}

}  // namespace
}  // namespace route::explain
