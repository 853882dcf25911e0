#include "runtime/upstream/answer.h"

#include <algorithm>
#include <string>

#include "runtime/values/letter_case.h"

namespace route {
namespace {

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the only form of a date that HTTP still allows to be written (RFC 9110, 5.6.7).
auto ParseHttpDate(std::string_view text) -> std::optional<std::chrono::sys_seconds> {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  constexpr std::size_t kLength = 29;
  if (text.size() != kLength || !text.ends_with(" GMT")) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    for (const char c : text.substr(at, digits)) value = c >= '0' && c <= '9' && value >= 0 ? value * 10 + (c - '0') : -1;
    return value;
  };
  const std::size_t month = kMonths.find(text.substr(8, 3));
  const int day = number(5, 2), year = number(12, 4), hour = number(17, 2), minute = number(20, 2), second = number(23, 2);
  if (month == std::string_view::npos || month % 3 != 0 || std::min({day, year, hour, minute, second}) < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month / 3 + 1)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
}

/// The type without its parameters, in lower case.
auto MediaType(std::string_view content_type) -> std::string {
  std::string type = LowerCase(content_type.substr(0, content_type.find(';')));
  while (type.ends_with(' ') || type.ends_with('\t')) type.pop_back();
  return type;
}

}  // namespace

auto MeaningOf(unsigned status) -> StatusMeaning {
  if (status >= 200 && status < 300) return Answered{};
  switch (status) {
    case 401:
    case 402:
    case 403:
    case 404:
      return Failure::kBroken;
    case 408:
    case 409:
    case 425:
      return Failure::kStatus;
    case 429:
      return Failure::kRateLimited;
    default:
      break;
  }
  if (status >= 300 && status < 400) return Failure::kBroken;
  if (status >= 400 && status < 500) return CallerMistake{};
  if (status >= 500 && status < 600) return Failure::kStatus;
  return Failure::kGarbage;
}

auto ParseRetryAfter(std::string_view value, std::chrono::sys_seconds now) -> std::optional<Milliseconds> {
  constexpr std::chrono::seconds kDay{86'400};
  if (const auto at = ParseHttpDate(value)) return std::clamp(*at - now, std::chrono::seconds(0), kDay);
  if (value.empty() || value.size() > 9) return std::nullopt;
  std::int64_t seconds = 0;
  for (const char c : value) {
    if (c < '0' || c > '9') return std::nullopt;
    seconds = seconds * 10 + (c - '0');
  }
  return std::min(std::chrono::seconds(seconds), kDay);
}

auto IsEventStream(std::string_view content_type) -> bool {
  return MediaType(content_type) == "text/event-stream";
}

auto IsJson(std::string_view content_type) -> bool {
  const std::string type = MediaType(content_type);
  return type.empty() || type == "application/json" || (type.starts_with("application/") && type.ends_with("+json"));
}

}  // namespace route
