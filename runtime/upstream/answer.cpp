#include "runtime/upstream/answer.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include <nlohmann/json.hpp>

#include "runtime/signals/json.h"

namespace route {
namespace {

/// Room for the log probabilities of a long answer.
constexpr JsonLimits kAnswerLimits{.depth = 64, .values = 4'000'000};

/// More tokens than this is no number of tokens. A double holds every whole number up to here.
constexpr std::int64_t kMostTokens = std::int64_t{1} << 53U;

auto ReadCount(const nlohmann::ordered_json& usage, const std::string& name)
    -> std::expected<std::int64_t, std::string> {
  const auto found = usage.find(name);
  if (found == usage.end() || found->is_null()) return std::unexpected("`" + name + "` is missing");
  if (!found->is_number()) return std::unexpected("`" + name + "` is not a number");
  const auto value = found->get<double>();  // beyond 2^53 it is rounded, and too large all the same
  if (value < 0) return std::unexpected("`" + name + "` is negative");
  if (value > static_cast<double>(kMostTokens)) return std::unexpected("`" + name + "` is too large");
  if (value != std::floor(value)) return std::unexpected("`" + name + "` is not a whole number");
  return static_cast<std::int64_t>(value);
}

/// Nothing if the answer has no object `usage`.
auto ReadUsage(const nlohmann::ordered_json& answer) -> std::optional<ReportedUsage> {
  const auto usage = answer.find("usage");
  if (usage == answer.end() || !usage->is_object()) return std::nullopt;
  const auto prompt = ReadCount(*usage, "prompt_tokens");
  if (!prompt) return ReportedUsage{std::nullopt, prompt.error()};
  const auto completion = ReadCount(*usage, "completion_tokens");
  if (!completion) return ReportedUsage{std::nullopt, completion.error()};
  return ReportedUsage{TokenUsage{*prompt, *completion}, ""};
}

/// May the data hold a `usage` that is an object? Saves reading every chunk of a stream as JSON.
auto MayHoldUsage(std::string_view data) -> bool {
  // Nobody has to escape the letters of `usage`, but a key with one escaped is the same key.
  if (data.contains("\\u006") || data.contains("\\u007")) return true;
  constexpr std::string_view kKey = "\"usage\"";
  for (std::size_t at = data.find(kKey); at != std::string_view::npos; at = data.find(kKey, at + 1)) {
    const std::size_t value = data.find_first_not_of(" \t\r\n:", at + kKey.size());
    if (value != std::string_view::npos && data[value] == '{') return true;
  }
  return false;
}

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
  std::string type(content_type.substr(0, content_type.find(';')));
  while (type.ends_with(' ') || type.ends_with('\t')) type.pop_back();
  for (char& c : type) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
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

auto CheckPlainAnswer(std::string_view body) -> std::expected<PlainAnswer, std::string> {
  const auto parsed = ParseJson(body, kAnswerLimits);
  if (!parsed) return std::unexpected(parsed.error().message);
  if (!parsed->is_object()) return std::unexpected("the answer is not a JSON object");
  const auto choices = parsed->find("choices");
  if (choices == parsed->end() || !choices->is_array()) return std::unexpected("the answer has no array `choices`");
  if (choices->empty()) return std::unexpected("the array `choices` is empty");
  return PlainAnswer{ReadUsage(*parsed).value_or(ReportedUsage{})};
}

auto IsEventStream(std::string_view content_type) -> bool {
  return MediaType(content_type) == "text/event-stream";
}

auto IsJson(std::string_view content_type) -> bool {
  const std::string type = MediaType(content_type);
  return type.empty() || type == "application/json" || (type.starts_with("application/") && type.ends_with("+json"));
}

void EventScanner::Feed(std::string_view bytes) {
  if (state_ == State::kGarbage || state_ == State::kDone) return;
  pending_ += bytes;
  if (!started_) {
    constexpr std::string_view kMark = "\xEF\xBB\xBF";
    if (pending_.size() < kMark.size() && kMark.starts_with(pending_)) return;
    if (pending_.starts_with(kMark)) pending_.erase(0, kMark.size());
    started_ = true;
  }
  while (state_ != State::kGarbage) {
    const std::size_t end = pending_.find_first_of("\r\n", std::max(scanned_, searched_));
    searched_ = std::min(end, pending_.size());
    if (end == std::string::npos) break;
    std::size_t next = end + 1;
    if (pending_[end] == '\r') {
      // Its line feed may still come, except at the end of an event whose lines end in a carriage return alone.
      const bool ends_event = cr_alone_ && end == scanned_;
      if (next == pending_.size() && !ends_event) break;
      const bool pair = next < pending_.size() && pending_[next] == '\n';
      if (pair) ++next;
      cr_alone_ = !pair;
    } else {
      cr_alone_ = false;
    }
    const std::string_view line = std::string_view(pending_).substr(scanned_, end - scanned_);
    scanned_ = next;
    if (line.empty()) {
      complete_ = next;
      EndEvent();
      if (state_ == State::kDone) {
        pending_.resize(complete_);
        return;
      }
    } else {
      EndLine(line);
    }
  }
  if (pending_.size() - complete_ > kLongestEvent) state_ = State::kGarbage;
}

void EventScanner::EndLine(std::string_view line) {
  constexpr std::string_view kData = "data";
  if (!line.starts_with(kData)) return;
  line.remove_prefix(kData.size());
  if (!line.empty()) {
    if (line.front() != ':') return;
    line.remove_prefix(1);
    if (line.starts_with(' ')) line.remove_prefix(1);
  }
  if (has_data_) data_ += '\n';
  data_ += line;
  has_data_ = true;
}

void EventScanner::EndEvent() {
  if (!has_data_) return;
  const std::string data = std::move(data_);
  data_.clear();
  has_data_ = false;
  if (data == "[DONE]") {
    state_ = state_ == State::kWaiting ? State::kGarbage : State::kDone;
    return;
  }
  const bool first = state_ == State::kWaiting;
  if (!first && !MayHoldUsage(data)) return;
  auto parsed = ParseJson(data, kAnswerLimits);
  const bool is_object = parsed && parsed->is_object();
  if (first) {
    const bool is_answer = is_object && parsed->contains("choices") && (*parsed)["choices"].is_array();
    state_ = is_answer ? State::kStreaming : State::kGarbage;
  }
  if (!is_object) return;
  if (auto usage = ReadUsage(*parsed)) usage_ = std::move(*usage);
}

auto EventScanner::TakeComplete() -> std::string {
  std::string taken = pending_.substr(0, complete_);
  pending_.erase(0, complete_);
  scanned_ -= complete_;
  searched_ -= std::min(searched_, complete_);
  complete_ = 0;
  return taken;
}

}  // namespace route
