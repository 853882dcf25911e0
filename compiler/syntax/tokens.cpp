#include "compiler/syntax/tokens.h"

#include <algorithm>
#include <array>

#include "antlr4-runtime.h"
#include "generated/RouteLexer.h"

namespace route::syntax {
namespace {

using grammar::RouteLexer;

static_assert(RouteLexer::OTHER <= 0xFF, "a token's type is one byte");

/// UTF-8 text as the generated lexer reads it, counted in bytes.
///
/// The grammar tells no two characters beyond ASCII apart, so all of them are shown as DEL, which stands nowhere in it:
/// ANTLR keeps in its automaton only what it learned about ASCII, and would work out each other character anew.
class Input final : public antlr4::CharStream {
 public:
  explicit Input(std::string_view text) : text_(text) {}

  auto LA(ssize_t offset) -> std::size_t override {
    if (offset != 1 || at_ == text_.size()) return EOF;  // the lexer never looks further
    auto byte = static_cast<unsigned char>(text_[at_]);
    return byte < 0x80U ? byte : kBeyondAscii;
  }
  void consume() override {
    ++at_;
    while (at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xC0U) == 0x80U) ++at_;
  }

  auto index() -> std::size_t override { return at_; }
  void seek(std::size_t index) override { at_ = std::min(index, text_.size()); }
  auto size() -> std::size_t override { return text_.size(); }
  auto mark() -> ssize_t override { return 0; }
  void release(ssize_t /*marker*/) override {}
  auto getSourceName() const -> std::string override { return UNKNOWN_SOURCE_NAME; }
  auto getText(const antlr4::misc::Interval& bytes) -> std::string override {
    auto begin = static_cast<std::size_t>(bytes.a);
    return std::string(text_.substr(begin, static_cast<std::size_t>(bytes.b) + 1 - begin));
  }
  auto toString() const -> std::string override { return std::string(text_); }

 private:
  static constexpr std::size_t kBeyondAscii = 0x7F;

  std::string_view text_;
  std::size_t at_ = 0;
};

/// ANTLR's simulator, which takes a lock at each character since all lexers share one automaton. This one remembers the
/// steps that it has seen.
class Simulator final : public antlr4::atn::LexerATNSimulator {
 public:
  Simulator(RouteLexer& lexer, LexerATNSimulator& shared)
      : LexerATNSimulator(&lexer, lexer.getATN(), shared._decisionToDFA, shared.getSharedContextCache()) {}

 private:
  auto getExistingTargetState(antlr4::dfa::DFAState* from, std::size_t character) -> antlr4::dfa::DFAState* override {
    if (character > MAX_DFA_EDGE) return LexerATNSimulator::getExistingTargetState(from, character);
    auto state = static_cast<std::size_t>(from->stateNumber);
    if (state >= steps_.size()) steps_.resize(state + 1);
    antlr4::dfa::DFAState*& step = steps_[state][character];
    if (step == nullptr) step = LexerATNSimulator::getExistingTargetState(from, character);
    return step;
  }

  std::vector<std::array<antlr4::dfa::DFAState*, MAX_DFA_EDGE + 1>> steps_;
};

auto HasLineEnd(std::string_view blanks) -> bool {
  return blanks.find_first_of("\n\r") != std::string_view::npos;
}

}  // namespace

auto BeginsDeclaration(std::size_t token_type) -> bool {
  return token_type >= RouteLexer::POLICY && token_type <= RouteLexer::TEST && token_type != RouteLexer::DEPLOYMENTS;
}

auto IsSoftKeyword(std::size_t token_type) -> bool {
  return token_type >= RouteLexer::VERSION && token_type <= RouteLexer::UNSERVABLE;
}

auto IsReserved(std::size_t token_type) -> bool {
  return token_type >= RouteLexer::POLICY && token_type <= RouteLexer::BEST;
}

Tokens::Tokens(std::string_view text, FileId file) : text_(text), file_(file), end_{file, 0, 0} {
  Input input(text);
  RouteLexer lexer(&input);
  // What is left out here of the lexer's own loop are a token's copy on the heap, channels and modes.
  Simulator simulator(lexer, *lexer.getInterpreter<antlr4::atn::LexerATNSimulator>());
  bool first_on_line = true;
  while (input.index() < text.size()) {
    auto begin = static_cast<std::uint32_t>(input.index());
    std::size_t type = simulator.match(&input, antlr4::Lexer::DEFAULT_MODE);
    auto end = static_cast<std::uint32_t>(input.index());
    if (type == RouteLexer::BLANK) {
      first_on_line = first_on_line || HasLineEnd(text.substr(begin, end - begin));
      continue;
    }
    tokens_.push_back({begin, end, static_cast<std::uint8_t>(type), first_on_line});
    if (type == RouteLexer::COMMENT) continue;
    first_on_line = false;
    end_ = {file, end, end};
  }
}

auto Tokens::SpanAt(std::size_t index) const -> Span {
  return index < size() ? SpanOf(tokens_[index]) : end_;
}

auto Tokens::TypeAt(std::size_t index) const -> std::size_t {
  return index < size() ? tokens_[index].type : antlr4::Token::EOF;
}

auto Tokens::TextAt(std::size_t index) const -> std::string_view {
  if (index >= size()) return {};
  return text_.substr(tokens_[index].begin, tokens_[index].end - tokens_[index].begin);
}

auto Tokens::SkipComments(std::size_t index) const -> std::size_t {
  while (index < size() && tokens_[index].type == RouteLexer::COMMENT) ++index;
  return index;
}

auto WordOf(std::size_t token_type) -> std::string {
  // Every lexer has the same one, which outlives them; only a lexer tells it.
  static const antlr4::dfa::Vocabulary& vocabulary = [] -> const antlr4::dfa::Vocabulary& {
    Input none("");
    return RouteLexer(&none).getVocabulary();
  }();
  std::string literal(vocabulary.getLiteralName(token_type));
  return literal.size() >= 2 && literal.front() == '\'' ? literal.substr(1, literal.size() - 2) : std::string();
}

}  // namespace route::syntax
