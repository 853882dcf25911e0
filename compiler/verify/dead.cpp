#include <cstddef>
#include <optional>
#include <vector>

#include "compiler/verify/minimal_set.h"
#include "compiler/verify/questions.h"

namespace route::verify {
namespace {

/// `MinimalSet` of those candidates that, with `given`, contradict the assertions. An answer kUnknown counts as "not
/// known".
auto MinimalContradiction(smt::Solver& solver, smt::Term given, const std::vector<smt::Term>& candidates)
    -> std::vector<std::size_t> {
  return MinimalSet(
      candidates.size(), [&](const std::vector<std::size_t>& kept, std::size_t count) -> std::optional<std::size_t> {
        std::vector<smt::Term> assumed{given};
        for (const std::size_t i : kept) assumed.push_back(candidates[i]);
        const std::size_t base = assumed.size();
        assumed.insert(assumed.end(), candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(count));
        if (solver.Check(assumed) != smt::Answer::kNo) return std::nullopt;
        const std::vector<std::size_t>& core = solver.Core();
        return core.empty() || core.back() < base ? 0 : core.back() - base + 1;
      });
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
    for (const std::size_t i : MinimalContradiction(solver, matches, earlier)) {
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
          for (const std::size_t hiding : MinimalContradiction(solver, matches, earlier)) {
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
