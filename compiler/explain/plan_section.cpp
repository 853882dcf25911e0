#include "compiler/explain/plan_section.h"

#include <algorithm>

#include "compiler/base/internal_error.h"
#include "compiler/explain/phrases.h"
#include "compiler/ir/words.h"
#include "runtime/values/value_text.h"

namespace route::explain {
namespace {

constexpr std::size_t kMostNames = 24;

auto NameOf(const ir::Policy& policy, DeploymentId id) -> std::string {
  return ir::Quoted(policy.deployments.at(id.index).name);
}

/// What a tier's order goes by, of one deployment; empty where that is not known.
auto KeyOf(const ir::Policy& policy, TierOrder order, const ir::Candidate& candidate, std::uint64_t weights) -> std::string {
  const ir::Deployment& deployment = policy.deployments.at(candidate.deployment.index);
  switch (order) {
    case TierOrder::kAsListed: return "";
    case TierOrder::kByWeight: return std::to_string(candidate.weight) + " in " + std::to_string(weights);
    case TierOrder::kCheapest:
      return FormatQuantity({deployment.price_in.micros + deployment.price_out.micros}, Unit::kUsd);
    case TierOrder::kFastest:
      return deployment.first_token_ms ? FormatQuantity(*deployment.first_token_ms, Unit::kMilliseconds) : "";
    case TierOrder::kQuality: {
      const std::optional<Decimal>& quality = policy.models.at(deployment.model.index).quality;
      return quality ? FormatDecimal(*quality) : "";
    }
  }
  throw InternalError("an unknown order");
}

auto OrderReason(TierOrder order) -> std::string {
  switch (order) {
    case TierOrder::kAsListed: return "in the order in which they are written";
    case TierOrder::kByWeight: return "drawn at random by their weights";
    case TierOrder::kCheapest: return "the cheapest first, for a million tokens in and a million out";
    case TierOrder::kFastest: return "the fastest to the first token first";
    case TierOrder::kQuality: return "the highest quality first";
  }
  throw InternalError("an unknown order");
}

/// How many of the tier's deployments are excluded.
auto CountExcluded(const ir::Tier& tier, const ir::Decision& decision) -> std::size_t {
  return static_cast<std::size_t>(std::ranges::count_if(tier.candidates, [&](const ir::Candidate& candidate) {
    return std::ranges::find(decision.excluded, candidate.deployment, &ir::Exclusion::deployment) != decision.excluded.end();
  }));
}

auto TierText(const ir::Policy& policy, const ir::Tier& tier, const ir::PlanTier& planned, const ir::Decision& decision)
    -> std::string {
  std::uint64_t weights = 0;
  for (const ir::Candidate& candidate : planned.deployments) weights += candidate.weight;
  const std::size_t excluded = CountExcluded(tier, decision);
  const std::size_t taken = planned.deployments.size();
  const std::size_t not_taken = tier.candidates.size() - excluded - taken;
  const bool has_choice = taken + not_taken > 1;
  std::vector<std::string> names;
  for (const ir::Candidate& candidate : planned.deployments) {
    const std::string key = has_choice ? KeyOf(policy, tier.order, candidate, weights) : "";
    names.push_back(NameOf(policy, candidate.deployment) + (key.empty() ? "" : " (" + key + ")"));
  }
  std::string text = ir::EnumerateSome(names, kMostNames);
  if (has_choice) text += ", " + OrderReason(tier.order);
  if (excluded > 0) {
    text += "; " + std::to_string(excluded) + " of " + std::to_string(tier.candidates.size()) +
            (excluded == 1 ? " is" : " are") + " ruled out";
  }
  if (not_taken > 0) text += "; " + std::to_string(not_taken) + " more would be allowed, beyond the number that is asked for";
  if (tier.within_ms) text += "; it has " + FormatDuration(*tier.within_ms);
  if (tier.retries) text += "; up to " + ir::Counted(*tier.retries, "further attempt");
  return text;
}

auto PlanSection(const ir::Policy& policy, const ir::Route& route, const ir::Decision& decision) -> Section {
  Section section{.title = "Who is tried", .text = {}, .points = {}};
  if (decision.plan.empty()) section.text = "Nobody.";
  bool is_first = true;
  for (std::uint32_t i = 0; i < route.tiers.size(); ++i) {
    const ir::Tier& tier = route.tiers[i];
    const auto planned = std::ranges::find(decision.plan, i, &ir::PlanTier::tier);
    std::string text;
    if (planned == decision.plan.end()) {
      std::vector<std::string> names;
      for (const ir::Candidate& candidate : tier.candidates) names.push_back(NameOf(policy, candidate.deployment));
      text = "not " + ir::Quoted(tier.label) + ": ";
      text += names.size() == 1 && names.front() == ir::Quoted(tier.label)
                  ? "it is ruled out"
                  : "all of it is ruled out (" + ir::EnumerateSome(names, kMostNames) + ")";
    } else {
      // A list in braces says no more than what it is made of, nor does a single deployment.
      const bool says_more = !tier.label.starts_with('{') && 
                             ir::Quoted(tier.label) != NameOf(policy, tier.candidates.front().deployment);
      text = (is_first ? "first " : "then ") + (says_more ? ir::Quoted(tier.label) + ": " : "") +
             TierText(policy, tier, *planned, decision);
      is_first = false;
    }
    section.points.push_back({.name = tier.label, .text = std::move(text), .details = {}});
  }
  return section;
}

/// From one tier to the next, and what the limits make of it.
auto FailureSection(const ir::Policy& policy, const ir::Route& route, const ir::Decision& decision) -> Section {
  std::vector<std::string> order;
  for (const ir::PlanTier& planned : decision.plan) {
    const ir::Tier& tier = route.tiers.at(planned.tier);
    for (const ir::Candidate& candidate : planned.deployments) order.push_back(NameOf(policy, candidate.deployment));
    if (tier.order == TierOrder::kByWeight && planned.deployments.size() > 1) order.back() += " (these in the order drawn)";
  }
  std::string text = "Nobody else is tried";
  for (std::size_t i = 0; i < std::min(order.size(), kMostNames) && order.size() > 1; ++i) {
    text = i == 0 ? "One after the other is tried: " + order[0] : text + ", then " + order[i];
  }
  if (order.size() > kMostNames) text += " and " + std::to_string(order.size() - kMostNames) + " more";
  text += ". In the worst case that makes " + ir::Counted(ir::PlanAttempts(policy, decision), "attempt") + " in " +
          FormatDuration(ir::PlanTime(policy, decision)) + ", and then the request fails.";
  if (order.size() > ir::PlanAttempts(policy, decision)) {
    text += " The limit of " + ir::Counted(policy.limits.attempts, "attempt") + " is reached before all have been tried.";
  }
  return {.title = "If something fails", .text = text + " Nothing outside this plan is ever tried.", .points = {}};
}

}  // namespace

auto PlanSections(const ir::Policy& policy, const ir::Decision& decision) -> std::vector<Section> {
  if (!decision.route) return {};
  const ir::Route& route = policy.routes.at(decision.route->index);
  std::vector<Section> sections{PlanSection(policy, route, decision)};
  if (!decision.plan.empty()) sections.push_back(FailureSection(policy, route, decision));
  return sections;
}

}  // namespace route::explain
