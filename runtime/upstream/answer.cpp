#include "runtime/upstream/answer.h"

#include <algorithm>

namespace route {
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

auto ParseRetryAfter(std::string_view value) -> std::optional<Milliseconds> {
  constexpr std::int64_t kDay = 86'400;
  if (value.empty() || value.size() > 9) return std::nullopt;
  std::int64_t seconds = 0;
  for (const char c : value) {
    if (c < '0' || c > '9') return std::nullopt;
    seconds = seconds * 10 + (c - '0');
  }
  return std::chrono::seconds(std::min(seconds, kDay));
}

}  // namespace route
