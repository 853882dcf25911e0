#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace route {

/// A civil date as the number of days since 1970-01-01 (proleptic Gregorian calendar, years 0001 to 9999).
struct Date {
  std::int32_t days = 0;

  friend auto operator<=>(Date, Date) = default;
};

inline constexpr Date kFirstDate{-719162};  // 0001-01-01
inline constexpr Date kLastDate{2932896};   // 9999-12-31

/// Reads `YYYY-MM-DD`; nothing for any other form or a day that the calendar does not have.
auto ParseDate(std::string_view text) -> std::optional<Date>;

/// `YYYY-MM-DD`.
auto FormatDate(Date date) -> std::string;

/// monday, tuesday, … sunday: the values of an attribute of type `weekday`, in this order.
auto Weekdays() -> std::span<const std::string_view>;

/// The index into `Weekdays()`.
auto WeekdayOf(Date date) -> std::uint32_t;

inline constexpr std::uint32_t kMinutesInADay = 24 * 60;

/// A moment as a clock on the wall shows it. A day alone stands for its noon.
struct Moment {
  static constexpr std::uint32_t kNoon = kMinutesInADay / 2;
  Moment(Date day = {}, std::uint32_t minute_of_day = kNoon) : date(day), minute(minute_of_day) {}  // NOLINT: a day is a moment

  Date date;
  std::uint32_t minute;  ///< since midnight, below kMinutesInADay
};

}  // namespace route
