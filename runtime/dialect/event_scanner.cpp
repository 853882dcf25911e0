#include "runtime/dialect/event_scanner.h"

#include <algorithm>
#include <utility>

#include "runtime/dialect/fields.h"
#include "runtime/dialect/limits.h"

namespace route {
namespace {

using Json = nlohmann::ordered_json;

/// May the data hold a `usage` that is an object? Saves reading every chunk of a stream as JSON.
auto MayHoldUsage(std::string_view data) -> bool {
  // Nobody has to escape the letters of `usage`, but a key with one escaped is the same key.
  if (data.contains('\\') && (data.contains("\\u006") || data.contains("\\u007"))) return true;
  constexpr std::string_view kKey = "usage\"";  // without its first quotation mark, at which a search would often stop
  for (std::size_t at = data.find(kKey); at != std::string_view::npos; at = data.find(kKey, at + 1)) {
    if (at == 0 || data[at - 1] != '"') continue;
    const std::size_t value = data.find_first_not_of(" \t\r\n:", at + kKey.size());
    if (value != std::string_view::npos && data[value] == '{') return true;
  }
  return false;
}

auto EndsStream(std::string_view type) -> bool {
  return type == "message_stop" || type == "response.completed" || type == "response.incomplete" ||
         type == "response.failed";
}

/// May the data be the last event of a stream without `[DONE]`?
auto MayEndStream(std::string_view data) -> bool {
  // As for `usage`: the words hold an escape only if somebody went out of their way.
  if (data.contains("message_stop") || data.contains("\\u00")) return true;
  constexpr std::string_view kResponse = "response.";
  for (std::size_t at = data.find(kResponse); at != std::string_view::npos; at = data.find(kResponse, at + 1)) {
    const std::string_view rest = data.substr(at + kResponse.size());
    if (rest.starts_with("completed") || rest.starts_with("incomplete") || rest.starts_with("failed")) return true;
  }
  return false;
}

/// The first line feed or carriage return from there on. In steps, so that a text which has only one of the two is not
/// searched to its end for the other after each line.
auto EndOfLine(std::string_view text, std::size_t from) -> std::size_t {
  constexpr std::size_t kStep = 128;
  for (; from < text.size(); from += kStep) {
    const std::string_view step = text.substr(from, kStep);
    const std::size_t feed = step.find('\n');
    const std::size_t end = std::min(feed, step.substr(0, feed).find('\r'));
    if (end != std::string_view::npos) return from + end;
  }
  return std::string_view::npos;
}

}  // namespace

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
    const std::size_t end = EndOfLine(pending_, std::max(scanned_, searched_));
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
  // Before the first event nothing is taken, comments included.
  const std::size_t untaken = state_ == State::kWaiting ? pending_.size() : pending_.size() - complete_;
  if (untaken > kLongestEvent) state_ = State::kGarbage;
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
  has_data_ = false;
  if (!IsPing(data_)) ++event_count_;
  if (data_ == "[DONE]" && (api_ == Api::kChat || api_ == Api::kCompletions)) {
    state_ = state_ == State::kWaiting ? State::kGarbage : State::kDone;
    return;
  }
  ReadEvent(data_);
  if (give_ == Give::kData && state_ != State::kGarbage) events_.push_back(std::move(data_));
  data_.clear();
}

/// Anthropic's word that the connection still stands.
auto EventScanner::IsPing(std::string_view data) const -> bool {
  constexpr std::size_t kLongestPing = 256;
  if (api_ != Api::kMessages || data.size() > kLongestPing || !data.contains("ping")) return false;
  const auto parsed = ParseJson(data, kAnswerLimits);
  return parsed && parsed->is_object() && TextMember(*parsed, "type") == "ping";
}

void EventScanner::ReadEvent(std::string_view data) {
  const bool first = state_ == State::kWaiting;
  const bool by_type = api_ == Api::kMessages || api_ == Api::kResponses;
  if (!first && !MayHoldUsage(data) && !(by_type && MayEndStream(data))) return;
  const auto parsed = ParseJson(data, kAnswerLimits);
  const bool is_object = parsed && parsed->is_object();
  if (first) {
    if (is_object && api_ == Api::kMessages && TextMember(*parsed, "type") == "ping") return;
    state_ = is_object && IsFirst(*parsed) ? State::kStreaming : State::kGarbage;
  }
  if (!is_object || state_ == State::kGarbage) return;
  NoteUsage(*parsed);
  if (by_type && EndsStream(TextMember(*parsed, "type"))) state_ = State::kDone;
}

auto EventScanner::IsFirst(const Json& event) const -> bool {
  const std::string_view type = TextMember(event, "type");
  if (api_ == Api::kMessages) return type == "message_start";
  if (api_ == Api::kResponses) return type.starts_with("response.") && type != "response.failed";
  const Json* choices = Member(event, "choices");
  return choices != nullptr && choices->is_array();
}

void EventScanner::NoteUsage(const Json& event) {
  const Json* holder = &event;
  if (api_ == Api::kResponses) holder = Member(event, "response");
  if (api_ == Api::kMessages && TextMember(event, "type") == "message_start") holder = Member(event, "message");
  const Json* usage = holder == nullptr ? nullptr : Member(*holder, "usage");
  if (usage == nullptr || !usage->is_object()) return;
  if (api_ != Api::kMessages) {
    usage_ = ReadUsage(api_, *usage);
    return;
  }
  for (const auto& [name, value] : usage->items()) {
    if (!value.is_null()) usage_so_far_[name] = value;
  }
  usage_ = ReadUsage(api_, usage_so_far_);
}

auto EventScanner::TakeData() -> std::vector<std::string> {
  DropComplete();
  return std::exchange(events_, {});
}

void EventScanner::DropComplete() {
  pending_.erase(0, std::min(complete_, pending_.size()));
  scanned_ -= complete_;
  searched_ -= std::min(searched_, complete_);
  complete_ = 0;
}

auto EventScanner::TakeComplete() -> std::string {
  std::string taken;
  if (complete_ == pending_.size()) {
    taken.swap(pending_);
  } else if (complete_ > 0) {
    taken = pending_.substr(0, complete_);
  }
  DropComplete();
  return taken;
}

}  // namespace route
