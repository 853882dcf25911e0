#include <llvm/Support/raw_ostream.h>

#include <algorithm>

#include "compiler/diagnostics/layout.h"
#include "compiler/driver/test_report.h"
#include "compiler/ir/words.h"

namespace route::driver {
namespace {

using testing::CoverageItem;
using testing::TestResult;

class TextPrinter {
 public:
  TextPrinter(const TestOptions& options, const CommonOptions& common, llvm::raw_ostream& out)
      : options_(options), common_(common), out_(out) {}

  void Print(const TestedPolicy& tested, std::size_t policies) {
    PrintDiagnostics(*tested.compilation, common_, Stream::kOut);
    if (tested.state == TestedPolicy::State::kHasErrors) {
      if (policies > 1) out_ << tested.path << ": not run, because the policy has errors\n";
      return;
    }
    if (policies > 1) out_ << tested.path << ": " << tested.passed() << " passed, " << tested.failed() << " failed\n";
    if (options_.verbosity == TestOptions::Verbosity::kEachTest) {
      for (const TestResult& result : tested.results) PrintResult(result);
    }
  }

  void PrintCoverage(const TestedPolicy& tested) {
    out_ << "\ncoverage of " << tested.path << "\n";
    const auto shares = testing::Shares(tested.items);
    const std::size_t digits = std::to_string(shares.back().total).size();
    for (const testing::CoverageShare& share : shares) {
      const std::string reached = std::to_string(share.reached);
      const std::string total = std::to_string(share.total);
      const std::string percent = std::to_string(share.percent());
      out_ << "  " << share.title << std::string(13 - share.title.size() + digits - reached.size(), ' ') << reached << " of "
           << total << std::string(digits - total.size() + 6 - percent.size(), ' ') << percent << "%\n";
    }
    std::vector<std::string> missed;
    for (const CoverageItem& item : tested.items) {
      if (item.reached > 0) continue;
      missed.push_back(PlaceOf(tested, item.span) + ": " + testing::Described(tested.compilation->policy, item) + " " +
                       testing::Missing(item));
    }
    PrintList("not reached by any test", missed);
    if (options_.threshold && shares.back().reached * 100 < std::size_t{*options_.threshold} * shares.back().total) {
      out_ << "coverage is " << shares.back().percent() << "%, which is below " << *options_.threshold << "%\n";
    }
  }

  void PrintSuggestions(const TestedPolicy& tested) {
    const testing::Suggestions& suggestions = *tested.suggestions;
    const ir::Policy& policy = tested.compilation->policy;
    if (!suggestions.tests.empty()) {
      out_ << "\n" << diagnostics::Wrap("tests for what those of " + tested.path + " do not reach: they say what the policy "
                                        "decides now, so keep what is right", 0, 0, WidthOf(Stream::kOut)) << "\n";
    }
    for (const testing::Suggestion& suggestion : suggestions.tests) {
      out_ << "\n" << testing::ReachesText(policy, tested.items, suggestion) << testing::TestText(policy, suggestion.test);
    }
    PrintList("so for no request", Items(tested, suggestions.unreachable));
    PrintList("not found within the solver's limit (--rlimit)", Items(tested, suggestions.unanswered));
  }

 private:
  void PrintResult(const TestResult& result) {
    const bool passed = result.verdict == TestResult::Verdict::kPassed;
    out_ << "  ";
    out_.changeColor(passed ? llvm::raw_ostream::GREEN : llvm::raw_ostream::RED) << (passed ? "passed" : "FAILED");
    out_.resetColor();
    out_ << "  " << result.name << "\n";
  }

  void PrintList(const std::string& title, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    out_ << diagnostics::Wrap(title, 0, 0, WidthOf(Stream::kOut)) << "\n";
    for (const std::string& line : lines) out_ << "  " << diagnostics::Wrap(line, 2, 4, WidthOf(Stream::kOut)) << "\n";
  }

  static auto Items(const TestedPolicy& tested, const std::vector<std::size_t>& indexes) -> std::vector<std::string> {
    std::vector<std::string> lines;
    for (std::size_t i : indexes) {
      const CoverageItem& item = tested.items[i];
      lines.push_back(PlaceOf(tested, item.span) + ": " + testing::Goal(tested.compilation->policy, item));
    }
    return lines;
  }

  const TestOptions& options_;
  const CommonOptions& common_;
  llvm::raw_ostream& out_;
};

}  // namespace

void PrintTestText(const std::vector<TestedPolicy>& all, const TestOptions& options, const CommonOptions& common) {
  auto& out = llvm::outs();
  TextPrinter printer(options, common, out);
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t left_out = 0;
  std::size_t not_run = 0;
  for (const TestedPolicy& tested : all) {
    printer.Print(tested, options.policies.size());
    passed += tested.passed();
    failed += tested.failed();
    if (tested.state == TestedPolicy::State::kHasErrors) {
      ++not_run;
    } else {
      left_out += tested.compilation->policy.tests.size() - tested.chosen.size();
    }
  }
  out << passed << " passed, " << failed << " failed";
  if (left_out > 0) out << ", " << left_out << " left out by --filter";
  if (not_run > 0 && options.policies.size() > 1) {
    out << ", " << ir::Counted(not_run, "policy with errors");
  }
  out << "\n";
  for (const TestedPolicy& tested : all) {
    if (tested.state == TestedPolicy::State::kHasErrors) continue;
    if (options.coverage == TestOptions::Coverage::kMeasure) printer.PrintCoverage(tested);
    if (tested.suggestions) printer.PrintSuggestions(tested);
  }
  out.flush();
}

}  // namespace route::driver
