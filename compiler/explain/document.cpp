#include "compiler/explain/document.h"

#include <nlohmann/json.hpp>

#include "compiler/diagnostics/layout.h"

namespace route::explain {
namespace {

/// Text from policies between sentences of ours: what would be markup is escaped, but names in backticks stay code.
auto Escaped(const std::string& text) -> std::string {
  std::string escaped;
  bool in_code = false;
  for (char c : diagnostics::Printable(text)) {
    if (c == '`') in_code = !in_code;
    const bool is_markup = c == '*' || c == '_' || c == '[' || c == ']' || c == '<' || c == '>' || c == '#' || c == '\\';
    if (is_markup && !in_code) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace

auto ToText(const Document& document, std::size_t width) -> std::string {
  // `lead` begins the first line; the others stand below the first word.
  const auto wrapped = [&](const std::string& lead, const std::string& text) {
    return lead + diagnostics::Wrap(text, lead.size(), lead.size(), width) + "\n";
  };
  std::string out = wrapped("", document.title);
  for (const Section& section : document.sections) {
    out += "\n" + wrapped("", section.title) + std::string(diagnostics::DisplayWidth(section.title), '-') + "\n";
    if (!section.text.empty()) out += wrapped("", section.text);
    for (const Point& point : section.points) {
      out += wrapped("- ", point.text);
      for (const std::string& detail : point.details) out += wrapped("  - ", detail);
    }
  }
  return out;
}

auto ToMarkdown(const Document& document) -> std::string {
  std::string out = "# " + Escaped(document.title) + "\n";
  for (const Section& section : document.sections) {
    out += "\n## " + Escaped(section.title) + "\n\n";
    if (!section.text.empty()) out += Escaped(section.text) + "\n";
    if (!section.text.empty() && !section.points.empty()) out += "\n";
    for (const Point& point : section.points) {
      out += "- " + Escaped(point.text) + "\n";
      for (const std::string& detail : point.details) out += "  - " + Escaped(detail) + "\n";
    }
  }
  return out;
}

auto ToJson(const Document& document) -> nlohmann::ordered_json {
  auto sections = nlohmann::ordered_json::array();
  for (const Section& section : document.sections) {
    auto points = nlohmann::ordered_json::array();
    for (const Point& point : section.points) {
      nlohmann::ordered_json row;
      if (!point.name.empty()) row["name"] = point.name;
      row["text"] = point.text;
      if (!point.details.empty()) row["details"] = point.details;
      points.push_back(std::move(row));
    }
    sections.push_back({{"title", section.title}, {"text", section.text}, {"points", std::move(points)}});
  }
  return {{"title", document.title}, {"sections", std::move(sections)}};
}

}  // namespace route::explain
