#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

/// An explanation as people read it: sections of paragraphs and lists, in one of three forms.
namespace route::explain {

/// One point of a list: whole sentences, and points below it.
struct Point {
  std::string name;  ///< what it is about, for programs; empty if it has no name
  std::string text;
  std::vector<std::string> details;
};

struct Section {
  std::string title;
  std::string text;  ///< stands above the list; may be empty
  std::vector<Point> points;
};

struct Document {
  std::string title;
  std::vector<Section> sections;
};

/// Lines of at most `width` columns where words allow. Characters that would steer a terminal are spelled out.
auto ToText(const Document& document, std::size_t width) -> std::string;

/// CommonMark; names in backticks are code spans there.
auto ToMarkdown(const Document& document) -> std::string;

/// {"title","sections":[{"title","text","points":[{"name","text","details":[…]}…]}…]}
auto ToJson(const Document& document) -> nlohmann::ordered_json;

}  // namespace route::explain
