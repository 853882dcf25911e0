#include "compiler/verify/smt/sat_engine.h"

#include <algorithm>
#include <cstdlib>

namespace route::smt {
namespace {

constexpr Literal kUnknownLiteral = 0xFFFFFFFF;

}  // namespace

void SatEngine::AddRow(const std::vector<Term>& variables) {
  const std::vector<Literal> row = solver_.NewRow(variables.size());
  literals_.resize(graph_.size(), kUnknownLiteral);
  for (std::size_t i = 0; i < row.size(); ++i) literals_[NodeOf(variables[i])] = row[i];
}

void SatEngine::AddChoice(const std::vector<Term>& variables) {
  const std::vector<Literal> choice = solver_.NewChoice(variables.size());
  literals_.resize(graph_.size(), kUnknownLiteral);
  for (std::size_t i = 0; i < choice.size(); ++i) literals_[NodeOf(variables[i])] = choice[i];
}

// Nothing to do: it becomes part of the circuit when something asks for it.
void SatEngine::AddDefinition(Term /*name*/, Term /*meaning*/) {}

void SatEngine::Pop() {
  asserted_.resize(scopes_.back());
  scopes_.pop_back();
}

auto SatEngine::KnownLiteral(Term term) const -> Literal {
  const std::uint32_t node = NodeOf(term);
  if (node >= literals_.size() || literals_[node] == kUnknownLiteral) return kUnknownLiteral;
  return IsNegated(term) ? Opposite(literals_[node]) : literals_[node];
}

/// Children first, by hand: a diagram may be deeper than the stack.
auto SatEngine::LiteralOf(Term term) -> Literal {
  if (const Literal known = KnownLiteral(term); known != kUnknownLiteral) return known;
  literals_.resize(graph_.size(), kUnknownLiteral);
  std::vector<std::uint32_t> todo{NodeOf(term)};
  while (!todo.empty()) {
    const std::uint32_t node = todo.back();
    const std::size_t before = todo.size();
    if (literals_[node] == kUnknownLiteral) {
      for (const Term child : graph_.ChildrenOf(node)) {
        if (literals_[NodeOf(child)] == kUnknownLiteral) todo.push_back(NodeOf(child));
      }
    }
    if (todo.size() > before) continue;
    if (literals_[node] == kUnknownLiteral) literals_[node] = Make(node);
    todo.pop_back();
  }
  return KnownLiteral(term);
}

auto SatEngine::Make(std::uint32_t node) -> Literal {
  switch (graph_.KindOf(node)) {
    case TermGraph::Kind::kConstant:
      return 0;
    case TermGraph::Kind::kVariable:
      return solver_.NewInput();
    case TermGraph::Kind::kDefinition:
      return KnownLiteral(graph_.ChildrenOf(node)[0]);
    case TermGraph::Kind::kAnd: {
      std::vector<Literal> children;
      for (const Term child : graph_.ChildrenOf(node)) children.push_back(KnownLiteral(child));
      // A definition beside its own formula is the same literal.
      std::ranges::sort(children);
      children.erase(std::ranges::unique(children).begin(), children.end());
      return children.size() == 1 ? children.front() : solver_.NewAnd(children);
    }
  }
  std::abort();  // every kind is handled above
}

/// The parts of a conjunction are goals by themselves, which saves a variable for the whole.
void SatEngine::AddGoals(Term term, std::vector<Literal>& goals) {
  const std::uint32_t node = NodeOf(term);
  const bool is_conjunction = graph_.KindOf(node) == TermGraph::Kind::kAnd && !IsNegated(term);
  if (!is_conjunction) {
    if (term != kTrue) goals.push_back(LiteralOf(term));
    return;
  }
  for (const Term child : graph_.ChildrenOf(node)) goals.push_back(LiteralOf(child));
}

auto SatEngine::Check(const std::vector<Term>& assumptions) -> Answer {
  core_.clear();
  std::vector<Literal> goals = asserted_;
  std::vector<std::size_t> from;  // which assumption each further goal belongs to
  for (std::size_t i = 0; i < assumptions.size(); ++i) {
    AddGoals(assumptions[i], goals);
    from.resize(goals.size() - asserted_.size(), i);
  }
  switch (solver_.Solve(goals, budget_)) {
    case CircuitSolver::Result::kYes:
      return Answer::kYes;
    case CircuitSolver::Result::kGaveUp:
      return Answer::kUnknown;
    case CircuitSolver::Result::kNo:
      for (const std::size_t goal : solver_.Core()) {
        if (goal >= asserted_.size()) core_.push_back(from[goal - asserted_.size()]);
      }
      core_.erase(std::ranges::unique(core_).begin(), core_.end());
      return Answer::kNo;
  }
  std::abort();  // every result is handled above
}

auto SatEngine::IsTrue(Term variable) -> bool {
  const Literal known = KnownLiteral(variable);
  return known == kUnknownLiteral ? IsNegated(variable) : solver_.IsTrue(known);
}

}  // namespace route::smt
