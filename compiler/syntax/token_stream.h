#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "antlr4-runtime.h"
#include "compiler/syntax/tokens.h"

namespace route::syntax {

/// What the generated parser reads: the tokens of a file without its comments. A token's index is the one in `Tokens`,
/// comments counted, and its start and stop index are the bytes it begins and ends with.
///
/// The parser wants an object for each token that it has seen; the stream keeps those of one declaration.
class TokenStream final : public antlr4::TokenStream {
 public:
  /// A declaration has more words than this. Thrown from within the parser, which lets it pass.
  static constexpr std::size_t kMaxWords = 500'000;
  struct TooManyWords {
    std::size_t index;  ///< of the first word too many
  };

  /// `tokens` must outlive the stream.
  explicit TokenStream(const Tokens& tokens) : tokens_(tokens) {}

  /// Goes to a token and forgets all those seen so far, so that no tree may be left that knows of them.
  void StartAt(std::size_t index);

  auto LA(ssize_t offset) -> std::size_t override;
  auto LT(ssize_t offset) -> antlr4::Token* override;
  auto get(std::size_t index) const -> antlr4::Token* override;
  void consume() override;
  auto index() -> std::size_t override { return Here(); }
  void seek(std::size_t index) override { at_ = index; }
  auto size() -> std::size_t override { return tokens_.size() + 1; }
  auto mark() -> ssize_t override { return 0; }
  void release(ssize_t /*marker*/) override {}
  auto getTokenSource() const -> antlr4::TokenSource* override { return nullptr; }
  auto getSourceName() const -> std::string override { return UNKNOWN_SOURCE_NAME; }

  // The runtime asks for these to word messages, which are not shown.
  auto getText(const antlr4::misc::Interval& /*tokens*/) -> std::string override { return {}; }
  auto getText() -> std::string override { return {}; }
  auto getText(antlr4::RuleContext* /*tree*/) -> std::string override { return {}; }
  auto getText(antlr4::Token* /*first*/, antlr4::Token* /*last*/) -> std::string override { return {}; }

 private:
  /// One token as the runtime wants it.
  class View final : public antlr4::Token {
   public:
    View(const Tokens& tokens, std::size_t index) : tokens_(&tokens), index_(index) {}

    auto getText() const -> std::string override { return std::string(tokens_->TextAt(index_)); }
    auto getType() const -> std::size_t override { return tokens_->TypeAt(index_); }
    auto getTokenIndex() const -> std::size_t override { return index_; }
    auto getStartIndex() const -> std::size_t override { return tokens_->SpanAt(index_).begin; }
    auto getStopIndex() const -> std::size_t override { return tokens_->SpanAt(index_).end - 1; }
    auto getLine() const -> std::size_t override { return 0; }
    auto getCharPositionInLine() const -> std::size_t override { return 0; }
    auto getChannel() const -> std::size_t override { return DEFAULT_CHANNEL; }
    auto getTokenSource() const -> antlr4::TokenSource* override { return nullptr; }
    auto getInputStream() const -> antlr4::CharStream* override { return nullptr; }
    auto toString() const -> std::string override { return getText(); }

   private:
    const Tokens* tokens_;
    std::size_t index_;
  };

  auto Here() -> std::size_t { return at_ = tokens_.SkipComments(at_); }

  /// The index of the word this far ahead, or behind with a negative offset; nothing before the first.
  static constexpr std::size_t kNothing = static_cast<std::size_t>(-1);
  auto IndexAt(ssize_t offset) -> std::size_t;

  const Tokens& tokens_;
  std::size_t at_ = 0;
  std::size_t first_seen_ = 0;
  mutable std::deque<View> seen_;  ///< from first_seen_, without a gap
};

}  // namespace route::syntax
