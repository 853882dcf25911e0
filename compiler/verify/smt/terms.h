#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// Formulas over booleans: an acyclic graph of conjunctions whose arrows may negate, in which no conjunction is there
/// twice. What a formula means is for an `Engine` to find out.
namespace route::smt {

/// A formula of one graph. Equal terms are the same formula; the reverse need not hold.
struct Term {
  std::uint32_t index = 0;  ///< twice the node, plus 1 if it is negated
  friend auto operator<=>(Term, Term) = default;
};

inline constexpr Term kFalse{0};
inline constexpr Term kTrue{1};

constexpr auto Negated(Term term) -> Term {
  return {term.index ^ 1U};
}
constexpr auto IsNegated(Term term) -> bool {
  return (term.index & 1U) != 0;
}
constexpr auto NodeOf(Term term) -> std::uint32_t {
  return term.index / 2;
}

class TermGraph {
 public:
  enum class Kind : std::uint8_t {
    kConstant,    ///< node 0, false
    kVariable,
    kAnd,         ///< of two or more children, ascending
    kDefinition,  ///< a name for its only child
  };

  TermGraph();

  auto Variable(std::string_view name) -> Term;  ///< aborts if the name is taken
  auto Define(std::string_view name, Term meaning) -> Term;
  auto And(std::vector<Term> children) -> Term;
  auto Or(std::vector<Term> children) -> Term;

  auto KindOf(std::uint32_t node) const -> Kind { return nodes_.at(node).kind; }
  auto ChildrenOf(std::uint32_t node) const -> std::span<const Term>;
  auto NameOf(std::uint32_t node) const -> const std::string& { return names_.at(nodes_.at(node).name); }
  auto size() const -> std::uint32_t { return static_cast<std::uint32_t>(nodes_.size()); }

  /// In SMT-LIB 2. A conjunction that occurs more than once within the term is bound by a `let`.
  auto ToSmt2(Term term) const -> std::string;

 private:
  struct Node {
    Kind kind = Kind::kConstant;
    std::uint32_t first_child = 0;
    std::uint32_t children = 0;
    std::uint32_t name = 0;
  };

  auto Add(Kind kind, std::span<const Term> children, std::string_view name) -> Term;

  std::vector<Node> nodes_;
  std::vector<Term> children_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::uint32_t> node_of_name_;
  std::unordered_multimap<std::size_t, std::uint32_t> and_of_hash_;
};

}  // namespace route::smt
