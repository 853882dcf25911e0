#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// A solver for boolean circuits, made for many small questions about one large circuit.
///
/// Conflict-driven clause learning as in MiniSat (Eén and Sörensson, "An Extensible SAT-solver", 2003): two watched
/// literals, first unique implication point, activities, Luby restarts, assumptions with a core. What differs is when
/// it has found a model. A clause solver gives every variable a value, which for a policy of thousands of rules takes
/// longer than the question itself. This one decides only what justifies the goals (Kuehlmann, Ganai and Paruthi,
/// "Circuit-based Boolean Reasoning", 2001): a true conjunction needs all its children justified, a false one needs
/// one, which is picked if none is false yet. When every goal is justified, the inputs that have a value make all goals true
/// whatever the others are, and the solver stops. A question about one route then touches what that route is about.
///
/// Inputs may come in rows and choices (see below). Unit propagation finds every consequence of a value within a row or
/// a choice, so what is left open can always be completed.
///
/// Between questions the assumptions that the next one shares with the last, from the front, keep their consequences.
namespace route::smt {

/// A literal: twice the variable, plus 1 if it is negated.
using Literal = std::uint32_t;
constexpr auto Opposite(Literal literal) -> Literal {
  return literal ^ 1U;
}

class CircuitSolver {
 public:
  /// Variable 0 is a constant: literal 0 is false, literal 1 is true.
  CircuitSolver();

  auto NewInput() -> Literal;
  auto NewRow(std::size_t count) -> std::vector<Literal>;     ///< each but the first implies the one before it
  auto NewChoice(std::size_t count) -> std::vector<Literal>;  ///< exactly one is true; at least two
  auto NewAnd(std::span<const Literal> children) -> Literal;  ///< at least one, no constants

  enum class Result : std::uint8_t { kYes, kNo, kGaveUp };

  /// Can all goals be true at once? Gives up after `budget` steps: literals that get a value or are looked at.
  auto Solve(const std::vector<Literal>& goals, std::uint64_t budget) -> Result;

  /// After kYes, until the next call of anything else: the value of an input in a model.
  auto IsTrue(Literal input) const -> bool;

  /// After kNo: ascending indexes of goals that contradict each other; not always a smallest set.
  auto Core() const -> const std::vector<std::size_t>& { return core_; }

 private:
  enum class Value : std::int8_t { kIsFalse = 0, kIsTrue = 1, kOpen = 2 };
  using ClauseRef = std::uint32_t;
  static constexpr ClauseRef kNoClause = 0xFFFFFFFF;
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  struct Variable {
    std::uint32_t first_child = 0;  // of a conjunction
    std::uint32_t children = 0;     // 0: an input
    std::uint32_t choice = kNone;   // of an input: index into `choices_`
    std::uint32_t level = 0;
    ClauseRef reason = kNoClause;
    double activity = 0;
    bool is_wanted = false;  // in `wanted_`
    bool is_seen = false;    // in the analysis of a conflict
  };
  struct Clause {
    std::uint32_t begin = 0;  // in `literals_`
    std::uint32_t size = 0;
    float activity = 0;
    bool is_learnt = false;
  };
  struct Watch {
    ClauseRef clause;
    Literal blocker;  // another literal of the clause: if it is true, there is nothing to do
  };
  struct Level {
    std::size_t trail;   // sizes when the level began
    std::size_t wanted;
    std::size_t justified;
  };

  static auto VariableOf(Literal literal) -> std::uint32_t { return literal / 2; }
  auto ValueOf(Literal literal) const -> Value { return values_[literal]; }
  auto CurrentLevel() const -> std::uint32_t { return static_cast<std::uint32_t>(levels_.size()); }
  auto ChildrenOf(std::uint32_t variable) const -> std::span<const Literal> {
    return {children_.data() + variables_[variable].first_child, variables_[variable].children};
  }
  auto LiteralsOf(ClauseRef clause) -> std::span<Literal> {
    return {literals_.data() + clauses_[clause].begin, clauses_[clause].size};
  }

  auto NewVariable() -> std::uint32_t;
  auto AddClause(std::span<const Literal> literals, bool is_learnt) -> ClauseRef;
  void AddRootClause(std::span<const Literal> literals);
  void Attach(ClauseRef clause);

  void Assign(Literal literal, ClauseRef reason);
  auto Propagate() -> ClauseRef;  // a clause that is false, or kNoClause
  void BackTo(std::uint32_t level);
  void BeginLevel() { levels_.push_back({trail_.size(), wanted_.size(), justified_}); }

  void Want(Literal literal);
  auto NextDecision() -> Literal;  // kNone: all that is wanted is justified
  auto PickChild(std::uint32_t conjunction) const -> Literal;

  void Learn(ClauseRef conflict);
  auto IsImplied(Literal literal) -> bool;
  void ExplainGoal(Literal failed);
  void Bump(std::uint32_t variable);
  void BumpClause(ClauseRef clause);
  void ForgetClauses();

  std::vector<Variable> variables_;
  std::vector<Value> values_;  // by literal
  std::vector<Literal> children_;
  std::vector<std::vector<std::uint32_t>> choices_;  // variables

  std::vector<Clause> clauses_;
  std::vector<Literal> literals_;
  std::vector<ClauseRef> learnt_;
  std::vector<std::vector<Watch>> watches_;  // by the literal that becomes true
  std::size_t most_learnt_ = 4000;

  std::vector<Literal> trail_;
  std::size_t propagated_ = 0;
  std::vector<Level> levels_;      // one for each goal, then one for each decision
  std::vector<Literal> goals_;     // of the last question
  std::vector<Literal> wanted_;    // true literals that need a justification; those before `justified_` have one
  std::size_t justified_ = 0;
  bool goals_are_wanted_ = false;

  std::vector<Literal> learned_;     // the clause that the last conflict gave
  std::vector<std::uint32_t> seen_;  // variables to forget after an analysis
  double variable_step_ = 1;
  float clause_step_ = 1;
  std::uint64_t steps_ = 0;
  bool is_contradictory_ = false;  // without any goal
  std::vector<std::size_t> core_;
};

}  // namespace route::smt
