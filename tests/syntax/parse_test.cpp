#include "compiler/syntax/parse.h"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace route;

struct Parsed {
  SourceSet sources;
  diagnostics::Emitter emitter;
  ast::File file;

  auto Codes() const -> std::string {
    std::string codes;
    for (const auto& diagnostic : emitter.diagnostics()) {
      codes += (codes.empty() ? "" : " ") + std::string(diagnostics::Entry(diagnostic.code).name) + "@" +
               std::to_string(sources.Begin(diagnostic.span).line);
    }
    return codes;
  }
};

auto ParseText(std::string text) -> Parsed {
  Parsed parsed;
  FileId file = parsed.sources.Add("test.route", std::move(text));
  parsed.file = syntax::Parse(parsed.sources, file, parsed.emitter);
  return parsed;
}

template <typename T>
auto Get(const Parsed& parsed, std::size_t index) -> const T& {
  return std::get<T>(parsed.file.declarations.at(index));
}

TEST_CASE("a policy with every construct parses") {
  auto text = ReadFile("tests/syntax/whole_policy.route", 1 << 20);
  REQUIRE(text);
  Parsed parsed = ParseText(*text);
  CHECK(parsed.Codes() == "");
  CHECK(parsed.file.declarations.size() == 36);
}

TEST_CASE("an empty file and a file of comments have no declarations") {
  CHECK(ParseText("").file.declarations.empty());
  CHECK(ParseText("# nothing\n# at all").file.declarations.empty());
  CHECK(ParseText("\r\n\t\r\n").Codes() == "");
}

TEST_CASE("a list joined by `or` belongs to its comparison, and a whole comparison does not") {
  Parsed parsed = ParseText(
      "condition a = tier is gold or platinum and data includes x\n"
      "condition b = tier is gold or data includes x\n"
      "condition c = data includes x and y and tier is gold\n"
      "condition d = not (tier is gold) and not data includes none of { x, y }\n");
  REQUIRE(parsed.Codes() == "");
  const auto& a = Get<ast::NamedCondition>(parsed, 0).condition;
  REQUIRE(a.kind == ast::Condition::Kind::kAll);
  CHECK(a.children[0].values.size() == 2);
  const auto& b = Get<ast::NamedCondition>(parsed, 1).condition;
  REQUIRE(b.kind == ast::Condition::Kind::kAny);
  CHECK(b.children[0].values.size() == 1);
  CHECK(b.children[1].op == ast::Operator::kIncludesEither);
  const auto& c = Get<ast::NamedCondition>(parsed, 2).condition;
  REQUIRE(c.kind == ast::Condition::Kind::kAll);
  CHECK(c.children[0].op == ast::Operator::kIncludesAll);
  CHECK(c.children[0].values.size() == 2);
  const auto& d = Get<ast::NamedCondition>(parsed, 3).condition;
  REQUIRE(d.kind == ast::Condition::Kind::kAll);
  CHECK(d.children[1].children[0].op == ast::Operator::kIncludesNone);
}

TEST_CASE("words of the language that are not reserved can be names") {
  Parsed parsed = ParseText(
      "attribute status one of text, date, quality, none from tenant default none\n"
      "attribute context tokens up to 5k from tenant default 0 tokens\n"
      "condition every = status is quality or date and context >= 1k tokens\n");
  CHECK(parsed.Codes() == "");
  CHECK(std::get<ast::Type>(Get<ast::Attribute>(parsed, 0).type).names.size() == 4);
}

TEST_CASE("numbers, units, dates and texts are read exactly") {
  Parsed parsed = ParseText(
      "deployment d serves m { price 0.000001 USD in, 2_000.50 USD out first token 1.5 s retention 30 days }\n"
      "rule r from 2026-08-02 until 2027-01-31 when asked is \"a \\\"b\\\" \\\\ c\" forbid vendor v because \"é 日本\"\n");
  REQUIRE(parsed.Codes() == "");
  const auto& deployment = Get<ast::Deployment>(parsed, 0);
  CHECK(deployment.price[0].in.number.micros == 1);
  CHECK(deployment.price[0].out.number == Decimal{2'000'500'000});
  CHECK(deployment.first_token[0].unit == ast::UnitWord::kSeconds);
  CHECK(deployment.retention[0].unit == ast::UnitWord::kDays);
  const auto& rule = Get<ast::Rule>(parsed, 1);
  CHECK(FormatDate(*rule.dates.from->date) == "2026-08-02");
  CHECK(FormatDate(*rule.dates.until->date) == "2027-01-31");
  CHECK(std::get<ast::String>(rule.clauses[0].condition.values[0]).text == "a \"b\" \\ c");
  CHECK(rule.because->text == "é 日本");
}

TEST_CASE("spans count bytes, also behind characters of several bytes") {
  std::string text = "# é 日本 𝒳\npolicy p version \"é\"\nrule gamma forbid vendor v\n";
  Parsed parsed = ParseText(text);
  REQUIRE(parsed.Codes() == "");
  const auto& rule = Get<ast::Rule>(parsed, 1);
  CHECK(parsed.sources.Text(rule.name.span) == "gamma");
  CHECK(parsed.sources.Begin(rule.name.span) == LineColumn{3, 6});
  CHECK(parsed.sources.Text(Get<ast::PolicyLine>(parsed, 0).version->span) == "\"é\"");
}

TEST_CASE("each broken declaration is reported once and the others are kept") {
  Parsed parsed = ParseText(
      "policy p\n"
      "rule a when when forbid vendor v\n"
      "rule b forbid vendor v\n"
      "  and and and or or )\n"
      "route c to\n"
      "route d to x\n"
      "guarantee e never\n"
      "nonsense here\n"
      "test \"t\" given a b expect\n");
  CHECK(parsed.Codes() == "R0101@2 R0101@4 R0101@6 R0101@8 R0101@9");
  // `route c to route …` fails at the second `route`, which begins the next declaration and is read again.
  CHECK(parsed.file.declarations.size() == 2);
}

TEST_CASE("bytes that are not text are refused before anything else looks at them") {
  for (std::string bad : {"\x80", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "policy \xFF"}) {
    Parsed parsed = ParseText(bad);
    CHECK(parsed.Codes() == "R0102@1");
    CHECK(parsed.file.declarations.empty());
  }
  CHECK(ParseText(std::string("policy p\0", 9)).Codes() == "R0110@1");
}

TEST_CASE("deep nesting is an error and never a crash") {
  auto nested = [](std::size_t depth) {
    return "condition c = " + std::string(depth, '(') + "a is b" + std::string(depth, ')') + "\n";
  };
  CHECK(ParseText(nested(syntax::kMaxNesting)).Codes() == "");
  CHECK(ParseText(nested(syntax::kMaxNesting + 1)).Codes() == "R0104@1");
  CHECK(ParseText(nested(200'000)).Codes() == "R0104@1");
  std::string nots = "condition c = ";
  for (int i = 0; i < 100'000; ++i) nots += "not ";
  CHECK(ParseText(nots + "a is b").Codes() == "R0104@1");
  // Neither a comment, nor a word that also begins declarations, nor a comparison in between makes it any flatter.
  std::string commented = "condition c = ";
  for (int i = 0; i < 100'000; ++i) commented += "not #\n";
  CHECK(ParseText(commented + "a is b").Codes() == "R0104@101");
  std::string tests = "rule r require ";
  std::string comparisons = "condition c = ";
  for (int i = 0; i < 3'000; ++i) {
    tests += std::string(50, '(') + "\nvendor a and ";
    comparisons += "not not not not (a is b and\n";
  }
  CHECK(ParseText(tests + "vendor a" + std::string(150'000, ')')).Codes() == "R0104@3");
  CHECK(ParseText(comparisons + "a is b" + std::string(3'000, ')')).Codes() == "R0104@21");
  CHECK(ParseText("condition c = ((((a is b\n" + nested(syntax::kMaxNesting)).Codes() == "R0101@2");
  std::string wide = "condition c = a is b";
  for (int i = 0; i < 20'000; ++i) wide += " and a is b";
  CHECK(ParseText(wide).Codes() == "");
}

TEST_CASE("a declaration of too many words is an error; the file is as long as it likes") {
  std::string list = "group g = a0";
  for (int i = 1; i < 300'000; ++i) list += (i % 1000 == 0 ? ",\na" : ",a") + std::to_string(i);
  CHECK(ParseText(list + "\nroute r to g").Codes() == "R0105@250");
  std::string half(list, 0, list.find("a150000,"));
  CHECK(ParseText(half + "z\n" + half + "z\n").Codes() == "");
}

TEST_CASE("a place in a very long line is found") {
  std::string text(5000, 'x');
  for (int i = 0; i < 5000; ++i) text += "é";
  SourceFile file("long.route", "a\n" + text + "\nb");
  CHECK(file.Locate(2) == LineColumn{2, 1});
  CHECK(file.Locate(2 + 4999) == LineColumn{2, 5000});
  CHECK(file.Locate(2 + 5000 + 2 * 2500) == LineColumn{2, 7501});
  CHECK(file.Locate(2 + 5000 + 2 * 5000) == LineColumn{2, 10001});
  CHECK(file.Locate(2 + 5000 + 2 * 5000 + 1) == LineColumn{3, 1});
  CHECK(file.Locate(1'000'000) == LineColumn{3, 2});
  for (std::uint32_t size : {0U, 1023U, 1024U, 1025U}) {
    CHECK(SourceFile("f", std::string(size, 'x')).Locate(size) == LineColumn{1, size + 1});
  }
}

TEST_CASE("the same declaration many times takes memory for one tree at a time") {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "rule r" + std::to_string(i) + " when a is b forbid vendor v\n";
  Parsed parsed = ParseText(text);
  CHECK(parsed.Codes() == "");
  CHECK(parsed.file.declarations.size() == 20'000);
}

}  // namespace
