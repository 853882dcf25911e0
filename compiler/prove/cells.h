#pragma once

#include <nlohmann/json_fwd.hpp>

#include "compiler/prove/outcomes.h"

namespace route::prove {

/// Cells that establish the obligation and a clausal proof that they leave no request out. Asks CaDiCaL for a request
/// outside of the cells so far, makes the largest cell of it that is still established, and goes on until there is
/// none. Throws InternalError if a request breaks the obligation or the solver's proof cannot be followed.
auto FindCells(const Model& model, const Obligation& obligation) -> nlohmann::json;

}  // namespace route::prove
