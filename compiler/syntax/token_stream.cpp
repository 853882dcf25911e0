#include "compiler/syntax/token_stream.h"

#include "generated/RouteLexer.h"

namespace route::syntax {

void TokenStream::StartAt(std::size_t index) {
  seen_.clear();
  at_ = tokens_.SkipComments(index);
  first_seen_ = at_;
}

auto TokenStream::IndexAt(ssize_t offset) -> std::size_t {
  std::size_t index = Here();
  for (; offset > 1; --offset) index = tokens_.SkipComments(index + 1);
  for (; offset < 0; ++offset) {
    do {
      if (index <= first_seen_) return kNothing;
      --index;
    } while (tokens_.TypeAt(index) == grammar::RouteLexer::COMMENT);
  }
  return index;
}

auto TokenStream::LA(ssize_t offset) -> std::size_t {
  std::size_t index = IndexAt(offset);
  return index == kNothing ? antlr4::Token::INVALID_TYPE : tokens_.TypeAt(index);
}

auto TokenStream::LT(ssize_t offset) -> antlr4::Token* {
  std::size_t index = IndexAt(offset);
  return index == kNothing ? nullptr : get(index);
}

auto TokenStream::get(std::size_t index) const -> antlr4::Token* {
  index = std::min(index, tokens_.size());
  if (index - first_seen_ >= kMaxWords) throw TooManyWords{index};
  while (seen_.size() <= index - first_seen_) seen_.emplace_back(tokens_, first_seen_ + seen_.size());
  return &seen_[index - first_seen_];
}

void TokenStream::consume() {
  std::size_t index = Here();
  if (index < tokens_.size()) at_ = index + 1;
}

}  // namespace route::syntax
