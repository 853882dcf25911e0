#pragma once

#include <vector>

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/ir/policy.h"
#include "compiler/verify/verify.h"

namespace route::verify {

/// Tells the user what the report found, R0501 to R0525, each with its witness, the rules involved and a way out.
/// `sources` are the files that the policy was read from. Says nothing when there is nothing to say.
auto Diagnose(const ir::Policy& policy, const SourceSet& sources, const VerifyReport& report,
              diagnostics::Emitter& emitter) -> void;

/// For a finding that one request is enough for. Where requests read clocks of several time zones, which the solver takes as
/// independent of each other, a note says so: there may be no moment such as the witness needs.
auto AddClockNote(diagnostics::Builder&& builder, const ir::Policy& policy) -> diagnostics::Builder&&;

/// A request as the witness of a diagnostic.
auto WitnessValues(const ir::Policy& policy, const ir::Request& request) -> std::vector<diagnostics::WitnessValue>;

}  // namespace route::verify
