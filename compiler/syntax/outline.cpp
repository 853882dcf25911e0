#include "compiler/syntax/outline.h"

#include <algorithm>

#include "compiler/syntax/annotate.h"
#include "compiler/syntax/tokens.h"
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

}  // namespace

auto TrimmedEnd(std::string_view text, std::uint32_t begin, std::uint32_t end) -> std::uint32_t {
  while (end > begin && (text[end - 1] == ' ' || text[end - 1] == '\t')) --end;
  return end;
}

auto WordsOf(const Tokens& tokens, std::string_view text) -> std::vector<Word> {
  std::vector<Word> words;
  words.reserve(tokens.size());
  std::size_t before = RouteLexer::COMMA;
  for (const Token& token : tokens) {
    std::size_t type = token.type;
    Word word{token.begin, token.end};
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
  Tokens others(other, FileId{});
  return std::ranges::equal(others, outline, [&](const Token& token, const Word& word) {
    std::uint32_t end = token.type == RouteLexer::COMMENT ? TrimmedEnd(other, token.begin, token.end) : token.end;
    return other.substr(token.begin, end - token.begin) == text.substr(word.begin, word.end - word.begin);
  });
}

}  // namespace route::syntax
