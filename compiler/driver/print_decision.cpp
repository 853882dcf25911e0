#include "compiler/driver/print_decision.h"

#include <llvm/Support/raw_ostream.h>

#include <nlohmann/json.hpp>

#include "compiler/driver/pipeline.h"

namespace route::driver {

void PrintDecision(const DecisionReport& report, const CommonOptions& common) {
  if (common.format == Format::kJson) {
    PrintJson(ToJson(report));
    return;
  }
  llvm::outs() << ToText(report);
  llvm::outs().flush();
}

}  // namespace route::driver
