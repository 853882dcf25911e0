#include "compiler/import/text.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "compiler/import/names.h"

using namespace route::import;

namespace {

auto ReadAll(const char* path) -> std::string {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("what a message shows is on one line and hides nothing") {
  CHECK(Printable("plain `text`") == "plain `text`");
  CHECK(Printable("a\nrule b") == "aU+000Arule b");
  CHECK(Printable("\xE2\x80\xAE"
                  "evil") == "U+202Eevil");
  CHECK(Printable("bad \xFF byte") == "bad \xEF\xBF\xBD byte");
  CHECK(Printable(std::string(300, 'x')) == std::string(200, 'x') + "…");
  CHECK(IsPlain("über"));
  CHECK_FALSE(IsPlain("a\nb"));
  CHECK_FALSE(IsPlain("\xFF"));
  CHECK_FALSE(
      IsPlain("\xE2\x80\xAE"
              "evil"));
  CHECK_FALSE(IsPlain(std::string(1001, 'x')));
  CHECK(IsPlain("модель"));
  CHECK_FALSE(IsPlain("gpt-\xD0\xBEne"));
  CHECK(Quoted("a\"b\\") == "\"a\\\"b\\\\\"");
}

TEST_CASE("numbers as people group them") {
  CHECK(Grouped(0) == "0");
  CHECK(Grouped(999) == "999");
  CHECK(Grouped(1'050'000) == "1_050_000");
  CHECK(Counted(1, "row") == "1 row");
  CHECK(Counted(2983, "row") == "2,983 rows");
  CHECK(Counted(2, "entry") == "2 entries");
}

TEST_CASE("globs") {
  CHECK(MatchesGlob("*", ""));
  CHECK(MatchesGlob("azure/*gpt*", "azure/eu/gpt-4o"));
  CHECK(MatchesGlob("gpt-?o", "gpt-4o"));
  CHECK_FALSE(MatchesGlob("gpt-?o", "gpt-4.1"));
  CHECK_FALSE(MatchesGlob("azure/*", "gpt-4o"));
  CHECK(MatchesGlob("*a*b*c", "aXbXbXc"));
  CHECK_FALSE(MatchesGlob("*a*b*c", "aXcXb"));
  CHECK_FALSE(MatchesGlob(std::string(500, '*') + "b", std::string(20'000, 'a')));
}

TEST_CASE("names are readable, and no two can be taken for each other") {
  CHECK(Identifier("claude-3.5-sonnet@20241022") == "claude_3_5_sonnet_20241022");
  CHECK(Identifier("@cf/Meta//Llama") == "cf_meta_llama");
  CHECK(Identifier("7b") == "m_7b");
  CHECK(Identifier("default") == "m_default");
  CHECK(Identifier("模型") == "unnamed");
  CHECK(Identifier(std::string(500, 'x')).size() == 64);
  Namer namer;
  CHECK(namer.Take("gpt-4o") == "gpt_4o");
  CHECK(namer.Take("GPT 4o") == "gpt_4o_2");
  CHECK(namer.Take("gpt-4.o") == "gpt_4_o");
  CHECK(namer.Take("o1") == "o1");
  CHECK(namer.Take("ol") == "ol_2");
  CHECK(namer.Take("OI") == "oi");
  CHECK(namer.Take("barn") == "barn");
  CHECK(namer.Take("bam") == "bam_2");
  CHECK(IsName("AZURE_API_KEY"));
  CHECK_FALSE(IsName("1A"));
  CHECK_FALSE(IsName("A-B"));
  CHECK_FALSE(IsName("model"));
}

TEST_CASE("the reserved words are those of the grammar") {
  std::string lexer = ReadAll("grammar/RouteLexer.g4");
  std::string parser = ReadAll("grammar/RouteParser.g4");
  std::string name_rule = parser.substr(parser.find("\nname\n"));
  const std::regex token("[A-Z][A-Z_]*");
  std::set<std::string> usable(std::sregex_token_iterator(name_rule.begin(), name_rule.end(), token), {});
  const std::regex keyword("([A-Z][A-Z_]*)\\s*:\\s*'([A-Za-z]+)'");
  std::size_t reserved = 0;
  for (std::sregex_iterator at(lexer.begin(), lexer.end(), keyword), end; at != end; ++at) {
    std::string word = (*at)[2];
    bool is_reserved = !usable.contains((*at)[1]);
    CHECK_MESSAGE(IsReservedWord(word) == is_reserved, word);
    reserved += is_reserved ? 1 : 0;
  }
  CHECK(reserved > 30);
}
