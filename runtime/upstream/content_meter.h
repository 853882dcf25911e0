#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace route {

/// Counts the bytes of text in an answer as it passes by, without reading it as JSON: the strings under the keys
/// `content`, `text`, `reasoning`, `reasoning_content`, `refusal`, `arguments`, `partial_json`, `thinking` and `delta`,
/// as they are written, escapes included. For what a stream that breaks off has cost. One pass, half a KiB of memory.
class ContentMeter {
 public:
  void Feed(std::string_view bytes);

  auto bytes() const -> std::uint64_t { return bytes_; }

 private:
  std::string last_;  // the string that ended last or is being read, as far as a key may be long
  bool in_string_ = false;
  bool escaped_ = false;    // the last byte was a backslash
  bool after_key_ = false;  // the last string was a key with text under it, and its colon has come
  bool counting_ = false;   // the string being read is such a text
  bool maybe_key_ = false;  // a string has ended, and a colon would make it a key
  std::uint64_t bytes_ = 0;
  std::string beginning_;  // of the last event, up to its first text, if that is what it had
};

}  // namespace route
