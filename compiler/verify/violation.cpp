#include "compiler/verify/violation.h"

#include <cstdlib>
#include <map>
#include <utility>
#include <variant>

namespace route::verify {
namespace {

auto Broken(Encoder& encoder, const ir::EveryDeploymentReached& promise, const ir::Route& route) -> smt::Term {
  std::vector<smt::Term> at_fault;
  for (const ir::Tier& tier : route.tiers) {
    std::vector<smt::Term> reached;  // made when first needed
    for (std::size_t i = 0; i < tier.candidates.size(); ++i) {
      if (ir::Holds(promise.test, encoder.policy(), tier.candidates[i].deployment)) continue;
      if (reached.empty()) reached = encoder.Reached(tier);
      at_fault.push_back(reached[i]);
    }
  }
  return encoder.solver().Or(at_fault);
}

// The first tier that is not empty: any of its deployments if it is drawn by weight, else the first that is allowed.
auto Broken(Encoder& encoder, const ir::FirstChoice& promise, const ir::Route& route) -> smt::Term {
  smt::Solver& solver = encoder.solver();
  std::vector<smt::Term> ways;
  std::vector<smt::Term> earlier_empty;
  for (const ir::Tier& tier : route.tiers) {
    std::vector<smt::Term> at_fault;
    const std::vector<smt::Term> reached =
        tier.order == TierOrder::kByWeight ? encoder.Reached(tier) : std::vector<smt::Term>{};
    std::vector<smt::Term> better_excluded;  // the earlier ones that keep the promise
    for (std::size_t i = 0; i < tier.candidates.size(); ++i) {
      const DeploymentId deployment = tier.candidates[i].deployment;
      const smt::Term allowed = encoder.Allowed(deployment);
      const bool keeps = ir::Holds(promise.test, encoder.policy(), deployment);
      if (tier.order == TierOrder::kByWeight) {
        if (!keeps) at_fault.push_back(reached[i]);
      } else if (keeps) {
        better_excluded.push_back(solver.Not(allowed));
      } else {
        at_fault.push_back(solver.And({allowed, solver.And(better_excluded)}));
      }
    }
    ways.push_back(solver.And({solver.And(earlier_empty), solver.Or(at_fault)}));
    earlier_empty.push_back(solver.Not(encoder.SomeReached(tier)));
  }
  return solver.Or(ways);
}

auto Broken(Encoder& encoder, const ir::Served&, const ir::Route& route) -> smt::Term {
  return encoder.solver().Not(encoder.SomeReached(route));
}

// `count` losses can end service exactly when the plan reaches deployments of at most that many units.
auto Broken(Encoder& encoder, const ir::SurvivesLoss& promise, const ir::Route& route) -> smt::Term {
  smt::Solver& solver = encoder.solver();
  std::map<std::uint32_t, std::vector<smt::Term>> reached_of;
  for (const ir::Tier& tier : route.tiers) {
    const std::vector<smt::Term> reached = encoder.Reached(tier);
    for (std::size_t i = 0; i < reached.size(); ++i) {
      reached_of[UnitOf(encoder.policy(), promise.unit, tier.candidates[i].deployment)].push_back(reached[i]);
    }
  }
  std::vector<Sum::Item> used;
  for (const auto& [unit, reached] : reached_of) used.push_back({.term = solver.Or(reached)});
  Sum units(solver, std::move(used));
  return solver.And({encoder.SomeReached(route), solver.Not(units.Exceeds(promise.count))});
}

auto Broken(Encoder& encoder, const ir::Bounded& promise, const ir::Route& route) -> smt::Term {
  const route::Limits& limits = encoder.policy().limits;
  std::vector<smt::Term> ways;
  if (promise.attempts && *promise.attempts < limits.attempts) {
    std::vector<Sum::Item> items;
    for (const ir::Tier& tier : route.tiers) {
      if (tier.retries) {
        items.push_back({.term = encoder.SomeReached(tier), .weight = std::int64_t{1} + *tier.retries});
      } else {
        for (const smt::Term reached : encoder.Reached(tier)) items.push_back({.term = reached});
      }
    }
    ways.push_back(Sum(encoder.solver(), std::move(items)).Exceeds(*promise.attempts));
  }
  if (promise.within_ms && *promise.within_ms < limits.deadline_ms) {
    std::vector<Sum::Item> items;
    for (const ir::Tier& tier : route.tiers) {
      items.push_back({.term = encoder.SomeReached(tier), .weight = tier.within_ms.value_or(limits.deadline_ms)});
    }
    ways.push_back(Sum(encoder.solver(), std::move(items)).Exceeds(*promise.within_ms));
  }
  return encoder.solver().Or(ways);
}

}  // namespace

auto Violation(Encoder& encoder, const ir::Guarantee& guarantee, const ir::Route& route) -> smt::Term {
  return std::visit([&](const auto& promise) { return Broken(encoder, promise, route); }, guarantee.promise);
}

auto UnitOf(const ir::Policy& policy, ir::SurvivesLoss::Unit unit, DeploymentId id) -> std::uint32_t {
  const ir::Deployment& deployment = policy.deployments.at(id.index);
  switch (unit) {
    case ir::SurvivesLoss::Unit::kDeployment:
      return id.index;
    case ir::SurvivesLoss::Unit::kVendor:
      return deployment.vendor.index;
    case ir::SurvivesLoss::Unit::kCountry:
      return deployment.processed_in.index;
  }
  std::abort();
}

}  // namespace route::verify
