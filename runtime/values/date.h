#pragma once

#include <cstdint>
#include <optional>
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

}  // namespace route
