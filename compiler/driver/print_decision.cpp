#include "compiler/driver/print_decision.h"

#include <llvm/Support/raw_ostream.h>

#include <nlohmann/json.hpp>

namespace route::driver {

void PrintDecision(const DecisionReport& report, const CommonOptions& common) {
  switch (common.format) {
    case Format::kText: llvm::outs() << ToText(report); break;
    case Format::kJson: llvm::outs() << ToJson(report).dump(2) << "\n"; break;
  }
  llvm::outs().flush();
}

}  // namespace route::driver
