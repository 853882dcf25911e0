#pragma once

#include <cstddef>
#include <string_view>

/// The forms that the detector `pii` knows (pii.h says what they are), each looked for at one place of a text. A text's
/// end is like a blank. Places are below the text's size.
namespace route {

/// Letters and digits only, letters in either case. False for a country that issues no IBANs.
auto IsIban(std::string_view compact) -> bool;

/// Digits only.
auto PassesLuhn(std::string_view digits) -> bool;

/// Beginning with the two letters at `begin`.
auto IsIbanAt(std::string_view text, std::size_t begin) -> bool;

/// In the digits with single blanks or hyphens between groups from `begin` to `end`, neither of which could be farther
/// out. A group that touches a letter is part of a word; of the others any run of groups counts. Linear time.
auto IsCardAt(std::string_view text, std::size_t begin, std::size_t end) -> bool;

/// Around the `@` at `sign`: an address with a dot in its host and two letters after that. Whatever is not ASCII counts
/// as a letter.
auto IsEmailAt(std::string_view text, std::size_t sign) -> bool;

/// With the `+` at `plus`.
auto IsPhoneAt(std::string_view text, std::size_t plus) -> bool;

/// Beginning with the word at `begin`: whole words, with at most one mark between them. Later words begin with a digit or
/// are a single letter, and only the French number is written in more than five.
auto IsNationalIdAt(std::string_view text, std::size_t begin) -> bool;

/// Four numbers below 256 with points between, and no fifth; public.
auto IsIpV4At(std::string_view text, std::size_t begin) -> bool;

/// Global unicast, 2000::/3, but 2001:db8::/32, which is for documentation. The first group has four digits.
auto IsIpV6At(std::string_view text, std::size_t begin) -> bool;

/// A word of token characters. `after` is what comes behind it.
auto IsCredential(std::string_view token, std::string_view after) -> bool;

/// Whether one may begin so.
auto MayBeginCredential(char first) -> bool;

/// With the five hyphens at `begin`.
auto IsPrivateKeyAt(std::string_view text, std::size_t begin) -> bool;

}  // namespace route
