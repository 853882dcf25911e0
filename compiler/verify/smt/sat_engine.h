#pragma once

#include <cstdint>
#include <vector>

#include "compiler/verify/smt/circuit_solver.h"
#include "compiler/verify/smt/engine.h"

namespace route::smt {

/// Formulas as a circuit. What is asserted is a goal of each question that follows, so that scopes cost nothing; a
/// definition is its formula. Only what a question is about ever becomes part of the circuit.
class SatEngine final : public Engine {
 public:
  SatEngine(const TermGraph& graph, std::uint32_t budget) : graph_(graph), budget_(budget) {}

  void AddRow(const std::vector<Term>& variables) override;
  void AddChoice(const std::vector<Term>& variables) override;
  void AddDefinition(Term name, Term meaning) override;
  void Push() override { scopes_.push_back(asserted_.size()); }
  void Pop() override;
  void Assert(Term term) override { AddGoals(term, asserted_); }
  auto Check(const std::vector<Term>& assumptions) -> Answer override;
  auto IsTrue(Term variable) -> bool override;
  auto Core() const -> const std::vector<std::size_t>& override { return core_; }

 private:
  void AddGoals(Term term, std::vector<Literal>& goals);
  auto LiteralOf(Term term) -> Literal;
  auto Make(std::uint32_t node) -> Literal;
  auto KnownLiteral(Term term) const -> Literal;

  const TermGraph& graph_;
  std::uint32_t budget_;
  CircuitSolver solver_;
  std::vector<Literal> literals_;  // by node, as far as known
  std::vector<Literal> asserted_;
  std::vector<std::size_t> scopes_;
  std::vector<std::size_t> core_;
};

}  // namespace route::smt
