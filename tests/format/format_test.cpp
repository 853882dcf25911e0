#include "compiler/format/format.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "compiler/syntax/outline.h"

// What docs/formatting.md says is tested by fmt_test.py, pair by pair; here is what it is silent about.

namespace {

using namespace route;

struct Outcome {
  std::string text;  ///< empty if there is none
  std::string codes;
};

auto FormatText(std::string text) -> Outcome {
  SourceSet sources;
  diagnostics::Emitter emitter;
  FileId file = sources.Add("test.route", std::move(text));
  auto formatted = format::Format(sources, file, emitter);
  Outcome outcome{formatted.value_or(""), {}};
  for (const auto& diagnostic : emitter.diagnostics())
    outcome.codes += std::string(diagnostics::Entry(diagnostic.code).name);
  CHECK(formatted.has_value() == outcome.codes.empty());
  return outcome;
}

auto Formatted(const std::string& text) -> std::string {
  return FormatText(text).text;
}

TEST_CASE("nothing is made of nothing") {
  CHECK(Formatted("") == "");
  CHECK(Formatted(" \r\n\t\n") == "");
  CHECK(Formatted("# a  \n\n\n  # b") == "# a\n\n# b\n");
}

TEST_CASE("a file with errors has no form") {
  CHECK(FormatText("rule a forbid\nrule b forbid vendor v\n").codes == "R0101");
  CHECK(FormatText("\xEF\xBB\xBFpolicy p\n").codes == "R0110");
  CHECK(FormatText("policy \xFF\n").codes == "R0102");
  CHECK(FormatText("rule a when x and y or z forbid vendor v\n").codes == "R0107");
}

TEST_CASE("punctuation stands where readers expect it") {
  CHECK(Formatted("import std . jurisdictions") == "import std.jurisdictions\n");
  CHECK(Formatted("attribute a yes / no from header\"x\"default no") ==
        "attribute a  yes/no  from header \"x\"  default no\n");
  CHECK(Formatted("condition over( a ,b )=spend>=a and x in{}and y in{EU,FR}and not(c)and std . c( a,10 % )") ==
        "condition over(a, b) = spend >= a and x in {} and y in { EU, FR } and not (c) and std.c(a, 10%)\n");
  CHECK(Formatted("vendor v{}vendor w{\n}limits{\nattempts 6}") ==
        "vendor v {}\nvendor w {}\nlimits {\n  attempts 6\n}\n");
}

TEST_CASE("line ends of any kind are one line end") {
  CHECK(Formatted("policy p\r\n\r\n\r\nroute\ra to b # c\r\rroute c to d") ==
        "policy p\n\nroute a  to b  # c\n\nroute c  to d\n");
}

TEST_CASE("only rows of one kind without a blank line between them are a table") {
  CHECK(Formatted("group a = x\ngroup abc = y\nroute a to x\n\ngroup abcde = z\n") ==
        "group a   = x\ngroup abc = y\nroute a  to x\n\ngroup abcde = z\n");
  CHECK(Formatted("group a = x\n\n# Above a blank line.\ngroup abc = y\n# Within the table.\ngroup b = z\n") ==
        "group a = x\n\n# Above a blank line.\ngroup abc = y\n# Within the table.\ngroup b   = z\n");
}

TEST_CASE("properties are aligned as long as blocks say the same things") {
  CHECK(Formatted("vendor a { headquarters FR certified soc2 }\n"
                  "vendor abc { headquarters DE certified iso27001, soc2 as of 2026-01-01 }\n"
                  "vendor b { certified soc2 as of 2026-01-01 }\n") ==
        "vendor a   { headquarters FR   certified soc2 }\n"
        "vendor abc { headquarters DE   certified iso27001, soc2   as of 2026-01-01 }\n"
        "vendor b   { certified soc2   as of 2026-01-01 }\n");
}

TEST_CASE("a very wide part moves nothing but its own row") {
  std::string wide = "one of a_first_value, a_second_value, a_third_value, a_fourth_value";
  CHECK(Formatted("attribute a one of x, y from tenant default x\nattribute b " + wide + " from tenant\n" +
                  "attribute c yes/no from tenant\n") ==
        "attribute a  one of x, y  from tenant  default x\n"
        "attribute b  " +
            wide +
            "  from tenant\n"
            "attribute c  yes/no       from tenant\n");
}

TEST_CASE("a row that has no room in its columns leaves them") {
  std::string name(40, 'n');
  std::string text = "with \"" + std::string(62, 't') + "\"";
  CHECK(Formatted("refuse a " + text + "\nrefuse " + name + " when x\n") ==
        "refuse a" + std::string(41, ' ') + text + "\nrefuse " + name + "  when x\n");
  std::string longer = "with \"" + std::string(72, 't') + "\"";
  CHECK(Formatted("refuse a " + longer + "\nrefuse " + name + " when x\nrefuse b when y\n") ==
        "refuse a  " + longer + "\nrefuse " + name + "  when x\nrefuse b" + std::string(41, ' ') + "when y\n");
}

TEST_CASE("columns are those of a terminal") {
  CHECK(Formatted("jurisdiction A \"日本\" = JP\njurisdiction B \"Japan\" = JP\n") ==
        "jurisdiction A \"日本\"  = JP\njurisdiction B \"Japan\" = JP\n");
  std::string wide;
  for (int i = 0; i < 58; ++i) wide += "字";
  CHECK(Formatted("policy p version \"" + wide + "\"\n") == "policy p version \"" + wide + "\"\n");
}

TEST_CASE("one word that is longer than a line stays whole") {
  std::string text = "\"" + std::string(200, 'x') + "\"";
  CHECK(Formatted("refuse a with " + text) == "refuse a\n  with " + text + "\n");
}

TEST_CASE("lists are filled and phrases are divided") {
  std::string list;
  for (int i = 0; i < 30; ++i) list += (i > 0 ? ", " : "") + std::string("value_") + std::to_string(i);
  CHECK(Formatted("rule r when x in { " + list + " } and y forbid vendor v") ==
        "rule r\n"
        "  when x in { value_0, value_1, value_2, value_3, value_4, value_5, value_6, value_7, value_8, value_9, "
        "value_10,\n"
        "      value_11, value_12, value_13, value_14, value_15, value_16, value_17, value_18, value_19, value_20, "
        "value_21,\n"
        "      value_22, value_23, value_24, value_25, value_26, value_27, value_28, value_29 }\n"
        "    and y\n"
        "  forbid vendor v\n");
}

TEST_CASE("comments may stand anywhere") {
  CHECK(Formatted("rule # 1\n a # 2\n when # 3\n # 4\n x # 5\n is y # 6\n forbid vendor v # 7\n# 8") ==
        "rule    # 1\n  a     # 2\n  when  # 3\n    # 4\n    x              # 5\n    is y           # 6\n"
        "  forbid vendor v  # 7\n# 8\n");
  CHECK(Formatted("vendor v { # 1\n\n# 2\nheadquarters FR # 3\n# 4\n\n\n# 5\n}") ==
        "vendor v {  # 1\n  # 2\n  headquarters FR  # 3\n  # 4\n\n  # 5\n}\n");
  CHECK(Formatted("group g = a # 1\n, b # 2\n") == "group g =\n  a        # 1\n      , b  # 2\n");
}

TEST_CASE("comments are aligned unless one would no longer fit") {
  std::string fits(90, 'c');
  CHECK(Formatted("route a to b # 1\nroute long to b # " + fits) ==
        "route a     to b  # 1\nroute long  to b  # " + fits + "\n");
  CHECK(Formatted("import \"a\" # ccccc" + fits + "\nimport \"a_very_long_name\" # 2") ==
        "import \"a\"  # ccccc" + fits + "\nimport \"a_very_long_name\"  # 2\n");
}

TEST_CASE("what would become larger than a file may be is not formatted") {
  std::string text = "condition c = ";
  for (int i = 0; i < 40; ++i) text += "(x and ";
  for (int i = 0; i < 1'150'000; ++i) text += "#\n";
  Outcome outcome = FormatText(text + "x" + std::string(40, ')'));
  CHECK(outcome.codes == "R0105");
}

TEST_CASE("whether words are the same is known to the letter") {
  std::string text = "rule a forbid vendor v # c  \n";
  SourceSet sources;
  diagnostics::Emitter emitter;
  auto outline = syntax::ReadOutline(sources, sources.Add("test.route", text), emitter);
  auto same = [&](std::string_view other) { return syntax::SameWords(text, outline, other); };
  CHECK(same("rule\na forbid  vendor v#\tc") == false);
  CHECK(same("rule\na forbid  vendor v# c\t\n\n"));
  CHECK(same("rule a forbid vendor v") == false);
  CHECK(same("rule a forbid vendor v # c\n# d") == false);
  CHECK(same("rule a forbid vendor v # c\nw") == false);
  CHECK(same("rule a forbidvendor v # c") == false);
  CHECK(same("rule a for bid vendor v # c") == false);
  CHECK(same("rule a vendor forbid v # c") == false);
  CHECK(same("") == false);
}

TEST_CASE("lines keep within their columns") {
  auto text = ReadFile("tests/syntax/whole_policy.route", 1 << 20);
  REQUIRE(text);
  std::string formatted = Formatted(*text);
  REQUIRE(formatted.size() > 3000);
  for (std::size_t begin = 0; begin < formatted.size();) {
    std::size_t end = formatted.find('\n', begin);
    std::string line = formatted.substr(begin, end - begin);
    CHECK(std::min(line.size(), line.find(" #")) <= format::kMostColumns);
    begin = end + 1;
  }
}

}  // namespace
