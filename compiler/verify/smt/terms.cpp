#include "compiler/verify/smt/terms.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>

namespace route::smt {
namespace {

auto HashOf(std::span<const Term> children) -> std::size_t {
  std::uint64_t hash = 0x9E3779B97F4A7C15U;
  for (const Term child : children) {
    hash = (hash ^ child.index) * 0xBF58476D1CE4E5B9U;
    hash ^= hash >> 29U;
  }
  return hash;
}

auto IsPlainSymbol(const std::string& name) -> bool {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::ranges::all_of(name, is_plain);
}

/// Writes one term. What is bound by a `let` is written once, in an order in which each stands after what it uses.
class Smt2Writer {
 public:
  explicit Smt2Writer(const TermGraph& graph) : graph_(graph) {}

  auto Write(Term term) -> std::string {
    CountUses(term);
    for (const std::uint32_t node : order_) {
      if (uses_.at(node) < 2) continue;
      std::string text = Plain(Term{2 * node});
      bound_.emplace(node, "s" + std::to_string(bound_.size() + 1));
      head_ += "(let ((" + bound_.at(node) + " " + text + ")) ";
    }
    return head_ + Text(term) + std::string(bound_.size(), ')');
  }

 private:
  // Children first. By hand, since a diagram may be deeper than the stack.
  void CountUses(Term root) {
    struct Visit {
      std::uint32_t node;
      std::size_t next_child;
    };
    std::vector<Visit> path;
    const auto enter = [&](Term term) {
      if (graph_.KindOf(NodeOf(term)) != TermGraph::Kind::kAnd) return;
      if (uses_[NodeOf(term)]++ == 0) path.push_back({NodeOf(term), 0});
    };
    enter(root);
    while (!path.empty()) {
      Visit& here = path.back();
      const auto children = graph_.ChildrenOf(here.node);
      if (here.next_child < children.size()) {
        enter(children[here.next_child++]);
      } else {
        order_.push_back(here.node);
        path.pop_back();
      }
    }
  }

  auto Text(Term term) const -> std::string {
    const auto known = bound_.find(NodeOf(term));
    if (known == bound_.end()) return Plain(term);
    return IsNegated(term) ? "(not " + known->second + ")" : known->second;
  }

  auto Plain(Term term) const -> std::string {
    const std::uint32_t node = NodeOf(term);
    switch (graph_.KindOf(node)) {
      case TermGraph::Kind::kConstant:
        return IsNegated(term) ? "true" : "false";
      case TermGraph::Kind::kVariable:
      case TermGraph::Kind::kDefinition: {
        const std::string& name = graph_.NameOf(node);
        const std::string symbol = IsPlainSymbol(name) ? name : "|" + name + "|";
        return IsNegated(term) ? "(not " + symbol + ")" : symbol;
      }
      case TermGraph::Kind::kAnd: {
        // The negation of a conjunction reads better as an alternative.
        std::string text = IsNegated(term) ? "(or" : "(and";
        for (const Term child : graph_.ChildrenOf(node)) text += " " + Text(IsNegated(term) ? Negated(child) : child);
        return text + ")";
      }
    }
    std::abort();  // every kind is handled above
  }

  const TermGraph& graph_;
  std::map<std::uint32_t, std::uint32_t> uses_;
  std::vector<std::uint32_t> order_;
  std::map<std::uint32_t, std::string> bound_;
  std::string head_;
};

}  // namespace

TermGraph::TermGraph() {
  names_.emplace_back();
  Add(Kind::kConstant, {}, "");
}

auto TermGraph::Add(Kind kind, std::span<const Term> children, std::string_view name) -> Term {
  Node node{.kind = kind,
            .first_child = static_cast<std::uint32_t>(children_.size()),
            .children = static_cast<std::uint32_t>(children.size())};
  if (!name.empty()) {
    node.name = static_cast<std::uint32_t>(names_.size());
    names_.emplace_back(name);
    if (!node_of_name_.emplace(names_.back(), size()).second) {
      std::fputs("internal error: smt: two variables have the same name\n", stderr);
      std::abort();
    }
  }
  children_.insert(children_.end(), children.begin(), children.end());
  nodes_.push_back(node);
  return {2 * (size() - 1)};
}

auto TermGraph::ChildrenOf(std::uint32_t node) const -> std::span<const Term> {
  const Node& it = nodes_.at(node);
  return std::span(children_).subspan(it.first_child, it.children);
}

auto TermGraph::Variable(std::string_view name) -> Term {
  return Add(Kind::kVariable, {}, name);
}

auto TermGraph::Define(std::string_view name, Term meaning) -> Term {
  const std::vector<Term> child{meaning};
  return Add(Kind::kDefinition, child, name);
}

// True children change nothing, a false one decides, and so does a child beside its own negation.
auto TermGraph::And(std::vector<Term> children) -> Term {
  std::ranges::sort(children);
  const auto twice = std::ranges::unique(children);
  children.erase(twice.begin(), twice.end());
  std::erase(children, kTrue);
  if (children.empty()) return kTrue;
  if (children.front() == kFalse) return kFalse;
  for (std::size_t i = 1; i < children.size(); ++i) {
    if (children[i] == Negated(children[i - 1])) return kFalse;
  }
  if (children.size() == 1) return children.front();
  const std::size_t hash = HashOf(children);
  const auto [begin, end] = and_of_hash_.equal_range(hash);
  for (auto known = begin; known != end; ++known) {
    if (std::ranges::equal(ChildrenOf(known->second), children)) return {2 * known->second};
  }
  const Term made = Add(Kind::kAnd, children, "");
  and_of_hash_.emplace(hash, NodeOf(made));
  return made;
}

auto TermGraph::Or(std::vector<Term> children) -> Term {
  for (Term& child : children) child = Negated(child);
  return Negated(And(std::move(children)));
}

auto TermGraph::ToSmt2(Term term) const -> std::string {
  return Smt2Writer(*this).Write(term);
}

}  // namespace route::smt
