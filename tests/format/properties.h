#pragma once

#include <string>

namespace route {

/// Formats a text and says what is wrong with the result, or nothing: the same words, comments and syntax tree; no tabs,
/// blanks at line ends or double blank lines between words; LF at the end; formatting it again changes nothing. A text
/// that does not parse must not be formatted, and is fine.
auto WhatIsWrongWithFormatting(const std::string& text) -> std::string;

/// Does this text parse?
auto Parses(const std::string& text) -> bool;

}  // namespace route
