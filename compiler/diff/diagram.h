#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "compiler/diff/count.h"
#include "compiler/lower/class_set.h"

/// Decision diagrams over value classes: one question a level, one edge for all classes that lead to the same place.
///
/// Equal parts of a diagram are one node, and a level that makes no difference has none, so that two diagrams of the
/// same function are the same node (R. Bryant, "Graph-based algorithms for Boolean function manipulation", 1986, for
/// more than two values). Counts, smallest members and covers by cubes are walks over the nodes, however many requests
/// they stand for.
namespace route::diff {

/// A node, or a leaf with its value.
struct NodeId {
  std::uint32_t index = 0;
  static constexpr std::uint32_t kLeafBit = 0x8000'0000;
  auto IsLeaf() const -> bool { return (index & kLeafBit) != 0; }
  auto value() const -> std::uint32_t { return index & ~kLeafBit; }
  friend auto operator<=>(NodeId, NodeId) = default;
};

constexpr auto Leaf(std::uint32_t value) -> NodeId {
  return {value | NodeId::kLeafBit};
}

struct Edge {
  NodeId child;
  lower::ClassSet classes;  ///< of the node's level; never empty
  friend auto operator<=>(const Edge&, const Edge&) = default;
};

/// For each level the classes that a request may have there.
using Cube = std::vector<lower::ClassSet>;

class Diagram {
 public:
  /// How many classes each level has.
  explicit Diagram(std::vector<std::uint32_t> levels) : levels_(std::move(levels)) {}

  auto levels() const -> const std::vector<std::uint32_t>& { return levels_; }
  auto size() const -> std::size_t { return nodes_.size(); }

  /// The node with these edges, which together have every class of the level once and lead below it.
  auto Node(std::uint32_t level, std::vector<Edge> edges) -> NodeId;

  auto Level(NodeId node) const -> std::uint32_t { return nodes_.at(node.index).level; }
  auto Edges(NodeId node) const -> const std::vector<Edge>& { return nodes_.at(node.index).edges; }

  /// How many requests lead to each leaf, by its value.
  auto CountLeaves(NodeId root) const -> std::unordered_map<std::uint32_t, Count>;

  auto AllClasses(std::uint32_t level) const -> lower::ClassSet;

 private:
  struct Stored {
    std::uint32_t level = 0;
    std::vector<Edge> edges;
  };

  std::vector<std::uint32_t> levels_;
  std::vector<Stored> nodes_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> known_;
};

/// A set of requests: a diagram with the leaves 0 and 1.
class Region {
 public:
  /// The requests that lead to one of these leaf values. Costs the nodes of `diagram`.
  Region(const Diagram& diagram, NodeId root, const std::vector<bool>& values);

  auto IsEmpty() const -> bool { return root_ == Leaf(0); }
  auto Size() const -> Count;

  /// The member that comes first when the levels are compared in this order, one class for each level.
  auto Smallest(const std::vector<std::uint32_t>& order) const -> std::optional<std::vector<std::uint16_t>>;

  /// Are all requests of the cube members?
  auto Contains(const Cube& cube) const -> bool;
  void Remove(const Cube& cube);

  /// Cubes whose union is the region, none of which could be larger; they may overlap. Stops after `most`, and what is
  /// then left over is in `rest`.
  struct Cover {
    std::vector<Cube> cubes;
    Count rest;
  };
  auto CoverBy(std::size_t most) const -> Cover;

 private:
  auto SomeCube() const -> Cube;
  auto Enlarged(Cube cube) const -> Cube;

  Diagram diagram_;
  NodeId root_;
};

}  // namespace route::diff
