/// Is what docs/table-format.md says of its example true?

#include <doctest/doctest.h>

#include <array>
#include <cctype>
#include <cstring>
#include <map>
#include <regex>
#include <sstream>

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/lower/lower.h"
#include "compiler/resolve/load.h"
#include "compiler/resolve/resolve.h"
#include "compiler/verify/verify.h"
#include "runtime/decide/decide.h"
#include "runtime/decide/report.h"
#include "runtime/table/impl.h"
#include "runtime/table/layout.h"

namespace route {
namespace {

auto Document() -> const std::string& {
  static const std::string text = ReadFile("docs/table-format.md", 1U << 20U).value();
  return text;
}

auto Lines() -> std::vector<std::string> {
  std::vector<std::string> lines;
  std::istringstream in(Document());
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// What stands between the fence that begins with `fence` and its end.
auto Block(const std::string& fence) -> std::string {
  const std::size_t open = Document().find(fence);
  REQUIRE(open != std::string::npos);
  const std::size_t begin = Document().find('\n', open) + 1;
  return Document().substr(begin, Document().find("```", begin) - begin);
}

auto ExampleBytes() -> std::vector<std::byte> {
  SourceSet sources;
  diagnostics::Emitter emitter;
  const FileId root = sources.Add("tiny.route", Block("```route"));
  const auto loaded = resolve::Load(sources, root, emitter);
  const ir::Policy policy = resolve::Resolve(sources, loaded, {kFirstDate}, emitter);
  REQUIRE_FALSE(emitter.has_errors());
  const auto report = verify::Verify(policy, {});
  REQUIRE(report.passed());
  return lower::Lower(policy, report, {"routec 0.1.0", &sources}).value();
}

auto Example() -> Table {
  return Table::FromBytes(ExampleBytes()).value();
}

auto Contains(const std::string& part) -> bool {
  return Document().find(part) != std::string::npos;
}

TEST_CASE("the example's size, hash and bytes") {
  const auto bytes = ExampleBytes();
  const Table table = Example();
  CHECK(table.verified());
  CHECK(Contains("The whole file has " + std::to_string(bytes.size()) + " bytes"));
  CHECK_MESSAGE(Contains("`" + std::string(table.hash()) + "`"), table.hash());

  const std::regex dump("^([0-9a-f]{8})  ((?:[0-9a-f]{2} {1,2}){1,16}).*");
  std::size_t compared = 0;
  for (const std::string& line : Lines()) {
    std::smatch match;
    if (!std::regex_match(line, match, dump)) continue;
    std::size_t offset = std::stoul(match[1], nullptr, 16);
    std::istringstream digits(match[2]);
    for (std::string pair; digits >> pair; ++offset, ++compared) {
      REQUIRE(offset < bytes.size());
      CHECK_MESSAGE(bytes[offset] == static_cast<std::byte>(std::stoul(pair, nullptr, 16)), line);
    }
  }
  CHECK(compared == 304 + 12 + 8 + 12 + 16 + 16 + 8 + 16 + 16);
}

TEST_CASE("the example's cells and their AND") {
  const Table table = Example();
  const TableImpl& impl = table.impl();
  REQUIRE(impl.lines.size() == 1);
  REQUIRE(impl.cells.size() == 8);
  const auto bits_of = [](const layout::Cell& cell) {
    std::string bits;
    for (const auto& [word, count] : {std::pair{0, 1}, std::pair{1, 2}, std::pair{2, 2}}) {
      for (int i = 0; i < count; ++i) bits += ((cell.words[static_cast<std::size_t>(word)] >> i) & 1U) != 0 ? '1' : '0';
    }
    return bits;
  };
  layout::Cell all = impl.cells[1];
  for (const std::size_t number : {2U, 5U, 6U}) {
    for (std::size_t i = 0; i < layout::kCellWords; ++i) all.words[i] &= impl.cells[number].words[i];
  }

  const std::regex shown("^ *(and|[0-9]+) .*? +([01]) +([01]) +([01]) +([01]) +([01])$");
  std::map<std::string, std::string> rows;
  for (const std::string& line : Lines()) {
    std::smatch match;
    if (!std::regex_match(line, match, shown)) continue;
    rows[match[1]] = match[2].str() + match[3].str() + match[4].str() + match[5].str() + match[6].str();
  }
  REQUIRE(rows.size() == 9);
  for (std::size_t i = 0; i < 8; ++i) CHECK(rows[std::to_string(i)] == bits_of(impl.cells[i]));
  CHECK(rows["and"] == bits_of(all));
}

TEST_CASE("the example's decision") {
  const Table table = Example();
  Values values(table);
  REQUIRE(values.SetText(table.FindAttribute("tier"), "gold").has_value());
  REQUIRE(values.SetText(table.FindAttribute("data"), "health").has_value());
  REQUIRE(values.SetText(table.FindAttribute("spend"), "30%").has_value());
  REQUIRE_FALSE(values.Complete().has_value());
  const std::uint16_t classes[] = {1, 0, 1, 0};
  REQUIRE(std::ranges::equal(values.classes(), classes));
  const Decision decision = Decide(table, classes);
  CHECK(Contains("```\n" + ToText(Report(table, classes, decision)) + "```"));
}

TEST_CASE("the sizes of the records and the limits") {
  const auto states = [](const std::string& record, std::size_t bytes) {
    return Contains("`" + record + "`, " + std::to_string(bytes) + " bytes:");
  };
  CHECK(states("AttributeRecord", sizeof(layout::AttributeRecord)));
  CHECK(states("SourceRecord", sizeof(layout::SourceRecord)));
  CHECK(states("DimensionRecord", sizeof(layout::DimensionRecord)));
  CHECK(states("DeploymentRecord", sizeof(layout::DeploymentRecord)));
  CHECK(states("FileRecord", sizeof(layout::FileRecord)));
  CHECK(states("RuleRecord", sizeof(layout::RuleRecord)));
  CHECK(states("RefusalRecord", sizeof(layout::RefusalRecord)));
  CHECK(states("RouteRecord", sizeof(layout::RouteRecord)));
  CHECK(states("TierRecord", sizeof(layout::TierRecord)));
  CHECK(states("CandidateView", sizeof(CandidateView)));
  CHECK(states("GuaranteeRecord", sizeof(layout::GuaranteeRecord)));
  CHECK(Contains("header (" + std::to_string(sizeof(layout::Header)) + " bytes) │ " +
                 std::to_string(layout::kSectionCount) + " sections"));
  CHECK(Contains("(`.rtb`), version " + std::to_string(layout::kFormatVersion)));
  CHECK(kMaxDeployments == 1024);
  CHECK(kMaxDimensions == 4096);
  CHECK(states("LevelRecord", sizeof(layout::LevelRecord)));
  CHECK(states("LineRecord", sizeof(layout::LineRecord)));
  CHECK(states("ColumnRecord", sizeof(layout::ColumnRecord)));
  CHECK(states("RunRecord", sizeof(layout::RunRecord)));
  CHECK(states("Cell", sizeof(layout::Cell)));
  CHECK(Contains("| definitions | 28,672 |"));
  CHECK(layout::kMaxDefinitions == 28'672);
  CHECK(layout::kMaxFileBytes == 1U << 30U);
}

}  // namespace
}  // namespace route
