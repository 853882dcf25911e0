#include "compiler/import/text.h"

#include "compiler/base/lookalike.h"
#include "compiler/base/utf8.h"

namespace route::import {
namespace {

constexpr std::size_t kMostCharacters = 200;
constexpr std::size_t kMostPlainBytes = 1000;

auto IsShown(const Utf8Character& character) -> bool {
  char32_t c = character.code_point;
  return character.length > 0 && c != '\t' && c != '\n' && c != '\r' && !IsMisleading(c);
}

auto WithSeparators(std::string digits, char separator) -> std::string {
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, separator);
  }
  return digits;
}

}  // namespace

auto Printable(std::string_view text) -> std::string {
  std::string shown;
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++count) {
    if (count == kMostCharacters) return shown + "…";
    Utf8Character character = DecodeUtf8(text, i);
    if (IsShown(character)) {
      shown += text.substr(i, character.length);
    } else if (character.length > 0) {
      shown += CodePointName(character.code_point);
    } else {
      shown += "�";
    }
    i += character.length > 0 ? character.length : 1;
  }
  return shown;
}

auto IsPlain(std::string_view text) -> bool {
  if (text.size() > kMostPlainBytes) return false;
  for (std::size_t i = 0; i < text.size();) {
    Utf8Character character = DecodeUtf8(text, i);
    if (!IsShown(character)) return false;
    i += character.length;
  }
  return FindMixedWords(text).empty();
}

auto Quoted(std::string_view text) -> std::string {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

auto Listed(const std::vector<std::string>& names) -> std::string {
  constexpr std::size_t kMost = 8;
  std::string listed;
  for (std::size_t i = 0; i < names.size() && i < kMost; ++i)
    listed += (i == 0 ? "`" : ", `") + Printable(names[i]) + "`";
  if (names.size() > kMost) listed += " and " + std::to_string(names.size() - kMost) + " more";
  return listed;
}

auto Lower(std::string_view text) -> std::string {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

auto Grouped(std::int64_t number) -> std::string { return WithSeparators(std::to_string(number), '_'); }

auto Counted(std::size_t count, std::string_view noun) -> std::string {
  std::string plural(noun);
  if (count != 1 && plural.ends_with('y')) plural.replace(plural.size() - 1, 1, "ie");
  return WithSeparators(std::to_string(count), ',') + " " + plural + (count == 1 ? "" : "s");
}

auto MatchesGlob(std::string_view pattern, std::string_view text) -> bool {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace route::import
