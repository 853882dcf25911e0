#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/ir/evaluate.h"
#include "compiler/ir/policy.h"
#include "runtime/table/table.h"

namespace route::explain {

/// A request that differs from another in as few attributes as can be, and is decided otherwise.
struct Change {
  std::vector<AttributeId> attributes;  ///< that differ, ascending
  ir::Request request;
  ir::Decision decision;
};

struct NearestChanges {
  std::optional<Change> outcome;       ///< another outcome, of whatever kind
  std::optional<Change> route;         ///< served, by another route, or served at all
  std::optional<Change> first_choice;  ///< served, and what is tried first differs; only of a request that is served
  enum class Search : std::uint8_t { kComplete, kStopped };
  Search search = Search::kComplete;   ///< kStopped: the limit was reached before all were found or excluded
  std::size_t tried = 0;               ///< requests that were decided
};

struct ChangeLimits {
  std::size_t attributes = 2;       ///< that may differ
  std::size_t members = 2;          ///< that an `any of` attribute may gain or lose
  std::size_t requests = 200'000;  ///< to decide at most
};

/// The nearest requests of each kind: fewest attributes first; of as many, the one whose attributes are declared first; of
/// one attribute, the value next to the present one: numbers and dates by classes passed, sets by members changed, others in
/// declared order. Values that no condition tells apart count as one.
///
/// The search decides by `table`, which is the policy compiled. What it finds is decided again by the evaluator and by the
/// table from the text of the request; if they do not agree, it throws InternalError. Bounded by `limits`.
auto FindNearestChanges(const ir::Policy& policy, const SourceSet& sources, const Table& table, const ir::Request& request,
                        const ChangeLimits& limits) -> NearestChanges;

}  // namespace route::explain
