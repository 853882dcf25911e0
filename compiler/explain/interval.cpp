#include <limits>

#include "compiler/explain/phrases.h"
#include "runtime/values/value_text.h"

namespace route::explain {
namespace {

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();

auto Text(const Interval& interval, std::int64_t number) -> std::string {
  if (interval.kind == AttributeKind::kDate) return FormatDate({static_cast<std::int32_t>(number)});
  return FormatQuantity({number}, interval.unit);
}

/// One end in both senses.
struct End {
  std::string affirmed;
  std::string denied;
};

/// Of "at least 100" and "more than 99.999999" the one that a person would write.
auto LowEnd(const Interval& interval) -> End {
  if (interval.kind == AttributeKind::kDate) {
    return {Text(interval, interval.low) + " or later", "before " + Text(interval, interval.low)};
  }
  if (interval.unit == Unit::kTimeOfDay) {
    return {Text(interval, interval.low) + " or later", "before " + Text(interval, interval.low)};
  }
  const std::string at = Text(interval, interval.low);
  const std::string above = Text(interval, interval.low - 1);
  if (above.size() < at.size()) return {"more than " + above, "at most " + above};
  return {"at least " + at, "less than " + at};
}

auto HighEnd(const Interval& interval) -> End {
  if (interval.kind == AttributeKind::kDate) {
    return {Text(interval, interval.high - 1) + " or earlier", "after " + Text(interval, interval.high - 1)};
  }
  if (interval.unit == Unit::kTimeOfDay) {
    return {"before " + Text(interval, interval.high), Text(interval, interval.high) + " or later"};
  }
  const std::string below = Text(interval, interval.high);
  const std::string at = Text(interval, interval.high - 1);
  if (at.size() < below.size()) return {"at most " + at, "more than " + at};
  return {"less than " + below, "at least " + below};
}

auto HasLow(const Interval& interval) -> bool {
  return interval.kind == AttributeKind::kDate ? interval.low > kFirstDate.days : interval.low != kLowest;
}

auto HasHigh(const Interval& interval) -> bool {
  return interval.kind == AttributeKind::kDate ? interval.high <= kLastDate.days : interval.high != kHighest;
}

}  // namespace

auto IntervalPhrase(const Interval& interval, Sense sense) -> std::string {
  const bool affirmed = sense == Sense::kAffirmed;
  const bool has_low = HasLow(interval);
  const bool has_high = HasHigh(interval);
  if (!has_low && !has_high) return affirmed ? "anything" : "nothing at all";
  if (!has_high) return affirmed ? LowEnd(interval).affirmed : LowEnd(interval).denied;
  if (!has_low) return affirmed ? HighEnd(interval).affirmed : HighEnd(interval).denied;
  const std::int64_t step = StepOf(interval.unit);
  if (interval.high - interval.low == step) return (affirmed ? "" : "not ") + Text(interval, interval.low);
  if (interval.kind == AttributeKind::kDate) {
    return (affirmed ? "from " : "not from ") + Text(interval, interval.low) + " to " + Text(interval, interval.high - 1);
  }
  const End low = LowEnd(interval);
  const End high = HighEnd(interval);
  return (affirmed ? "" : "not both ") + low.affirmed + " and " + high.affirmed;
}

}  // namespace route::explain
