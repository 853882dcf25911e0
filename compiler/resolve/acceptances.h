#pragma once

#include <vector>

#include "compiler/diagnostics/acceptance.h"
#include "compiler/resolve/load.h"

namespace route::resolve {

/// What a policy's `accept` lines accept. Codes that do not exist, or that are no warnings, are reported (R0404) and left
/// out.
auto FindAcceptances(const SourceSet& sources, const LoadedPolicy& loaded, diagnostics::Emitter& emitter)
    -> std::vector<diagnostics::Acceptance>;

}  // namespace route::resolve
