#pragma once

#include <string>

#include "compiler/explain/phrases.h"
#include "compiler/ir/evaluate.h"

namespace route::explain {

/// Why a condition holds or fails for a request: the comparisons that made it so, with the request's own values, as in
/// `` `tier` is free, not gold or platinum``. Of an `and` that fails, and of an `or` that holds, the first that decides.
/// Empty where the condition asks about nothing.
auto Reason(const ir::Policy& policy, const ir::Condition& condition, const ir::Request& request, Phrases& phrases)
    -> std::string;

}  // namespace route::explain
