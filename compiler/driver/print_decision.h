#pragma once

#include "compiler/driver/commands.h"
#include "runtime/decide/report.h"

namespace route::driver {

/// What `eval` and `decide` print.
void PrintDecision(const DecisionReport& report, const CommonOptions& common);

}  // namespace route::driver
