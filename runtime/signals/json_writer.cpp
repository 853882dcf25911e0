#include "runtime/signals/json_writer.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <utility>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <nlohmann/json.hpp>

namespace route {
namespace {

/// Whether a byte stands for itself between quotes, and is a character of its own.
constexpr auto kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = ' '; c <= '~'; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

auto IsPlain(char c) -> bool {
  return kPlain[static_cast<unsigned char>(c)];
}

auto IsAscii(char c) -> bool {
  return static_cast<unsigned char>(c) < 0x80;
}

/// The first character from `at` on that is not plain, or the text's size. Sixteen at a time where the machine can.
auto EndOfPlain(std::string_view text, std::size_t at) -> std::size_t {
#ifdef __SSE2__
  for (; at + 16 <= text.size(); at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    // Bytes from 0x80 on are negative here, and so below the blank.
    const __m128i control = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' '));
    const __m128i deletion = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\x7F'));
    const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    if (_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(control, deletion), _mm_or_si128(quote, backslash))) != 0) break;
  }
#endif
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
