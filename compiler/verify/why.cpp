#include <algorithm>
#include <optional>
#include <variant>

#include "compiler/verify/minimal_set.h"
#include "compiler/verify/questions.h"

namespace route::verify {
namespace {

/// Proves one guarantee of policies that have some of the rules and refusals only.
class Prover {
 public:
  Prover(const ir::Policy& policy, GuaranteeId guarantee, const Limits& limits)
      : policy_(policy), guarantee_(guarantee), limits_(limits) {}

  /// Rules come before refusals in the numbering of candidates.
  auto Verdict(const std::vector<std::size_t>& kept) -> route::Verdict {
    const ir::Policy some = With(kept);
    const ir::ValueClasses classes(some);
    smt::Solver solver(EngineOf(limits_.solver), limits_.rlimit);
    Encoder encoder(some, classes, solver);
    return CheckGuarantees(encoder).found.at(0).verdict;
  }

  auto candidates() const -> std::size_t { return policy_.rules.size() + policy_.refusals.size(); }

 private:
  auto With(const std::vector<std::size_t>& kept) const -> ir::Policy {
    ir::Policy some = policy_;
    some.rules.clear();
    some.refusals.clear();
    some.guarantees = {policy_.guarantees.at(guarantee_.index)};
    std::vector<std::optional<std::uint32_t>> new_index(policy_.refusals.size());
    for (const std::size_t i : kept) {
      if (i < policy_.rules.size()) {
        some.rules.push_back(policy_.rules[i]);
      } else {
        new_index[i - policy_.rules.size()] = static_cast<std::uint32_t>(some.refusals.size());
        some.refusals.push_back(policy_.refusals[i - policy_.rules.size()]);
      }
    }
    if (auto* served = std::get_if<ir::Served>(&some.guarantees[0].promise)) {
      std::vector<RefusalId> named;
      for (const RefusalId id : served->unless_refused_by) {
        if (const auto index = new_index.at(id.index)) named.push_back({*index});
      }
      served->unless_refused_by = std::move(named);
    }
    return some;
  }

  const ir::Policy& policy_;
  GuaranteeId guarantee_;
  Limits limits_;
};

/// Of those routes that decide something within the premise.
auto RoutesWithin(const ir::Policy& policy, GuaranteeId guarantee, const Limits& limits) -> std::vector<RouteId> {
  const ir::ValueClasses classes(policy);
  smt::Solver solver(EngineOf(limits.solver), limits.rlimit);
  Encoder encoder(policy, classes, solver);
  solver.Assert(encoder.Encode(policy.guarantees.at(guarantee.index).when));
  std::vector<RouteId> routes;
  for (std::uint32_t i = 0; i < policy.routes.size(); ++i) {
    if (solver.Check(encoder.Decides({i})) != smt::Answer::kNo) routes.push_back({i});
  }
  return routes;
}

}  // namespace

auto ExplainProof(const ir::Policy& policy, GuaranteeId guarantee, const Limits& limits) -> Why {
  Prover prover(policy, guarantee, limits);
  const auto first = [](std::size_t count) {
    std::vector<std::size_t> indexes(count);
    for (std::size_t i = 0; i < count; ++i) indexes[i] = i;
    return indexes;
  };
  Why why;
  why.verdict = prover.Verdict(first(prover.candidates()));
  if (why.verdict != Verdict::kProved) return why;

  bool gave_up = false;
  const auto holds = [&](std::vector<std::size_t> kept) {
    std::ranges::sort(kept);
    kept.erase(std::ranges::unique(kept).begin(), kept.end());
    const Verdict verdict = prover.Verdict(kept);
    gave_up = gave_up || verdict == Verdict::kUnknown;
    return verdict == Verdict::kProved;
  };
  std::vector<std::size_t> needed = MinimalSet(
      prover.candidates(), [&](const std::vector<std::size_t>& kept, std::size_t count) -> std::optional<std::size_t> {
        std::vector<std::size_t> some = kept;
        for (std::size_t i = 0; i < count; ++i) some.push_back(i);
        return holds(some) ? std::optional(count) : std::nullopt;
      });

  // The search takes for granted that more rules never break a promise, which is not so: one that leaves nothing breaks
  // `is served`. Therefore the set is proved by itself, and each member is tried again until none can go.
  if (!holds(needed)) needed = first(prover.candidates());
  for (bool again = true; again;) {
    again = false;
    for (std::size_t i = needed.size(); i-- > 0;) {
      std::vector<std::size_t> fewer = needed;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      if (!holds(fewer)) continue;
      needed = std::move(fewer);
      again = true;
    }
  }
  why.is_minimal = !gave_up;
  for (const std::size_t i : needed) {
    if (i < policy.rules.size()) {
      why.rules.push_back({static_cast<std::uint32_t>(i)});
    } else {
      why.refusals.push_back({static_cast<std::uint32_t>(i - policy.rules.size())});
    }
  }
  why.routes = RoutesWithin(policy, guarantee, limits);
  return why;
}

}  // namespace route::verify
