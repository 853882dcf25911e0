#include <algorithm>

#include "compiler/verify/questions.h"
#include "compiler/verify/witness.h"

namespace route::verify {
namespace {

auto ExcludesWholeChain(const ir::Policy& policy, const ir::Route& route, const std::vector<RuleId>& rules) -> bool {
  for (const ir::Tier& tier : route.tiers) {
    for (const ir::Candidate& candidate : tier.candidates) {
      const auto allows = [&](RuleId rule) {
        return ir::Holds(policy.rules.at(rule.index).keep, policy, candidate.deployment);
      };
      if (std::ranges::all_of(rules, allows)) return false;
    }
  }
  return true;
}

}  // namespace

auto MinimalRules(const ir::Policy& policy, const ir::Route& route, std::vector<RuleId> rules) -> std::vector<RuleId> {
  for (std::size_t i = rules.size(); i-- > 0;) {
    std::vector<RuleId> fewer = rules;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (ExcludesWholeChain(policy, route, fewer)) rules = std::move(fewer);
  }
  return rules;
}

auto FindUnservable(Encoder& encoder) -> Findings<Unservable> {
  const ir::Policy& policy = encoder.policy();
  smt::Solver& solver = encoder.solver();
  Findings<Unservable> findings;

  for (std::uint32_t i = 0; i < policy.routes.size(); ++i) {
    const RouteId id{i};
    const ir::Route& route = policy.routes[i];
    const std::string question = "does route `" + route.name + "` always have an allowed deployment";
    const smt::Term empty = solver.Not(encoder.SomeReached(route));
    if (solver.And({encoder.Matches(id), empty}) != smt::kFalse) {
      const smt::Scope scope(solver);
      for (const smt::Term literal : encoder.Decides(id)) solver.Assert(literal);
      solver.Assert(empty);
      const Smallest smallest = FindSmallest(encoder);
      switch (smallest.answer) {
        case smt::Answer::kNo:
          break;
        case smt::Answer::kUnknown:
          findings.unanswered.push_back({question, route.span});
          break;
        case smt::Answer::kYes: {
          Replay replay = ReplayWitness(encoder, smallest.classes);
          if (replay.decision.outcome != Outcome::kUnservable || replay.decision.route != id ||
              !ExcludesWholeChain(policy, route, replay.decision.rules)) {
            ThrowUnconfirmed(question);
          }
          findings.found.push_back({id, std::move(replay.request), MinimalRules(policy, route, replay.decision.rules)});
          break;
        }
      }
    }
  }
  return findings;
}

}  // namespace route::verify
