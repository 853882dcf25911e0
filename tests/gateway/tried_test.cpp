#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "runtime/gateway/tried.h"

namespace {

using namespace route;
using Reason = StopAttempts::Reason;

auto Failing(Failure failure) -> AttemptRecord {
  AttemptRecord record;
  record.result = FailureName(failure);
  return record;
}

auto Refusing(std::string body) -> CallerErrorAnswer {
  return {0, 400, "application/json", std::move(body)};
}

void Skip(Tried& tried, SkipReason reason, std::string detail, Milliseconds left = {}) {
  tried.PassedOver(0, 0, reason, std::move(detail), left);
}

}  // namespace

TEST_CASE("tried: the error says why no deployment was asked") {
  Limits limits;
  limits.cost_hundredth_cents = 25;
  Tried tried(limits);
  CHECK(tried.ErrorOf(Reason::kExhausted).code == ApiCode::kUpstreamUnavailable);
  SUBCASE("none speaks a fitting API") {
    Skip(tried, SkipReason::kNotTranslatable, "`seed`");
    const ApiError error = tried.ErrorOf(Reason::kExhausted);
    CHECK(error.code == ApiCode::kNotTranslatable);
    CHECK(error.message == "no deployment of the plan can be sent this request: `seed`");
  }
  SUBCASE("what money forbids is named, whatever else was passed over before") {
    Skip(tried, SkipReason::kNotTranslatable, "`seed`");
    Skip(tried, SkipReason::kBudget, "the cap");
    CHECK(tried.ErrorOf(Reason::kExhausted).message == "the request could cost more than is left of the cap");
  }
  SUBCASE("each costs more than the policy allows, or than is left") {
    Skip(tried, SkipReason::kBudget, "the cap");
    CHECK(tried.ErrorOf(Reason::kExhausted).message == "the request could cost more than is left of the cap");
    Skip(tried, SkipReason::kCostLimit, "");
    const ApiError error = tried.ErrorOf(Reason::kExhausted);
    CHECK(error.code == ApiCode::kPolicyUnservable);
    CHECK(error.message == "the request could cost more than the policy allows for one, 0.002500000 USD");
  }
}

TEST_CASE("tried: what passes goes before what money forbids") {
  Tried tried(Limits{});
  Skip(tried, SkipReason::kBudget, "the cap");
  CHECK(tried.ErrorOf(Reason::kExhausted).code == ApiCode::kBudgetExhausted);
  SUBCASE("a cooldown") {
    Skip(tried, SkipReason::kCooldown, "rate_limited", Milliseconds(700));
    CHECK(tried.ErrorOf(Reason::kExhausted).message ==
          "every deployment of the plan is cooling down after failures");
  }
  SUBCASE("a failure") {
    tried.Attempted(Failing(Failure::kTimeout));
    CHECK(tried.ErrorOf(Reason::kExhausted).message == "no deployment of the plan gave an answer");
  }
}

TEST_CASE("tried: the deadline is named") {
  Limits limits;
  limits.deadline_ms = 1234;
  const ApiError error = Tried(limits).ErrorOf(Reason::kDeadline);
  CHECK(error.code == ApiCode::kDeadlineExceeded);
  CHECK(error.message == "no deployment of the plan gave an answer within 1234 ms");
  CHECK(Tried(limits).ErrorOf(Reason::kNotAllowed).code == ApiCode::kInternalError);
}

TEST_CASE("tried: the soonest end of a cooldown counts, and when each deployment was passed over") {
  Tried tried(Limits{});
  Skip(tried, SkipReason::kSameModel, "small");
  CHECK_FALSE(tried.soonest());
  Skip(tried, SkipReason::kCooldown, "rate_limited", Milliseconds(900));
  tried.Attempted(Failing(Failure::kTimeout));
  Skip(tried, SkipReason::kCooldown, "broken", Milliseconds(300));
  Skip(tried, SkipReason::kCooldown, "broken", Milliseconds(500));
  CHECK(tried.soonest() == Milliseconds(300));
  REQUIRE(tried.skipped().size() == 4);
  CHECK(tried.skipped()[1].attempts == 0);
  CHECK(tried.skipped()[1].left_ms == 900);
  CHECK(tried.skipped()[2].attempts == 1);
  CHECK(tried.skipped()[2].reason == "cooldown");
}

TEST_CASE("tried: the first refusal is the answer if every model refused") {
  Tried tried(Limits{});
  CHECK(tried.Refusal() == nullptr);
  tried.Attempted(Failing(Failure::kTooLong));
  tried.Refused(Refusing("first"));
  tried.Attempted(Failing(Failure::kContent));
  tried.Refused(Refusing("second"));
  Skip(tried, SkipReason::kSameModel, "small");
  REQUIRE(tried.Refusal() != nullptr);
  CHECK(tried.Refusal()->body == "first");
  SUBCASE("not if one failed") { tried.Attempted(Failing(Failure::kReset)); }
  SUBCASE("not if one cools down") { Skip(tried, SkipReason::kCooldown, "broken"); }
  SUBCASE("not if one costs more than is left") { Skip(tried, SkipReason::kBudget, "the cap"); }
  CHECK(tried.Refusal() == nullptr);
}
