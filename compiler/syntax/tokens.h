#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/base/source.h"

/// The words of one file, and what is known about kinds of words. For this folder only: token types are those of the
/// generated lexer.
namespace route::syntax {

/// Words that begin a declaration.
auto BeginsDeclaration(std::size_t token_type) -> bool;

/// Keywords that the `name` rule also takes as names, and those that can't be names.
auto IsSoftKeyword(std::size_t token_type) -> bool;
auto IsReserved(std::size_t token_type) -> bool;

/// A word, sign, number, text or comment.
struct Token {
  std::uint32_t begin = 0;  ///< bytes of the file, half-open
  std::uint32_t end = 0;
  std::uint8_t type = 0;
  bool first_on_line = false;  ///< no word stands before it on its line
};

/// All of them, in order. Twelve bytes each, so that a file of any allowed size fits in memory as a whole.
class Tokens {
 public:
  /// `text` must be UTF-8, and outlive the tokens. Linear; the lexer has a rule for every character.
  Tokens(std::string_view text, FileId file);

  auto size() const -> std::size_t { return tokens_.size(); }
  auto begin() const -> std::vector<Token>::const_iterator { return tokens_.begin(); }
  auto end() const -> std::vector<Token>::const_iterator { return tokens_.end(); }
  auto file() const -> FileId { return file_; }

  /// For an index past the last: the end of the file, right behind its last word, where it ends as its author sees it.
  auto SpanAt(std::size_t index) const -> Span;
  auto TypeAt(std::size_t index) const -> std::size_t;
  auto TextAt(std::size_t index) const -> std::string_view;

  auto SpanOf(const Token& token) const -> Span { return {file_, token.begin, token.end}; }
  auto IsFirstOnLine(std::size_t index) const -> bool { return index >= size() || tokens_[index].first_on_line; }

  /// The first index, at this one or behind it, that is no comment.
  auto SkipComments(std::size_t index) const -> std::size_t;

 private:
  std::string_view text_;
  FileId file_;
  std::vector<Token> tokens_;
  Span end_;
};

/// The word or sign that a type of token always is; empty for names, numbers and the like.
auto WordOf(std::size_t token_type) -> std::string;

}  // namespace route::syntax
