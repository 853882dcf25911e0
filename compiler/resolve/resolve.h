#pragma once

#include <cstdint>

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/ir/policy.h"
#include "compiler/resolve/load.h"

namespace route::resolve {

struct Options {
  /// Sets of facts whose date lies more than a year before this day are reported (R0305).
  Date today;
  /// Whether declarations that nothing uses are reported (R0412).
  enum class Unused : std::uint8_t { kIgnore, kReport };
  Unused unused = Unused::kIgnore;
};

/// Looks up every name and checks every type, unit and bound, and states what the language leaves implied: what a
/// request needs becomes rules, dates become conditions on the clock, selections become lists of deployments.
///
/// Reports every problem that it finds and carries on; the policy is well formed only if no error was reported.
auto Resolve(const SourceSet& sources, const LoadedPolicy& loaded, const Options& options, diagnostics::Emitter& emitter)
    -> ir::Policy;

}  // namespace route::resolve
