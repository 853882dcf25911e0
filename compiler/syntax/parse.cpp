#include "compiler/syntax/parse.h"

#include <algorithm>
#include <string>

#include "compiler/base/lookalike.h"
#include "compiler/base/utf8.h"
#include "compiler/syntax/annotate.h"
#include "compiler/syntax/build.h"
#include "compiler/syntax/nesting.h"
#include "compiler/syntax/outline.h"
#include "compiler/syntax/stray.h"
#include "compiler/syntax/syntax_errors.h"
#include "compiler/syntax/text_checks.h"
#include "compiler/syntax/token_stream.h"
#include "compiler/syntax/tokens.h"
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
  void syntaxError(antlr4::Recognizer* recognizer, antlr4::Token* offending, std::size_t, std::size_t,
                   const std::string&, std::exception_ptr) override {
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

/// Does a line that begins with this word show that a parenthesis before it was never closed? Some declarations begin
/// with words that may also stand within parentheses.
auto EndsUnclosed(std::size_t token_type) -> bool {
  return BeginsDeclaration(token_type) && token_type != RouteLexer::VENDOR && token_type != RouteLexer::MODEL &&
         token_type != RouteLexer::DEPLOYMENT && token_type != RouteLexer::SERVICE;
}

enum class Keep : std::uint8_t { kSyntax, kOutline };

class FileParser {
 public:
  FileParser(const SourceSet& sources, FileId file, diagnostics::Emitter& emitter, Keep keep)
      : sources_(sources),
        emitter_(emitter),
        file_(file),
        keep_(keep),
        tokens_(sources.Get(file).text(), file),
        stream_(tokens_) {}

  /// The words of the file that was parsed, if they were to be kept.
  auto TakeOutline() -> std::vector<Word> { return std::move(outline_); }

  auto Parse() -> ast::File {
    ast::File result{file_, {}};
    if (!CheckTokens()) return result;
    if (keep_ == Keep::kOutline) outline_ = WordsOf(tokens_, sources_.Get(file_).text());
    RouteParser parser(&stream_);
    parser.setErrorHandler(std::make_shared<StopAtFirstError>());
    try {
      while (stream_.LA(1) != antlr4::Token::EOF) ParseNext(parser, result);
    } catch (const TokenStream::TooManyWords& limit) {
      emitter_.Report(Builder(Code::kR0105, tokens_.SpanAt(limit.index),
                              "this declaration has more than " + std::to_string(TokenStream::kMaxWords) + " words")
                          .WithHint("divide it; names and values that belong together can stand in a `group`, a "
                                    "`jurisdiction` or a `condition` of their own"));
    }
    return result;
  }

 private:
  void ParseNext(RouteParser& parser, ast::File& result) {
    std::size_t start = stream_.index();
    if (!BeginsDeclaration(stream_.LA(1))) {
      ReportStrayWord(sources_, tokens_, start, emitter_);
      SkipToNextDeclaration(start);
      return;
    }
    if (auto* tree = TryDeclaration(parser, start, antlr4::atn::PredictionMode::SLL, nullptr)) {
      return Accept(*tree, result);
    }
    ErrorCollector collector;
    if (auto* tree = TryDeclaration(parser, start, antlr4::atn::PredictionMode::LL, &collector)) {
      return Accept(*tree, result);
    }
    std::size_t wrong = collector.token() != nullptr ? collector.token()->getTokenIndex() : start;
    ReportSyntaxError(sources_, tokens_, start, wrong, collector.expected(), emitter_);
    SkipToNextDeclaration(std::max(wrong, start + 1));
  }

  void Accept(RouteParser::DeclarationContext& tree, ast::File& result) {
    ast::Declaration declaration = BuildDeclaration(tree, file_, emitter_);
    if (keep_ == Keep::kOutline) {
      Annotate(tree, outline_);
    } else {
      result.declarations.push_back(std::move(declaration));
    }
  }

  /// Characters and strings that can't be part of any declaration, and nesting that would exhaust the stack.
  auto CheckTokens() -> bool {
    bool usable = true;
    Nesting nesting;
    std::vector<Span> strays;
    bool in_slash_comment = false;
    for (const Token& token : tokens_) {
      if (token.type == RouteLexer::COMMENT) continue;
      Span span = tokens_.SpanOf(token);
      in_slash_comment = in_slash_comment && !token.first_on_line;
      if (in_slash_comment) continue;
      if (BeginsSlashComment(token)) {
        in_slash_comment = true;
        strays.push_back({file_, span.begin, span.begin + 2});
      } else if (token.type == RouteLexer::OTHER) {
        strays.push_back(span);
      } else if (token.type == RouteLexer::STRING) {
        CheckWords(span);
      } else if (token.type == RouteLexer::UNFINISHED_STRING) {
        usable = false;
        emitter_.Report(Builder(Code::kR0106, span, "this text has no closing double quote on its line")
                            .WithHint("end it with `\"`; write a double quote inside a text as `\\\"`"));
      }
      if (token.first_on_line && EndsUnclosed(token.type)) nesting = {};
      if (nesting.Enter(token.type) > kMaxNesting) {
        emitter_.Report(
            Builder(Code::kR0104, span, "more than " + std::to_string(kMaxNesting) + " levels of parentheses and `not`")
                .WithHint("give the inner part a name with `condition NAME = …`"));
        usable = false;
        break;
      }
    }
    ReportStrayCharacters(sources_, strays, emitter_);
    return usable && strays.empty();
  }

  /// `//`, which begins a comment elsewhere. What follows on the line is no policy text, and nothing is said about it.
  auto BeginsSlashComment(const Token& token) const -> bool {
    return token.type == RouteLexer::SLASH &&
           sources_.Get(file_).text().substr(tokens_.SpanOf(token).begin, 2) == "//";
  }

  /// Words of a text that look like what they are not (R0112): of one file, the first hundred.
  void CheckWords(Span text) {
    constexpr std::size_t kMostReported = 100;
    for (const MixedWord& word : FindMixedWords(sources_.Text(text))) {
      if (++mixed_words_ > kMostReported) return;
      auto at = [&](std::size_t offset) { return text.begin + static_cast<std::uint32_t>(offset); };
      Span span{file_, at(word.begin), at(word.end)};
      char32_t foreign = DecodeUtf8(sources_.Text(text), word.foreign).code_point;
      Builder builder(Code::kR0112, span,
                      "the word `" + std::string(sources_.Text(span)) + "` mixes Latin letters with " +
                          CodePointName(foreign) + ", which looks like a Latin `" + *AsciiLookalike(foreign) + "`");
      if (word.latin.empty()) {
        emitter_.Report(
            std::move(builder).WithHint("write the word in one script, or its parts with a `-` between them"));
      } else {
        emitter_.Report(std::move(builder)
                            .WithHint("write it with Latin letters alone: `" + word.latin + "`")
                            .WithFix({"write `" + word.latin + "` with Latin letters alone", {{span, word.latin}}}));
      }
    }
  }

  /// Moves to the first declaration keyword that begins a line, at `from` or behind it; to the end if there is none.
  void SkipToNextDeclaration(std::size_t from) {
    while (from < tokens_.size() && !IsStart(from)) ++from;
    stream_.seek(from);
  }

  /// A promise may go on in a new line, `service survives …`, which begins no declaration of a service.
  auto IsStart(std::size_t at) const -> bool {
    const bool promises = tokens_.TypeAt(at) == RouteLexer::SERVICE && tokens_.TypeAt(at + 1) == RouteLexer::SURVIVES;
    return BeginsDeclaration(tokens_.TypeAt(at)) && tokens_.IsFirstOnLine(at) && !promises;
  }

  auto TryDeclaration(RouteParser& parser, std::size_t start, antlr4::atn::PredictionMode mode,
                      ErrorCollector* collector) -> RouteParser::DeclarationContext* {
    parser.reset();  // also frees the trees of earlier declarations, which know of their tokens
    stream_.StartAt(start);
    parser.getInterpreter<antlr4::atn::ParserATNSimulator>()->setPredictionMode(mode);
    parser.removeErrorListeners();
    if (collector != nullptr) parser.addErrorListener(collector);
    try {
      auto* tree = parser.declaration();
      parser.removeErrorListeners();
      // `declaration` stops where it is complete, so what follows must begin the next one.
      std::size_t next = stream_.LA(1);
      if (next == antlr4::Token::EOF || BeginsDeclaration(next)) return tree;
      if (collector != nullptr) collector->StopAt(stream_.LT(1));
      return nullptr;
    } catch (const antlr4::ParseCancellationException&) {
      parser.removeErrorListeners();
      return nullptr;
    }
  }

  const SourceSet& sources_;
  diagnostics::Emitter& emitter_;
  FileId file_;
  Keep keep_;
  Tokens tokens_;
  TokenStream stream_;
  std::vector<Word> outline_;
  std::size_t mixed_words_ = 0;
};

/// Is this a text that the generated lexer may see? Says so if not.
auto IsReadable(const SourceSet& sources, FileId file, diagnostics::Emitter& emitter) -> bool {
  if (sources.Get(file).text().size() <= kMaxFileBytes) return CheckText(sources, file, emitter);
  emitter.Report(
      Builder(Code::kR0105, {file, 0, 0}, "this file is larger than " + std::to_string(kMaxFileBytes >> 20U) + " MiB")
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
