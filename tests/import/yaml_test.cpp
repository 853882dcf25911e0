#include "compiler/import/yaml.h"

#include <doctest/doctest.h>

#include <string>

using namespace route::import;

namespace {

/// The tree as one line of text: `{a: [1, 'x']}` with quotes around what is no plain scalar.
auto Show(const YamlNode& node) -> std::string {
  std::string text;
  switch (node.kind) {
    case YamlNode::Kind::kNull: return "~";
    case YamlNode::Kind::kPlain: return node.text;
    case YamlNode::Kind::kQuoted: return "'" + node.text + "'";
    case YamlNode::Kind::kList:
      for (const YamlNode& item : node.items) text += (text.empty() ? "" : ", ") + Show(item);
      return "[" + text + "]";
    case YamlNode::Kind::kMap:
      for (const YamlEntry& entry : node.entries)
        text += (text.empty() ? "" : ", ") + entry.key + ": " + Show(entry.value);
      return "{" + text + "}";
  }
  return text;
}

auto Read(std::string_view text) -> std::string {
  auto tree = ReadYaml(text);
  if (tree) return Show(*tree);
  return std::to_string(tree.error().line) + ":" + std::to_string(tree.error().column) + " " + tree.error().message;
}

}  // namespace

TEST_CASE("YAML as people write configurations") {
  CHECK(Read("a: 1\nb:\n- x\n- y: 2\n  z: \"q: #\"\n") == "{a: 1, b: [x, {y: 2, z: 'q: #'}]}");
  CHECK(Read("a: [x, {b: c}]  # comment\n") == "{a: [x, {b: c}]}");
  CHECK(Read("a: 'it''s'\nb:\nc: ~\nd: null\n") == "{a: 'it's', b: ~, c: ~, d: ~}");
  CHECK(Read("a: |\n  line\n  line\n") == "{a: 'line\nline\n'}");
  CHECK(Read("url: https://x.example/v1\nkey: os.environ/A\n") == "{url: https://x.example/v1, key: os.environ/A}");
  CHECK(Read("---\na: 1\n") == "{a: 1}");
  CHECK(Read("") == "~");
  CHECK(Read("# nothing\n") == "~");
}

TEST_CASE("anchors, aliases and merged maps") {
  CHECK(Read("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\nc: *x\n") ==
        "{a: {p: 1, q: 2}, b: {q: 3, p: 1}, c: {p: 1, q: 2}}");
  CHECK(Read("a: &x {p: 1}\nb: &y {p: 2, r: 4}\nc:\n  <<: [*x, *y]\n") ==
        "{a: {p: 1}, b: {p: 2, r: 4}, c: {p: 1, r: 4}}");
  CHECK(Read("a: *nobody\n") == "1:4 there is no anchor `nobody` above");
}

TEST_CASE("places") {
  auto tree = ReadYaml("a:\n  - b: ü\n    c: d\n");
  REQUIRE(tree.has_value());
  const YamlNode& item = tree->Find("a")->items[0];
  CHECK(item.line == 2);
  CHECK(item.column == 5);
  CHECK(item.Find("c")->line == 3);
  CHECK(item.entries[1].line == 3);
}

TEST_CASE("what is no YAML is an error at its place") {
  CHECK(Read("a: [1, 2\nb: 3\n").find("this is not YAML: ") != std::string::npos);
  CHECK(Read("a: 1\na: 2\n") == "2:1 the key `a` stands twice");
  CHECK(Read("a: 1\n---\nb: 2\n").find("more than one document") != std::string::npos);
  CHECK(Read("a: \xFF\n") == "1:4 this byte is no text in UTF-8");
  CHECK(Read(std::string_view("a: \0\n", 5)) == "1:4 this byte is no text in UTF-8");
  CHECK(Read("? [a]\n: b\n") == "1:3 a key must be a text");
}

TEST_CASE("nothing grows beyond its limits") {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    std::string before = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k) laughs += ", " + before;
    laughs += "]\n";
  }
  CHECK(Read(laughs).find("larger than 16 MiB") != std::string::npos);
  std::string chain = "a0: &a0 [x]\n";
  for (int i = 1; i < 100; ++i)
    chain += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  CHECK(Read(chain).find("nested more than 32 deep") != std::string::npos);
  CHECK(Read("a: " + std::string(100'000, '[')).find("nested more than 32 deep") != std::string::npos);
  std::string block;
  for (int i = 0; i < 2000; ++i) block += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  CHECK(Read(block).find("nested more than 32 deep") != std::string::npos);
  CHECK(Read(std::string((4U << 20U) + 1, '#')).find("larger than 4 MiB") != std::string::npos);
}
