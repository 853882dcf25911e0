#include <llvm/Support/raw_ostream.h>

#include <nlohmann/json.hpp>

#include "compiler/diagnostics/render.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/pipeline.h"
#include "compiler/driver/report.h"

namespace route::driver {

using diagnostics::FailLevel;

namespace {

void PrintResult(const Compilation& compilation, const BuildOptions& options, const CommonOptions& common,
                 const Table* table, std::size_t size) {
  if (common.format != Format::kJson) {
    bool for_people = IsText(common.format);
    if (for_people) {
      PrintDiagnostics(compilation, common, Stream::kErr);
    } else {
      PrintReport(MakeReport(compilation, options.policy, ExitCodeOf(compilation.emitter.diagnostics(), FailLevel::kError)),
                  compilation.sources, common.format);
    }
    if (table == nullptr) {
      llvm::errs() << "nothing was written\n";
      return;
    }
    (for_people ? llvm::outs() : llvm::errs()) << options.output << ": " << table->policy_name()
                 << (table->policy_version().empty() ? "" : " ") << table->policy_version() << ", " << size
                 << " bytes, " << (table->verified() ? "verified" : "NOT VERIFIED") << ", sha256 " << table->hash() << "\n";
    return;
  }
  nlohmann::ordered_json document;
  document["schema"] = "route.build/1";
  document["written"] = table != nullptr;
  if (table != nullptr) {
    document["bundle"] = options.output;
    document["policy"] = table->policy_name();
    document["version"] = table->policy_version();
    document["verified"] = table->verified();
    document["bytes"] = size;
    document["sha256"] = table->hash();
  }
  document["accepted"] = diagnostics::RenderAcceptedJson(compilation.accepted, compilation.sources);
  document["diagnostics"] = diagnostics::RenderJson(compilation.emitter.diagnostics(), compilation.sources);
  PrintJson(document);
}

}  // namespace

auto Build(const BuildOptions& options, const CommonOptions& common) -> int {
  auto compilation = ReadPolicy(options.policy, common);
  if (compilation == nullptr) return kWrongUsage;
  if (IsPolicyFile(*compilation, options.output)) {
    PrintUsageError("`" + options.output + "` is a file of the policy itself; name another one to write to");
    return kWrongUsage;
  }
  VerifyPolicy(*compilation, options.limits, common.now());

  int code = ExitCodeOf(compilation->emitter.diagnostics(), FailLevel::kError);
  bool wanted = code == kGood || options.unverified == BuildOptions::Unverified::kAllow;
  const std::vector<std::byte>& bytes = compilation->bundle;
  if (!wanted || bytes.empty()) {
    PrintResult(*compilation, options, common, nullptr, 0);
    return code;
  }
  auto written = WriteFileAtomically(options.output, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!written) {
    PrintUsageError(written.error());
    return kWrongUsage;
  }
  auto table = Table::Load(options.output);
  if (!table) throw InternalError("the bundle that was written does not load: " + table.error().message);
  PrintResult(*compilation, options, common, &*table, bytes.size());
  return kGood;
}

}  // namespace route::driver
