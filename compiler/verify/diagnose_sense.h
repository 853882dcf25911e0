#pragma once

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/ir/policy.h"
#include "compiler/verify/verify.h"

namespace route::verify {

/// Tells the user what does no harm to any promise and is hardly meant: R0517 to R0519 and R0521 to R0523.
auto DiagnoseSense(const ir::Policy& policy, const VerifyReport& report, diagnostics::Emitter& emitter) -> void;

}  // namespace route::verify
