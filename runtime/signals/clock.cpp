#include "runtime/signals/clock.h"

#include <date/tz.h>

namespace route {
namespace {

auto Split(std::chrono::seconds since_1970) -> Moment {
  const auto day = std::chrono::floor<std::chrono::days>(since_1970);
  const auto minute = std::chrono::floor<std::chrono::minutes>(since_1970 - day);
  return {Date{static_cast<std::int32_t>(day.count())}, static_cast<std::uint32_t>(minute.count())};
}

}  // namespace

auto MomentIn(std::string_view zone, std::chrono::sys_seconds now) -> std::expected<Moment, std::string> {
  if (zone.empty()) return Split(now.time_since_epoch());
  try {
    return Split(date::locate_zone(zone)->to_local(now).time_since_epoch());
  } catch (const std::runtime_error&) {
    return std::unexpected("there is no time zone `" + std::string(zone) + "` in this machine's time zone database (tzdata)");
  }
}

}  // namespace route
