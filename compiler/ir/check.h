#pragma once

#include <string>
#include <vector>

#include "compiler/ir/policy.h"

namespace route::ir {

/// What is wrong with the shape of a policy, one sentence each, by the rules that `policy.h` states: ids out of range,
/// unsorted lists, values that do not fit their attribute, weights out of range, a tier that names a deployment twice,
/// … Empty for a well-formed policy. Every policy that Resolve returns without errors is well formed; anything else is
/// a bug in this program, not a mistake of the author.
auto CheckWellFormed(const Policy& policy) -> std::vector<std::string>;

}  // namespace route::ir
