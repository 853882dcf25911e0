#pragma once

#include <vector>

#include "compiler/explain/document.h"
#include "compiler/ir/evaluate.h"

namespace route::explain {

/// The plan tier by tier, with why its deployments come in that order and what is missing of it, and what happens when they
/// fail. Nothing for a decision without a route.
auto PlanSections(const ir::Policy& policy, const ir::Decision& decision) -> std::vector<Section>;

}  // namespace route::explain
