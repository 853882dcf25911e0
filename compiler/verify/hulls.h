#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "compiler/ir/classes.h"
#include "compiler/ir/policy.h"

/// Which conditions can have a request in common, told by a look at each attribute by itself.
///
/// In a policy of thousands of routes most have nothing to do with each other: one is about this team, the next about
/// that one. The hull of a condition is the box around its requests; conditions whose boxes are apart exclude each other, so a
/// question about a route need not mention them. `docs/verification.md` has the growth that was measured.
namespace route::verify {

/// Classes of one dimension: ranges [first, last), ascending, with gaps between them.
using ClassRanges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

/// All requests that satisfy a condition are inside; not all inside need satisfy it.
struct Hull {
  std::map<std::uint32_t, ClassRanges> sides;  ///< by dimension; one that is not there is not restricted
  bool is_exact = true;                        ///< all inside satisfy the condition
  auto IsEmpty() const -> bool;                ///< no request satisfies the condition
};

auto HullOf(const ir::Condition& condition, const ir::ValueClasses& classes) -> Hull;
auto Meet(const Hull& one, const Hull& other) -> bool;

/// The box that two boxes have in common.
auto Common(Hull one, const Hull& other) -> Hull;

/// Hulls in a row, each with a number, to be asked which of them meet another.
class HullIndex {
 public:
  explicit HullIndex(std::vector<Hull> hulls);

  auto operator[](std::uint32_t number) const -> const Hull& { return hulls_.at(number); }

  /// The numbers below `end` of those that meet `hull`, ascending.
  auto Meeting(const Hull& hull, std::uint32_t end) const -> std::vector<std::uint32_t>;

 private:
  std::vector<Hull> hulls_;
  std::vector<std::uint32_t> wide_;  // restricted to few classes of no dimension
  std::map<std::uint32_t, std::map<std::uint32_t, std::vector<std::uint32_t>>> narrow_;  // by dimension, then class
};

}  // namespace route::verify
