#include "audit/cases.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <utility>

namespace audit {

auto Everything(const Core& core) -> Box {
  Box box;
  for (const Dimension& dimension : core.dimensions) box.emplace_back(dimension.classes, true);
  return box;
}

auto Includes(const Bits& bits, const Bits& others) -> bool {
  for (std::size_t i = 0; i < others.size(); ++i) {
    if (others[i] && !bits[i]) return false;
  }
  return true;
}

auto Meets(const Bits& bits, const Bits& others) -> bool {
  for (std::size_t i = 0; i < others.size(); ++i) {
    if (others[i] && bits[i]) return true;
  }
  return false;
}

auto Evaluate(const Condition& condition, const Box& box) -> Truth {
  using Op = Condition::Op;
  if (condition.op == Op::kIn) {
    const Bits& possible = box[condition.dimension];
    Spend(possible.size());
    if (!Meets(condition.classes, possible)) return Truth::kFalse;
    return Includes(condition.classes, possible) ? Truth::kTrue : Truth::kUnknown;
  }
  if (condition.op == Op::kNot) {
    const Truth part = Evaluate(condition.parts[0], box);
    return part == Truth::kUnknown ? part : part == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
  }
  const bool all = condition.op == Op::kAll;
  Truth result = all ? Truth::kTrue : Truth::kFalse;
  for (const Condition& part : condition.parts) {
    const Truth truth = Evaluate(part, box);
    result = all ? std::min(result, truth) : std::max(result, truth);
    if (result == (all ? Truth::kFalse : Truth::kTrue)) break;
  }
  return result;
}

namespace {

/// The last outcomes: one for each deployment.
using Allowed = std::span<const Truth>;

/// What a tier's part of the plan can be.
struct Reach {
  std::size_t most = 0;             ///< deployments at most
  std::vector<std::size_t> sure;    ///< deployments that are certainly reached
  std::vector<std::size_t> before;  ///< for each of these: how many may come before it
  std::vector<std::size_t> maybe;   ///< deployments that may be reached, the sure ones included
};

auto ReachOf(const Tier& tier, Allowed allowed) -> Reach {
  Reach reach;
  std::size_t possible = 0, certain = 0;
  for (const std::size_t d : tier.deployments) {
    if (allowed[d] == Truth::kFalse) continue;
    if (certain < tier.limit) reach.maybe.push_back(d);
    if (allowed[d] == Truth::kTrue && possible < tier.limit) {
      reach.sure.push_back(d);
      reach.before.push_back(possible);
    }
    ++possible;
    if (allowed[d] == Truth::kTrue) ++certain;
  }
  reach.most = std::min<std::size_t>(possible, tier.limit);
  return reach;
}

auto FirstChoicesPass(const Obligation& obligation, const Route& route, Allowed allowed) -> bool {
  for (const Tier& tier : route.tiers) {
    const Reach reach = ReachOf(tier, allowed);
    for (const std::size_t d : reach.maybe) {
      if (!obligation.passes[d]) return false;
      if (allowed[d] == Truth::kTrue && !tier.by_weight) return true;
    }
    if (!reach.sure.empty()) return true;
  }
  return true;
}

auto IsBounded(const Core& core, const Obligation& obligation, const Route& route, Allowed allowed) -> bool {
  std::uint64_t attempts = 0, time = 0;
  for (const Tier& tier : route.tiers) {
    const std::size_t most = ReachOf(tier, allowed).most;
    if (most == 0) continue;
    attempts += most + tier.retries;
    time += tier.within.value_or(core.deadline);
  }
  return (!obligation.attempts || std::min(attempts, core.attempts) <= *obligation.attempts) &&
         (!obligation.within || std::min(time, core.deadline) <= *obligation.within);
}

/// The fewest units that, with those that are lost, have at least `failures` of the deployments.
void LoseFewest(const Obligation& obligation, const std::vector<std::size_t>& deployments, std::size_t failures,
                std::set<std::size_t>& lost) {
  std::map<std::size_t, std::size_t> counts;
  std::size_t failed = 0;
  for (const std::size_t d : deployments) {
    if (lost.contains(obligation.unit[d]))
      ++failed;
    else
      ++counts[obligation.unit[d]];
  }
  while (failed < failures) {
    const auto most = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
    failed += most->second;
    lost.insert(most->first);
    counts.erase(most);
  }
}

/// Whether every loss that ends service takes more units than the obligation speaks of.
auto Survives(const Core& core, const Obligation& obligation, const Route& route, Allowed allowed) -> bool {
  std::set<std::size_t> lost;
  std::uint64_t used = 0;
  bool routed = false;
  for (const Tier& tier : route.tiers) {
    const Reach reach = ReachOf(tier, allowed);
    if (reach.most == 0) continue;
    routed = true;
    const std::size_t left = used < core.attempts ? core.attempts - used : 0;
    if (tier.by_weight && reach.most > left) {
      const std::size_t unsure = reach.most - reach.sure.size();
      LoseFewest(obligation, reach.sure, left > unsure ? left - unsure : 0, lost);
    } else {
      for (std::size_t i = 0; i < reach.sure.size(); ++i) {
        if (tier.by_weight || reach.before[i] < left) lost.insert(obligation.unit[reach.sure[i]]);
      }
    }
    used += reach.most + tier.retries;
  }
  return !routed || lost.size() > obligation.count;
}

auto RouteKeeps(const Core& core, const Obligation& obligation, const Route& route, Allowed allowed) -> bool {
  switch (obligation.kind) {
    case Obligation::Kind::kEvery:
      return std::ranges::all_of(route.tiers, [&](const Tier& tier) {
        return std::ranges::all_of(ReachOf(tier, allowed).maybe, [&](std::size_t d) { return obligation.passes[d]; });
      });
    case Obligation::Kind::kFirst:
      return FirstChoicesPass(obligation, route, allowed);
    case Obligation::Kind::kServed:
      return std::ranges::any_of(route.tiers, [&](const Tier& tier) {
        return std::ranges::any_of(tier.deployments, [&](std::size_t d) { return allowed[d] == Truth::kTrue; });
      });
    case Obligation::Kind::kSurvives:
      return Survives(core, obligation, route, allowed);
    case Obligation::Kind::kBounded:
      return IsBounded(core, obligation, route, allowed);
  }
  return false;
}

auto CheckTree(const Core& core, const Obligation& obligation, const Json& tree, Box& box, std::size_t depth)
    -> std::size_t {
  if (depth > 1000) throw Rejected(obligation.name + ": the tree of cases is nested too deeply");
  if (tree == true) {
    if (!IsEstablished(core, obligation, OutcomesIn(core, obligation, box)))
      throw Rejected(obligation.name + ": a case does not establish it");
    return 1;
  }
  if (!tree.is_array() || tree.size() != 4 || Natural(tree[0]) >= box.size()) {
    throw Rejected(obligation.name + ": the tree of cases is malformed");
  }
  const std::size_t dimension = tree[0].get<std::size_t>();
  Bits yes(box[dimension].size()), no = box[dimension];
  for (const Json& number : tree[1]) {
    if (Natural(number) >= yes.size()) throw Rejected(obligation.name + ": a case names a class that there is not");
    yes[number.get<std::size_t>()] = box[dimension][number.get<std::size_t>()];
    no[number.get<std::size_t>()] = false;
  }
  std::size_t leaves = 0;
  for (const auto& [classes, branch] : {std::pair(yes, 2), std::pair(no, 3)}) {
    Bits saved = std::exchange(box[dimension], classes);
    if (!Meets(saved, classes)) throw Rejected(obligation.name + ": a case holds no request");
    leaves += CheckTree(core, obligation, tree[static_cast<std::size_t>(branch)], box, depth + 1);
    box[dimension] = std::move(saved);
  }
  return leaves;
}

}  // namespace

auto OutcomesIn(const Core& core, const Obligation& obligation, const Box& box) -> Outcomes {
  Outcomes outcomes = {Evaluate(obligation.when, box)};
  for (const Condition& refusal : core.refusals) outcomes.push_back(Evaluate(refusal, box));
  for (const Route& route : core.routes) outcomes.push_back(Evaluate(route.when, box));
  const std::size_t decided = outcomes.size();
  outcomes.resize(decided + core.deployments, Truth::kTrue);
  for (const Rule& rule : core.rules) {
    const Truth applies = Evaluate(rule.when, box);
    for (std::size_t d = 0; d < core.deployments && applies != Truth::kFalse; ++d) {
      Truth& allowed = outcomes[decided + d];
      if (!rule.keeps[d]) allowed = std::min(allowed, applies == Truth::kTrue ? Truth::kFalse : Truth::kUnknown);
    }
  }
  return outcomes;
}

auto IsEstablished(const Core& core, const Obligation& obligation, const Outcomes& outcomes) -> bool {
  if (outcomes[0] == Truth::kFalse) return true;
  const bool served = obligation.kind == Obligation::Kind::kServed;
  for (std::size_t i = 0; i < core.refusals.size(); ++i) {
    const Truth refuses = outcomes[1 + i];
    if (served && refuses != Truth::kFalse && !obligation.named[i]) return false;
    if (refuses == Truth::kTrue) return true;
  }
  const std::size_t first = 1 + core.refusals.size();
  const Allowed allowed = std::span(outcomes).subspan(first + core.routes.size());
  for (std::size_t i = 0; i < core.routes.size(); ++i) {
    if (outcomes[first + i] == Truth::kFalse) continue;
    if (!RouteKeeps(core, obligation, core.routes[i], allowed)) return false;
    if (outcomes[first + i] == Truth::kTrue) return true;
  }
  return !served;
}

auto CheckCases(const Core& core, const Obligation& obligation, const Json& tree) -> std::size_t {
  Box box = Everything(core);
  return CheckTree(core, obligation, tree, box, 0);
}

}  // namespace audit
