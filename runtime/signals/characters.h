#pragma once

/// Kinds of characters in texts of any encoding that holds ASCII: bytes beyond ASCII are of none.
namespace route {

constexpr auto IsDigit(char c) -> bool {
  return c >= '0' && c <= '9';
}
constexpr auto IsLetter(char c) -> bool {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr auto IsWord(char c) -> bool {
  return IsDigit(c) || IsLetter(c);
}
/// A word or what keys and tokens have besides.
constexpr auto IsTokenCharacter(char c) -> bool {
  return IsWord(c) || c == '_' || c == '-';
}
constexpr auto Upper(char c) -> char {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

}  // namespace route
