#include "compiler/syntax/parse.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>

#include "compiler/syntax/annotate.h"
#include "compiler/syntax/build.h"
#include "compiler/syntax/nesting.h"
#include "compiler/syntax/outline.h"
#include "compiler/syntax/text_checks.h"
#include "generated/RouteLexer.h"
#include "generated/RouteParser.h"

// The file is parsed one declaration at a time. A declaration that does not parse is reported once, at its first
// wrong word, and the next one is looked for at the next line that begins with a declaration's keyword: so several
// mistakes show in one run and none of them causes another message. The fast SLL prediction goes first; only a
// declaration that it does not accept is read again with full LL prediction, which gives the exact error.

namespace route::syntax {
namespace {

using diagnostics::Builder;
using diagnostics::Code;
using grammar::RouteLexer;
using grammar::RouteParser;

/// What a declaration looks like, shown as the hint of a syntax error inside one.
auto Example(std::size_t keyword) -> std::string_view {
  static const std::map<std::size_t, std::string_view> kExamples = {
      {RouteLexer::POLICY, "policy acme_production version \"2026.11\""},
      {RouteLexer::IMPORT, "import \"catalog.route\""},
      {RouteLexer::TYPE, "type data_class = any of personal, health"},
      {RouteLexer::PROPERTY, "property hosting of deployments one of shared, dedicated"},
      {RouteLexer::ACCEPT, "accept R0504 for old_rule because \"kept until the contract ends\""},
      {RouteLexer::ATTRIBUTE, "attribute tier one of free, gold from tenant default free"},
      {RouteLexer::JURISDICTION, "jurisdiction DACH = DE, AT, CH as of 2026-01-01"},
      {RouteLexer::CONDITION, "condition sensitive = data includes personal or health"},
      {RouteLexer::VENDOR, "vendor mistral { headquarters FR certified soc2 }"},
      {RouteLexer::MODEL, "model mistral_large { quality 84 context 128k tokens capabilities tools, json }"},
      {RouteLexer::DEPLOYMENT,
       "deployment large_paris serves mistral_large { vendor mistral processed in FR price 2 USD in, 6 USD out }"},
      {RouteLexer::GROUP, "group frontier = claude_eu weight 3, gpt_eu weight 1"},
      {RouteLexer::LIMITS, "limits { attempts 6 deadline 30 s }"},
      {RouteLexer::RULE, "rule stays_in_eu when data includes personal require processed in EU because \"GDPR\""},
      {RouteLexer::REFUSE, "refuse export when origin in sanctioned with \"not available in your region\""},
      {RouteLexer::ROUTE, "route easy when difficulty < 40% to economy within 800 ms, then workhorse retry 2"},
      {RouteLexer::GUARANTEE, "guarantee eu_only when data includes personal, every deployment reached is processed in EU"},
      {RouteLexer::TEST, "test \"a name\" given tier gold, data health expect route everything_else"},
  };
  auto found = kExamples.find(keyword);
  return found == kExamples.end() ? std::string_view() : found->second;
}

auto BeginsDeclaration(std::size_t token_type) -> bool {
  return token_type >= RouteLexer::POLICY && token_type <= RouteLexer::TEST && token_type != RouteLexer::DEPLOYMENTS;
}

/// Does a line that begins with this word show that a parenthesis before it was never closed? Some declarations begin with
/// words that may also stand within parentheses.
auto EndsUnclosed(std::size_t token_type) -> bool {
  return BeginsDeclaration(token_type) && token_type != RouteLexer::VENDOR && token_type != RouteLexer::MODEL &&
         token_type != RouteLexer::DEPLOYMENT;
}

/// Keywords that the `name` rule also takes as names.
auto IsSoftKeyword(std::size_t token_type) -> bool {
  return token_type >= RouteLexer::VERSION && token_type <= RouteLexer::UNSERVABLE;
}

auto IsReserved(std::size_t token_type) -> bool {
  return token_type >= RouteLexer::POLICY && token_type <= RouteLexer::BEST;
}

/// Gives up at the first error instead of guessing how to go on; the loop over declarations does the recovery.
class StopAtFirstError : public antlr4::DefaultErrorStrategy {
 public:
  void recover(antlr4::Parser*, std::exception_ptr) override { throw antlr4::ParseCancellationException(); }
  auto recoverInline(antlr4::Parser* parser) -> antlr4::Token* override {
    antlr4::InputMismatchException error(parser);
    reportError(parser, error);
    throw antlr4::ParseCancellationException();
  }
  void sync(antlr4::Parser*) override {}
};

class ErrorCollector : public antlr4::BaseErrorListener {
 public:
  void syntaxError(antlr4::Recognizer* recognizer, antlr4::Token* offending, std::size_t, std::size_t, const std::string&,
                   std::exception_ptr) override {
    auto* parser = dynamic_cast<antlr4::Parser*>(recognizer);
    if (parser == nullptr || offending == nullptr || found_) return;
    found_ = true;
    token_ = offending;
    expected_ = parser->getExpectedTokens();
  }

  /// The declaration is complete and this token, which follows it, begins nothing.
  void StopAt(antlr4::Token* token) {
    if (found_) return;
    found_ = true;
    token_ = token;
  }

  auto token() const -> antlr4::Token* { return token_; }
  auto expected() const -> const antlr4::misc::IntervalSet& { return expected_; }

 private:
  bool found_ = false;
  antlr4::Token* token_ = nullptr;
  antlr4::misc::IntervalSet expected_;
};

auto DescribeTokenType(std::size_t type, const antlr4::dfa::Vocabulary& vocabulary) -> std::string {
  switch (type) {
    case RouteLexer::IDENTIFIER: return "a name";
    case RouteLexer::NUMBER: return "a number";
    case RouteLexer::DATE: return "a date";
    case RouteLexer::TIME: return "a time of day";
    case RouteLexer::STRING: return "a text in double quotes";
    case antlr4::Token::EOF: return "the end of the file";
    default: break;
  }
  std::string literal = vocabulary.getLiteralName(type);
  if (literal.size() >= 2 && literal.front() == '\'') return "`" + literal.substr(1, literal.size() - 2) + "`";
  return vocabulary.getDisplayName(type);
}

/// `a name`, `a name or `=``, … or nothing when there is too much to list.
auto DescribeExpected(const antlr4::misc::IntervalSet& expected, const antlr4::dfa::Vocabulary& vocabulary) -> std::string {
  constexpr std::size_t kMostListed = 6;
  std::vector<std::string> words;
  bool name = expected.contains(static_cast<std::size_t>(RouteLexer::IDENTIFIER));
  for (const antlr4::misc::Interval& interval : expected.getIntervals()) {
    for (auto type = interval.a; type <= interval.b; ++type) {
      auto token_type = static_cast<std::size_t>(type);
      if (name && IsSoftKeyword(token_type)) continue;
      words.push_back(DescribeTokenType(token_type, vocabulary));
      if (words.size() > kMostListed) return {};
    }
  }
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

enum class Keep : std::uint8_t { kSyntax, kOutline };

class FileParser {
 public:
  FileParser(const SourceSet& sources, FileId file, diagnostics::Emitter& emitter, Keep keep)
      : emitter_(emitter), text_(sources.Get(file).text()), file_(file), keep_(keep), map_(text_) {}

  /// The words of the file that was parsed, if they were to be kept.
  auto TakeOutline() -> std::vector<Word> { return std::move(outline_); }

  auto Parse() -> ast::File {
    ast::File result{file_, {}};
    antlr4::ANTLRInputStream input(text_.data(), text_.size());
    RouteLexer lexer(&input);
    lexer.removeErrorListeners();  // the lexer has a rule for every character
    antlr4::CommonTokenStream tokens(&lexer);
    tokens.fill();
    for (antlr4::Token* token : tokens.getTokens()) {
      if (token->getType() == antlr4::Token::EOF || token->getChannel() != antlr4::Token::DEFAULT_CHANNEL) continue;
      end_ = {file_, map_.ByteOffset(token->getStopIndex() + 1), map_.ByteOffset(token->getStopIndex() + 1)};
    }
    if (!CheckTokens(tokens)) return result;
    if (keep_ == Keep::kOutline) outline_ = WordsOf(tokens.getTokens(), text_, map_);

    RouteParser parser(&tokens);
    parser.removeErrorListeners();
    parser.setErrorHandler(std::make_shared<StopAtFirstError>());
    while (tokens.LA(1) != antlr4::Token::EOF) {
      std::size_t start = tokens.index();
      if (!BeginsDeclaration(tokens.LA(1))) {
        ReportStray(*tokens.LT(1));
        SkipToNextDeclaration(tokens, start);
        continue;
      }
      if (auto* tree = TryDeclaration(parser, tokens, start, antlr4::atn::PredictionMode::SLL, nullptr)) {
        Accept(*tree, result);
        continue;
      }
      ErrorCollector collector;
      if (auto* tree = TryDeclaration(parser, tokens, start, antlr4::atn::PredictionMode::LL, &collector)) {
        Accept(*tree, result);
        continue;
      }
      ReportSyntaxError(collector, *tokens.get(start), parser.getVocabulary());
      std::size_t wrong = collector.token() != nullptr ? collector.token()->getTokenIndex() : start;
      SkipToNextDeclaration(tokens, std::max(wrong, start + 1));
    }
    return result;
  }

 private:
  void Accept(RouteParser::DeclarationContext& tree, ast::File& result) {
    ast::Declaration declaration = BuildDeclaration(tree, file_, map_, emitter_);
    if (keep_ == Keep::kOutline) {
      Annotate(tree, outline_);
    } else {
      result.declarations.push_back(std::move(declaration));
    }
  }

  auto SpanOf(const antlr4::Token& token) const -> Span {
    if (token.getType() == antlr4::Token::EOF) return end_;
    return {file_, map_.ByteOffset(token.getStartIndex()), map_.ByteOffset(token.getStopIndex() + 1)};
  }

  /// Characters and strings that can't be part of any declaration, and nesting that would exhaust the stack. Each
  /// kind of stray character is reported where it first stands.
  auto CheckTokens(antlr4::CommonTokenStream& tokens) -> bool {
    bool usable = true;
    Nesting nesting;
    std::set<std::string> seen;
    for (antlr4::Token* token : tokens.getTokens()) {
      std::size_t type = token->getType();
      if (type == RouteLexer::COMMENT) continue;
      if (type == RouteLexer::OTHER) {
        usable = false;
        if (seen.insert(token->getText()).second) ReportCharacter(*token);
      } else if (type == RouteLexer::UNFINISHED_STRING) {
        usable = false;
        emitter_.Report(Builder(Code::kR0106, SpanOf(*token), "this text has no closing double quote on its line")
                            .WithHint("end it with `\"`; write a double quote inside a text as `\\\"`"));
      }
      if (EndsUnclosed(type) && IsFirstOnLine(tokens, token->getTokenIndex())) nesting = {};
      if (nesting.Enter(type) > kMaxNesting) {
        emitter_.Report(Builder(Code::kR0104, SpanOf(*token),
                                "more than " + std::to_string(kMaxNesting) + " levels of parentheses and `not`")
                            .WithHint("give the inner part a name with `condition NAME = …`"));
        return false;
      }
    }
    return usable;
  }

  void ReportCharacter(const antlr4::Token& token) {
    std::string character = token.getText();
    Builder builder(Code::kR0103, SpanOf(token), "the character `" + character + "` means nothing here");
    std::string hint;
    if (character == "'") hint = "texts are written in double quotes";
    if (character == "&" || character == "|") hint = "write `and` or `or`";
    if (character == "!") hint = "write `not`, or `is not`";
    if (character == "-") hint = "numbers start at 0, and names have no `-`";
    if (character == ";") hint = "a declaration needs no mark at its end";
    if (static_cast<unsigned char>(character[0]) >= 0x80) {
      hint = "names are made of the letters a to z, digits and `_`; other characters belong in texts and comments";
    }
    emitter_.Report(hint.empty() ? std::move(builder) : std::move(builder).WithHint(hint));
  }

  auto IsFirstOnLine(antlr4::CommonTokenStream& tokens, std::size_t index) const -> bool {
    while (index > 0) {
      antlr4::Token* before = tokens.get(index - 1);
      if (before->getChannel() == antlr4::Token::DEFAULT_CHANNEL) {
        return before->getLine() != tokens.get(index)->getLine();
      }
      --index;
    }
    return true;
  }

  /// Moves to the first declaration keyword that begins a line, at `from` or behind it; to the end if there is none.
  void SkipToNextDeclaration(antlr4::CommonTokenStream& tokens, std::size_t from) {
    std::size_t index = from;
    while (index < tokens.size()) {
      antlr4::Token* token = tokens.get(index);
      if (token->getType() == antlr4::Token::EOF) break;
      if (token->getChannel() == antlr4::Token::DEFAULT_CHANNEL && BeginsDeclaration(token->getType()) &&
          IsFirstOnLine(tokens, index)) {
        break;
      }
      ++index;
    }
    tokens.seek(index);
  }

  auto TryDeclaration(RouteParser& parser, antlr4::CommonTokenStream& tokens, std::size_t start,
                      antlr4::atn::PredictionMode mode, ErrorCollector* collector) -> RouteParser::DeclarationContext* {
    parser.reset();  // also frees the trees of earlier declarations
    tokens.seek(start);
    parser.getInterpreter<antlr4::atn::ParserATNSimulator>()->setPredictionMode(mode);
    parser.removeErrorListeners();
    if (collector != nullptr) parser.addErrorListener(collector);
    try {
      auto* tree = parser.declaration();
      parser.removeErrorListeners();
      // `declaration` stops where it is complete, so what follows must begin the next one.
      std::size_t next = tokens.LA(1);
      if (next == antlr4::Token::EOF || BeginsDeclaration(next)) return tree;
      if (collector != nullptr) {
        collector->StopAt(tokens.LT(1));
      }
      return nullptr;
    } catch (const antlr4::ParseCancellationException&) {
      parser.removeErrorListeners();
      return nullptr;
    }
  }

  void ReportStray(const antlr4::Token& token) {
    emitter_.Report(Builder(Code::kR0101, SpanOf(token), "`" + token.getText() + "` does not begin a declaration")
                        .WithHint("a declaration begins with a word such as `attribute`, `deployment`, `rule`, `route` or "
                                  "`guarantee`"));
  }

  void ReportSyntaxError(const ErrorCollector& collector, const antlr4::Token& start,
                         const antlr4::dfa::Vocabulary& vocabulary) {
    const antlr4::Token& token = collector.token() != nullptr ? *collector.token() : start;
    std::size_t type = token.getType();
    std::string found = type == antlr4::Token::EOF ? "the file ends" : "`" + token.getText() + "` is unexpected";
    std::string message = found + " in this `" + start.getText() + "`";
    std::string expected = DescribeExpected(collector.expected(), vocabulary);
    if (!expected.empty()) message += ": expected " + expected;
    Builder builder(Code::kR0101, SpanOf(token), message);
    std::string hint;
    if (IsReserved(type) && collector.expected().contains(static_cast<std::size_t>(RouteLexer::IDENTIFIER))) {
      hint = "`" + token.getText() + "` is a word of the language and can't be a name; ";
    }
    if (type == RouteLexer::EQUALS) hint = "to compare, write `is`, `<`, `<=`, `>` or `>=`; ";
    hint += "for example: `" + std::string(Example(start.getType())) + "`";
    emitter_.Report(std::move(builder).WithHint(hint));
  }

  diagnostics::Emitter& emitter_;
  std::string_view text_;
  FileId file_;
  Keep keep_;
  CodePointMap map_;
  std::vector<Word> outline_;
  Span end_{file_, 0, 0};  ///< right behind the last word, where a file ends as its author sees it
};

/// Is this a text that the generated lexer may see? Says so if not.
auto IsReadable(const SourceSet& sources, FileId file, diagnostics::Emitter& emitter) -> bool {
  if (sources.Get(file).text().size() <= kMaxFileBytes) return CheckText(sources, file, emitter);
  emitter.Report(Builder(Code::kR0105, {file, 0, 0},
                         "this file is larger than " + std::to_string(kMaxFileBytes >> 20U) + " MiB")
                     .WithHint("divide it and `import` the parts"));
  return false;
}

}  // namespace

auto Parse(const SourceSet& sources, FileId file, diagnostics::Emitter& emitter) -> ast::File {
  if (!IsReadable(sources, file, emitter)) return {file, {}};
  return FileParser(sources, file, emitter, Keep::kSyntax).Parse();
}

auto ReadOutline(const SourceSet& sources, FileId file, diagnostics::Emitter& emitter) -> std::vector<Word> {
  std::size_t errors = emitter.error_count();
  if (!IsReadable(sources, file, emitter)) return {};
  FileParser parser(sources, file, emitter, Keep::kOutline);
  parser.Parse();
  return emitter.error_count() == errors ? parser.TakeOutline() : std::vector<Word>();
}

}  // namespace route::syntax
