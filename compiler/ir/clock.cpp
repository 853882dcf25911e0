#include "compiler/ir/clock.h"

#include <algorithm>

namespace route::ir {
namespace {

constexpr std::size_t kDaysOfWeek = 7;

auto ClockOf(const Attribute& attribute) -> const Source* {
  const bool has_clock = attribute.sources.size() == 1 && attribute.sources.front().kind == SourceKind::kClock;
  return has_clock ? &attribute.sources.front() : nullptr;
}

}  // namespace

auto ClockPairs(const Policy& policy) -> std::vector<ClockPair> {
  std::vector<ClockPair> pairs;
  for (std::uint32_t d = 0; d < policy.attributes.size(); ++d) {
    const Source* date = policy.attributes[d].kind == AttributeKind::kDate ? ClockOf(policy.attributes[d]) : nullptr;
    if (date == nullptr) continue;
    for (std::uint32_t w = 0; w < policy.attributes.size(); ++w) {
      const Attribute& weekday = policy.attributes[w];
      if (weekday.kind != AttributeKind::kOneOf || weekday.values.size() != kDaysOfWeek) continue;
      const Source* clock = ClockOf(weekday);
      if (clock != nullptr && clock->argument == date->argument) pairs.push_back({{d}, {w}});
    }
  }
  return pairs;
}

auto ClocksOfTwoZones(const Policy& policy) -> std::optional<std::pair<AttributeId, AttributeId>> {
  const Source* first = nullptr;
  AttributeId whose;
  for (std::uint32_t i = 0; i < policy.attributes.size(); ++i) {
    const Source* clock = ClockOf(policy.attributes[i]);
    if (clock == nullptr) continue;
    if (first == nullptr) {
      first = clock;
      whose = {i};
    } else if (clock->argument != first->argument) {
      return std::pair(whose, AttributeId{i});
    }
  }
  return std::nullopt;
}

auto DaysOf(const Dimension& date, std::uint32_t value_class) -> DayRange {
  return {.low = value_class == 0 ? kFirstDate.days : date.cuts.at(value_class - 1),
          .high = value_class == date.cuts.size() ? std::int64_t{kLastDate.days} + 1 : date.cuts.at(value_class)};
}

auto FirstOn(std::uint32_t weekday, DayRange days) -> std::optional<Date> {
  const std::int64_t end = std::min(days.high, days.low + static_cast<std::int64_t>(kDaysOfWeek));
  for (std::int64_t day = days.low; day < end; ++day) {
    const Date date{static_cast<std::int32_t>(day)};
    if (WeekdayOf(date) == weekday) return date;
  }
  return std::nullopt;
}

}  // namespace route::ir
