#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "compiler/prove/outcomes.h"

namespace route::prove {

/// A tree of cases that establishes the obligation, as `docs/proof-pack.md` describes it; nothing if it would have more
/// than `most` leaves. Throws InternalError if a request breaks the obligation.
auto FindCases(const Model& model, const Obligation& obligation, std::size_t most) -> std::optional<nlohmann::json>;

}  // namespace route::prove
