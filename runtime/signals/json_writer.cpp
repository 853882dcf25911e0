#include "runtime/signals/json_writer.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <utility>

#include <nlohmann/json.hpp>

namespace route {
namespace {

/// Stands for itself between quotes, and is a character of its own.
auto IsPlain(char c) -> bool {
  return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

auto IsAscii(char c) -> bool {
  return static_cast<unsigned char>(c) < 0x80;
}

/// The first character from `at` on that is not plain, or the text's size. Whole blocks at a time, without a branch for each
/// character, which compilers turn into a few wide instructions.
auto EndOfPlain(std::string_view text, std::size_t at) -> std::size_t {
  constexpr std::size_t kBlock = 32;
  for (; at + kBlock <= text.size(); at += kBlock) {
    bool plain = true;
    for (std::size_t i = 0; i < kBlock; ++i) plain &= IsPlain(text[at + i]);
    if (!plain) break;
  }
  while (at < text.size() && IsPlain(text[at])) ++at;
  return at;
}

/// An ASCII character that does not stand for itself.
auto Escape(char c, std::string& into) -> void {
  constexpr std::string_view kDigits = "0123456789abcdef";
  switch (c) {
    case '"': into += "\\\""; return;
    case '\\': into += "\\\\"; return;
    case '\b': into += "\\b"; return;
    case '\f': into += "\\f"; return;
    case '\n': into += "\\n"; return;
    case '\r': into += "\\r"; return;
    case '\t': into += "\\t"; return;
    case '\x7F': into += c; return;
    default: break;  // a character, not an enumeration
  }
  into += "\\u00";
  into += kDigits[static_cast<std::size_t>(c) / 16];
  into += kDigits[static_cast<std::size_t>(c) % 16];
}

template <typename Number>
auto Digits(Number number, std::array<char, 24>& space) -> std::string_view {
  const auto [end, error] = std::to_chars(space.data(), space.data() + space.size(), number);
  return {space.data(), end};
}

}  // namespace

auto JsonWriter::Key(std::string_view name) -> JsonWriter& {
  Separate();
  Quote(name);
  text_ += ':';
  follows_ = false;
  return *this;
}

auto JsonWriter::Text(std::string_view text) -> JsonWriter& {
  Separate();
  Quote(text);
  return *this;
}

auto JsonWriter::Number(std::int64_t number) -> JsonWriter& {
  std::array<char, 24> space{};
  return Raw(Digits(number, space));
}

auto JsonWriter::Number(std::uint64_t number) -> JsonWriter& {
  std::array<char, 24> space{};
  return Raw(Digits(number, space));
}

auto JsonWriter::Open(char bracket) -> JsonWriter& {
  Separate();
  text_ += bracket;
  follows_ = false;
  return *this;
}

auto JsonWriter::Close(char bracket) -> JsonWriter& {
  text_ += bracket;
  follows_ = true;
  return *this;
}

auto JsonWriter::Raw(std::string_view value) -> JsonWriter& {
  Separate();
  text_ += value;
  return *this;
}

auto JsonWriter::Value(const nlohmann::ordered_json& value) -> JsonWriter& {
  using Type = nlohmann::ordered_json::value_t;
  switch (value.type()) {
    case Type::object:
      BeginObject();
      for (const auto& [name, member] : value.get_ref<const nlohmann::ordered_json::object_t&>()) Key(name).Value(member);
      return EndObject();
    case Type::array:
      BeginArray();
      for (const auto& element : value) Value(element);
      return EndArray();
    case Type::string:
      return Text(value.get_ref<const std::string&>());
    case Type::boolean:
      return Bool(value.get<bool>());
    case Type::number_integer:
      return Number(value.get<std::int64_t>());
    case Type::number_unsigned:
      return Number(value.get<std::uint64_t>());
    case Type::null:
    case Type::number_float:
    case Type::binary:
    case Type::discarded:
      return Raw(value.dump());
  }
  std::abort();
}

void JsonWriter::Quote(std::string_view text) {
  const std::size_t begin = text_.size();
  text_ += '"';
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t end = EndOfPlain(text, at);
    text_.append(text, at, end - at);
    at = end;
    if (at == text.size()) break;
    if (!IsAscii(text[at])) {  // what of it is UTF-8, and what stands for the rest, is nlohmann's to say
      text_.resize(begin);
      text_ += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      return;
    }
    Escape(text[at], text_);
  }
  text_ += '"';
}

auto ToText(const nlohmann::ordered_json& value) -> std::string {
  return JsonWriter().Value(value).Take();
}

}  // namespace route
