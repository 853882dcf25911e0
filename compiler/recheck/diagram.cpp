#include "compiler/recheck/diagram.h"

#include <algorithm>

#include "compiler/recheck/recheck.h"

namespace route::recheck {
auto Diagrams::InClasses(std::uint32_t dimension, std::uint32_t classes, const Runs& runs) -> Node {
  const std::uint32_t level = levels_.try_emplace(dimension, static_cast<std::uint32_t>(levels_.size())).first->second;
  Branches branches;
  std::uint32_t end = 0;
  for (const Run& run : runs) {
    if (run.first != end) branches.push_back({end, kNothing});
    branches.push_back({run.first, kEverything});
    end = run.end;
  }
  if (end != classes) branches.push_back({end, kNothing});
  return Make(level, std::move(branches));
}

auto Diagrams::All(std::vector<Node> nodes) -> Node {
  return nodes.empty() ? kEverything : Reduce(Operation::kAll, std::move(nodes));
}

auto Diagrams::Any(std::vector<Node> nodes) -> Node {
  return nodes.empty() ? kNothing : Reduce(Operation::kAny, std::move(nodes));
}

auto Diagrams::Not(Node node) -> Node {
  if (node <= kEverything) return kEverything - node;
  if (const auto found = negated_.find(node); found != negated_.end()) return found->second;
  auto [level, branches] = nodes_[node];
  for (Branch& branch : branches) branch.to = Not(branch.to);
  const Node result = Make(level, std::move(branches));
  negated_.emplace(node, result);
  return result;
}

auto Diagrams::Make(std::uint32_t level, Branches branches) -> Node {
  const auto repeats = std::ranges::unique(branches, {}, &Branch::to);
  branches.erase(repeats.begin(), repeats.end());
  if (branches.size() == 1) return branches[0].to;
  const auto [place, is_new] = known_.try_emplace({level, std::move(branches)}, static_cast<Node>(nodes_.size()));
  if (is_new) {
    branches_ += place->first.second.size();
    if (branches_ > most_branches_) {
      throw Mismatch{Mismatch::Kind::kTooComplex, "the condition takes more memory to compare than is allowed"};
    }
    nodes_.push_back(place->first);
  }
  return place->second;
}

auto Diagrams::LevelOf(Node node) const -> std::uint32_t { return nodes_[node].first; }

/// Neighbours first, then these pairs, and so on: a long list costs its length times the logarithm.
auto Diagrams::Reduce(Operation operation, std::vector<Node> nodes) -> Node {
  while (nodes.size() > 1) {
    std::vector<Node> pairs;
    for (std::size_t i = 0; i + 1 < nodes.size(); i += 2) pairs.push_back(Combine(operation, nodes[i], nodes[i + 1]));
    if (nodes.size() % 2 == 1) pairs.push_back(nodes.back());
    nodes = std::move(pairs);
  }
  return nodes[0];
}

auto Diagrams::Combine(Operation operation, Node left, Node right) -> Node {
  const Node neutral = operation == Operation::kAll ? kEverything : kNothing;
  if (left == right || right == neutral) return left;
  if (left == neutral) return right;
  if (left <= kEverything || right <= kEverything) return kEverything - neutral;  // one of them decides alone
  auto& known = combined_[static_cast<std::size_t>(operation)];
  const std::pair<Node, Node> key = std::minmax(left, right);
  if (const auto found = known.find(key); found != known.end()) return found->second;

  const std::uint32_t level = std::min(LevelOf(left), LevelOf(right));
  const auto branches_at = [&](Node node) { return LevelOf(node) == level ? nodes_[node].second : Branches{{0, node}}; };
  const Branches l = branches_at(left);
  const Branches r = branches_at(right);
  Branches branches;
  for (std::size_t i = 0, k = 0; i < l.size() && k < r.size();) {
    branches.push_back({std::max(l[i].first, r[k].first), Combine(operation, l[i].to, r[k].to)});
    const std::uint32_t next_left = i + 1 < l.size() ? l[i + 1].first : ~0U;
    const std::uint32_t next_right = k + 1 < r.size() ? r[k + 1].first : ~0U;
    if (next_left <= next_right) ++i;
    if (next_right <= next_left) ++k;
  }
  const Node result = Make(level, std::move(branches));
  known.emplace(key, result);
  return result;
}

}  // namespace route::recheck
