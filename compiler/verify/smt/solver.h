#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/verify/smt/digest.h"
#include "compiler/verify/smt/terms.h"

/// A solver for formulas over booleans, with engines that nothing outside this folder sees.
///
///     smt::Solver solver(smt::EngineKind::kSat, 50'000'000);
///     smt::Term gold = solver.Variable("tier is gold");
///     solver.Assert(solver.Not(gold));
///     solver.Check({gold});   // Answer::kNo, and Core() is {0}
///
/// Answers depend on the calls made so far and on nothing else: the seeds are fixed, one thread works, and the limit
/// counts the engine's own steps, never time.
namespace route::smt {

enum class EngineKind : std::uint8_t {
  kSat,   ///< `CircuitSolver`, in this folder
  kZ3,
  kBoth,  ///< asks both; throws InternalError if one says yes and the other no
};

/// Is there a model? Giving up is an answer of its own and never counts as one of the others.
enum class Answer : std::uint8_t { kYes, kNo, kUnknown };

/// What the order of a row goes by.
enum class RowOrder : std::uint8_t {
  kAsListed,  ///< another program may list the same names in another order
  kByName,    ///< the names themselves say which comes first, as thresholds do
};

class Engine;

class Solver {
 public:
  /// `rlimit`: steps for each call of Check, at least 1. kSat counts literals that become true or are looked at, kZ3 has
  /// resource units of its own; kBoth gives each so many, and knows an answer when both do.
  Solver(EngineKind kind, std::uint32_t rlimit);
  ~Solver();

  Solver(const Solver&) = delete;
  auto operator=(const Solver&) -> Solver& = delete;

  // Building. Constants fold away: And({kTrue, x}) is x, Or({}) is kFalse.

  /// A new boolean. No two variables of a solver may share a name.
  auto Variable(std::string_view name) -> Term;
  /// New booleans each of which, but the first, implies the one before it.
  auto Row(const std::vector<std::string>& names, RowOrder order = RowOrder::kAsListed) -> std::vector<Term>;
  /// New booleans exactly one of which is true; at least two.
  auto Choice(const std::vector<std::string>& names) -> std::vector<Term>;

  auto Not(Term term) -> Term;
  auto And(const std::vector<Term>& terms) -> Term;
  auto Or(const std::vector<Term>& terms) -> Term;

  /// A name for a formula: a new variable that is equivalent to it. A constant needs none and is returned as it is.
  /// Call it outside every scope, or the meaning goes when the scope does; so it is with Row and Choice.
  auto Define(std::string_view name, Term meaning) -> Term;

  // Asserting and asking.

  void Push();
  void Pop();  ///< takes back what was asserted since the matching Push
  void Assert(Term term);

  /// Drops what the engine keeps of earlier questions, which slows down those that have nothing in common with them. What is
  /// asserted stays. Only kSat does so: it builds the little that a question is about anew in no time.
  void Forget();

  /// What is asserted, in order; rows, choices and definitions are not among it.
  auto asserted() const -> const std::vector<Term>& { return asserted_; }

  /// Do all assertions hold together with the assumptions?
  auto Check(const std::vector<Term>& assumptions) -> Answer;

  /// Right after kYes: the value of a variable in the model that was found.
  auto IsTrue(Term variable) const -> bool;

  /// Right after kNo: ascending indexes of assumptions that already contradict the assertions; not always a smallest
  /// set.
  auto Core() const -> const std::vector<std::size_t>&;

  /// What `Check(assumptions)` would be asked, as far as its answer depends on it: the formulas in force with all that
  /// they are made of, the engine and its limit. Equal keys of two programs stand for the same question.
  auto KeyOf(const std::vector<Term>& assumptions) -> Digest;

  // Printing, in SMT-LIB 2.

  /// Declares every variable and asserts every assertion in force, in the order in which they were made.
  auto ToSmt2() const -> std::string;
  auto ToSmt2(Term term) const -> std::string { return graph_.ToSmt2(term); }

 private:
  struct Constraint {
    enum class Kind : std::uint8_t { kAsserted, kRow, kChoice, kDefinition };
    Kind kind = Kind::kAsserted;
    std::vector<Term> terms;
  };
  void Tell(const Constraint& constraint);
  auto ToSmt2(const Constraint& constraint) const -> std::string;
  void RequireNoScope(const char* what) const;

  EngineKind kind_;
  std::uint32_t rlimit_;
  TermGraph graph_;
  TermDigests digests_{graph_};
  Hasher hasher_;
  std::unique_ptr<Engine> engine_;
  std::vector<Term> variables_;  // definitions, too, in the order in which they were made
  std::vector<Constraint> constraints_;
  std::vector<std::size_t> scopes_;  // how many constraints there were at each Push
  std::vector<Term> asserted_;
  std::vector<std::size_t> asserted_before_;  // how many there were at each Push
  bool has_model_ = false;
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
