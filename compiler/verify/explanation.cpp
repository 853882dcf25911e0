#include "compiler/verify/explanation.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>
#include <variant>

#include "compiler/ir/facts.h"
#include "compiler/ir/words.h"
#include "runtime/values/value_text.h"

namespace route::verify {
namespace {

using ir::Distinct;
using ir::Enumerate;
using ir::Quoted;

auto RouteName(const ir::Policy& policy, const ir::Decision& decision) -> std::string {
  return "route " + Quoted(policy.routes.at(decision.route.value().index).name);
}

auto Described(const ir::Policy& policy, const ir::DeploymentTest& test, DeploymentId id) -> std::string {
  std::string text = Quoted(policy.deployments.at(id.index).name);
  const std::vector<std::string> facts = ir::Facts(policy, test, id, ir::Went::kFalse);
  if (!facts.empty()) text += ", " + Enumerate(facts);
  return text;
}

/// The sentence names the first; the list holds all.
auto AtFault(const ir::Policy& policy, const ir::DeploymentTest& test, const std::vector<DeploymentId>& deployments,
             const std::string& sentence_start) -> Fault {
  Fault fault{.deployments = deployments, .explanation = {}};
  std::erase_if(fault.deployments, [&](DeploymentId id) { return ir::Holds(test, policy, id); });
  fault.explanation = sentence_start + Described(policy, test, fault.deployments.at(0));
  if (fault.deployments.size() > 1) {
    const std::size_t more = fault.deployments.size() - 1;
    fault.explanation += " (and " + std::to_string(more) + (more == 1 ? " other)" : " others)");
  }
  return fault;
}

auto Reached(const ir::Decision& decision) -> std::vector<DeploymentId> {
  std::vector<DeploymentId> reached;
  for (const ir::PlanTier& tier : decision.plan) {
    for (const ir::Candidate& candidate : tier.deployments) reached.push_back(candidate.deployment);
  }
  return Distinct(reached);
}

auto Explain(const ir::Policy& policy, const ir::EveryDeploymentReached& promise, const ir::Decision& decision)
    -> Fault {
  return AtFault(policy, promise.test, Reached(decision), RouteName(policy, decision) + " can reach ");
}

auto Explain(const ir::Policy& policy, const ir::FirstChoice& promise, const ir::Decision& decision) -> Fault {
  return AtFault(policy, promise.test, ir::FirstChoices(policy, decision),
                 RouteName(policy, decision) + " can try first ");
}

auto Explain(const ir::Policy& policy, const ir::Served&, const ir::Decision& decision) -> Fault {
  switch (decision.outcome) {
    case Outcome::kRouted:
      break;
    case Outcome::kRefused:
      return {{}, "refusal " + Quoted(policy.refusals.at(decision.refusal.value().index).name) + " answers"};
    case Outcome::kUncovered:
      return {{}, "no route matches"};
    case Outcome::kUnservable:
      return {{}, RouteName(policy, decision) + " matches and every deployment of its chain is excluded"};
  }
  std::abort();  // a routed request is served
}

auto LossOf(const ir::Policy& policy, ir::SurvivesLoss::Unit unit, const std::vector<DeploymentId>& deployments)
    -> std::string {
  using Unit = ir::SurvivesLoss::Unit;
  std::vector<std::string> lost;
  for (const DeploymentId id : deployments) {
    const std::uint32_t index = ir::UnitOf(policy, unit, id);
    switch (unit) {
      case Unit::kDeployment:
        lost.push_back(Quoted(policy.deployments.at(index).name));
        break;
      case Unit::kVendor:
        lost.push_back(Quoted(policy.vendors.at(index).name));
        break;
      case Unit::kCountry:
        lost.push_back(std::string(Countries()[index].code));
        break;
    }
  }
  lost = Distinct(lost);
  const bool one = lost.size() == 1;
  switch (unit) {
    case Unit::kDeployment:
      return (one ? "losing deployment " : "losing the deployments ") + Enumerate(lost);
    case Unit::kVendor:
      return (one ? "losing vendor " : "losing the vendors ") + Enumerate(lost);
    case Unit::kCountry:
      return (one ? "losing country " : "losing the countries ") + Enumerate(lost);
  }
  std::abort();  // every unit is handled above
}

auto Explain(const ir::Policy& policy, const ir::SurvivesLoss& promise, const ir::Decision& decision) -> Fault {
  const std::vector<std::uint32_t> lost = ir::SmallestLoss(policy, decision, promise.unit);
  const auto is_lost = [&](DeploymentId id) {
    return std::ranges::binary_search(lost, ir::UnitOf(policy, promise.unit, id));
  };
  Fault fault{.deployments = Reached(decision), .explanation = {}};
  std::erase_if(fault.deployments, [&](DeploymentId id) { return !is_lost(id); });
  fault.explanation = LossOf(policy, promise.unit, fault.deployments);

  const std::vector<ir::Tier>& tiers = policy.routes.at(decision.route.value().index).tiers;
  for (const ir::PlanTier& planned : decision.plan) {
    const auto is_left = [&](const ir::Candidate& candidate) { return !is_lost(candidate.deployment); };
    const auto left = std::ranges::find_if(planned.deployments, is_left);
    if (left == planned.deployments.end()) continue;
    const std::uint32_t attempts = policy.limits.attempts;
    fault.explanation += " uses up the " + (attempts == 1 ? "only attempt" : std::to_string(attempts) + " attempts") +
                         " of " + RouteName(policy, decision) + " before " +
                         Quoted(policy.deployments.at(left->deployment.index).name) + " is tried";
    const bool is_drawn = tiers.at(planned.tier).order == TierOrder::kByWeight;
    if (is_drawn && !std::ranges::all_of(planned.deployments, is_left)) fault.explanation += ", in the worst draw";
    return fault;
  }
  fault.explanation += " leaves nothing of " + RouteName(policy, decision);
  return fault;
}

auto Explain(const ir::Policy& policy, const ir::Bounded& promise, const ir::Decision& decision) -> Fault {
  const std::vector<ir::Tier>& tiers = policy.routes.at(decision.route.value().index).tiers;
  const std::uint32_t attempts = ir::PlanAttempts(policy, decision);
  std::vector<std::string> parts;
  if (promise.attempts && attempts > *promise.attempts) {
    std::uint64_t in_all = 0;
    for (const ir::PlanTier& planned : decision.plan) {
      const ir::Tier& tier = tiers.at(planned.tier);
      const std::uint64_t taken = ir::TierAttempts(planned.deployments.size(), tier.retries);
      parts.push_back(std::to_string(taken) + " in " + Quoted(tier.label));
      in_all += taken;
    }
    const std::string cut = in_all > attempts ? ", of which `limits` allow " + std::to_string(attempts) : "";
    return {
        {},
        RouteName(policy, decision) + " takes " + std::to_string(attempts) + " attempts: " + Enumerate(parts) + cut};
  }
  for (const ir::PlanTier& planned : decision.plan) {
    const ir::Tier& tier = tiers.at(planned.tier);
    const std::string where = " in " + Quoted(tier.label);
    parts.push_back((tier.within_ms ? FormatDuration(*tier.within_ms) : "what is left of the deadline") + where);
  }
  return {{},
          RouteName(policy, decision) + " can take " + FormatDuration(ir::PlanTime(policy, decision)) + ": " +
              Enumerate(parts)};
}

}  // namespace

auto ExplainFault(const ir::Policy& policy, const ir::Guarantee& guarantee, const ir::Decision& decision) -> Fault {
  return std::visit([&](const auto& promise) { return Explain(policy, promise, decision); }, guarantee.promise);
}

auto JoinNames(const std::vector<std::string>& names) -> std::string {
  if (names.empty()) return "none";
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back(Quoted(name));
  return Enumerate(quoted);
}

}  // namespace route::verify
