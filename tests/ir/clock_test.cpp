#include "compiler/ir/clock.h"

#include <doctest/doctest.h>

namespace route::ir {
namespace {

constexpr std::uint32_t kTuesday = 1;
constexpr std::uint32_t kSunday = 6;

auto Day(const char* text) -> std::int64_t { return ParseDate(text).value().days; }

auto ClockAttribute(AttributeKind kind, const std::string& zone) -> Attribute {
  Attribute attribute;
  attribute.name = "a";
  attribute.kind = kind;
  attribute.sources = {{SourceKind::kClock, zone}};
  if (kind == AttributeKind::kOneOf) {
    attribute.values = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
  }
  return attribute;
}

TEST_CASE("the first day of a range that is such a day of the week") {
  const DayRange two{.low = Day("2026-11-24"), .high = Day("2026-11-26")};  // a Tuesday and a Wednesday
  CHECK(FirstOn(kTuesday, two) == ParseDate("2026-11-24"));
  CHECK(!FirstOn(kSunday, two));
  const DayRange week{.low = Day("2026-11-24"), .high = Day("2026-12-01")};
  CHECK(FirstOn(kSunday, week) == ParseDate("2026-11-29"));
  const DayRange rest{.low = Day("2026-11-24"), .high = std::int64_t{kLastDate.days} + 1};
  for (std::uint32_t weekday = 0; weekday < 7; ++weekday) CHECK(FirstOn(weekday, rest));
}

TEST_CASE("only what one clock fills in belongs together") {
  Policy policy;
  policy.attributes = {ClockAttribute(AttributeKind::kDate, ""), ClockAttribute(AttributeKind::kOneOf, "Europe/Paris"),
                       ClockAttribute(AttributeKind::kOneOf, ""), ClockAttribute(AttributeKind::kNumber, "")};
  const std::vector<ClockPair> pairs = ClockPairs(policy);
  REQUIRE(pairs.size() == 1);
  CHECK(pairs[0].date == AttributeId{0});
  CHECK(pairs[0].weekday == AttributeId{2});
  policy.attributes[2].sources = {{SourceKind::kTenant, ""}};
  CHECK(ClockPairs(policy).empty());
}

TEST_CASE("a representative's date is such a day") {
  Policy policy;
  policy.attributes = {ClockAttribute(AttributeKind::kDate, ""), ClockAttribute(AttributeKind::kOneOf, "")};
  policy.routes.resize(1);
  Condition& when = policy.routes[0].when;
  when.kind = Condition::Kind::kInRange;
  when.attribute = {0};
  when.low = Day("2026-11-24");
  when.high = Day("2026-11-26");
  const ValueClasses classes(policy);
  CHECK(classes.Representative({1, kTuesday})[0] == Value{*ParseDate("2026-11-24")});
  CHECK(classes.Representative({2, kTuesday})[0] == Value{*ParseDate("2026-12-01")});
  CHECK(classes.Representative({2, kSunday})[0] == Value{*ParseDate("2026-11-29")});
}

}  // namespace
}  // namespace route::ir
