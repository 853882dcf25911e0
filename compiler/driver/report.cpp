#include "compiler/driver/report.h"

#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compiler/base/internal_error.h"
#include "compiler/diagnostics/render.h"
#include "compiler/pages/pages.h"

namespace route::driver {
namespace {

using diagnostics::Question;

auto AnswerOf(Verdict verdict) -> Question::Answer {
  switch (verdict) {
    case Verdict::kProved: return Question::Answer::kGood;
    case Verdict::kViolated: return Question::Answer::kBad;
    case Verdict::kUnknown: return Question::Answer::kUnanswered;
  }
  return Question::Answer::kUnanswered;
}

}  // namespace

auto MakeReport(const Compilation& compilation, const std::string& policy, int exit_code) -> diagnostics::Report {
  diagnostics::Report report;
  report.tool = "routec";
  report.tool_version = ROUTE_VERSION;
  report.policy = policy;
  report.exit_code = exit_code;
  report.open = compilation.emitter.diagnostics();
  report.accepted = compilation.accepted;
  if (compilation.report) {
    report.verification = diagnostics::Report::Verification::kRun;
    report.depth = compilation.depth;
    for (const auto& result : compilation.report->guarantees) {
      const ir::Guarantee& guarantee = compilation.policy.guarantees[result.guarantee.index];
      report.guarantees.push_back({guarantee.name, guarantee.span, AnswerOf(result.verdict)});
    }
  }
  auto add_page = [&](const diagnostics::Diagnostic& found) {
    auto page = pages::PageOf(diagnostics::Entry(found.code).name);
    if (page) report.pages.try_emplace(found.code, *page);
  };
  std::ranges::for_each(report.open, add_page);
  for (const diagnostics::Accepted& accepted : report.accepted) add_page(accepted.diagnostic);
  for (const testing::TestResult& result : compilation.tests) {
    bool passed = result.verdict == testing::TestResult::Verdict::kPassed;
    report.tests.push_back({result.name, result.span, passed ? Question::Answer::kGood : Question::Answer::kBad});
  }
  return report;
}

void PrintReport(const diagnostics::Report& report, const SourceSet& sources, Format format) {
  switch (format) {
    case Format::kSarif: PrintJson(diagnostics::RenderSarif(report, sources)); return;
    case Format::kJunit: diagnostics::RenderJunit(report, sources, llvm::outs()); break;
    case Format::kGithub: diagnostics::RenderGithub(report, sources, llvm::outs()); break;
    case Format::kText:
    case Format::kPlain:
    case Format::kMarkdown:
    case Format::kJson: throw InternalError("a report is printed in a format that its command prints itself");
  }
  llvm::outs().flush();
}

}  // namespace route::driver
