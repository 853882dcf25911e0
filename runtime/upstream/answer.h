#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/signals/spend.h"
#include "runtime/upstream/attempts.h"

/// What an upstream's answer means. No input or output.
namespace route {

/// What to do with a status code.
struct Answered {};       ///< 2xx: its content must still prove to be an answer
struct CallerMistake {};  ///< any other 4xx: handed to the caller as it is
using StatusMeaning = std::variant<Answered, CallerMistake, Failure>;
auto MeaningOf(unsigned status) -> StatusMeaning;

/// Reads a `Retry-After` header: whole seconds, or a date, which is measured from `now`. Anything else is ignored; at most a
/// day counts.
auto ParseRetryAfter(std::string_view value, std::chrono::sys_seconds now) -> std::optional<Milliseconds>;

/// What an answer says about its tokens. Without both numbers, each whole and not negative, it is not usable.
struct ReportedUsage {
  std::optional<TokenUsage> tokens;
  std::string problem;  ///< why a `usage` that was there is not usable; else empty
};

/// Checks that a body is a chat completion, that is a JSON object with an array `choices` that is not empty. Gives what
/// its `usage` says, or what is wrong with the body.
struct PlainAnswer {
  ReportedUsage usage;
};
auto CheckPlainAnswer(std::string_view body) -> std::expected<PlainAnswer, std::string>;

/// `text/event-stream`, with or without parameters, in any case.
auto IsEventStream(std::string_view content_type) -> bool;

/// `application/json` or another type that ends in `+json`, with or without parameters, in any case; also no type at all.
auto IsJson(std::string_view content_type) -> bool;

/// Follows a stream of server-sent events, cutting it at the ends of events, so that a stream that breaks off never
/// leaves half an event with the caller. Lines end in CR LF, LF or CR. Neither a byte order mark at the start nor what
/// comes after `[DONE]` is given out. One pass over the bytes.
class EventScanner {
 public:
  static constexpr std::size_t kLongestEvent = std::size_t{16} << 20U;

  enum class State : std::uint8_t {
    kWaiting,    ///< no event with data yet
    kStreaming,  ///< the first event was part of an answer
    kDone,       ///< `[DONE]` was seen
    kGarbage,    ///< the first event is no part of an answer, or an event is longer than kLongestEvent
  };

  /// Takes in the next bytes.
  void Feed(std::string_view bytes);

  /// Everything up to the end of the last complete event that was not taken yet.
  auto TakeComplete() -> std::string;

  auto state() const -> State { return state_; }
  auto usage() const -> const ReportedUsage& { return usage_; }  ///< the last one seen

 private:
  void EndLine(std::string_view line);
  void EndEvent();

  std::string pending_;       // bytes not handed out
  std::size_t scanned_ = 0;   // of pending_: lines up to here are read
  std::size_t searched_ = 0;  // of pending_: no line ends between scanned_ and here
  std::size_t complete_ = 0;  // of pending_: end of the last complete event
  std::string data_;          // of the event being read
  bool has_data_ = false;
  bool started_ = false;   // beyond the place of a byte order mark
  bool cr_alone_ = false;  // the last line ended in a carriage return alone
  State state_ = State::kWaiting;
  ReportedUsage usage_;
};

}  // namespace route
