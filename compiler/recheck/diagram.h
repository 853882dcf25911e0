#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/recheck/classes.h"

namespace route::recheck {

/// Sets of requests as ordered decision diagrams with a branch for each run of classes (Srinivasan et al., "Algorithms for
/// discrete function manipulation", 1990; Bryant 1986 for two classes). Two sets are equal exactly when they are the same node.
///
/// Dimensions are ordered by when they are first asked for. The diagram of a condition that asks for each dimension once is then
/// as large as the condition. More than a limit of branches in all throws a `Mismatch` of kind kTooComplex.
class Diagrams {
 public:
  using Node = std::uint32_t;
  static constexpr Node kNothing = 0;
  static constexpr Node kEverything = 1;
  static constexpr std::uint64_t kMostBranches = std::uint64_t{1} << 22U;  ///< some hundred megabytes

  explicit Diagrams(std::uint64_t most_branches = kMostBranches) : most_branches_(most_branches) {}

  /// The requests whose class in `dimension`, which has `classes`, is one of `runs`.
  auto InClasses(std::uint32_t dimension, std::uint32_t classes, const Runs& runs) -> Node;
  auto All(std::vector<Node> nodes) -> Node;
  auto Any(std::vector<Node> nodes) -> Node;
  auto Not(Node node) -> Node;

 private:
  enum class Operation : std::uint8_t { kAll, kAny };

  /// From `first` on, up to the next branch's first class.
  struct Branch {
    std::uint32_t first = 0;
    Node to = kNothing;
    friend auto operator<=>(const Branch&, const Branch&) = default;
  };
  using Branches = std::vector<Branch>;

  auto Make(std::uint32_t level, Branches branches) -> Node;
  auto LevelOf(Node node) const -> std::uint32_t;
  auto Reduce(Operation operation, std::vector<Node> nodes) -> Node;
  auto Combine(Operation operation, Node left, Node right) -> Node;

  std::map<std::uint32_t, std::uint32_t> levels_;  // by dimension
  std::vector<std::pair<std::uint32_t, Branches>> nodes_ = {{~0U, {}}, {~0U, {}}};
  std::map<std::pair<std::uint32_t, Branches>, Node> known_;
  std::map<std::pair<Node, Node>, Node> combined_[2];
  std::map<Node, Node> negated_;
  std::uint64_t most_branches_;
  std::uint64_t branches_ = 0;
};

}  // namespace route::recheck
