#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/dialect/usage.h"

namespace route {

/// Follows a stream of server-sent events, cutting it at the ends of events, so that a stream that breaks off never
/// leaves half an event with the caller. Lines end in CR LF, LF or CR. Neither a byte order mark at the start nor what
/// comes after the stream's last event is given out. One pass over the bytes.
///
///     API                 first event                    last event
///     chat, completions   an object with `choices`       the text `[DONE]`
///     responses           `type` starts `response.`      `type` `response.completed`, `.incomplete` or `.failed`
///     messages            `type` `message_start`         `type` `message_stop`
class EventScanner {
 public:
  static constexpr std::size_t kLongestEvent = std::size_t{16} << 20U;

  enum class State : std::uint8_t {
    kWaiting,    ///< no event with data yet
    kStreaming,  ///< the first event was part of an answer
    kDone,       ///< the last event was seen
    kGarbage,    ///< the first event is no part of an answer, or it, or another, does not end within kLongestEvent bytes
  };

  /// What can be taken: the stream's bytes, to be passed on, or the data of its events, to be translated.
  enum class Give : std::uint8_t { kBytes, kData };

  /// `api` streams, so it is none for embeddings.
  explicit EventScanner(Api api, Give give = Give::kBytes) : api_(api), give_(give) {}

  /// Takes in the next bytes.
  void Feed(std::string_view bytes);

  /// Everything up to the end of the last complete event that was not taken yet.
  auto TakeComplete() -> std::string;

  /// With Give::kData, the data of each event with data that is complete and was not taken yet, except `[DONE]`.
  auto TakeData() -> std::vector<std::string>;

  auto state() const -> State { return state_; }

  /// How many complete events with data there were so far, pings aside.
  auto events() const -> std::uint64_t { return event_count_; }

  /// What was said about tokens so far. Anthropic says it in parts, of which each replaces what it repeats.
  auto usage() const -> const ReportedUsage& { return usage_; }

 private:
  void DropComplete();
  void EndLine(std::string_view line);
  void EndEvent();
  auto IsPing(std::string_view data) const -> bool;
  void ReadEvent(std::string_view data);
  auto IsFirst(const nlohmann::ordered_json& event) const -> bool;
  void NoteUsage(const nlohmann::ordered_json& event);

  Api api_;
  Give give_;
  std::string pending_;       // bytes not handed out
  std::size_t scanned_ = 0;   // of pending_: lines up to here are read
  std::size_t searched_ = 0;  // of pending_: no line ends between scanned_ and here
  std::size_t complete_ = 0;  // of pending_: end of the last complete event
  std::string data_;          // of the event being read
  bool has_data_ = false;
  bool started_ = false;   // beyond the place of a byte order mark
  bool cr_alone_ = false;  // the last line ended in a carriage return alone
  State state_ = State::kWaiting;
  std::uint64_t event_count_ = 0;
  std::vector<std::string> events_;  // data not handed out
  nlohmann::ordered_json usage_so_far_ = nlohmann::ordered_json::object();
  ReportedUsage usage_;
};

}  // namespace route
