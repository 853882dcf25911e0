#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json_fwd.hpp>

namespace route {

/// The name of a member that the program knows, and that stands for itself between quotes.
class JsonName {
 public:
  template <std::size_t kSize>
  consteval JsonName(const char (&name)[kSize]) : text_(name, kSize - 1) {  // NOLINT(google-explicit-constructor)
    for (const char c : text_) {
      if (c < ' ' || c > '~' || c == '"' || c == '\\') throw "this name would have to be escaped";
    }
  }
  constexpr auto text() const -> std::string_view { return text_; }

 private:
  std::string_view text_;
};

/// Writes one JSON text, key by key, without building a value first. The bytes are those that nlohmann's `dump()` would
/// give: no blanks, what is not UTF-8 becomes U+FFFD. Whoever calls it sees to it that keys and brackets match.
class JsonWriter {
 public:
  JsonWriter() : text_(kUsualBytes, '\0') {}

  auto BeginObject() -> JsonWriter& { return Open('{'); }
  auto EndObject() -> JsonWriter& { return Close('}'); }
  auto BeginArray() -> JsonWriter& { return Open('['); }
  auto EndArray() -> JsonWriter& { return Close(']'); }

  /// Before a member of an object.
  auto Key(JsonName name) -> JsonWriter& {
    const std::string_view text = name.text();
    char* at = Room(text.size() + 4);
    if (follows_) *at++ = ',';
    *at++ = '"';
    at = std::copy(text.begin(), text.end(), at);
    *at++ = '"';
    *at++ = ':';
    Wrote(at);
    follows_ = false;
    return *this;
  }

  /// Before a member whose name comes from elsewhere.
  auto KeyOf(std::string_view name) -> JsonWriter&;

  auto Text(std::string_view text) -> JsonWriter&;
  auto TextOrNull(std::string_view text) -> JsonWriter& { return text.empty() ? Null() : Text(text); }
  auto Number(std::int64_t number) -> JsonWriter&;
  auto Number(std::uint64_t number) -> JsonWriter&;
  auto Bool(bool value) -> JsonWriter& { return Raw(value ? "true" : "false"); }
  auto Null() -> JsonWriter& { return Raw("null"); }

  /// Nested no deeper than ParseJson lets it be.
  auto Value(const nlohmann::ordered_json& value) -> JsonWriter&;

  /// Bytes to stand behind the JSON text.
  auto End(std::string_view bytes) -> JsonWriter&;

  auto Take() -> std::string {
    text_.resize(size_);
    return std::move(text_);
  }

 private:
  static constexpr std::size_t kUsualBytes = 2048;

  auto Open(char bracket) -> JsonWriter&;
  auto Close(char bracket) -> JsonWriter&;
  auto Raw(std::string_view value) -> JsonWriter&;
  void Repair(std::string_view text);

  /// Space for so many bytes behind what is written.
  auto Room(std::size_t bytes) -> char* {
    if (text_.size() - size_ < bytes) Grow(bytes);
    return text_.data() + size_;
  }
  void Grow(std::size_t bytes);
  void Put(char c) {
    *Room(1) = c;
    ++size_;
  }
  void Wrote(const char* end) { size_ = static_cast<std::size_t>(end - text_.data()); }

  std::string text_;      // written up to size_
  std::size_t size_ = 0;
  bool follows_ = false;  // a value of the same object or array stands before
};

/// The JSON text of a value; what is not UTF-8 is replaced.
auto ToText(const nlohmann::ordered_json& value) -> std::string;

}  // namespace route
