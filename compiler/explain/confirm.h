#pragma once

#include "compiler/base/source.h"
#include "compiler/ir/evaluate.h"
#include "compiler/ir/policy.h"
#include "runtime/table/table.h"

namespace route::explain {

/// What the evaluator decides about a request, after the compiled table, given the request as a person would type it, has
/// decided the same. Throws InternalError if the two do not agree: then one of them is wrong, and nothing may be shown.
auto DecideTwice(const ir::Policy& policy, const SourceSet& sources, const Table& table, const ir::Request& request)
    -> ir::Decision;

}  // namespace route::explain
