#include "compiler/syntax/tokens.h"

#include "generated/RouteLexer.h"

namespace route::syntax {

using grammar::RouteLexer;

auto BeginsDeclaration(std::size_t token_type) -> bool {
  return token_type >= RouteLexer::POLICY && token_type <= RouteLexer::TEST && token_type != RouteLexer::DEPLOYMENTS;
}

auto IsSoftKeyword(std::size_t token_type) -> bool {
  return token_type >= RouteLexer::VERSION && token_type <= RouteLexer::UNSERVABLE;
}

auto IsReserved(std::size_t token_type) -> bool {
  return token_type >= RouteLexer::POLICY && token_type <= RouteLexer::BEST;
}

Tokens::Tokens(antlr4::CommonTokenStream& stream, const antlr4::dfa::Vocabulary& vocabulary, FileId file,
               const CodePointMap& map)
    : stream_(stream), vocabulary_(vocabulary), file_(file), map_(map), end_{file, 0, 0} {
  for (antlr4::Token* token : stream.getTokens()) {
    if (token->getType() == antlr4::Token::EOF || token->getChannel() != antlr4::Token::DEFAULT_CHANNEL) continue;
    end_ = {file_, map_.ByteOffset(token->getStopIndex() + 1), map_.ByteOffset(token->getStopIndex() + 1)};
  }
}

auto Tokens::SpanOf(const antlr4::Token& token) const -> Span {
  if (token.getType() == antlr4::Token::EOF) return end_;
  return {file_, map_.ByteOffset(token.getStartIndex()), map_.ByteOffset(token.getStopIndex() + 1)};
}

auto Tokens::TypeAt(std::size_t index) const -> std::size_t {
  return index < stream_.size() ? stream_.get(index)->getType() : antlr4::Token::EOF;
}

auto Tokens::IsFirstOnLine(std::size_t index) const -> bool {
  for (std::size_t i = index; i > 0; --i) {
    const antlr4::Token& before = *stream_.get(i - 1);
    if (before.getChannel() == antlr4::Token::DEFAULT_CHANNEL) return before.getLine() != stream_.get(index)->getLine();
  }
  return true;
}

auto Tokens::WordOf(std::size_t token_type) const -> std::string {
  std::string literal(vocabulary_.getLiteralName(token_type));
  return literal.size() >= 2 && literal.front() == '\'' ? literal.substr(1, literal.size() - 2) : std::string();
}

}  // namespace route::syntax
