#include "compiler/pages/render_page.h"

#include <doctest/doctest.h>
#include <llvm/Support/raw_ostream.h>

#include <string>

#include "compiler/pages/pages.h"

namespace {

auto Rendered(std::string_view markdown, std::size_t width) -> std::string {
  std::string text;
  llvm::raw_string_ostream out(text);
  route::pages::RenderPage(markdown, width, out);
  return text;
}

}  // namespace

TEST_CASE("headings, paragraphs and code stand apart") {
  CHECK(Rendered("# Title\n\nA paragraph of\ntwo lines.\n## Next\n```route\nrule a\n\n  when b\n```\nEnd.\n", 80) ==
        "Title\n\nA paragraph of two lines.\n\nNext\n\n    rule a\n\n      when b\n\nEnd.\n");
}

TEST_CASE("paragraphs and list items are wrapped, code is not") {
  CHECK(Rendered("one two three four\n", 9) == "one two\nthree\nfour\n");
  CHECK(Rendered("- one two three\n- four\n\nAfter.\n", 9) == "- one two\n  three\n- four\n\nAfter.\n");
  CHECK(Rendered("- one\n  two\n", 80) == "- one two\n");
  CHECK(Rendered("```\nlonger than nine\n```\n", 9) == "    longer than nine\n");
  CHECK(Rendered("longer_than_nine a\n", 9) == "longer_than_nine\na\n");
}

TEST_CASE("the width counts columns and not bytes") {
  CHECK(Rendered("\u00e9\u00e9\u00e9 \u00e9\u00e9\u00e9 \u00e9\n", 7) ==
        "\u00e9\u00e9\u00e9 \u00e9\u00e9\u00e9\n\u00e9\n");
}

TEST_CASE("a short piece of code stays on one line, a long one breaks at its blanks") {
  CHECK(Rendered("see `a b` now\n", 9) == "see `a b`\nnow\n");
  CHECK(Rendered("see `a b c` now\n", 9) == "see\n`a b c`\nnow\n");
  CHECK(Rendered("`one two three four five six seven eight`\n", 20) == "`one two three four\nfive six seven\neight`\n");
}

TEST_CASE("what Markdown marks within a line") {
  CHECK(Rendered("a **strong word** and [a link](R0502.md), `**code**`\n", 80) ==
        "a strong word and a link, `**code**`\n");
  CHECK(Rendered("<!-- left out -->\n[not a link] and a * b\n", 80) == "[not a link] and a * b\n");
}

TEST_CASE("marks that are not closed lose nothing") {
  CHECK(Rendered("an `open code", 80) == "an `open code\n");
  CHECK(Rendered("`", 80) == "`\n");
  CHECK(Rendered("an [open](link", 80) == "an [open](link\n");
  CHECK(Rendered("```\nopen block", 80) == "    open block\n");
  CHECK(Rendered("", 80).empty());
}

TEST_CASE("a code has its page and nothing else has one") {
  REQUIRE(route::pages::PageOf("R0501").has_value());
  CHECK(route::pages::PageOf("R0501")->starts_with("# R0501: "));
  CHECK_FALSE(route::pages::PageOf("R0500").has_value());
  CHECK_FALSE(route::pages::PageOf("README").has_value());
}
