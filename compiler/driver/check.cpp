#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compiler/diagnostics/render.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/pipeline.h"
#include "compiler/ir/json.h"
#include "compiler/ir/text.h"

namespace route::driver {
namespace {

auto VerdictName(Verdict verdict) -> const char* {
  switch (verdict) {
    case Verdict::kProved: return "proved";
    case Verdict::kViolated: return "violated";
    case Verdict::kUnknown: return "unknown";
  }
  return "unknown";
}

auto Count(std::size_t count, const std::string& noun) -> std::string {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

void PrintText(const Compilation& compilation, const CommonOptions& common) {
  PrintDiagnostics(compilation, common, Stream::kOut);
  auto& out = llvm::outs();
  const ir::Policy& policy = compilation.policy;
  if (compilation.report) {
    std::size_t written = 0;
    for (const ir::Rule& rule : policy.rules) written += rule.origin == ir::Rule::Origin::kWritten ? 1 : 0;
    out << "policy " << policy.name;
    if (!policy.version.empty()) out << " " << policy.version;
    out << ": " << Count(policy.deployments.size(), "deployment") << ", " << Count(written, "rule") << ", "
        << Count(policy.refusals.size(), "refusal") << ", " << Count(policy.routes.size(), "route") << ", "
        << Count(policy.guarantees.size(), "guarantee") << "\n";
    std::size_t width = 0;
    for (const ir::Guarantee& guarantee : policy.guarantees) width = std::max(width, guarantee.name.size());
    for (const auto& result : compilation.report->guarantees) {
      const std::string& name = policy.guarantees[result.guarantee.index].name;
      auto colour = result.verdict == Verdict::kProved ? llvm::raw_ostream::GREEN : llvm::raw_ostream::RED;
      out << "  " << name << std::string(width - name.size() + 2, ' ');
      out.changeColor(colour) << VerdictName(result.verdict);
      out.resetColor();
      if (result.vacuous) out << " (its premise cannot happen)";
      out << "\n";
    }
  }
  const auto& found = compilation.emitter.diagnostics();
  auto unanswered = static_cast<std::size_t>(
      std::ranges::count(found, diagnostics::Code::kR0520, &diagnostics::Diagnostic::code));
  std::size_t errors = compilation.emitter.error_count() - unanswered;
  std::size_t warnings = found.size() - errors - unanswered;
  out << (errors == 0 ? "no errors" : Count(errors, "error"));
  if (unanswered > 0) out << ", " << Count(unanswered, "question") << " not answered";
  if (warnings > 0) out << ", " << Count(warnings, "warning");
  out << "\n";
  if (!found.empty()) {
    // One line for the whole run: the worst that was found.
    auto worst = std::ranges::find(found, diagnostics::Severity::kError, &diagnostics::Diagnostic::severity);
    const diagnostics::Diagnostic& shown = worst == found.end() ? found.front() : *worst;
    out << "more: routec explain " << diagnostics::Entry(shown.code).name << "\n";
  }
  out.flush();
}

void PrintReport(const Compilation& compilation) {
  nlohmann::ordered_json document;
  document["schema"] = "route.check/1";
  document["diagnostics"] = diagnostics::RenderJson(compilation.emitter.diagnostics(), compilation.sources);
  auto guarantees = nlohmann::ordered_json::array();
  if (compilation.report) {
    for (const auto& result : compilation.report->guarantees) {
      nlohmann::ordered_json row;
      row["name"] = compilation.policy.guarantees[result.guarantee.index].name;
      row["verdict"] = VerdictName(result.verdict);
      if (result.vacuous) row["vacuous"] = true;
      if (result.witness) row["witness"] = ir::RequestToJson(compilation.policy, *result.witness);
      guarantees.push_back(std::move(row));
    }
  }
  document["guarantees"] = std::move(guarantees);
  PrintJson(document);
}

}  // namespace

auto Check(const CheckOptions& options, const CommonOptions& common) -> int {
  auto compilation = ReadPolicy(options.policy, common);
  if (compilation == nullptr) return kWrongUsage;
  VerifyPolicy(*compilation, options.limits, common.now());
  switch (common.format) {
    case Format::kText: PrintText(*compilation, common); break;
    case Format::kJson: PrintReport(*compilation); break;
    case Format::kJunit:
    case Format::kMarkdown: throw InternalError("a format that `check` does not have");
  }
  return ExitCodeOf(*compilation);
}

}  // namespace route::driver
