#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Text as terminals show it.
namespace route::diagnostics {

/// What is written to when it is no terminal, and what policies and logs are usually read at.
inline constexpr std::size_t kDefaultWidth = 80;

/// Text as it is safe to show on one line: tabs become blanks, and characters that would steer a terminal, hide or reorder
/// text are spelled out (`<U+202E>`), so that what is shown is what is there.
auto Printable(std::string_view text) -> std::string;

/// Columns that printable text takes.
auto DisplayWidth(std::string_view text) -> std::size_t;

/// `text`, made printable, broken between words so that no line is wider than `width` unless one word is. The first line
/// begins at column `first`; further lines begin with `indent` blanks. No line ends in a blank; the last has no line end.
auto Wrap(std::string_view text, std::size_t first, std::size_t indent, std::size_t width) -> std::string;

}  // namespace route::diagnostics
