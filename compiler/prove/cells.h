#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "compiler/prove/outcomes.h"

namespace route::prove {

/// Cells that establish the obligation and a clausal proof that they leave no request out. Asks CaDiCaL for a request
/// outside of the cells so far, makes the largest cell of it that is still established, and goes on until there is
/// none. Nothing if a date and its weekday, of which clauses know nothing, are what keeps a request from breaking the
/// obligation. Throws InternalError if one breaks it or the solver's proof cannot be followed.
auto FindCells(const Model& model, const Obligation& obligation) -> std::optional<nlohmann::json>;

}  // namespace route::prove
