#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "compiler/ir/classes.h"
#include "compiler/ir/policy.h"

/// What attributes that one clock fills in have to do with each other: the day of the week is that of the date.
namespace route::ir {

/// A date and a day of the week from the clock of one time zone. (Clocks of two zones can be a day apart.)
struct ClockPair {
  AttributeId date;
  AttributeId weekday;
};
auto ClockPairs(const Policy& policy) -> std::vector<ClockPair>;

/// The first two attributes that read clocks of different time zones, if there are any. What one clock shows says something about the
/// other, such as a day that is at most one away; nothing knows it of requests that are made up.
auto ClocksOfTwoZones(const Policy& policy) -> std::optional<std::pair<AttributeId, AttributeId>>;

/// The days of one class of a date: low <= day < high.
struct DayRange {
  std::int64_t low = 0;
  std::int64_t high = 0;
};
auto DaysOf(const Dimension& date, std::uint32_t value_class) -> DayRange;

/// The first of these days that is such a day of the week, 0 for Monday. Nothing if there is none, which takes fewer than seven.
auto FirstOn(std::uint32_t weekday, DayRange days) -> std::optional<Date>;

}  // namespace route::ir
