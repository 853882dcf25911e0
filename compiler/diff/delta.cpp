#include "compiler/diff/delta.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <set>

namespace route::diff {
namespace {

auto ReachedBy(const std::vector<ChainTier>& plan) -> std::set<std::uint32_t> {
  std::set<std::uint32_t> reached;
  for (const ChainTier& tier : plan) {
    for (const ir::Candidate& candidate : tier.candidates) reached.insert(candidate.deployment.index);
  }
  return reached;
}

auto Missing(const std::set<std::uint32_t>& from, const std::set<std::uint32_t>& in) -> std::vector<std::uint32_t> {
  std::vector<std::uint32_t> missing;
  std::ranges::set_difference(from, in, std::back_inserter(missing));
  return missing;
}

/// A draw in its simplest form: weights without a common factor, and by deployment, since the list's order says
/// nothing.
void Simplify(ChainTier& tier) {
  if (tier.candidates.size() == 1) tier.draw = ChainTier::Draw::kInOrder;
  if (tier.draw == ChainTier::Draw::kInOrder) {
    for (ir::Candidate& candidate : tier.candidates) candidate.weight = 1;
    return;
  }
  std::uint32_t factor = 0;
  for (const ir::Candidate& candidate : tier.candidates) factor = std::gcd(factor, candidate.weight);
  for (ir::Candidate& candidate : tier.candidates) candidate.weight /= factor;
  std::ranges::sort(tier.candidates, {}, &ir::Candidate::deployment);
}

/// The plan with nothing but what another one reaches too.
auto Common(const std::vector<ChainTier>& plan, const std::set<std::uint32_t>& other) -> std::vector<ChainTier> {
  std::vector<ChainTier> common;
  for (ChainTier tier : plan) {
    std::erase_if(tier.candidates,
                  [&](const ir::Candidate& candidate) { return !other.contains(candidate.deployment.index); });
    if (tier.candidates.empty()) continue;
    Simplify(tier);
    common.push_back(std::move(tier));
  }
  return common;
}

}  // namespace

auto PlanOf(const Chain& chain, const DeploymentSet& excluded) -> std::vector<ChainTier> {
  std::vector<ChainTier> plan;
  for (ChainTier tier : chain) {
    std::erase_if(tier.candidates,
                  [&](const ir::Candidate& candidate) { return excluded.Has(candidate.deployment.index); });
    if (tier.limit && tier.candidates.size() > *tier.limit) tier.candidates.resize(*tier.limit);
    tier.limit.reset();
    if (!tier.candidates.empty()) plan.push_back(std::move(tier));
  }
  return plan;
}

auto FirstChoiceOf(const std::vector<ChainTier>& plan) -> FirstChoice {
  if (plan.empty()) return {};
  ChainTier tier = plan.front();
  if (tier.draw == ChainTier::Draw::kInOrder) tier.candidates.resize(1);
  Simplify(tier);
  return tier.candidates;
}

auto Compare(const Decided& before, const Decided& after) -> Delta {
  Delta delta;
  const Delta::End old_end{before.outcome, before.answer};
  const Delta::End new_end{after.outcome, after.answer};
  if (old_end != new_end) delta.ends = {old_end, new_end};
  const std::set<std::uint32_t> old_reached = ReachedBy(before.plan);
  const std::set<std::uint32_t> new_reached = ReachedBy(after.plan);
  delta.lost = Missing(old_reached, new_reached);
  delta.gained = Missing(new_reached, old_reached);
  FirstChoice old_first = FirstChoiceOf(before.plan);
  FirstChoice new_first = FirstChoiceOf(after.plan);
  if (old_first != new_first) delta.first = {std::move(old_first), std::move(new_first)};
  delta.chain = Common(before.plan, new_reached) != Common(after.plan, old_reached);
  const bool both_routed = before.outcome == Outcome::kRouted && after.outcome == Outcome::kRouted;
  if (both_routed && before.chain != after.chain) delta.routes = {*before.route, *after.route};
  return delta;
}

}  // namespace route::diff
