#pragma once

#include <string>

#include "compiler/ir/policy.h"

namespace route::prove {

/// The policy core as text that is read without a grammar (`docs/formatting.md`, "The core"): one word after another on a
/// line, what belongs to a line indented below it, every name spelled out and every number in its unit. It is written from
/// the policy alone, not from the core's JSON, so that it is a second way from a policy to that JSON.
auto CoreText(const ir::Policy& policy) -> std::string;

}  // namespace route::prove
