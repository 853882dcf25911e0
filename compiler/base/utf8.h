#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace route {

/// A decoded character, or a length of 0 where the bytes are not UTF-8.
struct Utf8Character {
  char32_t code_point = 0;
  std::uint32_t length = 0;  ///< in bytes
};

/// Decodes the character at `at`, by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
auto DecodeUtf8(std::string_view text, std::size_t at) -> Utf8Character;

/// Control characters, and characters that are not seen or that reorder what is seen (Unicode TR #36, CVE-2021-42574):
/// text that holds one may read differently from what it says. Tab and line ends are not among them.
auto IsMisleading(char32_t c) -> bool;

/// `U+202E`.
auto CodePointName(char32_t c) -> std::string;

}  // namespace route
