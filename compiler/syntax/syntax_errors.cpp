#include "compiler/syntax/syntax_errors.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/fixes.h"
#include "generated/RouteLexer.h"

namespace route::syntax {
namespace {

using diagnostics::Builder;
using diagnostics::Code;
using grammar::RouteLexer;

constexpr auto kIdentifier = static_cast<std::size_t>(RouteLexer::IDENTIFIER);

/// What each declaration looks like, shown as the hint of a syntax error inside one.
auto Examples() -> const std::map<std::size_t, std::string_view>& {
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
      {RouteLexer::SERVICE,
       "service triage answers classifier \"difficulty\" { vendor acme processed in FR endpoint \"https://…\" within 50 ms }"},
      {RouteLexer::GROUP, "group frontier = claude_eu weight 3, gpt_eu weight 1"},
      {RouteLexer::LIMITS, "limits { attempts 6 deadline 30 s }"},
      {RouteLexer::RULE, "rule stays_in_eu when data includes personal require processed in EU because \"GDPR\""},
      {RouteLexer::REFUSE, "refuse export when origin in sanctioned with \"not available in your region\""},
      {RouteLexer::ROUTE, "route easy when difficulty < 40% to economy within 800 ms, then workhorse retry 2"},
      {RouteLexer::GUARANTEE,
       "guarantee eu_only when data includes personal, every deployment reached is processed in EU"},
      {RouteLexer::TEST, "test \"a name\" given tier gold, data health expect route everything_else"},
  };
  return kExamples;
}

auto Example(std::size_t keyword) -> std::string_view {
  auto found = Examples().find(keyword);
  return found == Examples().end() ? std::string_view() : found->second;
}

auto DescribeTokenType(std::size_t type) -> std::string {
  switch (type) {
    case RouteLexer::IDENTIFIER:
      return "a name";
    case RouteLexer::NUMBER:
      return "a number";
    case RouteLexer::DATE:
      return "a date";
    case RouteLexer::TIME:
      return "a time of day";
    case RouteLexer::STRING:
      return "a text in double quotes";
    case antlr4::Token::EOF:
      return "the end of the file";
    default:
      return "`" + WordOf(type) + "`";
  }
}

auto TypesIn(const antlr4::misc::IntervalSet& set) -> std::vector<std::size_t> {
  std::vector<std::size_t> types;
  for (const antlr4::misc::Interval& interval : set.getIntervals()) {
    for (auto type = interval.a; type <= interval.b; ++type) types.push_back(static_cast<std::size_t>(type));
  }
  return types;
}

/// `a name`, `a name or `=``, … or nothing when there is too much to list.
auto DescribeExpected(const antlr4::misc::IntervalSet& expected) -> std::string {
  constexpr std::size_t kMostListed = 6;
  std::vector<std::string> words;
  bool name = expected.contains(kIdentifier);
  for (std::size_t type : TypesIn(expected)) {
    if (name && IsSoftKeyword(type)) continue;
    words.push_back(DescribeTokenType(type));
    if (words.size() > kMostListed) return {};
  }
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

auto DeclarationWords() -> std::vector<std::string> {
  std::vector<std::string> words;
  for (const auto& [type, example] : Examples()) words.push_back(WordOf(type));
  return words;
}

/// Words of the language that could stand where `wrong` is.
auto WordsPossible(const antlr4::misc::IntervalSet& expected, std::size_t wrong, const Tokens& tokens)
    -> std::vector<std::string> {
  constexpr std::size_t kShortest = 3;  // signs, and words so short that everything is near them
  std::vector<std::string> words;
  for (std::size_t type : TypesIn(expected)) {
    std::string word = type == antlr4::Token::EOF ? "" : WordOf(type);
    if (word.size() >= kShortest) words.push_back(std::move(word));
  }
  if (tokens.IsFirstOnLine(wrong)) {
    for (std::string& word : DeclarationWords()) words.push_back(std::move(word));
  }
  return words;
}

auto HasProperties(std::size_t keyword) -> bool {
  return keyword == RouteLexer::VENDOR || keyword == RouteLexer::MODEL || keyword == RouteLexer::DEPLOYMENT ||
         keyword == RouteLexer::SERVICE || keyword == RouteLexer::LIMITS;
}

auto IsBlankAt(std::string_view text, std::size_t i) -> bool {
  return i >= text.size() || text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r';
}

/// What a declaration has before a word.
enum class Part : std::uint8_t { kCondition, kEffect, kChain, kOther };
auto PartOf(const Tokens& tokens, std::size_t start, std::size_t at) -> Part {
  for (std::size_t i = at; i-- > start;) {
    switch (tokens.TypeAt(i)) {
      case RouteLexer::WHEN:
      case RouteLexer::UNLESS: return Part::kCondition;
      case RouteLexer::REQUIRE:
      case RouteLexer::FORBID: return Part::kEffect;
      case RouteLexer::TO: return tokens.TypeAt(start) == RouteLexer::ROUTE ? Part::kChain : Part::kOther;
      default: break;
    }
  }
  return tokens.TypeAt(start) == RouteLexer::CONDITION ? Part::kCondition : Part::kOther;
}

auto IsName(std::size_t type) -> bool { return type == RouteLexer::IDENTIFIER || IsSoftKeyword(type); }

/// What stands for a unit that is written in another way.
auto UnitForForeign(std::string_view foreign) -> std::string {
  static const std::map<std::string_view, std::string_view> kUnits = {
      {"second", "s"},  {"seconds", "s"}, {"sec", "s"},      {"secs", "s"},     {"millisecond", "ms"}, {"milliseconds", "ms"},
      {"usd", "USD"},   {"Usd", "USD"},   {"dollar", "USD"}, {"dollars", "USD"}, {"eur", "EUR"},        {"Eur", "EUR"},
      {"euro", "EUR"},  {"euros", "EUR"}, {"percents", "%"}, {"pct", "%"},
  };
  const auto found = kUnits.find(foreign);
  return found == kUnits.end() ? "" : std::string(found->second);
}

/// What other languages say for a word of this one; empty if it is not that, or cannot stand here.
auto WordForForeign(const Tokens& tokens, std::size_t start, std::size_t wrong, const antlr4::misc::IntervalSet& expected)
    -> std::string {
  const std::string_view foreign = tokens.TextAt(wrong);
  const std::size_t declaration = tokens.TypeAt(start);
  const bool has_condition = declaration == RouteLexer::RULE || declaration == RouteLexer::REFUSE ||
                             declaration == RouteLexer::ROUTE || declaration == RouteLexer::GUARANTEE;
  if ((foreign == "if" || foreign == "where") && has_condition) return WordOf(RouteLexer::WHEN);
  const std::size_t before = tokens.TypeAt(wrong - 1);
  if (before == RouteLexer::NUMBER) {
    if (std::string unit = UnitForForeign(foreign); !unit.empty()) return unit;
  }
  const Part part = PartOf(tokens, start, wrong);
  // A name alone is a condition, so that the parser no longer expects a comparison behind it.
  const bool compares = part == Part::kCondition && IsName(before);
  static const std::map<std::string_view, std::size_t> kComparisons = {
      {"equals", RouteLexer::IS},         {"contains", RouteLexer::INCLUDES}, {"contain", RouteLexer::INCLUDES},
      {"include", RouteLexer::INCLUDES},
  };
  if (const auto found = kComparisons.find(foreign); found != kComparisons.end()) {
    return compares || expected.contains(found->second) ? WordOf(found->second) : "";
  }
  static const std::map<std::string_view, std::size_t> kOfChains = {
      {"fallback", RouteLexer::THEN}, {"else", RouteLexer::THEN},     {"otherwise", RouteLexer::THEN},
      {"retries", RouteLexer::RETRY}, {"timeout", RouteLexer::WITHIN},
  };
  if (const auto found = kOfChains.find(foreign); found != kOfChains.end() && part == Part::kChain) return WordOf(found->second);
  static const std::map<std::string_view, std::size_t> kWords = {
      {"deny", RouteLexer::FORBID}, {"block", RouteLexer::FORBID}, {"must", RouteLexer::REQUIRE}, {"reason", RouteLexer::BECAUSE}};
  const auto found = kWords.find(foreign);
  return found != kWords.end() && expected.contains(found->second) ? WordOf(found->second) : "";
}

/// What is meant by several words together.
struct Meant {
  Span span;
  std::string text;
};

/// `1,000,000`: the digits without the commas, if each comma stands right between digits and three follow it.
auto NumberWithCommas(const Tokens& tokens, std::size_t comma) -> std::optional<Meant> {
  constexpr std::size_t kGroup = 3;
  const auto touches = [&](std::size_t i) { return tokens.SpanAt(i).end == tokens.SpanAt(i + 1).begin; };
  const auto is_digits = [&](std::size_t i, std::size_t most) {
    const std::string_view text = tokens.TextAt(i);
    return tokens.TypeAt(i) == RouteLexer::NUMBER && text.size() <= most && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (!is_digits(comma - 1, kGroup)) return std::nullopt;
  std::string digits(tokens.TextAt(comma - 1));
  std::size_t at = comma;
  while (tokens.TypeAt(at) == RouteLexer::COMMA && touches(at - 1) && touches(at) && is_digits(at + 1, kGroup) &&
         tokens.TextAt(at + 1).size() == kGroup) {
    digits += tokens.TextAt(at + 1);
    at += 2;
  }
  if (at == comma) return std::nullopt;
  return Meant{Join(tokens.SpanAt(comma - 1), tokens.SpanAt(at - 1)), digits};
}

/// `=>`, `=<`, `is in`, `is not in`, `percents up to`, `1,000`.
auto MeantTogether(const Tokens& tokens, std::size_t start, std::size_t wrong) -> std::optional<Meant> {
  const std::size_t before = tokens.TypeAt(wrong - 1);
  const std::size_t after = tokens.TypeAt(wrong + 1);
  switch (tokens.TypeAt(wrong)) {
    case RouteLexer::EQUALS:
      if ((after == RouteLexer::GREATER || after == RouteLexer::LESS) && tokens.SpanAt(wrong).end == tokens.SpanAt(wrong + 1).begin) {
        return Meant{Join(tokens.SpanAt(wrong), tokens.SpanAt(wrong + 1)), after == RouteLexer::GREATER ? ">=" : "<="};
      }
      return std::nullopt;
    case RouteLexer::IN:
      if (before == RouteLexer::IS) return Meant{Join(tokens.SpanAt(wrong - 1), tokens.SpanAt(wrong)), "in"};
      if (before == RouteLexer::NOT && wrong >= start + 2 && tokens.TypeAt(wrong - 2) == RouteLexer::IS) {
        return Meant{Join(tokens.SpanAt(wrong - 2), tokens.SpanAt(wrong)), "not in"};
      }
      return std::nullopt;
    case RouteLexer::UP:
      if (tokens.TypeAt(start) == RouteLexer::ATTRIBUTE && UnitForForeign(tokens.TextAt(wrong - 1)) == "%") {
        return Meant{tokens.SpanAt(wrong - 1), WordOf(RouteLexer::PERCENT)};
      }
      return std::nullopt;
    case RouteLexer::COMMA: return NumberWithCommas(tokens, wrong);
    default: return std::nullopt;
  }
}

/// `=` or `==` between a name and a value means `is`; behind the name of a property it means nothing.
auto EqualsFix(const SourceSet& sources, const Tokens& tokens, std::size_t start, std::size_t at)
    -> std::optional<diagnostics::Fix> {
  if (at == 0) return std::nullopt;
  std::size_t last = tokens.TypeAt(at + 1) == RouteLexer::EQUALS ? at + 1 : at;
  std::size_t before = tokens.TypeAt(at - 1);
  std::size_t after = tokens.TypeAt(last + 1);
  Span span = Join(tokens.SpanAt(at), tokens.SpanAt(last));
  bool value = after == RouteLexer::IDENTIFIER || after == RouteLexer::STRING || after == RouteLexer::NUMBER ||
               after == RouteLexer::DATE || after == RouteLexer::TIME || IsSoftKeyword(after);
  if (!value) return std::nullopt;
  if (HasProperties(tokens.TypeAt(start))) return diagnostics::DeleteStatement(sources, span);
  bool comparable = before == RouteLexer::IDENTIFIER || before == RouteLexer::VENDOR || before == RouteLexer::MODEL ||
                    before == RouteLexer::DEPLOYMENT || before == RouteLexer::SERVICE || before == RouteLexer::STATUS;
  if (!comparable) return std::nullopt;
  std::string_view text = sources.Get(span.file).text();
  std::string word = IsBlankAt(text, span.begin - 1) ? "is" : " is";
  if (!IsBlankAt(text, span.end)) word += " ";
  return diagnostics::Fix{"write `is` instead of `" + std::string(sources.Text(span)) + "`", {{span, word}}};
}

}  // namespace

void ReportStrayWord(const SourceSet& sources, const Tokens& tokens, std::size_t word, diagnostics::Emitter& emitter) {
  Span span = tokens.SpanAt(word);
  std::string text(tokens.TextAt(word));
  Builder builder(Code::kR0101, span, "`" + text + "` does not begin a declaration");
  std::string nearest = diagnostics::OnlyNearestName(text, DeclarationWords());
  if (nearest.empty()) {
    emitter.Report(
        std::move(builder).WithHint("a declaration begins with a word such as `attribute`, `deployment`, "
                                    "`rule`, `route` or `guarantee`"));
    return;
  }
  emitter.Report(std::move(builder)
                     .WithHint("did you mean `" + nearest + "`?")
                     .WithFix(diagnostics::Replace(sources, span, nearest)));
}

void ReportSyntaxError(const SourceSet& sources, const Tokens& tokens, std::size_t start, std::size_t wrong,
                       const antlr4::misc::IntervalSet& expected, diagnostics::Emitter& emitter) {
  std::size_t type = tokens.TypeAt(wrong);
  Span span = tokens.SpanAt(wrong);
  std::string text(tokens.TextAt(wrong));
  std::string found = type == antlr4::Token::EOF ? "the file ends" : "`" + text + "` is unexpected";
  std::string message = found + " in this `" + std::string(tokens.TextAt(start)) + "`";
  if (std::string words = DescribeExpected(expected); !words.empty()) message += ": expected " + words;
  Builder builder(Code::kR0101, span, message);
  std::string example = "for example: `" + std::string(Example(tokens.TypeAt(start))) + "`";
  std::string hint;
  auto expects = [&](std::size_t word) { return expected.contains(word); };
  auto report_near = [&](const std::string& nearest) {
    emitter.Report(std::move(builder)
                       .WithHint("did you mean `" + nearest + "`?")
                       .WithFix(diagnostics::Replace(sources, span, nearest)));
  };
  if (const std::string meant = WordForForeign(tokens, start, wrong, expected); !meant.empty()) return report_near(meant);
  if (const auto meant = MeantTogether(tokens, start, wrong)) {
    diagnostics::Fix fix = diagnostics::Replace(sources, meant->span, meant->text);
    std::string title = fix.title;
    emitter.Report(std::move(builder).WithHint(std::move(title)).WithFix(std::move(fix)));
    return;
  }
  if (type == RouteLexer::EQUALS) {
    hint = HasProperties(tokens.TypeAt(start)) ? "a property is written without `=`; "
           : expects(RouteLexer::LESS) && !expects(RouteLexer::IS) ? "to compare, write `<`, `<=`, `>` or `>=`; "
                                                                   : "to compare, write `is`, `<`, `<=`, `>` or `>=`; ";
    if (auto fix = EqualsFix(sources, tokens, start, wrong)) std::move(builder).WithFix(std::move(*fix));
  } else if (IsReserved(type) && tokens.TypeAt(start) == RouteLexer::IMPORT && expected.contains(kIdentifier)) {
    // The library's files are named for what they hold many of: `std.vendors`, `std.rules`.
    emitter.Report(std::move(builder).WithHint("did you mean `" + text + "s`? " + example));
    return;
  } else if ((IsReserved(type) || IsSoftKeyword(type)) && expected.contains(kIdentifier)) {
    hint = "`" + text + "` is a word of the language and can't be a name" + (IsReserved(type) ? "; " : " here; ");
  } else if (type == RouteLexer::COMMA && PartOf(tokens, start, wrong) != Part::kOther &&
             PartOf(tokens, start, wrong) != Part::kChain) {
    hint = "values are joined by `or` or `and`, and by `,` only between `{` and `}`; ";
  } else if (type == RouteLexer::IDENTIFIER) {
    std::string nearest = diagnostics::OnlyNearestName(text, WordsPossible(expected, wrong, tokens));
    if (!nearest.empty()) return report_near(nearest);
  }
  emitter.Report(std::move(builder).WithHint(hint + example));
}

}  // namespace route::syntax
