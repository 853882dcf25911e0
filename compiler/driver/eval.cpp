#include <llvm/Support/raw_ostream.h>

#include <nlohmann/json.hpp>

#include "compiler/diagnostics/render.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/pipeline.h"
#include "compiler/driver/print_decision.h"
#include "compiler/ir/evaluate.h"
#include "compiler/ir/report.h"
#include "compiler/ir/text.h"

namespace route::driver {

auto Eval(const EvalOptions& options, const CommonOptions& common) -> int {
  auto compilation = ReadPolicy(options.policy, common);
  if (compilation == nullptr) return kWrongUsage;
  if (compilation->emitter.has_errors()) {
    if (common.format == Format::kJson) {
      nlohmann::ordered_json document;
      document["schema"] = "route.eval/1";
      document["diagnostics"] = diagnostics::RenderJson(compilation->emitter.diagnostics(), compilation->sources);
      PrintJson(document);
    } else {
      PrintDiagnostics(*compilation, common, Stream::kErr);
    }
    return kPolicyHasErrors;
  }
  const ir::Policy& policy = compilation->policy;
  auto given = ir::ParseGiven(policy, options.given);
  if (!given) {
    PrintUsageError("--given: " + given.error());
    return kWrongUsage;
  }
  auto request = ir::CompleteRequest(policy, *given, common.now());
  if (!request) {
    PrintDecision(ReportMissingAttribute(policy.attributes[request.error().index].name), common);
    return kGood;
  }
  PrintDecision(ir::Report(policy, compilation->sources, ir::Evaluate(policy, *request)), common);
  return kGood;
}

}  // namespace route::driver
