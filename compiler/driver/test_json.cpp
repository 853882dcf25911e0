#include <llvm/Support/raw_ostream.h>

#include <nlohmann/json.hpp>

#include "compiler/diagnostics/render.h"
#include "compiler/driver/test_report.h"

namespace route::driver {
namespace {

using Json = nlohmann::ordered_json;
using testing::CoverageItem;

void AddPlace(const TestedPolicy& tested, Span span, Json& row) {
  const SourceSet& sources = tested.compilation->sources;
  row["file"] = sources.Get(span.file).path();
  row["line"] = sources.Begin(span).line;
}

auto ItemJson(const TestedPolicy& tested, const CoverageItem& item) -> Json {
  const ir::Policy& policy = tested.compilation->policy;
  Json row = {{"kind", testing::KindWord(item.kind)}, {"what", testing::Goal(policy, item)}};
  AddPlace(tested, item.span, row);
  return row;
}

auto ItemsJson(const TestedPolicy& tested, const std::vector<std::size_t>& indexes) -> Json {
  Json rows = Json::array();
  for (std::size_t i : indexes) rows.push_back(ItemJson(tested, tested.items[i]));
  return rows;
}

auto CoverageJson(const TestedPolicy& tested) -> Json {
  Json kinds = Json::array();
  for (const testing::CoverageShare& share : testing::Shares(tested.items)) {
    kinds.push_back({{"kind", share.title}, {"reached", share.reached}, {"total", share.total}, {"percent", share.percent()}});
  }
  Json coverage = {{"policy", tested.path}, {"percent", kinds.back()["percent"]}, {"kinds", std::move(kinds)}};
  Json missed = Json::array();
  for (const CoverageItem& item : tested.items) {
    if (item.reached > 0) continue;
    Json row = ItemJson(tested, item);
    row["why"] = testing::Missing(item);
    missed.push_back(std::move(row));
  }
  coverage["not_reached"] = std::move(missed);
  if (!tested.suggestions) return coverage;
  Json suggested = Json::array();
  for (const testing::Suggestion& suggestion : tested.suggestions->tests) {
    suggested.push_back({{"reaches", ItemsJson(tested, suggestion.reaches)},
                         {"test", testing::TestText(tested.compilation->policy, suggestion.test)}});
  }
  coverage["suggestions"] = std::move(suggested);
  coverage["unreachable"] = ItemsJson(tested, tested.suggestions->unreachable);
  coverage["unanswered"] = ItemsJson(tested, tested.suggestions->unanswered);
  return coverage;
}

auto TestsJson(const std::vector<TestedPolicy>& all) -> Json {
  Json rows = Json::array();
  for (const TestedPolicy& tested : all) {
    for (std::size_t i = 0; i < tested.chosen.size(); ++i) {
      Json row = {{"name", tested.chosen[i]->name}};
      if (i < tested.results.size()) {
        row["passed"] = tested.results[i].verdict == testing::TestResult::Verdict::kPassed;
      }
      row["policy"] = tested.path;
      AddPlace(tested, tested.chosen[i]->span, row);
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

auto DiagnosticsJson(const std::vector<TestedPolicy>& all) -> Json {
  Json rows = Json::array();
  for (const TestedPolicy& tested : all) {
    for (Json& row : diagnostics::RenderJson(tested.compilation->emitter.diagnostics(), tested.compilation->sources)) {
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace

void PrintTestJson(const std::vector<TestedPolicy>& all, const TestOptions& options) {
  Json document = {{"schema", "route.test/1"}, {"tests", TestsJson(all)}, {"diagnostics", DiagnosticsJson(all)}};
  if (options.coverage == TestOptions::Coverage::kMeasure || options.suggest == TestOptions::Suggest::kTests) {
    Json coverage = Json::array();
    for (const TestedPolicy& tested : all) {
      if (tested.state == TestedPolicy::State::kRun) coverage.push_back(CoverageJson(tested));
    }
    document["coverage"] = std::move(coverage);
  }
  PrintJson(document);
}

void PrintTestList(const std::vector<TestedPolicy>& all, const CommonOptions& common) {
  if (common.format == Format::kJson) {
    PrintJson({{"schema", "route.test/1"}, {"tests", TestsJson(all)}, {"diagnostics", DiagnosticsJson(all)}});
    return;
  }
  for (const TestedPolicy& tested : all) {
    PrintDiagnostics(*tested.compilation, common, Stream::kErr);
    for (const ir::Test* test : tested.chosen) llvm::outs() << PlaceOf(tested, test->span) << ": " << test->name << "\n";
  }
  llvm::outs().flush();
}

}  // namespace route::driver
