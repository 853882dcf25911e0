#include "compiler/testing/lcov.h"

#include <algorithm>

namespace route::testing {
namespace {

using Kind = CoverageItem::Kind;

/// A name as it stands in a record, whose fields commas and line ends divide.
auto PlainName(std::string text) -> std::string {
  std::erase_if(text, [](char c) { return c == '`' || c == ',' || c == '\n' || c == '\r'; });
  return text;
}

auto CountDecided(const std::vector<CoverageItem>& items, std::uint32_t route) -> std::uint32_t {
  for (const CoverageItem& item : items) {
    if (item.kind == Kind::kRoute && item.index == route) return item.reached;
  }
  return 0;
}

}  // namespace

void Lcov::Add(const ir::Policy& policy, const SourceSet& sources, const std::vector<CoverageItem>& items,
               std::uint32_t tests) {
  // One policy's counts first: of items on one line the most, because each of them runs the line.
  std::map<std::pair<std::string, std::uint32_t>, std::uint32_t> lines;
  for (const CoverageItem& item : items) {
    const std::string& path = sources.Get(item.span.file).path();
    const std::uint32_t line = sources.Begin(item.span).line;
    const std::string name = PlainName(Described(policy, item));
    File& file = files_[path];
    std::uint32_t count = item.reached;
    const auto function = [&](std::uint32_t times) {
      Function& entry = file.functions[name];
      entry.line = line;
      entry.count += times;
    };
    const auto branch = [&](const std::string& what, std::uint32_t evaluated) {
      Branch& entry = file.branches[{line, what}];
      entry.count += item.reached;
      entry.evaluated += evaluated;
    };
    switch (item.kind) {
      case Kind::kRule:
        count = item.applied;
        function(item.applied);
        branch(name + " excludes", item.applied);
        break;
      case Kind::kRefusal:
      case Kind::kRoute:
      case Kind::kDeployment: function(item.reached); break;
      case Kind::kTier: branch(name, CountDecided(items, item.index)); break;
      case Kind::kConditionHolds:
        count = tests;
        function(tests);
        branch(name + " holds", tests);
        break;
      case Kind::kConditionFails:
        count = tests;
        branch(name + " fails", tests);
        break;
    }
    std::uint32_t& most = lines[{path, line}];
    most = std::max(most, count);
  }
  for (const auto& [place, count] : lines) files_[place.first].lines[place.second] += count;
}

auto Lcov::Text() const -> std::string {
  std::string text;
  const auto totals = [&](const char* found, const char* hit, const auto& entries, auto count_of) {
    const auto hits = std::ranges::count_if(entries, [&](const auto& entry) { return count_of(entry.second) > 0; });
    text += std::string(found) + ":" + std::to_string(entries.size()) + "\n" + hit + ":" + std::to_string(hits) + "\n";
  };
  for (const auto& [path, file] : files_) {
    text += "TN:\nSF:" + path + "\n";
    for (const auto& [name, function] : file.functions) text += "FN:" + std::to_string(function.line) + "," + name + "\n";
    for (const auto& [name, function] : file.functions) text += "FNDA:" + std::to_string(function.count) + "," + name + "\n";
    totals("FNF", "FNH", file.functions, [](const Function& function) { return function.count; });
    std::uint32_t line = 0;
    std::uint32_t number = 0;
    for (const auto& [place, branch] : file.branches) {
      number = place.first == line ? number + 1 : 0;
      line = place.first;
      text += "BRDA:" + std::to_string(line) + ",0," + std::to_string(number) + "," +
              (branch.evaluated == 0 ? "-" : std::to_string(branch.count)) + "\n";
    }
    totals("BRF", "BRH", file.branches, [](const Branch& branch) { return branch.count; });
    for (const auto& [at, count] : file.lines) text += "DA:" + std::to_string(at) + "," + std::to_string(count) + "\n";
    totals("LF", "LH", file.lines, [](std::uint32_t count) { return count; });
    text += "end_of_record\n";
  }
  return text;
}

}  // namespace route::testing
