#pragma once

#include <algorithm>
#include <string>
#include <string_view>

/// Capital and small letters of ASCII, as names of headers, media types and the like take them for the same, whatever
/// the locale. All other bytes are only themselves.
namespace route {

constexpr auto LowerCase(char c) -> char {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline auto LowerCase(std::string_view text) -> std::string {
  std::string lower(text);
  for (char& c : lower) c = LowerCase(c);
  return lower;
}

/// Beast's `iequals` would do, but reads the byte behind the end of its texts.
constexpr auto SameInAnyCase(std::string_view a, std::string_view b) -> bool {
  return std::ranges::equal(a, b, [](char x, char y) { return LowerCase(x) == LowerCase(y); });
}

}  // namespace route
