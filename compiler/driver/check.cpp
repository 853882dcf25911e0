#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compiler/diagnostics/baseline.h"
#include "compiler/diagnostics/fixes.h"
#include "compiler/diagnostics/render.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/fix.h"
#include "compiler/driver/kept_verdicts.h"
#include "compiler/driver/pipeline.h"
#include "compiler/driver/proof.h"
#include "compiler/driver/report.h"
#include "compiler/ir/json.h"
#include "compiler/ir/text.h"

namespace route::driver {
namespace {

using diagnostics::Baseline;
using diagnostics::BaselineEntry;

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

/// A check and what became of it.
struct Checked {
  std::unique_ptr<Compilation> compilation;
  std::vector<MadeFix> made;             ///< by --fix
  diagnostics::Compared compared;        ///< with the baseline; the emitter holds what is new
  std::optional<std::size_t> written;    ///< findings, to a new baseline
  std::optional<ExplainedProof> why;     ///< asked for with --why
  int exit_code = kGood;
};

void PrintGuarantees(const Compilation& compilation, const CommonOptions& common) {
  auto& out = llvm::outs();
  const ir::Policy& policy = compilation.policy;
  std::size_t width = 0;
  for (const ir::Guarantee& guarantee : policy.guarantees) width = std::max(width, guarantee.name.size());
  for (const auto& result : compilation.report->guarantees) {
    const std::string& name = policy.guarantees[result.guarantee.index].name;
    auto colour = result.verdict == Verdict::kProved ? llvm::raw_ostream::GREEN : llvm::raw_ostream::RED;
    if (common.format == Format::kPlain) {
      out << "Guarantee " << name << " is " << VerdictName(result.verdict) << ".";
    } else {
      out << "  " << name << std::string(width - name.size() + 2, ' ');
      out.changeColor(colour) << VerdictName(result.verdict);
      out.resetColor();
    }
    if (result.vacuous) {
      const std::string why = result.refused_by.empty() ? "ts premise cannot happen" : "ts requests are all refused";
      out << (common.format == Format::kPlain ? " I" + why + "." : " (i" + why + ")");
    }
    out << "\n";
  }
}

void PrintSummary(const Checked& checked) {
  const Compilation& compilation = *checked.compilation;
  const auto& found = compilation.emitter.diagnostics();
  auto unanswered = static_cast<std::size_t>(
      std::ranges::count(found, diagnostics::Code::kR0520, &diagnostics::Diagnostic::code));
  std::size_t errors = compilation.emitter.error_count() - unanswered;
  std::size_t warnings = found.size() - errors - unanswered;
  auto& out = llvm::outs();
  out << (errors == 0 ? "no errors" : Count(errors, "error"));
  if (unanswered > 0) out << ", " << Count(unanswered, "question") << " not answered";
  if (warnings > 0) out << ", " << Count(warnings, "warning");
  out << "\n";
  if (!compilation.accepted.empty()) out << Count(compilation.accepted.size(), "accepted warning") << "\n";
  if (!checked.compared.known.empty()) {
    out << Count(checked.compared.known.size(), "finding") << " known to the baseline\n";
  }
  if (std::size_t fixable = diagnostics::CountFixable(found, compilation.sources); fixable > 0) {
    out << fixable << " can be fixed with `routec check --fix`\n";
  }
  if (checked.written) out << Count(*checked.written, "finding") << " written to the baseline\n";
  if (!found.empty()) {
    // One line for the whole run: the worst that was found.
    auto worst = std::ranges::find(found, diagnostics::Severity::kError, &diagnostics::Diagnostic::severity);
    const diagnostics::Diagnostic& shown = worst == found.end() ? found.front() : *worst;
    out << "more: routec explain " << diagnostics::Entry(shown.code).name << "\n";
  }
}

void PrintText(const Checked& checked, const CommonOptions& common) {
  const Compilation& compilation = *checked.compilation;
  PrintDiagnostics(compilation, common, Stream::kOut);
  auto& out = llvm::outs();
  std::size_t width = WidthOf(Stream::kOut);
  for (const BaselineEntry& entry : checked.compared.gone) {
    out << diagnostics::Wrap("the baseline has " + Count(entry.count, "finding") + " that is found no more: " + entry.code +
                                 " " + entry.message,
                             0, 2, width)
        << "\n";
  }
  if (!checked.compared.gone.empty()) {
    out << "write the baseline anew with `--write-baseline` to leave them out\n\n";
  }
  const ir::Policy& policy = compilation.policy;
  if (compilation.report) {
    std::size_t written = 0;
    for (const ir::Rule& rule : policy.rules) written += rule.origin == ir::Rule::Origin::kWritten ? 1 : 0;
    std::string line = "policy " + policy.name + (policy.version.empty() ? "" : " ") + policy.version + ": " +
                       Count(policy.deployments.size(), "deployment") + ", " +
                       (policy.services.empty() ? "" : Count(policy.services.size(), "service") + ", ") +
                       Count(written, "rule") + ", " +
                       Count(policy.refusals.size(), "refusal") + ", " + Count(policy.routes.size(), "route") + ", " +
                       Count(policy.guarantees.size(), "guarantee");
    out << diagnostics::Wrap(line, 0, 2, width) << "\n";
    PrintGuarantees(compilation, common);
  }
  if (checked.why) out << checked.why->text;
  PrintSummary(checked);
  out.flush();
}

void PrintDocument(const Checked& checked, const CheckOptions& options) {
  const Compilation& compilation = *checked.compilation;
  nlohmann::ordered_json document;
  document["schema"] = "route.check/1";
  document["diagnostics"] = diagnostics::RenderJson(compilation.emitter.diagnostics(), compilation.sources);
  document["accepted"] = diagnostics::RenderAcceptedJson(compilation.accepted, compilation.sources);
  if (options.baseline) {
    auto gone = nlohmann::ordered_json::array();
    for (const BaselineEntry& entry : checked.compared.gone) {
      gone.push_back({{"code", entry.code}, {"names", entry.names}, {"message", entry.message}, {"count", entry.count}});
    }
    document["baseline"] = {{"known", checked.compared.known.size()}, {"gone", std::move(gone)}};
  }
  if (options.fixes == CheckOptions::Fixes::kApply) {
    auto rows = nlohmann::ordered_json::array();
    for (const MadeFix& fix : checked.made) {
      rows.push_back({{"code", fix.code}, {"title", fix.title}, {"file", fix.file}, {"line", fix.line}});
    }
    document["fixed"] = std::move(rows);
  }
  auto guarantees = nlohmann::ordered_json::array();
  if (compilation.report) {
    for (const auto& result : compilation.report->guarantees) {
      nlohmann::ordered_json row;
      row["name"] = compilation.policy.guarantees[result.guarantee.index].name;
      row["verdict"] = VerdictName(result.verdict);
      if (result.vacuous) row["vacuous"] = true;
      for (const RefusalId id : result.refused_by) row["refused_by"].push_back(compilation.policy.refusals[id.index].name);
      if (result.witness) row["witness"] = ir::RequestToJson(compilation.policy, *result.witness);
      if (result.compared_with) row["compared_with"] = ir::RequestToJson(compilation.policy, *result.compared_with);
      guarantees.push_back(std::move(row));
    }
  }
  document["guarantees"] = std::move(guarantees);
  if (checked.why) document["why"] = checked.why->json;
  PrintJson(document);
}

void Print(const Checked& checked, const CheckOptions& options, const CommonOptions& common) {
  switch (common.format) {
    case Format::kText:
    case Format::kPlain: PrintText(checked, common); return;
    case Format::kJson: PrintDocument(checked, options); return;
    case Format::kSarif:
    case Format::kJunit:
    case Format::kGithub:
    case Format::kMarkdown: break;
  }
  diagnostics::Report report = MakeReport(*checked.compilation, options.policies.front(), checked.exit_code);
  report.fail_level = options.fail_level;
  report.known = checked.compared.known;
  if (options.baseline) report.baseline = diagnostics::Report::Baseline::kUsed;
  PrintReport(report, checked.compilation->sources, common.format);
}

/// Reads the baseline that is asked for; nothing, after saying so, if that cannot be done.
auto ReadBaselineFile(const std::string& path) -> std::optional<Baseline> {
  constexpr std::uint64_t kMostBytes = std::uint64_t{16} << 20U;
  auto text = ReadFile(path, kMostBytes);
  if (!text) {
    PrintUsageError(text.error());
    return std::nullopt;
  }
  auto baseline = diagnostics::ReadBaseline(*text);
  if (!baseline) {
    PrintUsageError("cannot use `" + path + "`: " + baseline.error());
    return std::nullopt;
  }
  return *baseline;
}

/// Writes a baseline and takes its findings out of the emitter. False, after saying so, if it cannot be written.
auto WriteBaselineFile(const std::string& path, Checked& checked) -> bool {
  Compilation& compilation = *checked.compilation;
  if (IsPolicyFile(compilation, path)) {
    PrintUsageError("`" + path + "` is a file of the policy itself; name another one to write to");
    return false;
  }
  std::vector<diagnostics::Diagnostic> present = compilation.emitter.diagnostics();
  present.insert(present.end(), checked.compared.known.begin(), checked.compared.known.end());
  Baseline baseline = diagnostics::MakeBaseline(present);
  auto written = WriteFileAtomically(path, diagnostics::WriteBaseline(baseline));
  if (!written) {
    PrintUsageError(written.error());
    return false;
  }
  std::size_t count = 0;
  for (const auto& [fingerprint, entry] : baseline) count += entry.count;
  checked.written = count;
  auto known = std::move(checked.compared.known);
  checked.compared = diagnostics::TakeKnown(compilation.emitter, std::move(baseline));
  checked.compared.gone.clear();
  checked.compared.known.insert(checked.compared.known.end(), known.begin(), known.end());
  return true;
}

auto CheckOne(const CheckOptions& options, const CommonOptions& common) -> int {
  std::optional<Baseline> baseline;
  if (options.baseline) {
    baseline = ReadBaselineFile(*options.baseline);
    if (!baseline) return kWrongUsage;
  }
  Checked checked;
  KeptVerdicts verdicts(options.cache);
  if (options.fixes == CheckOptions::Fixes::kApply) {
    auto fixed = FixPolicy(options, common, verdicts.cache());
    if (!fixed) return kWrongUsage;
    checked.compilation = std::move(fixed->compilation);
    checked.made = std::move(fixed->made);
  } else {
    checked.compilation = ReadPolicy(options.policies.front(), common);
    if (checked.compilation == nullptr) return kWrongUsage;
    VerifyPolicy(*checked.compilation, options.limits, common.now(), verdicts.cache());
  }
  verdicts.Keep();
  Compilation& compilation = *checked.compilation;
  if (baseline) {
    checked.compared = diagnostics::TakeKnown(compilation.emitter, std::move(*baseline));
    // What verification did not look for is not gone.
    if (!compilation.report) checked.compared.gone.clear();
  }
  if (options.write_baseline && !compilation.report) {
    llvm::errs() << "no baseline was written, because the policy has errors that must be corrected first\n";
  } else if (options.write_baseline && !WriteBaselineFile(*options.write_baseline, checked)) {
    return kWrongUsage;
  }
  if (!WriteProofFiles(compilation, options, common.now().date)) return kWrongUsage;
  if (options.why && compilation.report) {
    const auto why = ExplainGuarantee(compilation, options);
    if (!why) {
      PrintUsageError(why.error());
      return kWrongUsage;
    }
    checked.why = *why;
  }
  checked.exit_code = ExitCodeOf(compilation.emitter.diagnostics(), options.fail_level);
  Print(checked, options, common);
  return checked.exit_code;
}

/// What only makes sense for one policy; empty if nothing of it is asked for.
auto OptionForOne(const CheckOptions& options, const CommonOptions& common) -> std::string {
  if (options.baseline) return "--baseline";
  if (options.write_baseline) return "--write-baseline";
  if (options.why) return "--why";
  if (options.save_tests) return "--save-tests";
  if (options.emit_smt2) return "--emit-smt2";
  switch (common.format) {
    case Format::kText:
    case Format::kPlain:
    case Format::kGithub: return "";
    case Format::kJson: return "--format json";
    case Format::kSarif: return "--format sarif";
    case Format::kJunit: return "--format junit";
    case Format::kMarkdown: return "--format markdown";
  }
  return "";
}

/// Of two runs: an error, then a question that was not answered.
auto Worse(int one, int other) -> int {
  if (one == kPolicyHasErrors || other == kPolicyHasErrors) return kPolicyHasErrors;
  return one == kInconclusive || other == kInconclusive ? kInconclusive : kGood;
}

}  // namespace

auto Check(const CheckOptions& options, const CommonOptions& common) -> int {
  if (const std::string option = OptionForOne(options, common); options.policies.size() > 1 && !option.empty()) {
    PrintUsageError("`" + option + "` goes with one policy, and " + std::to_string(options.policies.size()) + " are given");
    return kWrongUsage;
  }
  int exit_code = kGood;
  for (const std::string& policy : options.policies) {
    CheckOptions one = options;
    one.policies = {policy};
    if (&policy != &options.policies.front() && common.format != Format::kGithub) llvm::outs() << "\n";
    const int code = CheckOne(one, common);
    if (code == kWrongUsage) return code;
    exit_code = Worse(exit_code, code);
  }
  return exit_code;
}

}  // namespace route::driver
