#pragma once

#include <cstddef>
#include <vector>

#include "compiler/verify/smt/solver.h"
#include "compiler/verify/smt/terms.h"

namespace route::smt {

/// What finds the answers. It reads formulas from a graph that grows under it and is told of each constraint and
/// definition as it is made. The calls are those of `Solver`, which checks that they come in a sensible order.
class Engine {
 public:
  Engine() = default;
  virtual ~Engine() = default;
  Engine(const Engine&) = delete;
  auto operator=(const Engine&) -> Engine& = delete;

  virtual void AddRow(const std::vector<Term>& variables) = 0;     ///< see `Solver::Row`
  virtual void AddChoice(const std::vector<Term>& variables) = 0;  ///< see `Solver::Choice`
  virtual void AddDefinition(Term name, Term meaning) = 0;
  virtual void Push() = 0;
  virtual void Pop() = 0;
  virtual void Assert(Term term) = 0;
  virtual auto Check(const std::vector<Term>& assumptions) -> Answer = 0;
  virtual auto IsTrue(Term variable) -> bool = 0;
  virtual auto Core() const -> const std::vector<std::size_t>& = 0;
};

}  // namespace route::smt
