#pragma once

#include <vector>

#include "compiler/prove/outcomes.h"

namespace route::prove {

using Clause = std::vector<int>;

/// "This is a request", as `docs/proof-pack.md` numbers variables and clauses.
struct RequestClauses {
  int variables = 0;
  std::vector<Clause> clauses;
  std::vector<std::vector<int>> from;  ///< of each dimension: for each class but the first the variable "this one or a later one"
  std::vector<int>
      outcomes;  ///< the literals of the premise, each refusal, each route, and of each deployment and service: is it allowed
};
auto EncodeRequests(const Model& model, const Obligation& obligation) -> RequestClauses;

}  // namespace route::prove
