#include <algorithm>

#include "compiler/verify/questions.h"

namespace route::verify {
namespace {

/// The set of `candidates` that, together with `base`, contradicts the assertions and from which none can be dropped;
/// of several such sets, the one that dropping from the last to the first leaves. Ascending indexes.
///
/// Takes for granted that all of them together do contradict. Finds the member that this dropping keeps first, which is
/// the last of the shortest contradicting prefix, by bisection; then goes on before it. An answer kUnknown
/// counts as "no contradiction", so the result always contradicts and may then be larger than it need be.
auto MinimalSet(smt::Solver& solver, std::vector<smt::Term> base, const std::vector<smt::Term>& candidates)
    -> std::vector<std::size_t> {
  std::vector<std::size_t> kept;
  std::size_t end = candidates.size();  // base and the first `end` candidates contradict
  while (solver.Check(base) != smt::Answer::kNo) {
    std::size_t begin = 0;  // base and the first `begin` do not
    while (end - begin > 1) {
      const std::size_t middle = begin + (end - begin) / 2;
      std::vector<smt::Term> tried = base;
      tried.insert(tried.end(), candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(middle));
      if (solver.Check(tried) == smt::Answer::kNo) {
        const std::size_t last = solver.Core().back();
        end = last < base.size() ? begin + 1 : std::min(middle, last - base.size() + 1);
      } else {
        begin = middle;
      }
    }
    kept.push_back(end - 1);
    base.push_back(candidates[end - 1]);
    if (--end == 0) break;
  }
  std::ranges::reverse(kept);
  return kept;
}

auto Denials(Encoder& encoder, std::uint32_t refusals, std::uint32_t routes) -> std::vector<smt::Term> {
  std::vector<smt::Term> denials;
  for (std::uint32_t i = 0; i < refusals; ++i) {
    denials.push_back(encoder.solver().Not(encoder.Matches(RefusalId{i})));
  }
  for (std::uint32_t i = 0; i < routes; ++i) denials.push_back(encoder.solver().Not(encoder.Matches(RouteId{i})));
  return denials;
}

}  // namespace

auto FindDeadRoutes(Encoder& encoder) -> Findings<DeadRoute> {
  const ir::Policy& policy = encoder.policy();
  smt::Solver& solver = encoder.solver();
  Findings<DeadRoute> findings;
  {
    const smt::Scope sweep(solver);
    solver.Assert(encoder.NotRefused());
    for (std::uint32_t i = 0; i < policy.routes.size(); ++i) {
      switch (solver.Check({encoder.Matches(RouteId{i})})) {
        case smt::Answer::kYes:
          break;
        case smt::Answer::kNo:
          findings.found.push_back({.route = {i}, .hidden_by = {}, .refused_by = {}});
          break;
        case smt::Answer::kUnknown:
          findings.unanswered.push_back(
              {"can route `" + policy.routes[i].name + "` be reached", policy.routes[i].span});
          break;
      }
      solver.Assert(solver.Not(encoder.Matches(RouteId{i})));
    }
  }
  for (DeadRoute& dead : findings.found) {
    const smt::Term matches = encoder.Matches(dead.route);
    if (solver.Check({matches}) == smt::Answer::kNo) {
      dead.never_matches = true;
      continue;
    }
    const std::size_t refusals = policy.refusals.size();
    const std::vector<smt::Term> earlier = Denials(encoder, static_cast<std::uint32_t>(refusals), dead.route.index);
    for (const std::size_t i : MinimalSet(solver, {matches}, earlier)) {
      if (i < refusals) {
        dead.refused_by.push_back({static_cast<std::uint32_t>(i)});
      } else {
        dead.hidden_by.push_back({static_cast<std::uint32_t>(i - refusals)});
      }
    }
  }
  return findings;
}

auto FindDeadRules(Encoder& encoder) -> Findings<DeadRule> {
  const ir::Policy& policy = encoder.policy();
  smt::Solver& solver = encoder.solver();
  Findings<DeadRule> findings;
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    const ir::Rule& rule = policy.rules[i];
    if (rule.origin != ir::Rule::Origin::kWritten) continue;
    switch (solver.Check({encoder.Matches(RuleId{i})})) {
      case smt::Answer::kYes:
        break;
      case smt::Answer::kNo:
        findings.found.push_back({{i}});
        break;
      case smt::Answer::kUnknown:
        findings.unanswered.push_back({"can rule `" + rule.name + "` apply", rule.span});
        break;
    }
  }
  return findings;
}

auto FindDeadRefusals(Encoder& encoder) -> Findings<DeadRefusal> {
  const ir::Policy& policy = encoder.policy();
  smt::Solver& solver = encoder.solver();
  Findings<DeadRefusal> findings;
  for (std::uint32_t i = 0; i < policy.refusals.size(); ++i) {
    const ir::Refusal& refusal = policy.refusals[i];
    const smt::Term matches = encoder.Matches(RefusalId{i});
    const std::vector<smt::Term> earlier = Denials(encoder, i, 0);
    std::vector<smt::Term> first = earlier;
    first.push_back(matches);
    switch (solver.Check(first)) {
      case smt::Answer::kYes:
        break;
      case smt::Answer::kNo: {
        DeadRefusal dead{.refusal = {i}, .hidden_by = {}};
        if (solver.Check({matches}) == smt::Answer::kNo) {
          dead.never_matches = true;
        } else {
          for (const std::size_t hiding : MinimalSet(solver, {matches}, earlier)) {
            dead.hidden_by.push_back({static_cast<std::uint32_t>(hiding)});
          }
        }
        findings.found.push_back(std::move(dead));
        break;
      }
      case smt::Answer::kUnknown:
        findings.unanswered.push_back({"can refusal `" + refusal.name + "` apply", refusal.span});
        break;
    }
  }
  return findings;
}

}  // namespace route::verify
