#include <llvm/Support/raw_ostream.h>

#include <nlohmann/json.hpp>

#include "compiler/diagnostics/render.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/pipeline.h"
#include "compiler/ir/json.h"
#include "compiler/syntax/dump.h"
#include "compiler/verify/verify.h"
#include "runtime/table/dump.h"

namespace route::driver {

namespace {

auto PhaseName(Phase phase) -> const char* {
  switch (phase) {
    case Phase::kAst: return "ast";
    case Phase::kIr: return "ir";
    case Phase::kSmt: return "smt";
    case Phase::kTable: return "table";
  }
  return "";
}

/// What the phase made, as text; nothing if the policy has errors, which the emitter then holds. The core is not among
/// them: it is JSON in either format.
auto TextOf(Compilation& compilation, Phase phase, Date today) -> std::optional<std::string> {
  switch (phase) {
    case Phase::kAst: {
      std::string text;
      for (const ast::File& file : compilation.loaded.files) text += syntax::Dump(file, compilation.sources);
      return text;
    }
    case Phase::kSmt:
      return verify::EmitSmt2(compilation.policy, {.depth = verify::Limits::Depth::kAudit, .today = today});
    case Phase::kTable: {
      // What is wrong with the policy is no reason not to look at its table, so nothing is asked about it.
      compilation.report = verify::VerifyReport{};
      if (!LowerPolicy(compilation)) return std::nullopt;
      return DumpTable(*compilation.table);
    }
    case Phase::kIr: break;
  }
  return ir::ToJson(compilation.policy).dump(2) + "\n";
}

}  // namespace

auto Dump(const DumpOptions& options, const CommonOptions& common) -> int {
  auto compilation = options.phase == Phase::kAst ? ReadSyntax(options.policy) : ReadPolicy(options.policy, common);
  if (compilation == nullptr) return kWrongUsage;
  std::optional<std::string> text;
  if (!compilation->emitter.has_errors()) text = TextOf(*compilation, options.phase, common.now().date);

  if (common.format == Format::kJson) {
    nlohmann::ordered_json document;
    document["schema"] = "route.dump/1";
    document["phase"] = PhaseName(options.phase);
    if (text && options.phase == Phase::kIr) document["core"] = ir::ToJson(compilation->policy);
    if (text && options.phase != Phase::kIr) document["text"] = *text;
    document["diagnostics"] = diagnostics::RenderJson(compilation->emitter.diagnostics(), compilation->sources);
    PrintJson(document);
  } else if (text) {
    llvm::outs() << *text;
    llvm::outs().flush();
  } else {
    PrintDiagnostics(*compilation, common, Stream::kErr);
  }
  return text ? kGood : kPolicyHasErrors;
}

}  // namespace route::driver
