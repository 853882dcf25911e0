#include "compiler/verify/explanation.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <optional>
#include <utility>
#include <variant>

#include "compiler/base/internal_error.h"
#include "compiler/ir/cost.h"
#include "compiler/ir/facts.h"
#include "compiler/ir/text.h"
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

auto NameOf(const ir::Policy& policy, DeploymentId id) -> std::string { return Quoted(policy.deployments.at(id.index).name); }

auto NameOf(const ir::Policy& policy, ServiceId id) -> std::string {
  return "service " + Quoted(policy.services.at(id.index).name);
}

template <typename Id>
auto Described(const ir::Policy& policy, const ir::DeploymentTest& test, Id id) -> std::string {
  std::string text = NameOf(policy, id);
  const std::vector<std::string> facts = ir::Facts(policy, test, id, ir::Went::kFalse);
  if (!facts.empty()) text += ", " + Enumerate(facts);
  return text;
}

auto AndOthers(std::size_t all) -> std::string {
  if (all < 2) return "";
  return " (and " + std::to_string(all - 1) + (all == 2 ? " other)" : " others)");
}

/// The sentence names the first; the list holds all.
auto AtFault(const ir::Policy& policy, const ir::DeploymentTest& test, const std::vector<DeploymentId>& deployments,
             const std::string& sentence_start) -> Fault {
  Fault fault{.deployments = deployments, .explanation = {}};
  std::erase_if(fault.deployments, [&](DeploymentId id) { return ir::Holds(test, policy, id); });
  if (fault.deployments.empty()) return fault;
  fault.explanation = sentence_start + Described(policy, test, fault.deployments.at(0)) + AndOthers(fault.deployments.size());
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
  const std::string start = decision.plan.empty() ? "" : RouteName(policy, decision) + " can reach ";
  Fault fault = AtFault(policy, promise.test, Reached(decision), start);
  for (const ServiceId id : ir::ServicesAsked(decision)) {
    if (ir::Says(promise.test, policy, id) == ir::Said::kNo) fault.services.push_back(id);
  }
  if (fault.services.empty()) return fault;
  const std::string seen = "the prompt is shown to " + Described(policy, promise.test, fault.services.front()) +
                           AndOthers(fault.services.size());
  fault.explanation += (fault.explanation.empty() ? "" : "; and ") + seen;
  return fault;
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

/// `with tier platinum`, as the promise says it.
auto WithText(const ir::Policy& policy, const ir::Compared& promise, const ir::Value& value) -> std::string {
  const ir::Attribute& attribute = policy.attributes.at(promise.attribute.index);
  return "with " + attribute.name + " " + ir::FormatValue(attribute, value);
}

/// Why a request is not served, for the middle of a sentence.
auto NotServedWords(const ir::Policy& policy, const ir::Decision& decision) -> std::string {
  if (decision.outcome == Outcome::kRefused) {
    return "refusal " + Quoted(policy.refusals.at(decision.refusal.value().index).name) + " answers";
  }
  if (decision.outcome == Outcome::kUncovered) return "no route takes it";
  return RouteName(policy, decision) + " is left with nothing";
}

/// Why a deployment is not allowed.
auto NotAllowedWords(const ir::Policy& policy, const ir::Decision& decision, DeploymentId deployment) -> std::string {
  if (decision.outcome == Outcome::kRefused) return NotServedWords(policy, decision);
  std::vector<std::string> rules;
  for (const ir::Exclusion& each : decision.excluded) {
    if (each.deployment == deployment) rules.push_back(Quoted(policy.rules.at(each.by.index).name));
  }
  return std::string(rules.size() == 1 ? "rule " : "rules ") + Enumerate(rules) +
         (rules.size() == 1 ? " excludes it" : " exclude it");
}

/// What is compared of one request, and the one that it is compared with.
struct Sides {
  std::string with;
  std::string than;
  ir::Decision with_decision;
  ir::Decision than_decision;
};

auto ExplainAllowed(const ir::Policy& policy, const Sides& sides) -> Fault {
  Fault fault{.deployments = ir::AllowedDeployments(policy, sides.than_decision), .explanation = {}};
  const std::vector<DeploymentId> allowed = ir::AllowedDeployments(policy, sides.with_decision);
  std::erase_if(fault.deployments, [&](DeploymentId id) { return std::ranges::binary_search(allowed, id); });
  const DeploymentId first = fault.deployments.at(0);
  fault.explanation = sides.than + " the same request is allowed " + Quoted(policy.deployments.at(first.index).name);
  if (fault.deployments.size() > 1) {
    const std::size_t more = fault.deployments.size() - 1;
    fault.explanation += " (and " + std::to_string(more) + (more == 1 ? " other)" : " others)");
  }
  fault.explanation += "; " + sides.with + " " + NotAllowedWords(policy, sides.with_decision, first);
  return fault;
}

auto ExplainServed(const ir::Policy& policy, const Sides& sides) -> Fault {
  return {{}, sides.than + " the same request is served by " + RouteName(policy, sides.than_decision) + "; " + sides.with +
                  " " + NotServedWords(policy, sides.with_decision)};
}

auto NumberText(const ir::Policy& policy, const ir::DeploymentTest& number, DeploymentId id) -> std::string {
  using Kind = ir::DeploymentTest::Kind;
  const Decimal value = ir::NumberOf(number, policy, id).value();
  switch (number.kind) {
    case Kind::kPriceIn:
      return FormatQuantity(value, Unit::kUsd) + " in";
    case Kind::kPriceOut:
      return FormatQuantity(value, Unit::kUsd) + " out";
    case Kind::kFirstToken:
      return FormatQuantity(value, Unit::kMilliseconds);
    case Kind::kContext:
      return FormatQuantity(value, Unit::kTokens);
    case Kind::kRetention:
      return FormatDecimal(value) + " days";
    case Kind::kQuality:
      return "quality " + (number.text.empty() ? "" : number.text + " ") + FormatDecimal(value);
    case Kind::kTrue:
    case Kind::kAll:
    case Kind::kAny:
    case Kind::kNot:
    case Kind::kProcessedIn:
    case Kind::kHeadquarteredIn:
    case Kind::kVendorIs:
    case Kind::kModelIs:
    case Kind::kDeploymentIs:
    case Kind::kServiceIs:
    case Kind::kCertified:
    case Kind::kStatusIs:
    case Kind::kCapable:
    case Kind::kTagged:
    case Kind::kSeenBy:
    case Kind::kSeenOnlyBy:
    case Kind::kSeenFrom:
    case Kind::kSeenOnlyFrom:
    case Kind::kOwnIs:
    case Kind::kOwnRange:
      break;
  }
  throw InternalError("a comparison of what is no number");
}

/// The first choice with the least number, or the greatest.
template <typename Better>
auto Extreme(const ir::Policy& policy, const ir::DeploymentTest& number, const ir::Decision& decision, Better better)
    -> DeploymentId {
  const std::vector<DeploymentId> choices = ir::FirstChoices(policy, decision);
  return *std::ranges::min_element(choices, better, [&](DeploymentId id) { return ir::NumberOf(number, policy, id).value(); });
}

auto ExplainFirstChoice(const ir::Policy& policy, const ir::Compared& promise, const Sides& sides) -> Fault {
  const bool at_least = promise.what == ir::Compared::What::kFirstChoiceAtLeast;
  const auto least = [&](const ir::Decision& decision) { return Extreme(policy, promise.number, decision, std::less()); };
  const auto greatest = [&](const ir::Decision& decision) { return Extreme(policy, promise.number, decision, std::greater()); };
  const DeploymentId with = at_least ? least(sides.with_decision) : greatest(sides.with_decision);
  const DeploymentId than = at_least ? greatest(sides.than_decision) : least(sides.than_decision);
  const auto described = [&](DeploymentId id) {
    return Quoted(policy.deployments.at(id.index).name) + " (" + NumberText(policy, promise.number, id) + ")";
  };
  return {{with}, sides.than + " " + RouteName(policy, sides.than_decision) + " can try " + described(than) + " first; " +
                      sides.with + " " + RouteName(policy, sides.with_decision) + " can try " + described(with)};
}

auto ExplainComparison(const ir::Policy& policy, const ir::Compared& promise, const ir::Request& request) -> Fault {
  const ir::Pair pair = ir::PairOf(promise, request);
  const Sides sides{.with = WithText(policy, promise, promise.value),
                    .than = WithText(policy, promise, promise.than),
                    .with_decision = ir::Evaluate(policy, pair.with),
                    .than_decision = ir::Evaluate(policy, pair.than)};
  switch (promise.what) {
    case ir::Compared::What::kAllowed:
      return ExplainAllowed(policy, sides);
    case ir::Compared::What::kServed:
      return ExplainServed(policy, sides);
    case ir::Compared::What::kFirstChoiceAtLeast:
    case ir::Compared::What::kFirstChoiceAtMost:
      return ExplainFirstChoice(policy, promise, sides);
  }
  std::abort();  // everything that is compared is handled above
}

auto ExplainCost(const ir::Policy& policy, const ir::Request& request, const ir::Decision& decision) -> Fault {
  const std::int64_t prompt = ir::PromptTokens(policy, request);
  std::vector<std::string> parts;
  for (const ir::PlanTier& planned : decision.plan) {
    const ir::Tier& tier = policy.routes.at(decision.route.value().index).tiers.at(planned.tier);
    for (const ir::Candidate& candidate : planned.deployments) {
      parts.push_back(ir::FormatCost(ir::AttemptCost(policy, candidate.deployment, prompt)) + " at " +
                      Quoted(policy.deployments.at(candidate.deployment.index).name));
    }
    if (tier.retries) parts.back() += " with up to " + ir::Counted(*tier.retries, "further attempt") + " in that tier";
  }
  return {{}, RouteName(policy, decision) + " can cost " + ir::FormatCost(ir::WorstCost(policy, request, decision)) +
                  ", if each of at most " + ir::Counted(policy.limits.attempts, "attempt") + " is billed for " +
                  ir::Counted(prompt, "token") + " in and " + ir::Counted(policy.limits.answer_tokens, "token") +
                  " out: " + ir::EnumerateSome(parts, 6)};
}

/// Most promises are about the decision alone.
struct Explanation {
  const ir::Policy& policy;
  const ir::Request& request;
  const ir::Decision& decision;

  auto operator()(const ir::Compared& promise) const -> Fault { return ExplainComparison(policy, promise, request); }
  auto operator()(const ir::CostsAtMost&) const -> Fault { return ExplainCost(policy, request, decision); }
  auto operator()(const auto& promise) const -> Fault { return Explain(policy, promise, decision); }
};

}  // namespace

auto ExplainFault(const ir::Policy& policy, const ir::Guarantee& guarantee, const ir::Request& request,
                  const ir::Decision& decision) -> Fault {
  return std::visit(Explanation{policy, request, decision}, guarantee.promise);
}

auto JoinNames(const std::vector<std::string>& names) -> std::string {
  if (names.empty()) return "none";
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back(Quoted(name));
  return Enumerate(quoted);
}

auto SomeNames(const std::vector<std::string>& names) -> std::string {
  constexpr std::size_t kMost = 4;
  if (names.size() <= kMost) return JoinNames(names);
  std::string text;
  for (std::size_t i = 0; i < kMost; ++i) text += (i == 0 ? "" : ", ") + Quoted(names[i]);
  return text + " and " + std::to_string(names.size() - kMost) + " more";
}

}  // namespace route::verify
