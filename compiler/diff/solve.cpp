#include "compiler/diff/solve.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "compiler/verify/encode.h"
#include "compiler/verify/smt/solver.h"

// One question for each route: of the requests that it decides on the one side, does one reach a deployment there that
// it does not reach on the other? What the two sides have in common falls away before the solver is asked: a route
// that decides the same requests on both sides is compared with itself alone, and of the rules that exclude a
// deployment only those count that the first side does not have as well.

namespace route::diff {
namespace {

using smt::Term;
using Terms = std::vector<smt::Term>;

auto Meet(const std::vector<lower::Term>& left, const std::vector<lower::Term>& right) -> bool {
  return std::ranges::any_of(left, [&](const lower::Term& one) {
    return std::ranges::any_of(right,
                               [&](const lower::Term& other) { return lower::Intersect(one, other).has_value(); });
  });
}

/// A program's conditions as formulas over its classes.
class Encoding {
 public:
  Encoding(const JointSpace& space, const Program& program, smt::Solver& solver) : program_(program), solver_(solver) {
    for (const JointDimension& dimension : space.dimensions()) AddDimension(dimension.classes);
    for (const auto& terms : program.conditions) {
      Terms any;
      for (const lower::Term& term : terms) any.push_back(Holds(term));
      conditions_.push_back(solver_.Define(Name("condition"), solver_.Or(any)));
    }
  }

  auto program() const -> const Program& { return program_; }
  auto solver() const -> smt::Solver& { return solver_; }
  auto Condition(ConditionIndex index) const -> Term { return conditions_.at(index); }

  auto dimensions() const -> std::size_t { return rows_.size(); }
  auto Classes(std::size_t dimension) const -> std::uint32_t {
    return static_cast<std::uint32_t>(rows_[dimension].size()) + 1;
  }
  auto OrLater(std::size_t dimension, std::size_t number) const -> Term {
    if (number == 0) return smt::kTrue;
    return number > rows_[dimension].size() ? smt::kFalse : rows_[dimension][number - 1];
  }

  /// After an answer kYes.
  auto ModelClasses() const -> std::vector<std::uint16_t> {
    std::vector<std::uint16_t> classes;
    for (const Terms& later : rows_) {
      std::uint16_t number = 0;
      while (number < later.size() && solver_.IsTrue(later[number])) ++number;
      classes.push_back(number);
    }
    return classes;
  }

 private:
  auto Name(const char* what) -> std::string { return std::string(what) + " " + std::to_string(++names_); }

  void AddDimension(std::uint32_t classes) {
    std::vector<std::string> names;
    for (std::uint32_t i = 1; i < classes; ++i) names.push_back(Name("class"));
    rows_.push_back(solver_.Row(names));
  }

  auto Holds(const lower::Term& term) const -> Term {
    Terms all;
    for (const lower::Constraint& constraint : term) {
      Terms runs;
      for (const auto& [first, last] : constraint.classes.Runs()) {
        runs.push_back(solver_.And(
            {OrLater(constraint.dimension, first), solver_.Not(OrLater(constraint.dimension, last + std::size_t{1}))}));
      }
      all.push_back(solver_.Or(runs));
    }
    return solver_.And(all);
  }

  const Program& program_;
  smt::Solver& solver_;
  std::vector<Terms> rows_;  // of each dimension: "this class or a later one", but for the first
  Terms conditions_;
  std::uint64_t names_ = 0;
};

/// One side: which requests its routes decide, and what these reach.
class SideEncoding {
 public:
  /// A route decides what satisfies its condition and none of the earlier ones that could hold as well.
  struct Taken {
    ConditionIndex condition = 0;
    std::vector<ConditionIndex> earlier;  ///< of refusals and routes, ascending
    friend auto operator<=>(const Taken&, const Taken&) = default;
  };

  SideEncoding(const Encoding& encoding, const Program::Side& side) : encoding_(encoding), side_(side) {
    FindTaken();
    FindAllowed();
  }

  auto routes() const -> std::size_t { return taken_.size(); }
  auto TakenBy(std::size_t route) const -> const Taken& { return taken_[route]; }

  /// The route that decides exactly these requests, as far as the conditions tell.
  auto RouteThatTakes(const Taken& taken) const -> std::optional<std::size_t> {
    const auto place = by_taken_.find(taken);
    return place == by_taken_.end() ? std::nullopt : std::optional(place->second);
  }

  auto Decides(std::size_t route) const -> Terms {
    const Taken& taken = taken_[route];
    Terms literals{encoding_.Condition(taken.condition)};
    for (const ConditionIndex each : taken.earlier) literals.push_back(solver().Not(encoding_.Condition(each)));
    return literals;
  }

  /// Of each deployment of the route's chain: it is in the plan if the route decides.
  auto InPlan(std::size_t route) const -> const std::map<std::uint32_t, Term>& {
    auto [place, is_new] = in_plan_.try_emplace(side_.routes[route].what);
    if (!is_new) return place->second;
    std::map<std::uint32_t, Terms> ways;
    for (const ChainTier& tier : encoding_.program().chains[side_.routes[route].what]) AddTier(tier, ways);
    for (const auto& [deployment, any] : ways) place->second.emplace(deployment, solver().Or(any));
    return place->second;
  }

  auto ChainOf(std::size_t route) const { return side_.routes[route].what; }

  /// Whether being in the plan of the route means to be allowed and nothing more.
  auto IsPlain(std::size_t route) const -> bool {
    return std::ranges::none_of(encoding_.program().chains[side_.routes[route].what],
                                [](const ChainTier& tier) { return tier.limit.has_value(); });
  }

  /// The conditions of the rules that exclude the deployment, ascending.
  auto Excluding(std::uint32_t deployment) const -> const std::vector<ConditionIndex>& {
    return excluding_[deployment];
  }

 private:
  auto solver() const -> smt::Solver& { return encoding_.solver(); }

  void FindTaken() {
    const auto& conditions = encoding_.program().conditions;
    std::vector<ConditionIndex> earlier{encoding_.program().impossible};
    for (const Program::Guarded& refusal : side_.refusals) earlier.push_back(refusal.condition);
    for (const Program::Guarded& route : side_.routes) {
      Taken taken{.condition = route.condition, .earlier = {}};
      for (const ConditionIndex each : earlier) {
        if (Meet(conditions[each], conditions[route.condition])) taken.earlier.push_back(each);
      }
      std::ranges::sort(taken.earlier);
      const auto twice = std::ranges::unique(taken.earlier);
      taken.earlier.erase(twice.begin(), twice.end());
      by_taken_.emplace(taken, taken_.size());
      taken_.push_back(std::move(taken));
      earlier.push_back(route.condition);
    }
  }

  void FindAllowed() {
    const auto count = static_cast<std::uint32_t>(encoding_.program().deployments.size());
    for (std::uint32_t d = 0; d < count; ++d) {
      std::vector<ConditionIndex> excluding;
      Terms none;
      for (const auto& [condition, excluded] : side_.rules) {
        if (!excluded.Has(d)) continue;
        excluding.push_back(condition);
        none.push_back(solver().Not(encoding_.Condition(condition)));
      }
      excluding_.push_back(std::move(excluding));
      allowed_.push_back(solver().And(none));
    }
  }

  void AddTier(const ChainTier& tier, std::map<std::uint32_t, Terms>& ways) const {
    std::vector<verify::Sum::Item> items;
    for (const ir::Candidate& candidate : tier.candidates) items.push_back({allowed_[candidate.deployment.index], 1});
    verify::Sum before(solver(), items);
    for (std::size_t i = 0; i < tier.candidates.size(); ++i) {
      const Term is_full = tier.limit ? before.Exceeds(i, std::int64_t{*tier.limit} - 1) : smt::kFalse;
      ways[tier.candidates[i].deployment.index].push_back(solver().And({items[i].term, solver().Not(is_full)}));
    }
  }

  const Encoding& encoding_;
  const Program::Side& side_;
  std::vector<Taken> taken_;
  std::map<Taken, std::size_t> by_taken_;
  std::vector<std::vector<ConditionIndex>> excluding_;                      // by deployment
  Terms allowed_;                                                           // by deployment
  mutable std::map<std::uint32_t, std::map<std::uint32_t, Term>> in_plan_;  // by chain
};

/// Looks for the smallest request that reaches a deployment here and not there.
class Search {
 public:
  Search(const Encoding& encoding, const SideEncoding& here, const SideEncoding& there)
      : encoding_(encoding), here_(here), there_(there) {}

  auto Run() -> Solved::Direction {
    for (std::size_t route = 0; route < here_.routes(); ++route) TryRoute(route);
    if (direction_.witness) direction_.answer = Solved::Answer::kYes;
    return std::move(direction_);
  }

 private:
  void TryRoute(std::size_t route) {
    Terms lost;
    const auto same = there_.RouteThatTakes(here_.TakenBy(route));
    for (const auto& [deployment, in_plan] : here_.InPlan(route)) {
      const Term missed = same ? MissedBy(route, *same, deployment) : MissedByAll(route, deployment);
      lost.push_back(solver().And({in_plan, missed}));
    }
    const Term some_lost = solver().Or(lost);
    const Term some_rule = same ? RuleOfOneSide(route, *same) : smt::kTrue;
    if (some_lost == smt::kFalse || some_rule == smt::kFalse) return;
    const smt::Scope scope(solver());
    solver().Assert(some_rule);
    solver().Assert(encoding_.Condition(here_.TakenBy(route).condition));
    solver().Assert(some_lost);
    for (const Term literal : here_.Decides(route)) solver().Assert(literal);
    direction_.witness ? TrySmaller() : static_cast<void>(FindSmallest());
  }

  /// Smaller means: as the smallest that is known in the first few dimensions, and less in the next one. Each number of
  /// dimensions is a question of its own, and each is far easier than whether any of them can be.
  void TrySmaller() {
    const std::vector<std::uint16_t> known = *direction_.witness;
    for (std::size_t i = 0; i < known.size(); ++i) {
      if (known[i] > 0) {
        const smt::Scope less(solver());
        solver().Assert(solver().Not(encoding_.OrLater(i, known[i])));
        if (FindSmallest()) return;
      }
      solver().Assert(encoding_.OrLater(i, known[i]));
      solver().Assert(solver().Not(encoding_.OrLater(i, known[i] + std::size_t{1})));
    }
  }

  /// A rule applies that excludes a deployment of the chain on one side only: of a route that has the same chain on both sides
  /// nothing else makes another plan. Follows from what is asked; said aloud it spares the solver most of the search, where
  /// tiers count what is allowed.
  auto RuleOfOneSide(std::size_t route, std::size_t same) const -> Term {
    if (here_.ChainOf(route) != there_.ChainOf(same)) return smt::kTrue;
    Terms applies;
    for (const auto& [deployment, in_plan] : here_.InPlan(route)) {
      std::vector<ConditionIndex> on_one_side;
      std::ranges::set_symmetric_difference(here_.Excluding(deployment), there_.Excluding(deployment),
                                            std::back_inserter(on_one_side));
      for (const ConditionIndex each : on_one_side) applies.push_back(encoding_.Condition(each));
    }
    return solver().Or(applies);
  }

  /// The route of the other side that decides the same requests does not have the deployment in its plan.
  auto MissedBy(std::size_t route, std::size_t same, std::uint32_t deployment) const -> Term {
    const auto in_plan = there_.InPlan(same).find(deployment);
    if (in_plan == there_.InPlan(same).end()) return smt::kTrue;
    if (!here_.IsPlain(route) || !there_.IsPlain(same)) return solver().Not(in_plan->second);
    std::vector<ConditionIndex> only_there;
    std::ranges::set_difference(there_.Excluding(deployment), here_.Excluding(deployment),
                                std::back_inserter(only_there));
    Terms any;
    for (const ConditionIndex each : only_there) any.push_back(encoding_.Condition(each));
    return solver().Or(any);
  }

  /// No route of the other side that could match decides and has the deployment in its plan.
  auto MissedByAll(std::size_t route, std::uint32_t deployment) const -> Term {
    const auto& conditions = encoding_.program().conditions;
    Terms none;
    for (std::size_t other = 0; other < there_.routes(); ++other) {
      const auto in_plan = there_.InPlan(other).find(deployment);
      if (in_plan == there_.InPlan(other).end()) continue;
      if (!Meet(conditions[here_.TakenBy(route).condition], conditions[there_.TakenBy(other).condition])) continue;
      Terms reached = there_.Decides(other);
      reached.push_back(in_plan->second);
      none.push_back(solver().Not(solver().And(reached)));
    }
    return solver().And(none);
  }

  /// Whether what is asserted can be. If the solver gives up on the way, the smallest that is known stands.
  auto FindSmallest() -> bool {
    const smt::Answer answer = solver().Check({});
    if (answer == smt::Answer::kUnknown) direction_.answer = Solved::Answer::kUnknown;
    if (answer != smt::Answer::kYes) return false;
    std::vector<std::uint16_t> best = encoding_.ModelClasses();
    Terms fixed;
    for (std::size_t dimension = 0; dimension < encoding_.dimensions(); ++dimension) {
      std::uint16_t low = 0;  // nothing smaller is possible here, with everything before it as it is
      while (low < best[dimension]) {
        const auto middle = static_cast<std::uint16_t>(low + (best[dimension] - low) / 2);
        fixed.push_back(solver().Not(encoding_.OrLater(dimension, middle + std::size_t{1})));
        if (solver().Check(fixed) == smt::Answer::kYes) {
          best = encoding_.ModelClasses();
        } else {
          low = static_cast<std::uint16_t>(middle + 1);
        }
        fixed.pop_back();
      }
      fixed.push_back(encoding_.OrLater(dimension, best[dimension]));
      fixed.push_back(solver().Not(encoding_.OrLater(dimension, best[dimension] + std::size_t{1})));
    }
    direction_.witness = std::move(best);
    return true;
  }

  auto solver() const -> smt::Solver& { return encoding_.solver(); }

  const Encoding& encoding_;
  const SideEncoding& here_;
  const SideEncoding& there_;
  Solved::Direction direction_{Solved::Answer::kNo, std::nullopt};
};

}  // namespace

auto Solve(const JointSpace& space, const Program& program, const verify::Limits& limits) -> Solved {
  smt::Solver solver(verify::EngineOf(limits.solver), limits.rlimit);
  const Encoding encoding(space, program, solver);
  const SideEncoding before(encoding, program.sides.front());
  const SideEncoding after(encoding, program.sides.back());
  return {.loses = Search(encoding, before, after).Run(), .gains = Search(encoding, after, before).Run()};
}

}  // namespace route::diff
