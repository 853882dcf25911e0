#include "compiler/driver/print_decision.h"

#include <llvm/Support/raw_ostream.h>

#include <nlohmann/json.hpp>

#include "compiler/driver/pipeline.h"

namespace route::driver {

void PrintDecision(const DecisionReport& report, const CommonOptions& common) {
  switch (common.format) {
    case Format::kText: llvm::outs() << ToText(report); llvm::outs().flush(); break;
    case Format::kJson: PrintJson(ToJson(report)); break;
    case Format::kJunit:
    case Format::kMarkdown: throw InternalError("a format that decisions do not have");
  }
}

}  // namespace route::driver
