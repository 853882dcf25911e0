#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "antlr4-runtime.h"
#include "compiler/base/source.h"
#include "compiler/syntax/text_checks.h"

/// The words of one file, and what is known about kinds of words. For this folder only: it shows ANTLR's types.
namespace route::syntax {

/// Words that begin a declaration.
auto BeginsDeclaration(std::size_t token_type) -> bool;

/// Keywords that the `name` rule also takes as names, and those that can't be names.
auto IsSoftKeyword(std::size_t token_type) -> bool;
auto IsReserved(std::size_t token_type) -> bool;

/// A view of a token stream that has been filled.
class Tokens {
 public:
  Tokens(antlr4::CommonTokenStream& stream, const antlr4::dfa::Vocabulary& vocabulary, FileId file, const CodePointMap& map);

  auto stream() const -> antlr4::CommonTokenStream& { return stream_; }
  auto file() const -> FileId { return file_; }

  /// Of the end of the file: right behind its last word, where it ends as its author sees it.
  auto SpanOf(const antlr4::Token& token) const -> Span;

  /// The token type at an index; the end of the file past the last.
  auto TypeAt(std::size_t index) const -> std::size_t;

  auto IsFirstOnLine(std::size_t index) const -> bool;

  /// The word or sign that a type of token always is; empty for names, numbers and the like.
  auto WordOf(std::size_t token_type) const -> std::string;

 private:
  antlr4::CommonTokenStream& stream_;
  const antlr4::dfa::Vocabulary& vocabulary_;
  FileId file_;
  const CodePointMap& map_;
  Span end_;
};

}  // namespace route::syntax
