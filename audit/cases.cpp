#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "audit/proof.h"

namespace audit {

auto Everything(const Core& core) -> Box {
  Box box;
  for (const Dimension& dimension : core.dimensions) box.emplace_back(dimension.values.size(), true);
  return box;
}

auto Evaluate(const Condition& condition, const Box& box) -> Truth {
  using Op = Condition::Op;
  if (condition.op == Op::kIn) {
    const Bits& possible = box[condition.dimension];
    Spend(possible.size());
    bool some_in = false, some_out = false;
    for (std::size_t c = 0; c < possible.size(); ++c) {
      if (possible[c]) (condition.classes[c] ? some_in : some_out) = true;
    }
    return !some_in ? Truth::kFalse : some_out ? Truth::kUnknown : Truth::kTrue;
  }
  if (condition.op == Op::kNot) return static_cast<Truth>(2 - static_cast<int>(Evaluate(condition.parts[0], box)));
  const bool all = condition.op == Op::kAll;
  Truth result = all ? Truth::kTrue : Truth::kFalse;
  for (const Condition& part : condition.parts) {
    const Truth truth = Evaluate(part, box);
    result = all ? std::min(result, truth) : std::max(result, truth);
    if (result == (all ? Truth::kFalse : Truth::kTrue)) break;
  }
  return result;
}

auto OutcomesIn(const Core& core, const Obligation& obligation, const Box& box) -> Outcomes {
  Outcomes outcomes = {Evaluate(obligation.when, box)};
  for (const Condition& refusal : core.refusals) outcomes.push_back(Evaluate(refusal, box));
  for (const Route& route : core.routes) outcomes.push_back(Evaluate(route.when, box));
  const std::size_t decided = outcomes.size();
  outcomes.resize(decided + core.deployments, Truth::kTrue);
  for (const Rule& rule : core.rules) {
    const Truth spared = Evaluate(Condition{.op = Condition::Op::kNot, .parts = {rule.when}}, box);
    for (std::size_t d = 0; d < core.deployments && spared != Truth::kTrue; ++d) {
      if (!rule.keeps[d]) outcomes[decided + d] = std::min(outcomes[decided + d], spared);
    }
  }
  return outcomes;
}

namespace {

/// What a tier's part of the plan can be.
struct Reach {
  std::size_t most = 0;             ///< deployments at most
  std::vector<std::size_t> maybe;   ///< deployments that may be reached
  std::vector<std::size_t> sure;    ///< those of them that certainly are
  std::vector<std::size_t> before;  ///< for each of these: how many may come before it
};

/// Whether a route that takes a request keeps the promise.
class Plan {
 public:
  Plan(const Core& core, const Obligation& obligation, const Route& route, std::span<const Truth> allowed)
      : core_(core), obligation_(obligation), allowed_(allowed) {
    for (const Tier& tier : route.tiers) {
      if (Reach reach = ReachOf(tier); reach.most > 0) tiers_.emplace_back(&tier, std::move(reach));
    }
  }

  auto Keeps() const -> bool {
    switch (obligation_.kind) {
      case Obligation::Kind::kEvery:
        return std::ranges::all_of(tiers_, [&](const auto& tier) {
          return std::ranges::all_of(tier.second.maybe, [&](std::size_t d) { return obligation_.passes[d]; });
        });
      case Obligation::Kind::kFirst:
        return FirstChoicesPass();
      case Obligation::Kind::kServed:
        return std::ranges::any_of(tiers_, [&](const auto& tier) {
          return std::ranges::any_of(tier.first->deployments,
                                     [&](std::size_t d) { return allowed_[d] == Truth::kTrue; });
        });
      case Obligation::Kind::kSurvives:
        return Survives();
      case Obligation::Kind::kBounded:
        return IsBounded();
      case Obligation::Kind::kOther:
        return false;
    }
    return false;
  }

 private:
  auto ReachOf(const Tier& tier) const -> Reach {
    Reach reach;
    std::size_t possible = 0, certain = 0;
    for (const std::size_t d : tier.deployments) {
      if (allowed_[d] == Truth::kFalse) continue;
      const bool is_certain = allowed_[d] == Truth::kTrue;
      if (certain < tier.limit) reach.maybe.push_back(d);
      if (is_certain && possible < tier.limit) {
        reach.sure.push_back(d);
        reach.before.push_back(possible);
      }
      ++possible;
      certain += is_certain ? 1 : 0;
    }
    reach.most = std::min<std::size_t>(possible, tier.limit);
    return reach;
  }

  auto FirstChoicesPass() const -> bool {
    for (const auto& [tier, reach] : tiers_) {
      for (const std::size_t d : reach.maybe) {
        if (!obligation_.passes[d]) return false;
        if (allowed_[d] == Truth::kTrue && !tier->by_weight) return true;
      }
      if (!reach.sure.empty()) return true;
    }
    return true;
  }

  auto IsBounded() const -> bool {
    std::uint64_t attempts = 0, time = 0;
    for (const auto& [tier, reach] : tiers_) {
      attempts += reach.most + tier->retries;
      time += tier->within;
    }
    return std::min(attempts, core_.attempts) <= obligation_.attempts.value_or(attempts) &&
           std::min(time, core_.deadline) <= obligation_.within.value_or(time);
  }

  /// Whether every loss that ends service takes more units than the obligation speaks of.
  auto Survives() const -> bool {
    std::set<Json> lost;
    std::uint64_t used = 0;
    for (const auto& [tier, reach] : tiers_) {
      const std::size_t left = core_.attempts - std::min(used, core_.attempts);
      if (tier->by_weight && reach.most > left) {
        const std::size_t unsure = reach.most - reach.sure.size();
        LoseFewest(reach.sure, left > unsure ? left - unsure : 0, lost);
      } else {
        for (std::size_t i = 0; i < reach.sure.size(); ++i) {
          if (tier->by_weight || reach.before[i] < left) lost.insert(obligation_.unit[reach.sure[i]]);
        }
      }
      used += reach.most + tier->retries;
    }
    return tiers_.empty() || lost.size() > obligation_.count;
  }

  /// The fewest units that, with those that are lost, have at least `failures` of the deployments.
  void LoseFewest(const std::vector<std::size_t>& deployments, std::size_t failures, std::set<Json>& lost) const {
    std::map<Json, std::size_t> counts;
    for (const std::size_t d : deployments) ++counts[obligation_.unit[d]];
    std::vector<std::pair<std::size_t, Json>> by_count;
    std::size_t failed = 0;
    for (const auto& [unit, count] : counts) {
      if (lost.contains(unit)) failed += count;
      if (!lost.contains(unit)) by_count.emplace_back(count, unit);
    }
    std::ranges::sort(by_count, std::greater());
    for (std::size_t i = 0; failed < failures; ++i) {
      failed += by_count[i].first;
      lost.insert(by_count[i].second);
    }
  }

  const Core& core_;
  const Obligation& obligation_;
  std::span<const Truth> allowed_;
  std::vector<std::pair<const Tier*, Reach>> tiers_;  // those that may be reached
};

}  // namespace

auto IsEstablished(const Core& core, const Obligation& obligation, const Outcomes& outcomes) -> bool {
  if (outcomes[0] == Truth::kFalse) return true;
  const bool served = obligation.kind == Obligation::Kind::kServed;
  for (std::size_t i = 0; i < core.refusals.size(); ++i) {
    const Truth refuses = outcomes[1 + i];
    if (served && refuses != Truth::kFalse && !obligation.named[i]) return false;
    if (refuses == Truth::kTrue) return true;
  }
  const std::size_t first = 1 + core.refusals.size();
  for (std::size_t i = 0; i < core.routes.size(); ++i) {
    const Truth takes = outcomes[first + i];
    const auto allowed = std::span(outcomes).subspan(first + core.routes.size());
    if (takes != Truth::kFalse && !Plan(core, obligation, core.routes[i], allowed).Keeps()) return false;
    if (takes == Truth::kTrue) return true;
  }
  return !served;
}

auto CheckCases(const Core& core, const Obligation& obligation, const Json& tree, Box& box) -> std::size_t {
  if (tree == true) {
    const bool established = IsEstablished(core, obligation, OutcomesIn(core, obligation, box));
    Need(established, "a case does not establish what it should", obligation.name);
    return 1;
  }
  Need(tree.is_array() && tree.size() == 4 && Natural(tree[0]) < box.size(), "a tree of cases is malformed",
       obligation.name);
  const Bits saved = box[tree[0]];
  Bits listed(saved.size());
  for (const Json& number : tree[1]) {
    Need(Natural(number) < listed.size(), "a case names a class that there is not", obligation.name);
    listed[number] = true;
  }
  std::size_t leaves = 0;
  for (const std::size_t branch : {std::size_t{2}, std::size_t{3}}) {
    bool some = false;
    for (std::size_t c = 0; c < saved.size(); ++c) some |= box[tree[0]][c] = saved[c] && listed[c] == (branch == 2);
    Need(some, "a case holds no request", obligation.name);
    leaves += CheckCases(core, obligation, tree[branch], box);
  }
  box[tree[0]] = saved;
  return leaves;
}

}  // namespace audit
