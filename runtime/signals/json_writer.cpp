#include "runtime/signals/json_writer.h"

#include <algorithm>
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

/// How many bytes are looked at together.
constexpr std::size_t kBlock = 16;

/// Copies a block, and says whether all of it is plain.
auto CopyBlock(const char* from, char* to) -> bool {
#ifdef __SSE2__
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
  // Bytes from 0x80 on are negative here, and so below the blank.
  const __m128i control = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' '));
  const __m128i deletion = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\x7F'));
  const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  return _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(control, deletion), _mm_or_si128(quote, backslash))) == 0;
#else
  std::copy_n(from, kBlock, to);
  return std::all_of(from, from + kBlock, IsPlain);
#endif
}

constexpr std::size_t kMostEscaped = 6;  // bytes

/// An ASCII character that does not stand for itself.
auto Escape(char c, char* to) -> char* {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto pair = [&](char letter) {
    *to++ = '\\';
    *to++ = letter;
    return to;
  };
  switch (c) {
    case '"': return pair('"');
    case '\\': return pair('\\');
    case '\b': return pair('b');
    case '\f': return pair('f');
    case '\n': return pair('n');
    case '\r': return pair('r');
    case '\t': return pair('t');
    case '\x7F': *to++ = c; return to;
    default: break;  // a character, not an enumeration
  }
  to = std::ranges::copy(std::string_view("\\u00"), to).out;
  *to++ = kDigits[static_cast<std::size_t>(c) / 16];
  *to++ = kDigits[static_cast<std::size_t>(c) % 16];
  return to;
}

template <typename Number>
auto Digits(Number number, std::array<char, 24>& space) -> std::string_view {
  const auto [end, error] = std::to_chars(space.data(), space.data() + space.size(), number);
  return {space.data(), end};
}

}  // namespace

void JsonWriter::Grow(std::size_t bytes) {
  text_.resize(std::max(text_.size() * 2, size_ + bytes));
}

auto JsonWriter::KeyOf(std::string_view name) -> JsonWriter& {
  Text(name);
  Put(':');
  follows_ = false;
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
  if (follows_) Put(',');
  Put(bracket);
  follows_ = false;
  return *this;
}

auto JsonWriter::Close(char bracket) -> JsonWriter& {
  Put(bracket);
  follows_ = true;
  return *this;
}

auto JsonWriter::Raw(std::string_view value) -> JsonWriter& {
  char* at = Room(value.size() + 1);
  if (follows_) *at++ = ',';
  Wrote(std::ranges::copy(value, at).out);
  follows_ = true;
  return *this;
}

auto JsonWriter::End(std::string_view bytes) -> JsonWriter& {
  Wrote(std::ranges::copy(bytes, Room(bytes.size())).out);
  return *this;
}

auto JsonWriter::Value(const nlohmann::ordered_json& value) -> JsonWriter& {
  using Type = nlohmann::ordered_json::value_t;
  switch (value.type()) {
    case Type::object:
      BeginObject();
      for (const auto& [name, member] : value.get_ref<const nlohmann::ordered_json::object_t&>()) KeyOf(name).Value(member);
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

auto JsonWriter::Text(std::string_view text) -> JsonWriter& {
  if (follows_) Put(',');
  follows_ = true;
  const std::size_t begin = size_;
  const char* from = text.data();
  const char* const end = from + text.size();
  const auto rest = [&] { return static_cast<std::size_t>(end - from) + kBlock + 2; };  // with a block that is not kept
  char* to = Room(rest());
  *to++ = '"';
  while (from < end) {
    const bool whole = static_cast<std::size_t>(end - from) >= kBlock;
    if (whole && CopyBlock(from, to)) {
      from += kBlock;
      to += kBlock;
      continue;
    }
    const char* const until = whole ? from + kBlock : end;
    while (from < until && IsPlain(*from)) *to++ = *from++;
    if (from == until) continue;
    if (!IsAscii(*from)) {
      size_ = begin;
      Repair(text);
      return *this;
    }
    Wrote(to);
    to = Escape(*from, Room(kMostEscaped + rest()));
    ++from;
  }
  *to++ = '"';
  Wrote(to);
  return *this;
}

/// What of it is UTF-8, and what stands for the rest, is nlohmann's to say.
void JsonWriter::Repair(std::string_view text) {
  End(nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

auto ToText(const nlohmann::ordered_json& value) -> std::string {
  return JsonWriter().Value(value).Take();
}

}  // namespace route
