#pragma once

#include <nlohmann/json_fwd.hpp>

#include "compiler/ir/policy.h"

namespace route::prove {

/// The policy core as a proof pack has it (`docs/proof-pack.md`, "The core"): every condition over classes of values, and
/// with each deployment all that is known of it, its vendor and its model, so that a checker need not look anything up.
/// Members are in the order of their names. Assumes a well-formed policy.
auto CoreOf(const ir::Policy& policy) -> nlohmann::json;

/// `first_choice_at_least`: what a comparison is about, in the pack and in the core as text.
auto ComparedName(ir::Compared::What what) -> const char*;

}  // namespace route::prove
