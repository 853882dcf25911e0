#pragma once

#include "audit/core.h"

/// "What a core means", "Cases" and "Clauses": the core's rules, evaluated over sets of requests in three truth values.
namespace audit {

/// For each dimension the classes that are still possible.
using Box = std::vector<Bits>;

enum class Truth { kFalse = 0, kUnknown = 1, kTrue = 2 };

/// What is known about some requests: whether the obligation's premise holds, then whether each refusal and each route
/// does, then whether each deployment is allowed.
using Outcomes = std::vector<Truth>;

auto Everything(const Core& core) -> Box;
auto Evaluate(const Condition& condition, const Box& box) -> Truth;
auto OutcomesIn(const Core& core, const Obligation& obligation, const Box& box) -> Outcomes;

/// Whether the obligation holds of every request with these outcomes. Exact where none of them is unknown.
auto IsEstablished(const Core& core, const Obligation& obligation, const Outcomes& outcomes) -> bool;

/// Throws Rejected unless the tree's leaves establish the obligation of every request. Returns the number of leaves.
auto CheckCases(const Core& core, const Obligation& obligation, const Json& tree, Box& box) -> std::size_t;

/// Throws Rejected unless each cell establishes the obligation and the proof shows that they leave no request out.
void CheckClauses(const Core& core, const Obligation& obligation, const Json& certificate);

}  // namespace audit
