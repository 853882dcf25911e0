#include "runtime/upstream/content_meter.h"

#include <algorithm>
#include <array>
#include <utility>

namespace route {
namespace {

constexpr auto kKeys = std::to_array<std::string_view>(
    {"arguments", "content", "delta", "partial_json", "reasoning", "reasoning_content", "refusal", "text", "thinking"});
constexpr std::size_t kLongestKey = 20;
constexpr std::size_t kLongestBeginning = 512;

/// Bit by bit, which sizes the keys have.
constexpr auto kSizes = [] {
  std::uint32_t sizes = 0;
  for (const std::string_view key : kKeys) sizes |= 1U << key.size();
  return sizes;
}();

auto IsKey(std::string_view text) -> bool {
  return text.size() <= kLongestKey && ((kSizes >> text.size()) & 1U) != 0 &&
         std::ranges::find(kKeys, text) != kKeys.end();
}

auto IsBlank(char c) -> bool {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace

/// Keys and values are looked at where they lie. A stream's events mostly begin alike, up to their text, so how the last
/// one began is remembered: whoever begins so has come as far.
void ContentMeter::Feed(std::string_view bytes) {
  constexpr std::size_t kNowhere = std::string_view::npos;
  bool goes_on = in_string_;
  std::string_view last = last_;
  std::size_t event = kNowhere;  // where one began of which no text has been seen
  std::size_t at = 0;
  const auto begin_event = [&] {
    if (in_string_ || after_key_ || maybe_key_) return;
    event = at;
    if (beginning_.empty() || !bytes.substr(at).starts_with(beginning_)) return;
    at += beginning_.size();
    in_string_ = counting_ = true;
    event = kNowhere;
  };
  begin_event();
  while (at < bytes.size()) {
    if (!in_string_) {
      const char c = bytes[at++];
      if (c == '"') {
        in_string_ = true;
        counting_ = after_key_;
        after_key_ = maybe_key_ = false;
        last = {};
        if (counting_ && event != kNowhere) {
          if (at - event <= kLongestBeginning) beginning_ = bytes.substr(event, at - event);
          event = kNowhere;
        }
      } else if (c == '\n') {
        begin_event();
      } else if (!IsBlank(c)) {
        after_key_ = maybe_key_ && c == ':' && IsKey(last);
        maybe_key_ = false;
      }
      continue;
    }
    const std::size_t begin = at;
    if (std::exchange(escaped_, false)) ++at;
    while (at < bytes.size() && bytes[at] != '"') at += bytes[at] == '\\' ? 2 : 1;
    escaped_ = at > bytes.size();
    at = std::min(at, bytes.size());
    const std::string_view piece = bytes.substr(begin, at - begin);
    if (counting_) {
      bytes_ += piece.size();
    } else if (goes_on) {
      last = last_.append(piece.substr(0, kLongestKey - last_.size()));
    } else {
      last = piece;
    }
    goes_on = false;
    if (at == bytes.size()) break;
    ++at;
    in_string_ = false;
    maybe_key_ = !counting_;
    counting_ = false;
  }
  last_ = last.substr(0, kLongestKey);
}

}  // namespace route
