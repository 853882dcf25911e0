#pragma once

#include <cstdint>
#include <optional>

#include "compiler/base/source.h"
#include "compiler/explain/document.h"
#include "compiler/explain/nearest_changes.h"
#include "compiler/ir/evaluate.h"
#include "compiler/ir/policy.h"
#include "compiler/verify/verify.h"

/// Policies and decisions in plain English, for people who answer for them and do not write them.
///
/// All sentences come from the policy core, so they say what is enforced and not what the text seems to say.
namespace route::explain {

/// The whole policy: what is known about a request and who says so, who can answer, what is never allowed and why, where
/// requests go, and what is promised. `report` says which promises were proved; without one nothing is said of that.
auto ExplainPolicy(const ir::Policy& policy, const SourceSet& sources, const verify::VerifyReport* report) -> Document;

/// One decision: what became of the request, why, in what order deployments are tried, and the nearest requests that would
/// be decided otherwise.
auto ExplainDecision(const ir::Policy& policy, const SourceSet& sources, const ir::Request& request,
                     const NearestChanges& changes) -> Document;

}  // namespace route::explain
