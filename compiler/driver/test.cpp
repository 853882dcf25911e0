#include <llvm/Support/GlobPattern.h>

#include <algorithm>

#include "compiler/driver/commands.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/pipeline.h"
#include "compiler/driver/test_report.h"
#include "compiler/testing/lcov.h"

namespace route::driver {
namespace {

using Filters = std::vector<llvm::GlobPattern>;

/// Nothing, after saying so, if one of them is not a pattern.
auto ReadFilters(const std::vector<std::string>& texts) -> std::optional<Filters> {
  Filters filters;
  for (const std::string& text : texts) {
    auto pattern = llvm::GlobPattern::create(text);
    if (!pattern) {
      PrintUsageError("--filter: `" + text + "` is not a pattern: " + llvm::toString(pattern.takeError()));
      return std::nullopt;
    }
    filters.push_back(std::move(*pattern));
  }
  return filters;
}

auto IsChosen(const Filters& filters, const std::string& name) -> bool {
  return filters.empty() || std::ranges::any_of(filters, [&](const auto& filter) { return filter.match(name); });
}

auto RunPolicy(std::unique_ptr<Compilation> compilation, const std::string& path, const Filters& filters,
               const TestOptions& options, const CommonOptions& common) -> TestedPolicy {
  TestedPolicy tested;
  tested.path = path;
  tested.compilation = std::move(compilation);
  Compilation& compiled = *tested.compilation;
  if (compiled.emitter.has_errors()) return tested;
  tested.state = TestedPolicy::State::kRun;
  const ir::Policy& policy = compiled.policy;
  for (const ir::Test& test : policy.tests) {
    if (IsChosen(filters, test.name)) tested.chosen.push_back(&test);
  }
  if (options.action == TestOptions::Action::kList) return tested;
  for (const ir::Test* test : tested.chosen) {
    tested.results.push_back(testing::RunTest(policy, compiled.sources, *test, common.now(), compiled.emitter));
  }
  const bool suggest = options.suggest == TestOptions::Suggest::kTests;
  if (options.coverage == TestOptions::Coverage::kNone && !suggest) return tested;
  tested.items = testing::MeasureCoverage(policy, compiled.sources, tested.results);
  if (suggest) tested.suggestions = testing::Suggest(policy, tested.items, common.now(), options.limits);
  return tested;
}

/// False, after saying so, if the file cannot be written.
auto WriteLcov(const std::vector<TestedPolicy>& all, const std::string& path) -> bool {
  testing::Lcov lcov;
  for (const TestedPolicy& tested : all) {
    for (const ast::File& file : tested.compilation->loaded.files) {
      const std::string& name = tested.compilation->sources.Get(file.id).path();
      if (name.find_first_of("\r\n") != std::string::npos) {
        PrintUsageError("`" + name + "` has a line end in its name, which lcov's format cannot write: rename it");
        return false;
      }
      if (!IsSameFile(name, path)) continue;
      PrintUsageError("`" + path + "` is a file of the policy itself; name another one to write to");
      return false;
    }
    if (tested.state == TestedPolicy::State::kHasErrors) continue;
    lcov.Add(tested.compilation->policy, tested.compilation->sources, tested.items,
             static_cast<std::uint32_t>(tested.results.size()));
  }
  auto written = WriteFileAtomically(path, lcov.Text());
  if (!written) PrintUsageError(written.error());
  return written.has_value();
}

auto IsBelow(const TestedPolicy& tested, std::uint32_t threshold) -> bool {
  if (tested.state == TestedPolicy::State::kHasErrors) return false;
  const testing::CoverageShare all = testing::Shares(tested.items).back();
  return all.reached * 100 < std::size_t{threshold} * all.total;
}

void Print(const std::vector<TestedPolicy>& all, const TestOptions& options, const CommonOptions& common) {
  if (options.action == TestOptions::Action::kList) {
    PrintTestList(all, common);
    return;
  }
  switch (common.format) {
    case Format::kText:
    case Format::kPlain: PrintTestText(all, options, common); return;
    case Format::kJson: PrintTestJson(all, options); return;
    case Format::kJunit: PrintTestJunit(all); return;
    case Format::kSarif:
    case Format::kGithub:
    case Format::kMarkdown: throw InternalError("a format that `test` does not have");
  }
}

}  // namespace

auto TestedPolicy::passed() const -> std::size_t {
  return static_cast<std::size_t>(
      std::ranges::count(results, testing::TestResult::Verdict::kPassed, &testing::TestResult::verdict));
}

auto PlaceOf(const TestedPolicy& tested, Span span) -> std::string {
  return tested.compilation->sources.Describe(span);
}

auto Test(const TestOptions& options, const CommonOptions& common) -> int {
  const auto filters = ReadFilters(options.filters);
  if (!filters) return kWrongUsage;

  int code = kGood;
  std::vector<TestedPolicy> all;
  for (const std::string& path : options.policies) {
    auto compilation = ReadPolicy(path, common);
    if (compilation == nullptr) {
      code = kWrongUsage;
      continue;
    }
    all.push_back(RunPolicy(std::move(compilation), path, *filters, options, common));
  }
  const auto has_errors = [](const TestedPolicy& tested) { return tested.state == TestedPolicy::State::kHasErrors; };
  const auto has_chosen = [](const TestedPolicy& tested) { return !tested.chosen.empty(); };
  if (!filters->empty() && std::ranges::none_of(all, has_errors) && std::ranges::none_of(all, has_chosen)) {
    PrintUsageError("no test has a name that --filter matches; `routec test --list` names them all");
    return kWrongUsage;
  }
  Print(all, options, common);
  if (options.lcov && !WriteLcov(all, *options.lcov)) code = kWrongUsage;
  for (const TestedPolicy& tested : all) {
    const bool fails = tested.compilation->emitter.has_errors() ||
                       (options.threshold && IsBelow(tested, *options.threshold));
    if (fails && code == kGood) code = kPolicyHasErrors;
  }
  return code;
}

}  // namespace route::driver
