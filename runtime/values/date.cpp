#include "runtime/values/date.h"

#include <array>
#include <chrono>

namespace route {

auto ParseDate(std::string_view text) -> std::optional<Date> {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  int fields[3] = {0, 0, 0};
  int field = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 4 || i == 7) {
      ++field;
      continue;
    }
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    fields[field] = fields[field] * 10 + (text[i] - '0');
  }
  const std::chrono::year_month_day day{std::chrono::year(fields[0]),
                                        std::chrono::month(static_cast<unsigned>(fields[1])),
                                        std::chrono::day(static_cast<unsigned>(fields[2]))};
  if (fields[0] < 1 || !day.ok()) return std::nullopt;
  return Date{static_cast<std::int32_t>(std::chrono::sys_days(day).time_since_epoch().count())};
}

auto FormatDate(Date date) -> std::string {
  const std::chrono::year_month_day day{std::chrono::sys_days(std::chrono::days(date.days))};
  std::string text = std::to_string(static_cast<unsigned>(static_cast<int>(day.year())));
  if (text.size() < 4) text.insert(0, 4 - text.size(), '0');
  const auto add = [&](unsigned number) {
    text += '-';
    text += static_cast<char>('0' + number / 10);
    text += static_cast<char>('0' + number % 10);
  };
  add(static_cast<unsigned>(day.month()));
  add(static_cast<unsigned>(day.day()));
  return text;
}

auto Weekdays() -> std::span<const std::string_view> {
  static constexpr std::array<std::string_view, 7> kDays = {"monday", "tuesday",  "wednesday", "thursday",
                                                            "friday", "saturday", "sunday"};
  return kDays;
}

auto WeekdayOf(Date date) -> std::uint32_t {
  constexpr std::int32_t kDaysInAWeek = 7;
  constexpr std::int32_t kThursday = 3;  // 1970-01-01
  std::int32_t day = (date.days + kThursday) % kDaysInAWeek;
  return static_cast<std::uint32_t>(day < 0 ? day + kDaysInAWeek : day);
}

}  // namespace route
