#pragma once

#include "compiler/base/source.h"
#include "compiler/ir/evaluate.h"
#include "runtime/decide/report.h"

namespace route::ir {

/// The evaluator's decision with every name spelled out, equal to what the compiled table reports for the same request.
/// `sources` are the files that the policy was read from.
auto Report(const Policy& policy, const SourceSet& sources, const Decision& decision) -> route::DecisionReport;

}  // namespace route::ir
