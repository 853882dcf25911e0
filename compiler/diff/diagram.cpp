#include "compiler/diff/diagram.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <queue>
#include <utility>

namespace route::diff {

using lower::ClassSet;

namespace {

auto HashOf(std::uint32_t level, const std::vector<Edge>& edges) -> std::uint64_t {
  std::uint64_t hash = level;
  for (const Edge& edge : edges) {
    hash = (hash ^ edge.child.index) * 0x9E37'79B9'7F4A'7C15;
    hash = (hash ^ (hash >> 29U) ^ edge.classes.Hash()) * 0xD6E8'FEB8'6659'FD93;
  }
  return hash;
}

/// One edge for each child, in the children's order.
auto Merged(std::vector<Edge> edges) -> std::vector<Edge> {
  std::ranges::stable_sort(edges, {}, &Edge::child);
  std::vector<Edge> merged;
  for (Edge& edge : edges) {
    if (!merged.empty() && merged.back().child == edge.child) {
      merged.back().classes = merged.back().classes.Unite(edge.classes);
    } else {
      merged.push_back(std::move(edge));
    }
  }
  return merged;
}

void MultiplyByLevels(Count& count, const std::vector<std::uint32_t>& levels, std::size_t begin, std::size_t end) {
  for (std::size_t level = begin; level < end; ++level) count.MultiplyBy(levels[level]);
}

auto Single(std::uint32_t classes, std::uint32_t member) -> ClassSet {
  std::vector<bool> members(classes, false);
  members.at(member) = true;
  return ClassSet(members);
}

}  // namespace

auto Diagram::AllClasses(std::uint32_t level) const -> ClassSet {
  return ClassSet(std::vector<bool>(levels_.at(level), true));
}

auto Diagram::Node(std::uint32_t level, std::vector<Edge> edges) -> NodeId {
  edges = Merged(std::move(edges));
  if (edges.size() == 1) return edges.front().child;
  const std::uint64_t hash = HashOf(level, edges);
  const auto [begin, end] = known_.equal_range(hash);
  for (auto place = begin; place != end; ++place) {
    const Stored& stored = nodes_[place->second];
    if (stored.level == level && stored.edges == edges) return {place->second};
  }
  const auto index = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back({level, std::move(edges)});
  known_.emplace(hash, index);
  return {index};
}

auto Diagram::CountLeaves(NodeId root) const -> std::unordered_map<std::uint32_t, Count> {
  std::unordered_map<std::uint32_t, Count> leaves;
  std::map<std::pair<std::uint32_t, NodeId>, Count>
      waiting;  // by level: what leads to a node is known before it is left
  const auto add = [&](NodeId node, std::size_t from, Count count) {
    MultiplyByLevels(count, levels_, from, node.IsLeaf() ? levels_.size() : Level(node));
    if (node.IsLeaf()) {
      leaves[node.value()].Add(count);
    } else {
      waiting[{Level(node), node}].Add(count);
    }
  };
  add(root, 0, Count(1));
  while (!waiting.empty()) {
    auto first = waiting.extract(waiting.begin());
    const auto [level, node] = first.key();
    for (const Edge& edge : Edges(node)) {
      Count count = first.mapped();
      count.MultiplyBy(static_cast<std::uint32_t>(edge.classes.Members().size()));
      add(edge.child, level + 1, std::move(count));
    }
  }
  return leaves;
}

Region::Region(const Diagram& diagram, NodeId root, const std::vector<bool>& values) : diagram_(diagram.levels()) {
  std::unordered_map<std::uint32_t, NodeId> known;
  const std::function<NodeId(NodeId)> copy = [&](NodeId node) -> NodeId {
    if (node.IsLeaf()) return Leaf(node.value() < values.size() && values[node.value()] ? 1 : 0);
    if (const auto found = known.find(node.index); found != known.end()) return found->second;
    std::vector<Edge> edges;
    for (const Edge& edge : diagram.Edges(node)) edges.push_back({copy(edge.child), edge.classes});
    const NodeId result = diagram_.Node(diagram.Level(node), std::move(edges));
    known.emplace(node.index, result);
    return result;
  };
  root_ = copy(root);
}

auto Region::Size() const -> Count {
  return diagram_.CountLeaves(root_)[1];
}

auto Region::Smallest(const std::vector<std::uint32_t>& order) const -> std::optional<std::vector<std::uint16_t>> {
  if (IsEmpty()) return std::nullopt;
  std::vector<std::optional<std::uint16_t>> fixed(diagram_.levels().size());
  const auto is_possible = [&] {
    std::vector<bool> seen(diagram_.size(), false);
    const std::function<bool(NodeId)> reaches = [&](NodeId node) -> bool {
      if (node.IsLeaf()) return node.value() == 1;
      if (seen[node.index]) return false;  // looked at in vain
      seen[node.index] = true;
      const auto& wanted = fixed[diagram_.Level(node)];
      return std::ranges::any_of(diagram_.Edges(node), [&](const Edge& edge) {
        if (wanted && !edge.classes.Contains(Single(diagram_.levels()[diagram_.Level(node)], *wanted))) return false;
        return reaches(edge.child);
      });
    };
    return reaches(root_);
  };
  std::vector<std::uint16_t> smallest(diagram_.levels().size(), 0);
  for (const std::uint32_t level : order) {
    std::uint32_t number = 0;
    while (fixed[level] = static_cast<std::uint16_t>(number), !is_possible()) ++number;
    smallest[level] = static_cast<std::uint16_t>(number);
  }
  return smallest;
}

auto Region::Contains(const Cube& cube) const -> bool {
  std::vector<bool> seen(diagram_.size(), false);
  const std::function<bool(NodeId)> inside = [&](NodeId node) -> bool {
    if (node.IsLeaf()) return node.value() == 1;
    if (seen[node.index]) return true;  // or the answer would be known already
    seen[node.index] = true;
    return std::ranges::all_of(diagram_.Edges(node), [&](const Edge& edge) {
      return edge.classes.Intersect(cube[diagram_.Level(node)]).IsEmpty() || inside(edge.child);
    });
  };
  return inside(root_);
}

void Region::Remove(const Cube& cube) {
  std::uint32_t end = 0;  // behind the last level that the cube constrains
  for (std::uint32_t level = 0; level < cube.size(); ++level) {
    if (!cube[level].IsFull()) end = level + 1;
  }
  std::map<std::pair<NodeId, std::uint32_t>, NodeId> known;
  const std::function<NodeId(NodeId, std::uint32_t)> without = [&](NodeId node, std::uint32_t level) -> NodeId {
    if (node == Leaf(0) || level >= end) return Leaf(0);
    if (const auto found = known.find({node, level}); found != known.end()) return found->second;
    std::vector<Edge> edges;
    const auto add = [&](NodeId child, const ClassSet& classes) {
      const ClassSet removed = classes.Intersect(cube[level]);
      const ClassSet kept = classes.Intersect(cube[level].Complement());
      if (!kept.IsEmpty()) edges.push_back({child, kept});
      if (!removed.IsEmpty()) edges.push_back({without(child, level + 1), removed});
    };
    if (!node.IsLeaf() && diagram_.Level(node) == level) {
      const std::vector<Edge> old_edges = diagram_.Edges(node);  // new nodes may move the old ones
      for (const Edge& edge : old_edges) add(edge.child, edge.classes);
    } else {
      add(node, diagram_.AllClasses(level));
    }
    const NodeId result = diagram_.Node(level, std::move(edges));
    known.emplace(std::pair(node, level), result);
    return result;
  };
  root_ = without(root_, 0);
}

auto Region::SomeCube() const -> Cube {
  Cube cube;
  for (std::uint32_t level = 0; level < diagram_.levels().size(); ++level) cube.push_back(diagram_.AllClasses(level));
  for (NodeId node = root_; !node.IsLeaf();) {
    const std::vector<Edge>& edges =
        diagram_.Edges(node);  // in a reduced diagram every node but leaf 0 leads to leaf 1
    const auto edge = std::ranges::find_if(edges, [](const Edge& each) { return each.child != Leaf(0); });
    cube[diagram_.Level(node)] = edge->classes;
    node = edge->child;
  }
  return cube;
}

// The levels at the end go first: those at the beginning are what the difference is about.
auto Region::Enlarged(Cube cube) const -> Cube {
  for (std::uint32_t level = static_cast<std::uint32_t>(cube.size()); level-- > 0;) {
    if (cube[level].IsFull()) continue;
    const ClassSet narrow = std::exchange(cube[level], diagram_.AllClasses(level));
    if (Contains(cube)) continue;
    ClassSet wide = narrow;
    for (std::uint32_t number = 0; number < diagram_.levels()[level]; ++number) {
      const ClassSet one = Single(diagram_.levels()[level], number);
      if (narrow.Contains(one)) continue;
      cube[level] = one;
      if (Contains(cube)) wide = wide.Unite(one);
    }
    cube[level] = wide;
  }
  return cube;
}

auto Region::CoverBy(std::size_t most) const -> Cover {
  Cover cover;
  Region left = *this;
  while (!left.IsEmpty() && cover.cubes.size() < most) {
    cover.cubes.push_back(Enlarged(left.SomeCube()));
    left.Remove(cover.cubes.back());
  }
  // A later cube may have made an earlier one superfluous.
  for (std::size_t i = 0; i < cover.cubes.size();) {
    Region uncovered = *this;
    for (std::size_t k = 0; k < cover.cubes.size(); ++k) {
      if (k != i) uncovered.Remove(cover.cubes[k]);
    }
    const bool is_needed = uncovered.IsEmpty() ? false : uncovered.Size() != left.Size();
    if (is_needed) {
      ++i;
    } else {
      cover.cubes.erase(cover.cubes.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  cover.rest = left.Size();
  return cover;
}

}  // namespace route::diff
