#include "compiler/verify/questions.h"
#include "compiler/verify/witness.h"

namespace route::verify {

auto FindUncovered(Encoder& encoder) -> Findings<Uncovered> {
  const std::string question = "is every request that is not refused taken by a route";
  const ir::Policy& policy = encoder.policy();
  smt::Solver& solver = encoder.solver();

  std::vector<smt::Term> gap{encoder.NotRefused()};
  for (std::uint32_t i = 0; i < policy.routes.size(); ++i) gap.push_back(solver.Not(encoder.Matches(RouteId{i})));
  const smt::Term uncovered = solver.And(gap);
  if (uncovered == smt::kFalse) return {};

  const smt::Scope scope(solver);
  solver.Assert(uncovered);
  const Smallest smallest = FindSmallest(encoder);
  switch (smallest.answer) {
    case smt::Answer::kNo:
      return {};
    case smt::Answer::kUnknown:
      return {.found = {}, .unanswered = {{question, policy.span}}};
    case smt::Answer::kYes:
      break;
  }
  Replay replay = ReplayWitness(encoder, smallest.classes);
  if (replay.decision.outcome != Outcome::kUncovered) ThrowUnconfirmed(question);
  return {.found = {{std::move(replay.request)}}, .unanswered = {}};
}

}  // namespace route::verify
