#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Untrusted text on its way into messages and into `.route` files.
namespace route::import {

/// What is wrong with an input as a whole; nothing was imported from it.
struct InputError {
  std::uint32_t line = 0;  ///< both count from 1; 0 for what is wrong at no place
  std::uint32_t column = 0;
  std::string message;
};

/// The text on one line and as it is seen: control characters, line ends, invisible and reordering characters and bytes
/// that are not UTF-8 become `U+000A` and the like, and what is longer than 200 characters ends in `…`. Fit for a
/// comment or a message.
auto Printable(std::string_view text) -> std::string;

/// May this text stand in a `.route` string as it is, without misleading a reader? At most 1,000 bytes of visible
/// UTF-8, in which no word mixes scripts.
auto IsPlain(std::string_view text) -> bool;

/// `"…"` with `"` and `\` escaped. The text is plain.
auto Quoted(std::string_view text) -> std::string;

/// Names in backticks, printable, the first eight of them: `a`, `b` and 3 more.
auto Listed(const std::vector<std::string>& names) -> std::string;

/// ASCII letters in lower case, everything else as it is.
auto Lower(std::string_view text) -> std::string;

/// `1_050_000`
auto Grouped(std::int64_t number) -> std::string;

/// `1 row`, `3 entries`, `2,983 rows`
auto Counted(std::size_t count, std::string_view noun) -> std::string;

/// Does the text match the pattern as a whole, in which `*` stands for any text and `?` for any one byte? Cost: at most
/// the product of the two lengths.
auto MatchesGlob(std::string_view pattern, std::string_view text) -> bool;

}  // namespace route::import
