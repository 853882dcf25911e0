#include "runtime/upstream/content_meter.h"

#include <algorithm>
#include <array>

namespace route {
namespace {

constexpr auto kKeys = std::to_array<std::string_view>(
    {"arguments", "content", "delta", "partial_json", "reasoning", "reasoning_content", "refusal", "text", "thinking"});
constexpr std::size_t kLongestKey = 20;

}  // namespace

void ContentMeter::Feed(std::string_view bytes) {
  for (const char c : bytes) {
    if (in_string_) {
      if (!escaped_ && c == '"') {
        in_string_ = false;
        maybe_key_ = !counting_;
        counting_ = false;
        continue;
      }
      escaped_ = !escaped_ && c == '\\';
      if (counting_) {
        ++bytes_;
      } else if (last_.size() < kLongestKey) {
        last_ += c;
      }
    } else if (c == '"') {
      in_string_ = true;
      escaped_ = false;
      counting_ = after_key_;
      after_key_ = maybe_key_ = false;
      last_.clear();
    } else if (c == ':' && maybe_key_) {
      maybe_key_ = false;
      after_key_ = std::ranges::find(kKeys, std::string_view(last_)) != kKeys.end();
    } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      after_key_ = maybe_key_ = false;
    }
  }
}

}  // namespace route
