#include "runtime/signals/clock.h"

#include <algorithm>
#include <vector>

#include <date/tz.h>

namespace route {
namespace {

/// A stretch of time in which a zone's clocks are not changed.
struct Stretch {
  std::string zone;
  std::chrono::sys_seconds begin;
  std::chrono::sys_seconds end;  ///< not part of it
  std::chrono::seconds offset;   ///< to be added to UTC
};

/// A thread serves the zones of a few policies; more are looked up each time.
constexpr std::size_t kMostRemembered = 16;

auto Split(std::chrono::seconds since_1970) -> Moment {
  const auto day = std::chrono::floor<std::chrono::days>(since_1970);
  const auto minute = std::chrono::floor<std::chrono::minutes>(since_1970 - day);
  return {Date{static_cast<std::int32_t>(day.count())}, static_cast<std::uint32_t>(minute.count())};
}

auto Offset(std::string_view zone, std::chrono::sys_seconds now) -> std::chrono::seconds {
  static thread_local std::vector<Stretch> remembered;
  const auto known = std::ranges::find(remembered, zone, &Stretch::zone);
  if (known != remembered.end() && now >= known->begin && now < known->end) return known->offset;
  const auto info = date::locate_zone(zone)->get_info(now);
  const Stretch stretch{std::string(zone), info.begin, info.end, info.offset};
  if (known != remembered.end()) {
    *known = stretch;
  } else if (remembered.size() < kMostRemembered) {
    remembered.push_back(stretch);
  }
  return info.offset;
}

}  // namespace

auto MomentIn(std::string_view zone, std::chrono::sys_seconds now) -> std::expected<Moment, std::string> {
  if (zone.empty()) return Split(now.time_since_epoch());
  try {
    return Split(now.time_since_epoch() + Offset(zone, now));
  } catch (const std::runtime_error&) {
    return std::unexpected("there is no time zone `" + std::string(zone) +
                           "` in this machine's time zone database (tzdata)");
  }
}

auto DayIn(std::string_view zone, std::chrono::system_clock::time_point now) -> Date {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  const auto moment = MomentIn(zone, seconds);
  return moment ? moment->date : Split(seconds.time_since_epoch()).date;
}

}  // namespace route
