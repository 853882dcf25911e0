#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/prove/clauses.h"

namespace route::prove {

/// A clause that follows by unit propagation alone over the clauses that it names, each of which becomes a unit or, the
/// last one, a contradiction. Clauses count from 0: those given, then the steps.
struct Step {
  Clause clause;
  std::vector<std::uint32_t> hints;
};

/// Turns a solver's DRAT proof into steps that can be followed without searching, and leaves out those that the
/// contradiction does not need. Deletions are passed over, which only makes more clauses usable. Throws InternalError
/// if a clause does not follow by unit propagation.
///
/// The method is that of drat-trim (Wetzler, Heule, Hunt: "DRAT-trim", SAT 2014), forwards instead of backwards.
auto Elaborate(int variables, const std::vector<Clause>& given, const std::string& drat) -> std::vector<Step>;

}  // namespace route::prove
