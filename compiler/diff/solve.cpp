#include "compiler/diff/solve.h"

#include <map>
#include <string>
#include <utility>

#include "compiler/verify/encode.h"
#include "compiler/verify/smt/solver.h"

namespace route::diff {
namespace {

using smt::Term;
using Terms = std::vector<smt::Term>;

/// A program as formulas. A dimension has a boolean for each class but the first, "this class or a later one".
class Encoding {
 public:
  Encoding(const JointSpace& space, const Program& program, smt::Solver& solver) : program_(program), solver_(solver) {
    for (const JointDimension& dimension : space.dimensions()) AddDimension(dimension.classes);
    for (const auto& terms : program.conditions) {
      Terms any;
      for (const lower::Term& term : terms) any.push_back(Holds(term));
      conditions_.push_back(solver_.Define(Name("condition"), solver_.Or(any)));
    }
    solver_.Assert(solver_.Not(conditions_[program.impossible]));
  }

  /// For each deployment: it is in the plan.
  auto Reached(const Program::Side& side) -> Terms {
    const Terms allowed = Allowed(side);
    std::vector<Terms> ways(program_.deployments.size());
    Terms earlier;  // refusals and routes before this one do not match
    for (const Program::Guarded& refusal : side.refusals)
      earlier.push_back(solver_.Not(conditions_[refusal.condition]));
    for (const Program::Guarded& route : side.routes) {
      Terms decides = earlier;
      decides.push_back(conditions_[route.condition]);
      const Term taken = solver_.Define(Name("route"), solver_.And(decides));
      earlier.push_back(solver_.Not(conditions_[route.condition]));
      for (const ChainTier& tier : program_.chains[route.what]) AddTier(tier, taken, allowed, ways);
    }
    Terms reached;
    for (const Terms& each : ways) reached.push_back(solver_.Define(Name("reached"), solver_.Or(each)));
    return reached;
  }

  /// After an answer kYes.
  auto ModelClasses() const -> std::vector<std::uint16_t> {
    std::vector<std::uint16_t> classes;
    for (const Terms& later : dimensions_) {
      std::uint16_t number = 0;
      while (number < later.size() && solver_.IsTrue(later[number])) ++number;
      classes.push_back(number);
    }
    return classes;
  }

  auto IsBefore(std::size_t dimension, std::uint16_t number) const -> Term {
    return solver_.Not(OrLater(dimension, number));
  }

 private:
  auto Name(const char* what) -> std::string { return std::string(what) + " " + std::to_string(++names_); }

  void AddDimension(std::uint32_t classes) {
    Terms later;
    for (std::uint32_t i = 1; i < classes; ++i) {
      later.push_back(solver_.Variable(Name("class")));
      if (i > 1) solver_.Assert(solver_.Or({solver_.Not(later[i - 1]), later[i - 2]}));
    }
    dimensions_.push_back(std::move(later));
  }

  auto OrLater(std::size_t dimension, std::size_t number) const -> Term {
    if (number == 0) return smt::kTrue;
    if (number > dimensions_[dimension].size()) return smt::kFalse;
    return dimensions_[dimension][number - 1];
  }

  /// Runs of classes that follow each other are two literals each.
  auto Holds(const lower::Term& term) -> Term {
    Terms all;
    for (const lower::Constraint& constraint : term) {
      const std::vector<std::uint16_t> members = constraint.classes.Members();
      Terms runs;
      for (std::size_t begin = 0; begin < members.size();) {
        std::size_t end = begin + 1;
        while (end < members.size() && members[end] == members[end - 1] + 1) ++end;
        runs.push_back(solver_.And({OrLater(constraint.dimension, members[begin]),
                                    solver_.Not(OrLater(constraint.dimension, members[end - 1] + std::size_t{1}))}));
        begin = end;
      }
      all.push_back(solver_.Or(runs));
    }
    return solver_.And(all);
  }

  /// Deployments that the same conditions exclude share one definition.
  auto Allowed(const Program::Side& side) -> Terms {
    std::map<std::vector<ConditionIndex>, Term> known;
    Terms allowed;
    for (std::uint32_t d = 0; d < program_.deployments.size(); ++d) {
      std::vector<ConditionIndex> excluding;
      for (const auto& [condition, excluded] : side.rules) {
        if (excluded.Has(d)) excluding.push_back(condition);
      }
      const auto [place, is_new] = known.try_emplace(excluding, smt::kTrue);
      if (is_new) {
        Terms none;
        for (const ConditionIndex condition : excluding) none.push_back(solver_.Not(conditions_[condition]));
        place->second = solver_.Define(Name("allowed"), solver_.And(none));
      }
      allowed.push_back(place->second);
    }
    return allowed;
  }

  void AddTier(const ChainTier& tier, Term taken, const Terms& allowed, std::vector<Terms>& ways) {
    std::vector<verify::Sum::Item> items;
    for (const ir::Candidate& candidate : tier.candidates) items.push_back({allowed[candidate.deployment.index], 1});
    verify::Sum before(solver_, items);
    for (std::size_t i = 0; i < tier.candidates.size(); ++i) {
      Terms reached{taken, items[i].term};
      if (tier.limit) reached.push_back(solver_.Not(before.Exceeds(i, std::int64_t{*tier.limit} - 1)));
      ways[tier.candidates[i].deployment.index].push_back(solver_.And(reached));
    }
  }

  const Program& program_;
  smt::Solver& solver_;
  std::vector<Terms> dimensions_;
  Terms conditions_;
  std::uint64_t names_ = 0;
};

/// Some deployment is reached here and not there.
auto SomeOnlyIn(smt::Solver& solver, const Terms& here, const Terms& there) -> Term {
  Terms some;
  for (std::size_t d = 0; d < here.size(); ++d) some.push_back(solver.And({here[d], solver.Not(there[d])}));
  return solver.Or(some);
}

auto Ask(const Encoding& encoding, smt::Solver& solver, Term question) -> Solved::Direction {
  const smt::Scope scope(solver);
  solver.Assert(question);
  const smt::Answer answer = solver.Check({});
  if (answer == smt::Answer::kNo) return {Solved::Answer::kNo, std::nullopt};
  if (answer == smt::Answer::kUnknown) return {};
  std::vector<std::uint16_t> best = encoding.ModelClasses();
  for (std::size_t dimension = 0; dimension < best.size(); ++dimension) {
    // As small as it goes here, with everything before it as it is.
    while (best[dimension] > 0) {
      const Term smaller = encoding.IsBefore(dimension, best[dimension]);
      if (solver.Check({smaller}) != smt::Answer::kYes) break;
      best = encoding.ModelClasses();
      solver.Assert(smaller);
    }
    solver.Assert(encoding.IsBefore(dimension, static_cast<std::uint16_t>(best[dimension] + 1)));
  }
  return {Solved::Answer::kYes, best};
}

}  // namespace

auto Solve(const JointSpace& space, const Program& program, const verify::Limits& limits) -> Solved {
  smt::Solver solver(verify::EngineOf(limits.solver), limits.rlimit);
  Encoding encoding(space, program, solver);
  const Terms before = encoding.Reached(program.sides.front());
  const Terms after = encoding.Reached(program.sides.back());
  const Term loses = SomeOnlyIn(solver, before, after);
  const Term gains = SomeOnlyIn(solver, after, before);
  return {.loses = Ask(encoding, solver, loses), .gains = Ask(encoding, solver, gains)};
}

}  // namespace route::diff
