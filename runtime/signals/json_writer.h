#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json_fwd.hpp>

namespace route {

/// Writes one JSON text, key by key, without building a value first. The bytes are those that nlohmann's `dump()` would
/// give: no blanks, what is not UTF-8 becomes U+FFFD. Whoever calls it sees to it that keys and brackets match.
class JsonWriter {
 public:
  JsonWriter() { text_.reserve(kUsualBytes); }

  auto BeginObject() -> JsonWriter& { return Open('{'); }
  auto EndObject() -> JsonWriter& { return Close('}'); }
  auto BeginArray() -> JsonWriter& { return Open('['); }
  auto EndArray() -> JsonWriter& { return Close(']'); }

  /// Before a member of an object.
  auto Key(std::string_view name) -> JsonWriter&;

  auto Text(std::string_view text) -> JsonWriter&;
  auto TextOrNull(std::string_view text) -> JsonWriter& { return text.empty() ? Null() : Text(text); }
  auto Number(std::int64_t number) -> JsonWriter&;
  auto Number(std::uint64_t number) -> JsonWriter&;
  auto Bool(bool value) -> JsonWriter& { return Raw(value ? "true" : "false"); }
  auto Null() -> JsonWriter& { return Raw("null"); }

  /// Nested no deeper than ParseJson lets it be.
  auto Value(const nlohmann::ordered_json& value) -> JsonWriter&;

  auto Take() -> std::string { return std::move(text_); }

 private:
  static constexpr std::size_t kUsualBytes = 2048;

  auto Open(char bracket) -> JsonWriter&;
  auto Close(char bracket) -> JsonWriter&;
  auto Raw(std::string_view value) -> JsonWriter&;
  void Separate() {
    if (follows_) text_ += ',';
    follows_ = true;
  }
  void Quote(std::string_view text);

  std::string text_;
  bool follows_ = false;  // a value of the same object or array stands before
};

/// The JSON text of a value; what is not UTF-8 is replaced.
auto ToText(const nlohmann::ordered_json& value) -> std::string;

}  // namespace route
