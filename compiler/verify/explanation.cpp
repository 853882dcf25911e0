#include "compiler/verify/explanation.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>
#include <variant>

#include "runtime/values/value_text.h"

namespace route::verify {
namespace {

auto Quoted(const std::string& name) -> std::string {
  return "`" + name + "`";
}

auto Enumerate(const std::vector<std::string>& parts) -> std::string {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? " and " : ", ";
    text += parts[i];
  }
  return text;
}

auto RouteName(const ir::Policy& policy, const ir::Decision& decision) -> std::string {
  return "route " + Quoted(policy.routes.at(decision.route.value().index).name);
}

/// The first of each, in order.
template <typename T>
auto Distinct(const std::vector<T>& list) -> std::vector<T> {
  std::vector<T> distinct;
  for (const T& item : list) {
    if (std::ranges::find(distinct, item) == distinct.end()) distinct.push_back(item);
  }
  return distinct;
}

/// Which way a test went that should have gone the other way.
enum class Went : std::uint8_t { kFalse, kTrue };

auto Fact(const std::string& what, const std::optional<Decimal>& value, Unit unit) -> std::string {
  if (!value) return "whose " + what + " the catalogue does not state";
  return "whose " + what + " is " + FormatQuantity(*value, unit);
}

/// Who can see the data while a deployment processes it.
auto Observers(const ir::Policy& policy, const ir::Deployment& deployment) -> std::string {
  if (!deployment.seen_by) return "of which the catalogue does not state who can see the data";
  if (deployment.seen_by->empty()) return "whose data nobody can see";
  std::vector<std::string> observers;
  for (const VendorId id : *deployment.seen_by) {
    const ir::Vendor& vendor = policy.vendors.at(id.index);
    observers.push_back(Quoted(vendor.name) + " (" + std::string(CountryCode(vendor.headquarters)) + ")");
  }
  return "whose data " + Enumerate(observers) + " can see";
}

/// The facts that made a test go as it did, each as a relative clause; none where they would only repeat the test.
auto Facts(const ir::Policy& policy, const ir::DeploymentTest& test, DeploymentId id, Went went)
    -> std::vector<std::string> {
  using Kind = ir::DeploymentTest::Kind;
  const ir::Deployment& deployment = policy.deployments.at(id.index);
  const ir::Model& model = policy.models.at(deployment.model.index);
  const ir::Vendor& vendor = policy.vendors.at(deployment.vendor.index);
  const bool is_true = went == Went::kTrue;
  switch (test.kind) {
    case Kind::kTrue:
      return {};
    case Kind::kAll:
    case Kind::kAny: {
      // One false child makes `all` false, one true child makes `any` true; the other way round it takes every child.
      const bool one_is_enough = (test.kind == Kind::kAny) == is_true;
      std::vector<std::string> facts;
      for (const ir::DeploymentTest& child : test.children) {
        if (ir::Holds(child, policy, id) != is_true) continue;
        for (std::string& fact : Facts(policy, child, id, went)) facts.push_back(std::move(fact));
        if (one_is_enough) break;
      }
      return Distinct(facts);
    }
    case Kind::kNot:
      return Facts(policy, test.children.at(0), id, is_true ? Went::kFalse : Went::kTrue);
    case Kind::kProcessedIn:
      return {"which is processed in " + std::string(CountryCode(deployment.processed_in))};
    case Kind::kHeadquarteredIn:
      return {"whose vendor " + Quoted(vendor.name) + " has its headquarters in " +
              std::string(CountryCode(vendor.headquarters))};
    case Kind::kVendorIs:
      return {"whose vendor is " + Quoted(vendor.name)};
    case Kind::kModelIs:
      return {"which serves " + Quoted(model.name)};
    case Kind::kDeploymentIs:
      return {};
    case Kind::kCertified:
      return {"whose vendor " + Quoted(vendor.name) + (is_true ? " is" : " is not") + " certified " +
              Quoted(test.text)};
    case Kind::kStatusIs:
      return {"whose status is " + Quoted(deployment.status)};
    case Kind::kCapable:
      return {(is_true ? "which is capable of " : "which is not capable of ") + Quoted(test.text)};
    case Kind::kTagged:
      return {(is_true ? "which is tagged " : "which is not tagged ") + Quoted(test.text)};
    case Kind::kPriceIn:
      return {Fact("price in", deployment.price_in, Unit::kUsd)};
    case Kind::kPriceOut:
      return {Fact("price out", deployment.price_out, Unit::kUsd)};
    case Kind::kFirstToken:
      return {Fact("time to the first token", deployment.first_token_ms, Unit::kMilliseconds)};
    case Kind::kRetention:
      return {Fact("retention in days", deployment.retention_days, Unit::kNone)};
    case Kind::kQuality: {
      if (test.text.empty()) return {Fact("quality", model.quality, Unit::kNone)};
      const auto quality = model.quality_by_work.find(test.text);
      return {Fact("quality for " + Quoted(test.text),
                   quality == model.quality_by_work.end() ? std::nullopt : std::optional(quality->second),
                   Unit::kNone)};
    }
    case Kind::kContext:
      return {Fact("context window", model.context_tokens, Unit::kTokens)};
    case Kind::kSeenBy:
    case Kind::kSeenOnlyBy:
    case Kind::kSeenFrom:
    case Kind::kSeenOnlyFrom:
      return {Observers(policy, deployment)};
    case Kind::kOwnIs:
    case Kind::kOwnRange: {
      const auto fact = deployment.own.find(test.property);
      if (fact == deployment.own.end()) return {"whose " + Quoted(test.property) + " the catalogue does not state"};
      return {"whose " + Quoted(test.property) + " is " + ir::OwnFactText(policy, test.property, fact->second)};
    }
  }
  std::abort();  // every kind is handled above
}

auto Described(const ir::Policy& policy, const ir::DeploymentTest& test, DeploymentId id) -> std::string {
  std::string text = Quoted(policy.deployments.at(id.index).name);
  const std::vector<std::string> facts = Facts(policy, test, id, Went::kFalse);
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
    parts.push_back((tier.within_ms ? std::to_string(*tier.within_ms) + " ms" : "what is left of the deadline") +
                    where);
  }
  return {{},
          RouteName(policy, decision) + " can take " + std::to_string(ir::PlanTime(policy, decision)) +
              " ms: " + Enumerate(parts)};
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
