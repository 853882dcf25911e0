#include "compiler/import/json_rows.h"

#include <doctest/doctest.h>

#include <string>

using namespace route::import;

namespace {

/// `line:column message` of what is wrong with the text; empty if nothing is.
auto Problem(std::string_view text) -> std::string {
  auto rows = ReadJsonRows(text);
  if (rows) return {};
  return std::to_string(rows.error().line) + ":" + std::to_string(rows.error().column) + " " + rows.error().message;
}

}  // namespace

TEST_CASE("rows keep their lines and the digits of their numbers") {
  auto rows = ReadJsonRows(
      "{\n  \"a\": {\"p\": 1.5e-07, \"n\": 12, \"t\": \"x\", \"b\": true, \"z\": null, \"o\": {\"p\": 9}},\n\n  \"b\": "
      "3,\n"
      "  \"c\": {\"supported_regions\": [\"us-central1\", 7], \"p\": 1, \"p\": 2}\n}");
  REQUIRE(rows.has_value());
  REQUIRE(rows->size() == 3);
  const JsonRow& a = (*rows)[0];
  CHECK(a.key == "a");
  CHECK(a.line == 2);
  CHECK(Find(a.fields, "p")->text == "1.5e-07");
  CHECK(Find(a.fields, "n")->text == "12");
  CHECK(TextOf(a.fields, "t") == "x");
  CHECK(TextOf(a.fields, "n").empty());
  CHECK(Find(a.fields, "b")->kind == Scalar::Kind::kTrue);
  CHECK(Find(a.fields, "z")->kind == Scalar::Kind::kNull);
  CHECK(Find(a.fields, "o") == nullptr);
  CHECK((*rows)[1].shape == JsonRow::Shape::kScalar);
  CHECK((*rows)[1].line == 4);
  CHECK((*rows)[2].regions == std::vector<std::string>{"us-central1", ""});
  CHECK(Find((*rows)[2].fields, "p")->text == "2");
}

TEST_CASE("what is no JSON is an error at its place") {
  CHECK(Problem("").starts_with("1:1 this is not JSON: unexpected end of input"));
  CHECK(Problem("{\n  \"a\": {\"p\": NaN}\n}").starts_with("2:14 this is not JSON: invalid literal"));
  CHECK(Problem("{\"a\": {\"p\": 1}").starts_with("1:14 this is not JSON"));
  CHECK(Problem("{\"a\": \"\xFF\"}").starts_with("1:8 this is not JSON: invalid string: ill-formed UTF-8"));
  CHECK(Problem("{\"a\": 1e999}").starts_with("1:"));
  CHECK(Problem("[1]") == "1:1 a price list is one object whose entries are the models");
  CHECK(Problem("3").find("one object") != std::string::npos);
}

TEST_CASE("limits") {
  std::string deep = "{\"a\": ";
  for (int i = 0; i < 100'000; ++i) deep += '[';
  CHECK(Problem(deep).find("nested more than 32 deep") != std::string::npos);
  CHECK(Problem("{\"" + std::string(3000, 'x') + "\": {}}").find("longer than 2000 bytes") != std::string::npos);
  std::string wide = "{\"a\": {";
  for (int i = 0; i < 300; ++i) wide += "\"f" + std::to_string(i) + "\": 1, ";
  CHECK(Problem(wide + "\"g\": 1}}").find("more than 256 fields") != std::string::npos);
  std::string many = "{";
  for (int i = 0; i < 100'001; ++i) many += "\"r\":1,";
  CHECK(Problem(many).find("more than 100000 rows") != std::string::npos);
}
