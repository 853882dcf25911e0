#include "compiler/syntax/outline.h"

#include "compiler/syntax/annotate.h"
#include "generated/RouteLexer.h"

namespace route::syntax {
namespace {

using grammar::RouteLexer;

/// Does nothing ever stand between a token of this type and the one before it?
auto StandsTight(std::size_t type) -> bool {
  return type == RouteLexer::COMMA || type == RouteLexer::RIGHT_PAREN || type == RouteLexer::PERCENT_SIGN ||
         type == RouteLexer::DOT || type == RouteLexer::SLASH;
}

/// Nor between it and the one behind it?
auto HoldsTight(std::size_t type) -> bool {
  return type == RouteLexer::LEFT_PAREN || type == RouteLexer::DOT || type == RouteLexer::SLASH;
}

/// The words and comments of a text, one after the other.
class WordReader {
 public:
  explicit WordReader(std::string_view text)
      : text_(text), map_(text), input_(text.data(), text.size()), lexer_(&input_) {
    lexer_.removeErrorListeners();
  }

  /// The next one, without blanks at its end; empty behind the last.
  auto Next() -> std::string_view {
    std::unique_ptr<antlr4::Token> token = lexer_.nextToken();
    if (token->getType() == antlr4::Token::EOF) return {};
    std::uint32_t begin = map_.ByteOffset(token->getStartIndex());
    std::uint32_t end = map_.ByteOffset(token->getStopIndex() + 1);
    if (token->getType() == RouteLexer::COMMENT) end = TrimmedEnd(text_, begin, end);
    return text_.substr(begin, end - begin);
  }

 private:
  std::string_view text_;
  CodePointMap map_;
  antlr4::ANTLRInputStream input_;
  RouteLexer lexer_;
};

}  // namespace

auto TrimmedEnd(std::string_view text, std::uint32_t begin, std::uint32_t end) -> std::uint32_t {
  while (end > begin && (text[end - 1] == ' ' || text[end - 1] == '\t')) --end;
  return end;
}

auto WordsOf(const std::vector<antlr4::Token*>& tokens, std::string_view text, const CodePointMap& map)
    -> std::vector<Word> {
  std::vector<Word> words;
  words.reserve(tokens.size());
  std::size_t before = RouteLexer::COMMA;
  for (const antlr4::Token* token : tokens) {
    std::size_t type = token->getType();
    if (type == antlr4::Token::EOF) break;
    Word word{map.ByteOffset(token->getStartIndex()), map.ByteOffset(token->getStopIndex() + 1)};
    if (type == RouteLexer::COMMENT) {
      word.joint = Joint::kComment;
      word.end = TrimmedEnd(text, word.begin, word.end);
    } else {
      bool empty_set = before == RouteLexer::LEFT_BRACE && type == RouteLexer::RIGHT_BRACE;
      if (StandsTight(type) || HoldsTight(before) || empty_set) word.joint = Joint::kTight;
      before = type;
    }
    words.push_back(word);
  }
  return words;
}

auto SameWords(std::string_view text, const std::vector<Word>& outline, std::string_view other) -> bool {
  WordReader reader(other);
  for (const Word& word : outline) {
    if (reader.Next() != text.substr(word.begin, word.end - word.begin)) return false;
  }
  return reader.Next().empty();
}

}  // namespace route::syntax
