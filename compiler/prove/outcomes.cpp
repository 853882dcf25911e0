#include "compiler/prove/outcomes.h"

#include <algorithm>
#include <map>
#include <set>
#include <variant>

#include "compiler/ir/cost.h"
#include "compiler/ir/evaluate.h"

namespace route::prove {

auto Everything(const Model& model) -> Box {
  Box box;
  for (const ir::Dimension& dimension : model.classes.dimensions()) box.emplace_back(dimension.classes, true);
  return box;
}

auto Evaluate(const Formula& formula, const Box& box) -> Truth {
  switch (formula.op) {
    case Formula::Op::kIn: {
      const std::vector<bool>& possible = box[formula.dimension];
      bool some_in = false;
      bool some_out = false;
      for (std::size_t c = 0; c < possible.size() && !(some_in && some_out); ++c) {
        if (possible[c]) (formula.classes[c] ? some_in : some_out) = true;
      }
      return !some_in ? Truth::kFalse : some_out ? Truth::kUnknown : Truth::kTrue;
    }
    case Formula::Op::kNot:
      return static_cast<Truth>(2 - static_cast<int>(Evaluate(formula.parts[0], box)));
    case Formula::Op::kAll: {
      Truth least = Truth::kTrue;
      for (const Formula& part : formula.parts) {
        least = std::min(least, Evaluate(part, box));
        if (least == Truth::kFalse) break;
      }
      return least;
    }
    case Formula::Op::kAny: {
      Truth most = Truth::kFalse;
      for (const Formula& part : formula.parts) {
        most = std::max(most, Evaluate(part, box));
        if (most == Truth::kTrue) break;
      }
      return most;
    }
  }
  std::abort();  // every kind is handled above
}

namespace {

/// Of the last class of sizes that is possible; tokens are whole.
auto LongestPrompt(const Model& model, const Box& box) -> std::int64_t {
  const auto prompt = ir::PromptAttribute(*model.policy);
  if (!prompt) return 0;
  const std::uint32_t dimension = model.classes.FirstDimension(*prompt).index;
  const std::vector<std::int64_t>& cuts = model.classes.dimensions().at(dimension).cuts;
  std::size_t last = box[dimension].size() - 1;
  while (!box[dimension][last]) --last;
  const std::int64_t most = model.policy->attributes.at(prompt->index).maximum.micros;
  return (last == cuts.size() ? most : cuts[last] - 1) / Decimal::kScale;
}

}  // namespace

auto OutcomesIn(const Model& model, const Obligation& obligation, const Box& box) -> Outcomes {
  Outcomes outcomes;
  outcomes.when = Evaluate(obligation.when, box);
  for (const Formula& refusal : model.refusals) outcomes.refusals.push_back(Evaluate(refusal, box));
  for (const Formula& route : model.routes) outcomes.routes.push_back(Evaluate(route, box));
  for (const Formula& rule : model.rules) outcomes.rules.push_back(Evaluate(rule, box));
  for (const Formula& screen : model.screens) outcomes.screens.push_back(Evaluate(screen, box));
  for (const std::vector<std::uint32_t>& excluding : model.excluding) {
    Truth excluded = Truth::kFalse;
    for (const std::uint32_t rule : excluding) excluded = std::max(excluded, outcomes.rules[rule]);
    outcomes.allowed.push_back(static_cast<Truth>(2 - static_cast<int>(excluded)));
  }
  for (const std::vector<std::uint32_t>& screening : model.screening) {
    Truth kept = Truth::kFalse;
    for (const std::uint32_t screen : screening) kept = std::max(kept, outcomes.screens[screen]);
    outcomes.shown.push_back(static_cast<Truth>(2 - static_cast<int>(kept)));
  }
  outcomes.longest_prompt = LongestPrompt(model, box);
  return outcomes;
}

namespace {

/// Whether a route that decides keeps the promise, whatever is unknown about the deployments that are allowed.
class Plan {
 public:
  Plan(const Model& model, const Obligation& obligation, const ir::Route& route, const Outcomes& outcomes)
      : policy_(*model.policy), obligation_(obligation), route_(route), allowed_(outcomes.allowed), prompt_(outcomes.longest_prompt) {}

  auto operator()(const ir::EveryDeploymentReached&) const -> bool {
    return std::ranges::all_of(route_.tiers, [&](const ir::Tier& tier) {
      return std::ranges::all_of(MayBeReached(tier), [&](const ir::Candidate& each) { return obligation_.passes[each.deployment.index]; });
    });
  }

  auto operator()(const ir::FirstChoice&) const -> bool {
    for (const ir::Tier& tier : route_.tiers) {
      std::size_t certain = 0;
      for (const ir::Candidate& candidate : tier.candidates) {
        if (certain >= LimitOf(tier)) break;
        if (Allowed(candidate) == Truth::kFalse) continue;
        if (!obligation_.passes[candidate.deployment.index]) return false;
        if (Allowed(candidate) == Truth::kTrue) ++certain;
        if (certain > 0 && tier.order != TierOrder::kByWeight) return true;
      }
      if (certain > 0) return true;
    }
    return true;
  }

  auto operator()(const ir::Served&) const -> bool {
    return std::ranges::any_of(route_.tiers, [&](const ir::Tier& tier) {
      return std::ranges::any_of(tier.candidates, [&](const auto& each) { return Allowed(each) == Truth::kTrue; });
    });
  }

  auto operator()(const ir::Bounded& promise) const -> bool {
    std::uint64_t attempts = 0;
    std::uint64_t time = 0;
    for (const ir::Tier& tier : route_.tiers) {
      const std::size_t most = MostReached(tier);
      if (most == 0) continue;
      attempts += ir::TierAttempts(most, tier.retries);
      time += tier.within_ms.value_or(policy_.limits.deadline_ms);
    }
    return (!promise.attempts || std::min<std::uint64_t>(attempts, policy_.limits.attempts) <= *promise.attempts) &&
           (!promise.within_ms || std::min<std::uint64_t>(time, policy_.limits.deadline_ms) <= *promise.within_ms);
  }

  /// Counts the fewest units that must be lost, taking for each tier that as many attempts as possible were used
  /// before.
  auto operator()(const ir::SurvivesLoss& promise) const -> bool {
    std::set<std::uint32_t> lost;
    std::uint64_t used = 0;
    bool routed = false;
    for (const ir::Tier& tier : route_.tiers) {
      const std::size_t most = MostReached(tier);
      if (most == 0) continue;
      routed = true;
      const std::uint64_t left = policy_.limits.attempts - std::min<std::uint64_t>(used, policy_.limits.attempts);
      LoseTier(tier, promise.unit, most, left, lost);
      used += ir::TierAttempts(most, tier.retries);
    }
    return !routed || lost.size() > promise.count;
  }

  auto operator()(const ir::CostsAtMost& promise) const -> bool {
    std::vector<ir::PricedAttempts> attempts;
    for (const ir::Tier& tier : route_.tiers) {
      std::int64_t dearest = 0;
      for (const ir::Candidate& candidate : MayBeReached(tier)) {
        attempts.push_back({.cost = ir::AttemptCost(policy_, candidate.deployment, prompt_)});
        dearest = std::max(dearest, attempts.back().cost);
      }
      attempts.push_back({.cost = dearest, .count = ir::TierAttempts(0, tier.retries)});
    }
    const std::int64_t cost = ir::MostExpensive(std::move(attempts), policy_.limits.attempts);
    const std::int64_t limit = ir::CostLimit(policy_.limits);
    return (limit > 0 ? std::min(cost, limit) : cost) <= ir::InCostUnits(promise.usd);
  }

  /// It is not about one plan: see `compared.h`.
  auto operator()(const ir::Compared&) const -> bool { return false; }

 private:
  auto Allowed(const ir::Candidate& candidate) const -> Truth { return allowed_[candidate.deployment.index]; }

  auto MayBeReached(const ir::Tier& tier) const -> std::vector<ir::Candidate> {
    std::vector<ir::Candidate> reached;
    std::size_t certain = 0;
    for (const ir::Candidate& candidate : tier.candidates) {
      if (certain >= LimitOf(tier)) break;
      if (Allowed(candidate) != Truth::kFalse) reached.push_back(candidate);
      if (Allowed(candidate) == Truth::kTrue) ++certain;
    }
    return reached;
  }

  static auto LimitOf(const ir::Tier& tier) -> std::size_t { return tier.limit.value_or(tier.candidates.size()); }

  auto MostReached(const ir::Tier& tier) const -> std::size_t {
    const auto possible =
        std::ranges::count_if(tier.candidates, [&](const auto& each) { return Allowed(each) != Truth::kFalse; });
    return std::min(static_cast<std::size_t>(possible), LimitOf(tier));
  }

  void LoseTier(const ir::Tier& tier, ir::SurvivesLoss::Unit unit, std::size_t most, std::uint64_t left,
                std::set<std::uint32_t>& lost) const {
    const bool is_drawn = tier.order == TierOrder::kByWeight;
    std::vector<std::uint32_t>
        sure;  // the units of deployments that are certainly reached, and tried if there is an order
    std::size_t before = 0;
    std::size_t certain = 0;
    for (const ir::Candidate& candidate : tier.candidates) {
      if (Allowed(candidate) == Truth::kFalse) continue;
      if (Allowed(candidate) == Truth::kTrue && before < LimitOf(tier)) {
        ++certain;
        if (is_drawn || before < left) sure.push_back(ir::UnitOf(policy_, unit, candidate.deployment));
      }
      ++before;
    }
    if (!is_drawn || most <= left) {
      lost.insert(sure.begin(), sure.end());
      return;
    }
    const std::uint64_t unsure = most - certain;
    std::map<std::uint32_t, std::uint64_t> counts;
    for (const std::uint32_t each : sure) ++counts[each];
    std::uint64_t failed = 0;
    for (const std::uint32_t each : lost) {
      if (const auto found = counts.find(each); found != counts.end()) {
        failed += found->second;
        counts.erase(found);
      }
    }
    while (failed + unsure < left) {
      const auto largest = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
      failed += largest->second;
      lost.insert(largest->first);
      counts.erase(largest);
    }
  }

  const ir::Policy& policy_;
  const Obligation& obligation_;
  const ir::Route& route_;
  const std::vector<Truth>& allowed_;
  std::int64_t prompt_;  // whole tokens
};

}  // namespace

auto FindObstacle(const Model& model, const Obligation& obligation, const Outcomes& outcomes)
    -> std::optional<Obstacle> {
  if (outcomes.when == Truth::kFalse) return std::nullopt;
  for (std::uint32_t s = 0; s < obligation.fails.size(); ++s) {
    const bool may_see = model.asked[s] && outcomes.shown[s] != Truth::kFalse;
    if (may_see && obligation.fails[s]) return Obstacle{.route = {}, .refusal = {}, .service = s};
  }
  const auto* served = std::get_if<ir::Served>(&obligation.promise);
  for (std::uint32_t i = 0; i < outcomes.refusals.size(); ++i) {
    if (outcomes.refusals[i] == Truth::kFalse) continue;
    if (served != nullptr && !std::ranges::binary_search(served->unless_refused_by, RefusalId{i})) {
      return Obstacle{.route = {}, .refusal = i, .service = {}};
    }
    if (outcomes.refusals[i] == Truth::kTrue) return std::nullopt;
  }
  for (std::uint32_t i = 0; i < outcomes.routes.size(); ++i) {
    if (outcomes.routes[i] == Truth::kFalse) continue;
    const Plan plan(model, obligation, model.policy->routes[i], outcomes);
    if (!std::visit(plan, obligation.promise)) return Obstacle{.route = i, .refusal = {}, .service = {}};
    if (outcomes.routes[i] == Truth::kTrue) return std::nullopt;
  }
  if (served != nullptr) return Obstacle{};
  return std::nullopt;
}

}  // namespace route::prove
