#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/ir/classes.h"
#include "compiler/ir/policy.h"
#include "compiler/lower/class_set.h"

namespace route::lower {

/// The request's class in `dimension` is one of `classes`, which is neither empty nor full.
struct Constraint {
  std::uint32_t dimension = 0;
  ClassSet classes;
  friend auto operator<=>(const Constraint&, const Constraint&) = default;
};

/// Every constraint holds. Ascending by dimension, each dimension at most once. Without any it always holds.
using Term = std::vector<Constraint>;

/// Terms such that the condition holds of a request exactly when one of them does: its disjunctive normal form.
///
/// No term holds only where another one does, and no two differ in one dimension alone (they would be one). The terms
/// come in ascending order, so the same condition always gives the same terms. A condition that cannot hold has none.
/// Nothing if more than `limit` terms are needed on the way. Costs the square of the number of terms.
auto ToTerms(const ir::Condition& condition, const ir::ValueClasses& classes, std::size_t limit)
    -> std::optional<std::vector<Term>>;

/// The term that holds where both do, or nothing if that is nowhere.
auto Intersect(const Term& left, const Term& right) -> std::optional<Term>;

/// The same condition in terms of which none holds only where another one does, and no two differ in one dimension alone;
/// in ascending order.
void Simplify(std::vector<Term>& terms);

}  // namespace route::lower
