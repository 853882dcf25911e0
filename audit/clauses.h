#pragma once

#include "audit/core.h"

/// "Clauses": every request belongs to one of the certificate's cells, as a clausal proof shows.
namespace audit {

using Clause = std::vector<int>;

struct Cnf {
  int variables = 0;
  std::vector<Clause> clauses;
};

/// The clauses that say "this is a request, and it belongs to no cell".
auto Encode(const Core& core, const Obligation& obligation, const Json& cells) -> Cnf;

/// Throws Rejected unless each step of `proof` follows from `cnf` and the steps before it by unit propagation over the
/// clauses that it names, and the last one is a contradiction.
void Replay(const Cnf& cnf, const Json& proof);

/// Throws Rejected unless each cell establishes the obligation and the proof shows that they leave no request out.
void CheckClauses(const Core& core, const Obligation& obligation, const Json& certificate);

}  // namespace audit
