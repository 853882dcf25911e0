#include "compiler/explain/phrases.h"

#include <doctest/doctest.h>

#include <limits>

#include "runtime/values/value_text.h"
#include "tests/ir/build.h"

namespace route::explain {
namespace {

using namespace ir::build;
using Kind = ir::DeploymentTest::Kind;

constexpr std::int64_t kLow = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHigh = std::numeric_limits<std::int64_t>::max();

auto Percent(std::int64_t low, std::int64_t high) -> Interval {
  return {low, high, AttributeKind::kNumber, Unit::kPercent};
}

auto Days(const char* low, const char* high) -> Interval {
  return {low == nullptr ? kLow : ParseDate(low)->days, high == nullptr ? kHigh : ParseDate(high)->days, AttributeKind::kDate,
          Unit::kNone};
}

TEST_CASE("an interval in both senses") {
  const auto affirmed = [](const Interval& interval) { return IntervalPhrase(interval, Sense::kAffirmed); };
  const auto denied = [](const Interval& interval) { return IntervalPhrase(interval, Sense::kDenied); };
  CHECK(affirmed(Percent(100'000'000, kHigh)) == "at least 100%");
  CHECK(denied(Percent(100'000'000, kHigh)) == "less than 100%");
  CHECK(affirmed(Percent(100'000'001, kHigh)) == "more than 100%");
  CHECK(denied(Percent(100'000'001, kHigh)) == "at most 100%");
  CHECK(affirmed(Percent(kLow, 40'000'000)) == "less than 40%");
  CHECK(denied(Percent(kLow, 40'000'000)) == "at least 40%");
  CHECK(affirmed(Percent(kLow, 40'000'001)) == "at most 40%");
  CHECK(denied(Percent(kLow, 40'000'001)) == "more than 40%");
  CHECK(affirmed(Percent(10'000'000, 20'000'001)) == "at least 10% and at most 20%");
  CHECK(denied(Percent(10'000'000, 20'000'001)) == "not both at least 10% and at most 20%");
  CHECK(affirmed(Percent(5'000'000, 5'000'001)) == "5%");
  CHECK(denied(Percent(5'000'000, 5'000'001)) == "not 5%");
  CHECK(affirmed(Percent(kLow, kHigh)) == "anything");
  CHECK(denied(Percent(kLow, kHigh)) == "nothing at all");
  CHECK(affirmed(Days("2026-08-02", nullptr)) == "2026-08-02 or later");
  CHECK(denied(Days("2026-08-02", nullptr)) == "before 2026-08-02");
  CHECK(affirmed(Days(nullptr, "2028-01-01")) == "2027-12-31 or earlier");
  CHECK(denied(Days(nullptr, "2028-01-01")) == "after 2027-12-31");
  CHECK(affirmed(Days("2026-08-02", "2026-08-03")) == "2026-08-02");
  CHECK(affirmed(Days("2026-08-02", "2028-01-01")) == "from 2026-08-02 to 2027-12-31");
  CHECK(denied(Days("2026-08-02", "2028-01-01")) == "not from 2026-08-02 to 2027-12-31");
  const Interval night{22 * 60 * 1'000'000LL, kHigh, AttributeKind::kNumber, Unit::kTimeOfDay};
  CHECK(affirmed(night) == "22:00 or later");
  CHECK(denied(night) == "before 22:00");
  const Interval early{kLow, 6 * 60 * 1'000'000LL, AttributeKind::kNumber, Unit::kTimeOfDay};
  CHECK(affirmed(early) == "before 06:00");
  CHECK(denied(early) == "06:00 or later");
}

TEST_CASE("every kind of condition") {
  ir::Policy policy = SmallPolicy();
  policy.jurisdictions.push_back(
      {.name = "EU", .title = "", .provenance = {}, .countries = {CountryIndex("DE"), CountryIndex("FR"), CountryIndex("IE")}, .span = {}});
  Phrases phrases(policy);
  struct Case {
    ir::Condition condition;
    const char* affirmed;
    const char* denied;
  };
  const std::int64_t million = 1'000'000;
  const std::vector<Case> cases = {
      {True(), "whatever it is like", "never"},
      {False(), "never", "whatever it is like"},
      {Is(kTier, {0}), "`tier` is free", "`tier` is not free"},
      {Is(kTier, {0, 2}), "`tier` is free or gold", "`tier` is neither free nor gold"},
      {Is(kTier, {0, 1, 2}), "`tier` is free, silver or gold", "`tier` is none of free, silver and gold"},
      {Includes(kData, 1), "`data` includes health", "`data` does not include health"},
      {Any({Includes(kData, 0), Includes(kData, 1)}), "`data` is not empty", "`data` is empty"},
      {All({Includes(kData, 0), Includes(kData, 1)}), "`data` includes personal and health",
       "`data` does not include all of personal and health"},
      {Yes(kUrgent), "`urgent` is yes", "`urgent` is no"},
      {InRange(kPrompt, 100 * million, kHigh), "`prompt` is at least 100 tokens", "`prompt` is less than 100 tokens"},
      {TextIs(kModel, "x"), "`asked_model` is \"x\"", "`asked_model` is not \"x\""},
      {Any({TextIs(kModel, "x"), TextIs(kModel, "y")}), "`asked_model` is \"x\" or \"y\"", "`asked_model` is neither \"x\" nor \"y\""},
      {StartsWith(kModel, "gpt"), "`asked_model` starts with \"gpt\"", "`asked_model` does not start with \"gpt\""},
      {Any({StartsWith(kModel, "a"), StartsWith(kModel, "b")}), "`asked_model` starts with \"a\" or \"b\"",
       "`asked_model` does not start with \"a\" or \"b\""},
      {InCountries(kOrigin, {"DE", "FR", "IE"}), "`origin` is in `EU`", "`origin` is not in `EU`"},
      {InCountries(kOrigin, {"CH", "DE", "FR", "IE"}), "`origin` is in `EU` or CH", "`origin` is not in `EU` or CH"},
      {InCountries(kOrigin, {"KP"}), "`origin` is in KP", "`origin` is not in KP"},
      {All({Is(kTier, {0}), Yes(kUrgent)}), "`tier` is free and `urgent` is yes", "`tier` is not free or `urgent` is no"},
      {All({Any({Is(kTier, {0}), Yes(kUrgent)}), Includes(kData, 1)}),
       "(`tier` is free or `urgent` is yes) and `data` includes health",
       "(`tier` is not free and `urgent` is no) or `data` does not include health"},
      {All({InRange(kPrompt, 10 * million, kHigh), InRange(kPrompt, kLow, 20 * million)}),
       "`prompt` is at least 10 tokens and less than 20 tokens", "`prompt` is not both at least 10 tokens and less than 20 tokens"},
      {Not(Is(kTier, {0})), "`tier` is not free", "`tier` is free"},
  };
  for (const Case& each : cases) {
    CHECK(phrases.Condition(each.condition) == each.affirmed);
    CHECK(phrases.Condition(each.condition, Sense::kDenied) == each.denied);
  }
  CHECK(phrases.named_jurisdictions() == std::set<std::uint32_t>{0});
}

TEST_CASE("every kind of test of a deployment") {
  ir::Policy policy = SmallPolicy();
  policy.properties = {{"hosting", AttributeKind::kOneOf, Unit::kNone, {}}, {"carbon", AttributeKind::kNumber, Unit::kNone, {}}};
  Phrases phrases(policy);
  const auto own = [](ir::DeploymentTest test, const char* property) {
    test.property = property;
    return test;
  };
  const std::int64_t million = 1'000'000;
  struct Case {
    ir::DeploymentTest test;
    std::string affirmed;
    std::string denied;
  };
  const auto number = [&](Kind kind) { return TestOn(kind, kLow, 15 * million + 1); };
  const std::string vendor = "`" + policy.vendors[0].name + "`";
  const std::string model = "`" + policy.models[0].name + "`";
  const std::uint32_t fr = CountryIndex("FR");
  const std::vector<Case> cases = {
      {AnyDeployment(), "it is any deployment", "it is no deployment at all"},
      {Among(Kind::kProcessedIn, {fr}), "it is processed in FR", "it is not processed in FR"},
      {Among(Kind::kHeadquarteredIn, {fr}), "its vendor has its headquarters in FR",
       "its vendor does not have its headquarters in FR"},
      {Among(Kind::kVendorIs, {0}), "its vendor is " + vendor, "its vendor is not " + vendor},
      {Among(Kind::kModelIs, {0}), "its model is " + model, "its model is not " + model},
      {Deployments({0, 1}), "it is `paris` or `dublin`", "it is neither `paris` nor `dublin`"},
      {TestOn(Kind::kCertified, "soc2"), "its vendor is certified `soc2`", "its vendor is not certified `soc2`"},
      {TestOn(Kind::kStatusIs, "preview"), "its status is `preview`", "its status is not `preview`"},
      {TestOn(Kind::kCapable, "json"), "it is capable of `json`", "it is not capable of `json`"},
      {TestOn(Kind::kTagged, "fast"), "it is tagged `fast`", "it is not tagged `fast`"},
      {number(Kind::kPriceIn), "its price for a million tokens in is at most 15 USD",
       "its price for a million tokens in is more than 15 USD"},
      {number(Kind::kPriceOut), "its price for a million tokens out is at most 15 USD",
       "its price for a million tokens out is more than 15 USD"},
      {number(Kind::kFirstToken), "its time to the first token is at most 15 ms",
       "its time to the first token is more than 15 ms"},
      {number(Kind::kRetention), "its retention in days is at most 15", "its retention in days is more than 15"},
      {number(Kind::kQuality), "its quality is at most 15", "its quality is more than 15"},
      {number(Kind::kContext), "its context window is at most 15 tokens", "its context window is more than 15 tokens"},
      {Among(Kind::kSeenBy, {0}), vendor + " can see its data", vendor + " cannot see its data"},
      {Among(Kind::kSeenOnlyBy, {0}), "nobody but " + vendor + " can see its data",
       "somebody other than " + vendor + " can see its data"},
      {Among(Kind::kSeenOnlyBy, {}), "nobody can see its data", "somebody can see its data"},
      {Among(Kind::kSeenFrom, {fr}), "a vendor with headquarters in FR can see its data",
       "no vendor with headquarters in FR can see its data"},
      {Among(Kind::kSeenOnlyFrom, {fr}), "only vendors with headquarters in FR can see its data",
       "a vendor with headquarters outside FR can see its data"},
      {own(TestOn(Kind::kOwnIs, "shared"), "hosting"), "its `hosting` is shared", "its `hosting` is not shared"},
      {own(number(Kind::kOwnRange), "carbon"), "its `carbon` is at most 15", "its `carbon` is more than 15"},
      {Combine(Kind::kAll, {Deployments({0}), TestOn(Kind::kTagged, "fast")}), "it is `paris` and it is tagged `fast`",
       "it is not `paris` or it is not tagged `fast`"},
      {Combine(Kind::kAny, {Deployments({0}), TestOn(Kind::kTagged, "fast")}), "it is `paris` or it is tagged `fast`",
       "it is not `paris` and it is not tagged `fast`"},
      {Combine(Kind::kNot, {Deployments({0})}), "it is not `paris`", "it is `paris`"},
  };
  for (const Case& each : cases) {
    CHECK(phrases.Test(each.test) == each.affirmed);
    CHECK(phrases.Test(each.test, Sense::kDenied) == each.denied);
  }
}

TEST_CASE("durations") {
  CHECK(FormatDuration(2000) == "2 s");
  CHECK(FormatDuration(1500) == "1500 ms");
}

}  // namespace
}  // namespace route::explain
