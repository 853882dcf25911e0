#include "compiler/verify/smt/circuit_solver.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace route::smt {
namespace {

constexpr double kVariableDecay = 0.95;
constexpr float kClauseDecay = 0.999F;
constexpr double kLargestActivity = 1e100;
constexpr float kLargestClauseActivity = 1e20F;
constexpr std::uint64_t kRestartUnit = 128;  // conflicts

/// 1, 1, 2, 1, 1, 2, 4, 1, 1, 2, 1, 1, 2, 4, 8, … (Luby, Sinclair and Zuckerman, 1993), from 0 on.
auto Luby(std::uint64_t index) -> std::uint64_t {
  std::uint64_t size = 1;
  std::uint64_t exponent = 0;
  while (size < index + 1) {
    size = 2 * size + 1;
    ++exponent;
  }
  while (size - 1 != index) {
    size = (size - 1) / 2;
    --exponent;
    index %= size;
  }
  return std::uint64_t{1} << exponent;
}

}  // namespace

CircuitSolver::CircuitSolver() {
  NewVariable();
  Assign(1, kNoClause);
}

// --- The circuit ------------------------------------------------------------------------------------------------------

auto CircuitSolver::NewVariable() -> std::uint32_t {
  const auto variable = static_cast<std::uint32_t>(variables_.size());
  variables_.emplace_back();
  values_.resize(values_.size() + 2, Value::kOpen);
  watches_.resize(watches_.size() + 2);
  return variable;
}

auto CircuitSolver::NewInput() -> Literal {
  return 2 * NewVariable();
}

auto CircuitSolver::NewRow(std::size_t count) -> std::vector<Literal> {
  std::vector<Literal> row;
  for (std::size_t i = 0; i < count; ++i) {
    row.push_back(NewInput());
    if (i > 0) AddRootClause(std::vector{Opposite(row[i]), row[i - 1]});
  }
  return row;
}

auto CircuitSolver::NewChoice(std::size_t count) -> std::vector<Literal> {
  std::vector<Literal> choice;
  std::vector<std::uint32_t> members;
  for (std::size_t i = 0; i < count; ++i) {
    choice.push_back(NewInput());
    members.push_back(VariableOf(choice.back()));
    variables_[members.back()].choice = static_cast<std::uint32_t>(choices_.size());
    for (std::size_t j = 0; j < i; ++j) AddRootClause(std::vector{Opposite(choice[j]), Opposite(choice[i])});
  }
  AddRootClause(choice);
  choices_.push_back(std::move(members));
  return choice;
}

auto CircuitSolver::NewAnd(std::span<const Literal> children) -> Literal {
  const std::uint32_t variable = NewVariable();
  variables_[variable].first_child = static_cast<std::uint32_t>(children_.size());
  variables_[variable].children = static_cast<std::uint32_t>(children.size());
  children_.insert(children_.end(), children.begin(), children.end());
  const Literal conjunction = 2 * variable;
  std::vector<Literal> all_true{conjunction};
  for (const Literal child : children) {
    AddRootClause(std::vector{Opposite(conjunction), child});
    all_true.push_back(Opposite(child));
  }
  AddRootClause(all_true);
  return conjunction;
}

// --- Clauses ------------------------------------------------------------------------------------------------------------

void CircuitSolver::AddRootClause(std::span<const Literal> literals) {
  BackTo(0);
  std::vector<Literal> open;
  for (const Literal literal : literals) {
    if (ValueOf(literal) == Value::kIsTrue) return;
    if (ValueOf(literal) == Value::kOpen) open.push_back(literal);
  }
  if (open.empty()) {
    is_contradictory_ = true;
  } else if (open.size() == 1) {
    Assign(open[0], kNoClause);
  } else {
    Attach(AddClause(open, false));
  }
}

auto CircuitSolver::AddClause(std::span<const Literal> literals, bool is_learnt) -> ClauseRef {
  clauses_.push_back({.begin = static_cast<std::uint32_t>(literals_.size()),
                      .size = static_cast<std::uint32_t>(literals.size()),
                      .activity = 0,
                      .is_learnt = is_learnt});
  literals_.insert(literals_.end(), literals.begin(), literals.end());
  return static_cast<ClauseRef>(clauses_.size() - 1);
}

// A clause is looked at when one of its first two literals becomes false.
void CircuitSolver::Attach(ClauseRef clause) {
  const std::span<Literal> literals = LiteralsOf(clause);
  watches_[Opposite(literals[0])].push_back({clause, literals[1]});
  watches_[Opposite(literals[1])].push_back({clause, literals[0]});
}

// Half of the learnt clauses, those that led to a conflict least recently; not the reasons of what is true, nor short ones.
void CircuitSolver::ForgetClauses() {
  std::ranges::stable_sort(learnt_, [&](ClauseRef a, ClauseRef b) { return clauses_[a].activity < clauses_[b].activity; });
  std::vector<ClauseRef> kept;
  std::vector<bool> goes(clauses_.size(), false);
  for (std::size_t i = 0; i < learnt_.size(); ++i) {
    const ClauseRef clause = learnt_[i];
    const Literal first = LiteralsOf(clause)[0];
    const bool is_reason = ValueOf(first) == Value::kIsTrue && variables_[VariableOf(first)].reason == clause;
    if (i < learnt_.size() / 2 && clauses_[clause].size > 2 && !is_reason) {
      goes[clause] = true;
    } else {
      kept.push_back(clause);
    }
  }
  learnt_ = std::move(kept);
  for (std::vector<Watch>& watches : watches_) {
    std::erase_if(watches, [&](const Watch& watch) { return goes[watch.clause]; });
  }

  // What stays moves together, so that memory does not grow with the number of conflicts.
  std::vector<ClauseRef> moved(clauses_.size(), kNoClause);
  std::vector<Clause> clauses;
  std::vector<Literal> literals;
  for (ClauseRef old = 0; old < clauses_.size(); ++old) {
    if (goes[old]) continue;
    moved[old] = static_cast<ClauseRef>(clauses.size());
    Clause clause = clauses_[old];
    const std::span<Literal> of_clause = LiteralsOf(old);
    clause.begin = static_cast<std::uint32_t>(literals.size());
    literals.insert(literals.end(), of_clause.begin(), of_clause.end());
    clauses.push_back(clause);
  }
  clauses_ = std::move(clauses);
  literals_ = std::move(literals);
  for (ClauseRef& clause : learnt_) clause = moved[clause];
  for (std::vector<Watch>& watches : watches_) {
    for (Watch& watch : watches) watch.clause = moved[watch.clause];
  }
  for (const Literal literal : trail_) {
    ClauseRef& reason = variables_[VariableOf(literal)].reason;
    if (reason != kNoClause) reason = moved[reason];
  }
}

// --- Values -------------------------------------------------------------------------------------------------------------

void CircuitSolver::Assign(Literal literal, ClauseRef reason) {
  values_[literal] = Value::kIsTrue;
  values_[Opposite(literal)] = Value::kIsFalse;
  Variable& variable = variables_[VariableOf(literal)];
  variable.level = CurrentLevel();
  variable.reason = reason;
  trail_.push_back(literal);
}

auto CircuitSolver::Propagate() -> ClauseRef {
  while (propagated_ < trail_.size()) {
    const Literal truth = trail_[propagated_++];
    std::vector<Watch>& watches = watches_[truth];
    steps_ += 1 + watches.size();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < watches.size(); ++i) {
      const Watch watch = watches[i];
      if (ValueOf(watch.blocker) == Value::kIsTrue) {
        watches[kept++] = watch;
        continue;
      }
      const std::span<Literal> literals = LiteralsOf(watch.clause);
      const Literal falsehood = Opposite(truth);
      if (literals[0] == falsehood) std::swap(literals[0], literals[1]);
      const Literal first = literals[0];
      if (ValueOf(first) == Value::kIsTrue) {
        watches[kept++] = {watch.clause, first};
        continue;
      }
      std::size_t other = 2;
      while (other < literals.size() && ValueOf(literals[other]) == Value::kIsFalse) ++other;
      if (other < literals.size()) {
        std::swap(literals[1], literals[other]);
        watches_[Opposite(literals[1])].push_back({watch.clause, first});
        continue;
      }
      watches[kept++] = {watch.clause, first};
      if (ValueOf(first) == Value::kIsFalse) {
        while (++i < watches.size()) watches[kept++] = watches[i];
        watches.resize(kept);
        propagated_ = trail_.size();
        return watch.clause;
      }
      Assign(first, watch.clause);
    }
    watches.resize(kept);
  }
  return kNoClause;
}

void CircuitSolver::BackTo(std::uint32_t level) {
  if (CurrentLevel() <= level) return;
  const Level& begin = levels_[level];
  while (trail_.size() > begin.trail) {
    const Literal literal = trail_.back();
    values_[literal] = Value::kOpen;
    values_[Opposite(literal)] = Value::kOpen;
    variables_[VariableOf(literal)].reason = kNoClause;
    trail_.pop_back();
  }
  propagated_ = trail_.size();
  while (wanted_.size() > begin.wanted) {
    variables_[VariableOf(wanted_.back())].is_wanted = false;
    wanted_.pop_back();
  }
  justified_ = std::min(begin.justified, wanted_.size());
  levels_.resize(level);
  if (level < goals_.size()) goals_are_wanted_ = false;
}

// --- Justification ------------------------------------------------------------------------------------------------------

void CircuitSolver::Want(Literal literal) {
  Variable& variable = variables_[VariableOf(literal)];
  if (variable.children == 0 || variable.is_wanted) return;
  variable.is_wanted = true;
  wanted_.push_back(literal);
}

auto CircuitSolver::NextDecision() -> Literal {
  while (justified_ < wanted_.size()) {
    const Literal literal = wanted_[justified_];
    const std::uint32_t variable = VariableOf(literal);
    ++steps_;
    if ((literal & 1U) == 0) {
      for (const Literal child : ChildrenOf(variable)) Want(child);
    } else {
      const Literal child = PickChild(variable);
      if (ValueOf(child) == Value::kOpen) return Opposite(child);
      Want(Opposite(child));
    }
    ++justified_;
  }
  return kNone;
}

/// A child of a false conjunction to make it so: one that is false, best an input; else the open one that took part in the
/// most conflicts lately.
auto CircuitSolver::PickChild(std::uint32_t conjunction) const -> Literal {
  Literal best_false = kNone;
  Literal best_open = kNone;
  for (const Literal child : ChildrenOf(conjunction)) {
    const Variable& variable = variables_[VariableOf(child)];
    switch (ValueOf(child)) {
      case Value::kIsFalse:
        if (variable.children == 0 || variable.is_wanted) return child;
        if (best_false == kNone) best_false = child;
        break;
      case Value::kOpen:
        if (best_open == kNone || variable.activity > variables_[VariableOf(best_open)].activity) best_open = child;
        break;
      case Value::kIsTrue:
        break;
    }
  }
  return best_false != kNone ? best_false : best_open;
}

auto CircuitSolver::IsTrue(Literal input) const -> bool {
  if (ValueOf(input) != Value::kOpen) return ValueOf(input) == Value::kIsTrue;
  const std::uint32_t choice = variables_[VariableOf(input)].choice;
  if (choice == kNone) return (input & 1U) != 0;  // of a row, what is open lies behind all that are true
  for (const std::uint32_t member : choices_[choice]) {
    if (ValueOf(2 * member) == Value::kIsTrue) return (input & 1U) != 0;
    if (ValueOf(2 * member) == Value::kOpen) return (member == VariableOf(input)) != ((input & 1U) != 0);
  }
  return (input & 1U) != 0;
}

// --- Conflicts ----------------------------------------------------------------------------------------------------------

void CircuitSolver::Bump(std::uint32_t variable) {
  variables_[variable].activity += variable_step_;
  if (variables_[variable].activity < kLargestActivity) return;
  for (Variable& each : variables_) each.activity /= kLargestActivity;
  variable_step_ /= kLargestActivity;
}

void CircuitSolver::BumpClause(ClauseRef clause) {
  if (!clauses_[clause].is_learnt) return;
  clauses_[clause].activity += clause_step_;
  if (clauses_[clause].activity < kLargestClauseActivity) return;
  for (const ClauseRef each : learnt_) clauses_[each].activity /= kLargestClauseActivity;
  clause_step_ /= kLargestClauseActivity;
}

/// The literals that made this one true, other than it, are all in the clause that is learnt.
auto CircuitSolver::IsImplied(Literal literal) -> bool {
  const ClauseRef reason = variables_[VariableOf(literal)].reason;
  if (reason == kNoClause) return false;
  return std::ranges::all_of(LiteralsOf(reason), [&](Literal each) {
    const Variable& variable = variables_[VariableOf(each)];
    return VariableOf(each) == VariableOf(literal) || variable.is_seen || variable.level == 0;
  });
}

/// Fills `learned_`: the literal that becomes true first, then one of the highest level among the others.
void CircuitSolver::Learn(ClauseRef conflict) {
  learned_.assign(1, 0);
  std::size_t open = 0;  // literals of the current level whose reasons are still to be looked at
  std::size_t at = trail_.size();
  Literal pivot = kNone;
  ClauseRef clause = conflict;
  do {
    BumpClause(clause);
    const std::span<Literal> literals = LiteralsOf(clause);
    steps_ += literals.size();
    for (const Literal literal : literals) {
      if (literal == pivot) continue;
      const std::uint32_t number = VariableOf(literal);
      Variable& variable = variables_[number];
      if (variable.is_seen || variable.level == 0) continue;
      variable.is_seen = true;
      seen_.push_back(number);
      Bump(number);
      if (variable.level == CurrentLevel()) {
        ++open;
      } else {
        learned_.push_back(literal);
      }
    }
    do pivot = trail_[--at];
    while (!variables_[VariableOf(pivot)].is_seen);
    clause = variables_[VariableOf(pivot)].reason;
    --open;
  } while (open > 0);
  learned_[0] = Opposite(pivot);

  const auto implied = std::ranges::remove_if(learned_.begin() + 1, learned_.end(),
                                              [&](Literal literal) { return IsImplied(Opposite(literal)); });
  learned_.erase(implied.begin(), implied.end());
  for (const std::uint32_t variable : seen_) variables_[variable].is_seen = false;
  seen_.clear();
  for (std::size_t i = 2; i < learned_.size(); ++i) {
    if (variables_[VariableOf(learned_[i])].level > variables_[VariableOf(learned_[1])].level) {
      std::swap(learned_[1], learned_[i]);
    }
  }
  variable_step_ /= kVariableDecay;
  clause_step_ /= kClauseDecay;
}

/// The goals that made `failed`, a goal, false; with itself.
void CircuitSolver::ExplainGoal(Literal failed) {
  std::vector<Literal> guilty{failed};
  variables_[VariableOf(failed)].is_seen = true;
  seen_.push_back(VariableOf(failed));
  const std::size_t begin = levels_.empty() ? trail_.size() : levels_[0].trail;
  for (std::size_t at = trail_.size(); at-- > begin;) {
    const std::uint32_t number = VariableOf(trail_[at]);
    if (!variables_[number].is_seen) continue;
    if (variables_[number].reason == kNoClause) {
      guilty.push_back(trail_[at]);
      continue;
    }
    for (const Literal literal : LiteralsOf(variables_[number].reason)) {
      Variable& variable = variables_[VariableOf(literal)];
      if (variable.is_seen || variable.level == 0) continue;
      variable.is_seen = true;
      seen_.push_back(VariableOf(literal));
    }
  }
  for (const std::uint32_t variable : seen_) variables_[variable].is_seen = false;
  seen_.clear();

  std::ranges::sort(guilty);
  for (std::size_t i = 0; i < goals_.size(); ++i) {
    const auto place = std::ranges::lower_bound(guilty, goals_[i]);
    if (place == guilty.end() || *place != goals_[i]) continue;
    core_.push_back(i);
    guilty.erase(place);  // a goal that is there twice is named once
  }
}

// --- The search ---------------------------------------------------------------------------------------------------------

auto CircuitSolver::Solve(const std::vector<Literal>& goals, std::uint64_t budget) -> Result {
  core_.clear();
  std::uint32_t shared = 0;
  while (shared < goals.size() && shared < goals_.size() && shared < CurrentLevel() && goals[shared] == goals_[shared]) {
    ++shared;
  }
  BackTo(shared);
  goals_ = goals;
  goals_are_wanted_ = false;
  // What the last question wanted is of no concern to this one.
  for (const Literal literal : wanted_) variables_[VariableOf(literal)].is_wanted = false;
  wanted_.clear();
  justified_ = 0;
  for (Level& level : levels_) level.wanted = level.justified = 0;

  const std::uint64_t end = steps_ + budget;
  std::uint64_t restarts = 0;
  std::uint64_t conflicts_left = kRestartUnit * Luby(restarts);
  while (!is_contradictory_) {
    if (const ClauseRef conflict = Propagate(); conflict != kNoClause) {
      if (CurrentLevel() == 0) {
        is_contradictory_ = true;
        break;
      }
      Learn(conflict);
      BackTo(learned_.size() == 1 ? 0 : variables_[VariableOf(learned_[1])].level);
      ClauseRef reason = kNoClause;
      if (learned_.size() > 1) {
        reason = AddClause(learned_, true);
        Attach(reason);
        learnt_.push_back(reason);
        BumpClause(reason);
      }
      Assign(learned_[0], reason);
      if (conflicts_left > 0) --conflicts_left;
      continue;
    }
    if (steps_ >= end) return Result::kGaveUp;
    if (conflicts_left == 0) {
      conflicts_left = kRestartUnit * Luby(++restarts);
      BackTo(static_cast<std::uint32_t>(std::min<std::size_t>(goals_.size(), CurrentLevel())));
      if (learnt_.size() > most_learnt_) {
        ForgetClauses();
        most_learnt_ += most_learnt_ / 10;
      }
    }
    if (CurrentLevel() < goals_.size()) {
      const Literal goal = goals_[CurrentLevel()];
      ++steps_;
      if (ValueOf(goal) == Value::kIsFalse) {
        ExplainGoal(goal);
        return Result::kNo;
      }
      BeginLevel();
      if (ValueOf(goal) == Value::kOpen) Assign(goal, kNoClause);
      continue;
    }
    if (!goals_are_wanted_) {
      for (const Literal goal : goals_) Want(goal);
      goals_are_wanted_ = true;
    }
    const Literal decision = NextDecision();
    if (decision == kNone) return Result::kYes;
    BeginLevel();
    Assign(decision, kNoClause);
  }
  return Result::kNo;
}

}  // namespace route::smt
