#include "compiler/prove/prove.h"

#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compiler/diagnostics/render.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/pipeline.h"
#include "runtime/table/sha256.h"

namespace route::driver {
namespace {

/// Whether every question has an answer, so that a pack can say something of each.
auto HasAllAnswers(const Compilation& compilation) -> bool {
  return compilation.report && !compilation.bundle.empty() && compilation.report->unanswered.empty() &&
         std::ranges::none_of(compilation.report->guarantees,
                              [](const auto& result) { return result.verdict == Verdict::kUnknown; });
}

void PrintReport(const Compilation& compilation, const std::string& output, const std::string& pack) {
  nlohmann::ordered_json document;
  document["schema"] = "route.prove/1";
  document["written"] = !pack.empty();
  if (!pack.empty()) {
    document["pack"] = output;
    document["bytes"] = pack.size();
    document["sha256"] = Sha256Hex(pack);
    document["bundle_sha256"] = compilation.table->hash();
  }
  document["diagnostics"] = diagnostics::RenderJson(compilation.emitter.diagnostics(), compilation.sources);
  PrintJson(document);
}

}  // namespace

auto MakePack(const Compilation& compilation, std::uint32_t most_cases) -> std::string {
  if (!HasAllAnswers(compilation)) return {};
  prove::Inputs inputs;
  inputs.sources = &compilation.sources;
  inputs.tool_version = ToolVersion();
  inputs.bundle_sha256 = compilation.table->hash();
  inputs.most_cases = most_cases;
  return prove::WritePack(compilation.policy, *compilation.report, inputs);
}

auto ProveCommand(const ProveOptions& options, const CommonOptions& common) -> int {
  auto compilation = ReadPolicy(options.policy, common);
  if (compilation == nullptr) return kWrongUsage;
  if (IsPolicyFile(*compilation, options.output)) {
    PrintUsageError("`" + options.output + "` is a file of the policy itself; name another one to write to");
    return kWrongUsage;
  }
  VerifyPolicy(*compilation, options.limits, common.now());
  const std::string pack = MakePack(*compilation, options.most_cases);
  if (!pack.empty()) {
    if (auto stored = WriteFileAtomically(options.output, pack); !stored) {
      PrintUsageError(stored.error());
      return kWrongUsage;
    }
  }
  if (common.format == Format::kJson) {
    PrintReport(*compilation, options.output, pack);
  } else {
    PrintDiagnostics(*compilation, common, Stream::kErr);
    if (pack.empty()) {
      llvm::errs() << "nothing was written\n";
    } else {
      llvm::outs() << options.output << ": " << compilation->policy.name << ", " << pack.size() << " bytes, sha256 "
                   << Sha256Hex(pack) << ", for the bundle with sha256 " << compilation->table->hash() << "\n";
    }
  }
  return ExitCodeOf(compilation->emitter.diagnostics(), diagnostics::FailLevel::kError);
}

}  // namespace route::driver
