#include "compiler/verify/violation.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/ir/evaluate.h"
#include "compiler/verify/costs.h"

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

auto Broken(Encoder& encoder, const ir::FirstChoice& promise, const ir::Route& route) -> smt::Term {
  return FirstChoiceFails(encoder, promise.test, route);
}

auto Broken(Encoder&, const ir::Compared&, const ir::Route&) -> smt::Term { return smt::kFalse; }

auto Broken(Encoder& encoder, const ir::Served&, const ir::Route& route) -> smt::Term {
  return encoder.solver().Not(encoder.SomeReached(route));
}

/// What a tier takes when every attempt fails: one for each deployment in the plan, in order, then its retries.
auto AttemptsOf(Encoder& encoder, const ir::Tier& tier) -> std::vector<Sum::Item> {
  std::vector<Sum::Item> attempts;
  for (const smt::Term reached : encoder.Reached(tier)) attempts.push_back({.term = reached});
  const auto more = static_cast<std::int64_t>(ir::TierAttempts(0, tier.retries));
  if (more > 0) attempts.push_back({.term = encoder.SomeReached(tier), .weight = more});
  return attempts;
}

/// "A draw by weight is possible in which losing a few units uses up the attempts before anything else is tried."
///
/// A diagram that goes through the units and decides of each whether it is lost, counting the losses and the attempts
/// that have failed. Units × losses × attempts in size.
class BadDraw {
 public:
  struct Unit {
    smt::Term must = smt::kFalse;  ///< something of an earlier tier is in the plan, so the unit cannot be kept
    std::vector<smt::Term> here;   ///< those in the tier that is drawn: in the plan
  };

  BadDraw(smt::Solver& solver, std::vector<Unit> units, std::int64_t losses, std::int64_t attempts)
      : solver_(solver), units_(std::move(units)), losses_(losses), attempts_(attempts), largest_(units_.size() + 1) {
    for (std::size_t i = units_.size(); i-- > 0;) {
      largest_[i] = largest_[i + 1] + static_cast<std::int64_t>(units_[i].here.size());
    }
  }

  /// Provided that `failed` attempts or more have failed in earlier tiers.
  auto Possible(std::int64_t failed) -> smt::Term { return From(0, 0, failed); }

 private:
  /// The units from this one on can bring the failed attempts up to the limit.
  auto From(std::size_t unit, std::int64_t lost, std::int64_t failed) -> smt::Term {
    if (failed + largest_[unit] < attempts_) return smt::kFalse;
    if (unit == units_.size()) return smt::kTrue;
    const auto key = std::tuple(unit, lost, failed);
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    const smt::Term keep = solver_.And({solver_.Not(units_[unit].must), From(unit + 1, lost, failed)});
    const smt::Term lose = lost < losses_ ? Lose(unit, lost + 1, failed) : smt::kFalse;
    const smt::Term result = solver_.Or({keep, lose});
    known_.emplace(key, result);
    return result;
  }

  /// The same when this unit is lost: by how many of its deployments here are in the plan.
  auto Lose(std::size_t unit, std::int64_t lost, std::int64_t failed) -> smt::Term {
    std::vector<Sum::Item> here;
    for (const smt::Term reached : units_[unit].here) here.push_back({.term = reached});
    Sum in_plan(solver_, here);
    std::vector<smt::Term> ways;
    for (std::int64_t n = 0; n <= static_cast<std::int64_t>(here.size()); ++n) {
      const smt::Term then = From(unit + 1, lost, std::min(failed + n, attempts_));
      ways.push_back(solver_.And({in_plan.Exceeds(n - 1), then}));
    }
    return solver_.Or(ways);
  }

  smt::Solver& solver_;
  std::vector<Unit> units_;
  std::int64_t losses_;
  std::int64_t attempts_;
  std::vector<std::int64_t> largest_;  // how many deployments the units from the i-th on have here
  std::map<std::tuple<std::size_t, std::int64_t, std::int64_t>, smt::Term> known_;
};

/// The attempts of a chain when all fail, and what they can come to at most.
struct Chain {
  struct Place {
    std::size_t first_attempt = 0;  ///< index into `attempts`; those of the deployments come first, in order
    std::int64_t most_before = 0;   ///< attempts in earlier tiers
    std::int64_t most_here = 0;     ///< deployments in the plan
  };
  std::vector<Place> tiers;
  std::vector<Sum::Item> attempts;
};

auto MostHere(const ir::Tier& tier) -> std::size_t {
  return tier.limit ? std::min<std::size_t>(tier.candidates.size(), *tier.limit) : tier.candidates.size();
}

auto MostAttempts(const ir::Tier& tier) -> std::uint64_t {
  return ir::TierAttempts(MostHere(tier), tier.retries);
}

auto ChainOf(Encoder& encoder, const ir::Route& route) -> Chain {
  Chain chain;
  std::int64_t most = 0;
  for (const ir::Tier& tier : route.tiers) {
    chain.tiers.push_back({chain.attempts.size(), most, static_cast<std::int64_t>(MostHere(tier))});
    for (const Sum::Item& attempt : AttemptsOf(encoder, tier)) chain.attempts.push_back(attempt);
    most += static_cast<std::int64_t>(MostAttempts(tier));
  }
  return chain;
}

/// The same attempts where only their number counts, not whose they are: a tier with a limit has its first, its second, … up to
/// that, by how many of its deployments are allowed. A solver finds it hard to see that no more than so many are in the plan.
auto CountedChainOf(Encoder& encoder, const ir::Route& route) -> Chain {
  Chain chain;
  std::int64_t most = 0;
  for (const ir::Tier& tier : route.tiers) {
    chain.tiers.push_back({chain.attempts.size(), most, static_cast<std::int64_t>(MostHere(tier))});
    std::vector<Sum::Item> allowed;
    for (const ir::Candidate& candidate : tier.candidates) allowed.push_back({.term = encoder.Allowed(candidate.deployment)});
    Sum count(encoder.solver(), allowed);
    const auto limit = static_cast<std::int64_t>(MostHere(tier));
    if (tier.limit) {
      for (std::int64_t i = 0; i < limit; ++i) chain.attempts.push_back({.term = count.Exceeds(i)});
    } else {
      chain.attempts.insert(chain.attempts.end(), allowed.begin(), allowed.end());
    }
    const auto more = static_cast<std::int64_t>(ir::TierAttempts(0, tier.retries));
    if (more > 0) chain.attempts.push_back({.term = encoder.SomeReached(tier), .weight = more});
    most += static_cast<std::int64_t>(MostAttempts(tier));
  }
  return chain;
}

/// Losses end service when every deployment that the attempts come to is lost.
class Losses {
 public:
  Losses(Encoder& encoder, const ir::SurvivesLoss& promise, const ir::Route& route)
      : encoder_(encoder),
        promise_(promise),
        route_(route),
        limit_(encoder.policy().limits.attempts),
        chain_(ChainOf(encoder, route)),
        used_(encoder.solver(), chain_.attempts),
        attempts_can_end_(MostAttemptsAtLost() >= limit_) {}

  /// As many as the promise speaks of end service.
  auto EndService() -> smt::Term {
    std::vector<smt::Term> ways{InListedOrder()};
    for (std::size_t t = 0; t < chain_.tiers.size(); ++t) {
      // Another draw matters only where the attempts can end within the tier.
      if (route_.tiers[t].order == TierOrder::kByWeight && CanEndIn(t)) ways.push_back(InAWorseDraw(t));
    }
    return solver().And({encoder_.SomeReached(route_), solver().Or(ways)});
  }

 private:
  /// Each tier in the order in which it is listed, which a draw by weight can give too. The attempts come to those
  /// deployments that have fewer attempts before them than the limit.
  auto InListedOrder() -> smt::Term {
    std::map<std::uint32_t, std::vector<smt::Term>> tried;
    for (std::size_t t = 0; t < chain_.tiers.size(); ++t) {
      for (std::size_t i = 0; i < route_.tiers[t].candidates.size(); ++i) {
        const std::size_t attempt = chain_.tiers[t].first_attempt + i;
        const smt::Term too_late = CanEndIn(t) ? used_.Exceeds(attempt, limit_ - 1) : smt::kFalse;
        tried[UnitOf(t, i)].push_back(solver().And({InPlan(t, i), solver().Not(too_late)}));
      }
    }
    std::vector<Sum::Item> units;
    for (const auto& [unit, ways] : tried) units.push_back({.term = solver().Or(ways)});
    return solver().Not(Sum(solver(), std::move(units)).Exceeds(promise_.count));
  }

  /// The limit is reached in this tier, drawn by weight with the lost ones first, and every earlier tier is lost.
  auto InAWorseDraw(std::size_t tier) -> smt::Term {
    std::map<std::uint32_t, BadDraw::Unit> units;
    for (std::size_t t = 0; t <= tier; ++t) {
      for (std::size_t i = 0; i < route_.tiers[t].candidates.size(); ++i) {
        BadDraw::Unit& unit = units[UnitOf(t, i)];
        if (t == tier) {
          unit.here.push_back(InPlan(t, i));
        } else {
          unit.must = solver().Or({unit.must, InPlan(t, i)});
        }
      }
    }
    std::vector<BadDraw::Unit> in_order;
    for (auto& [index, unit] : units) in_order.push_back(std::move(unit));
    BadDraw draw(solver(), std::move(in_order), promise_.count, limit_);
    const Chain::Place& place = chain_.tiers[tier];
    std::vector<smt::Term> ways;
    for (std::int64_t failed = std::max<std::int64_t>(0, limit_ - place.most_here);
         failed <= std::min(limit_ - 1, place.most_before); ++failed) {
      ways.push_back(solver().And({used_.Exceeds(place.first_attempt, failed - 1), draw.Possible(failed)}));
    }
    return solver().Or(ways);
  }

  /// The most attempts that so many lost units can take: one at each of their deployments, and the retries of each tier where
  /// they have one. If that is less than the limit, whatever is not lost comes in time, and only what is in the plan counts.
  auto MostAttemptsAtLost() const -> std::int64_t {
    std::map<std::uint32_t, std::int64_t> most;
    for (std::size_t t = 0; t < route_.tiers.size(); ++t) {
      std::set<std::uint32_t> here;
      for (std::size_t i = 0; i < route_.tiers[t].candidates.size(); ++i) {
        ++most[UnitOf(t, i)];
        here.insert(UnitOf(t, i));
      }
      for (const std::uint32_t unit : here) most[unit] += route_.tiers[t].retries.value_or(0);
    }
    std::vector<std::int64_t> by_unit;
    for (const auto& [unit, attempts] : most) by_unit.push_back(attempts);
    std::ranges::sort(by_unit, std::greater());
    by_unit.resize(std::min<std::size_t>(by_unit.size(), promise_.count));
    return std::accumulate(by_unit.begin(), by_unit.end(), std::int64_t{0});
  }

  auto CanEndIn(std::size_t tier) const -> bool {
    if (!attempts_can_end_) return false;
    return chain_.tiers[tier].most_before + chain_.tiers[tier].most_here > limit_;
  }
  auto InPlan(std::size_t tier, std::size_t candidate) const -> smt::Term {
    return chain_.attempts[chain_.tiers[tier].first_attempt + candidate].term;
  }
  auto UnitOf(std::size_t tier, std::size_t candidate) const -> std::uint32_t {
    return ir::UnitOf(encoder_.policy(), promise_.unit, route_.tiers[tier].candidates[candidate].deployment);
  }
  auto solver() const -> smt::Solver& { return encoder_.solver(); }

  Encoder& encoder_;
  const ir::SurvivesLoss& promise_;
  const ir::Route& route_;
  std::int64_t limit_;
  Chain chain_;
  Sum used_;
  bool attempts_can_end_;
};

auto Broken(Encoder& encoder, const ir::SurvivesLoss& promise, const ir::Route& route) -> smt::Term {
  return Losses(encoder, promise, route).EndService();
}

auto Broken(Encoder& encoder, const ir::Bounded& promise, const ir::Route& route) -> smt::Term {
  const route::Limits& limits = encoder.policy().limits;
  std::vector<smt::Term> ways;
  if (promise.attempts && *promise.attempts < limits.attempts) {
    ways.push_back(Sum(encoder.solver(), CountedChainOf(encoder, route).attempts).Exceeds(*promise.attempts));
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

auto Broken(Encoder& encoder, const ir::CostsAtMost& promise, const ir::Route& route) -> std::optional<smt::Term> {
  return RouteCosts(encoder, promise, route).Exceeds();
}

}  // namespace

// The first tier that is not empty: any of its deployments if it is drawn by weight, else the first that is allowed.
auto FirstChoiceFails(Encoder& encoder, const ir::DeploymentTest& test, const ir::Route& route) -> smt::Term {
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
      const bool keeps = ir::Holds(test, encoder.policy(), deployment);
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

auto Violation(Encoder& encoder, const ir::Guarantee& guarantee, const ir::Route& route) -> std::optional<smt::Term> {
  const auto broken = [&](const auto& promise) -> std::optional<smt::Term> { return Broken(encoder, promise, route); };
  return std::visit(broken, guarantee.promise);
}

auto CanBeTried(Encoder& encoder, const ir::Route& route, std::uint32_t tier) -> smt::Term {
  const Chain chain = CountedChainOf(encoder, route);
  Sum used(encoder.solver(), chain.attempts);
  const smt::Term too_late =
      used.Exceeds(chain.tiers.at(tier).first_attempt, std::int64_t{encoder.policy().limits.attempts} - 1);
  return encoder.solver().And({encoder.SomeReached(route.tiers.at(tier)), encoder.solver().Not(too_late)});
}

auto CanBeRetried(Encoder& encoder, const ir::Route& route, std::uint32_t tier, std::uint32_t retries) -> smt::Term {
  const Chain chain = CountedChainOf(encoder, route);
  Sum used(encoder.solver(), chain.attempts);
  const std::size_t end = chain.tiers.at(tier).first_attempt + static_cast<std::size_t>(chain.tiers.at(tier).most_here);
  const smt::Term too_many = used.Exceeds(end, std::int64_t{encoder.policy().limits.attempts} - retries);
  return encoder.solver().And({encoder.SomeReached(route.tiers.at(tier)), encoder.solver().Not(too_many)});
}

auto MostAttemptsBefore(const ir::Route& route, std::uint32_t tier) -> std::uint64_t {
  std::uint64_t most = 0;
  for (std::uint32_t i = 0; i < tier; ++i) most += MostAttempts(route.tiers.at(i));
  return most;
}

}  // namespace route::verify
