#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// A solver for formulas over booleans. Z3 is inside, and only here; nothing of it shows.
///
///     smt::Solver solver(50'000'000);
///     smt::Term gold = solver.Variable("tier is gold");
///     solver.Assert(solver.Not(gold));
///     solver.Check({gold});   // Answer::kNo, and Core() is {0}
///
/// Answers depend on the calls made so far and on nothing else: the seeds are fixed, one thread works, and the limit
/// counts the solver's own steps, never time.
namespace route::smt {

/// A formula of one solver. Equal terms are the same formula; the reverse need not hold.
struct Term {
  std::uint32_t index = 0;
  friend auto operator<=>(Term, Term) = default;
};

inline constexpr Term kFalse{0};
inline constexpr Term kTrue{1};

/// Is there a model? Giving up is an answer of its own and never counts as one of the others.
enum class Answer : std::uint8_t { kYes, kNo, kUnknown };

class Solver {
 public:
  /// `rlimit`: Z3 resource units for each call of Check, at least 1.
  explicit Solver(std::uint32_t rlimit);
  ~Solver();

  Solver(const Solver&) = delete;
  auto operator=(const Solver&) -> Solver& = delete;

  // Building. Constants fold away: And({kTrue, x}) is x, Or({}) is kFalse.

  /// A new boolean. No two variables of a solver may share a name.
  auto Variable(std::string_view name) -> Term;
  auto Not(Term term) -> Term;
  auto And(const std::vector<Term>& terms) -> Term;
  auto Or(const std::vector<Term>& terms) -> Term;

  /// A name for a formula, so that it can be assumed: a new variable, asserted to be equivalent. A constant needs none
  /// and is returned as it is. Call it outside every scope, or the meaning goes when the scope does.
  auto Define(std::string_view name, Term meaning) -> Term;

  // Asserting and asking.

  void Push();
  void Pop();  ///< takes back what was asserted since the matching Push
  void Assert(Term term);

  /// Do all assertions hold together with the assumptions, each a variable, a negated one or a constant?
  auto Check(const std::vector<Term>& assumptions) -> Answer;

  /// Right after kYes: the value of a variable in the model that was found. The first call after an answer is slow.
  auto IsTrue(Term variable) const -> bool;

  /// Right after kNo: ascending indexes of assumptions that already contradict the assertions; not always a smallest
  /// set.
  auto Core() const -> const std::vector<std::size_t>&;

  // Printing, in SMT-LIB 2.

  /// Declares every variable and asserts every assertion in force, in the order in which they were made.
  auto ToSmt2() const -> std::string;
  auto ToSmt2(Term term) const -> std::string;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Pushes when made, pops at the end of its block.
class Scope {
 public:
  explicit Scope(Solver& solver) : solver_(&solver) { solver_->Push(); }
  ~Scope() { solver_->Pop(); }

  Scope(const Scope&) = delete;
  auto operator=(const Scope&) -> Scope& = delete;

 private:
  Solver* solver_;
};

}  // namespace route::smt
