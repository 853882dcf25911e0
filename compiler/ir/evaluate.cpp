#include "compiler/ir/evaluate.h"

#include "compiler/ir/cost.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <ranges>
#include <set>
#include <utility>

namespace route::ir {

auto Holds(const Condition& condition, const Request& request) -> bool {
  using Kind = Condition::Kind;
  const auto child_holds = [&](const Condition& child) { return Holds(child, request); };
  const auto is_among_values = [&](std::uint32_t value) {
    return std::ranges::find(condition.values, value) != condition.values.end();
  };

  switch (condition.kind) {
    case Kind::kTrue:
      return true;
    case Kind::kFalse:
      return false;
    case Kind::kAll:
      return std::ranges::all_of(condition.children, child_holds);
    case Kind::kAny:
      return std::ranges::any_of(condition.children, child_holds);
    case Kind::kNot:
      return !child_holds(condition.children.at(0));
    case Kind::kIsOneOf:
    case Kind::kIncludes:
    case Kind::kIsYes:
    case Kind::kInRange:
    case Kind::kTextIs:
    case Kind::kStartsWith:
    case Kind::kInCountries:
      break;
  }

  const Value& value = request.at(condition.attribute.index);
  switch (condition.kind) {
    case Kind::kIsOneOf:
      return is_among_values(std::get<OneOfValue>(value).index);
    case Kind::kIncludes:
      return ((std::get<AnyOfValue>(value).members >> condition.values.at(0)) & 1U) != 0;
    case Kind::kIsYes:
      return std::get<YesNoValue>(value).yes;
    case Kind::kInRange: {
      const std::int64_t number =
          std::holds_alternative<Date>(value) ? std::get<Date>(value).days : std::get<Decimal>(value).micros;
      return condition.low <= number && number < condition.high;
    }
    case Kind::kTextIs:
      return std::get<std::string>(value) == condition.text;
    case Kind::kStartsWith:
      return std::get<std::string>(value).starts_with(condition.text);
    case Kind::kInCountries:
      return is_among_values(std::get<Country>(value).index);
    case Kind::kTrue:
    case Kind::kFalse:
    case Kind::kAll:
    case Kind::kAny:
    case Kind::kNot:
      break;
  }
  std::abort();  // every kind is handled above
}

auto Foresee(const Condition& condition, const Policy& policy, const Request& request) -> Truth {
  using Kind = Condition::Kind;
  const auto foresee = [&](const Condition& child) { return Foresee(child, policy, request); };
  switch (condition.kind) {
    case Kind::kAll:
      return std::ranges::min(condition.children | std::views::transform(foresee));
    case Kind::kAny:
      return std::ranges::max(condition.children | std::views::transform(foresee));
    case Kind::kNot: {
      const Truth inner = foresee(condition.children.at(0));
      return inner == Truth::kYes ? Truth::kNo : inner == Truth::kNo ? Truth::kYes : Truth::kUnknown;
    }
    case Kind::kTrue:
    case Kind::kFalse:
      break;
    case Kind::kIsOneOf:
    case Kind::kIncludes:
    case Kind::kIsYes:
    case Kind::kInRange:
    case Kind::kTextIs:
    case Kind::kStartsWith:
    case Kind::kInCountries:
      if (IsAnswered(policy, condition.attribute)) return Truth::kUnknown;
      break;
  }
  return Holds(condition, request) ? Truth::kYes : Truth::kNo;
}

namespace {

/// A service may see the prompt unless a refusal answers in any case, or a rule that excludes it could apply.
auto UseOf(const Policy& policy, const Request& request, ServiceId service) -> ServiceUse {
  ServiceUse use{.service = service, .refusals = {}, .rules = {}};
  for (std::uint32_t i = 0; i < policy.refusals.size(); ++i) {
    const Refusal& refusal = policy.refusals[i];
    const Condition& answers = refusal.applies_in_any_case ? *refusal.applies_in_any_case : refusal.when;
    if (Foresee(answers, policy, request) == Truth::kYes) use.refusals.push_back({i});
  }
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    const Rule& rule = policy.rules[i];
    if (Says(rule.keep, policy, service) != Said::kNo) continue;
    if (Foresee(rule.could_apply ? *rule.could_apply : rule.when, policy, request) != Truth::kNo) use.rules.push_back({i});
  }
  return use;
}

}  // namespace

auto ServicesAsked(const Decision& decision) -> std::vector<ServiceId> {
  std::vector<ServiceId> asked;
  for (const ServiceUse& use : decision.services) {
    if (use.is_asked()) asked.push_back(use.service);
  }
  return asked;
}

auto Evaluate(const Policy& policy, const Request& request) -> Decision {
  Decision decision;

  // 0. Before all else, the services that the request may be shown to are asked for the attributes they answer.
  for (std::uint32_t i = 0; i < policy.services.size(); ++i) {
    if (!AskedFor(policy, {i}).empty()) decision.services.push_back(UseOf(policy, request, {i}));
  }

  // 1. Refusals come first, and the first that matches gives the answer.
  for (std::uint32_t i = 0; i < policy.refusals.size(); ++i) {
    if (Holds(policy.refusals[i].when, request)) {
      decision.outcome = Outcome::kRefused;
      decision.refusal = RefusalId{i};
      return decision;
    }
  }

  // 2. A deployment is allowed if every rule that applies keeps it.
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    if (Holds(policy.rules[i].when, request)) decision.rules.push_back(RuleId{i});
  }
  std::vector<bool> allowed(policy.deployments.size(), true);
  for (std::uint32_t i = 0; i < policy.deployments.size(); ++i) {
    for (RuleId rule : decision.rules) {
      if (Holds(policy.rules[rule.index].keep, policy, DeploymentId{i})) continue;
      allowed[i] = false;
      decision.excluded.push_back({DeploymentId{i}, rule});
    }
  }

  // 3. The first route whose condition holds decides.
  for (std::uint32_t i = 0; i < policy.routes.size() && !decision.route; ++i) {
    if (Holds(policy.routes[i].when, request)) decision.route = RouteId{i};
  }
  if (!decision.route) {
    decision.outcome = Outcome::kUncovered;
    return decision;
  }

  // 4. The plan is its chain: of each tier what is allowed, in the tier's order, up to its limit; empty tiers dropped.
  const Route& route = policy.routes[decision.route->index];
  for (std::uint32_t i = 0; i < route.tiers.size(); ++i) {
    PlanTier planned{.tier = i, .deployments = {}};
    for (const Candidate& candidate : route.tiers[i].candidates) {
      if (allowed.at(candidate.deployment.index)) planned.deployments.push_back(candidate);
    }
    const std::optional<std::uint32_t> limit = route.tiers[i].limit;
    if (limit && planned.deployments.size() > *limit) planned.deployments.resize(*limit);
    if (!planned.deployments.empty()) decision.plan.push_back(std::move(planned));
  }

  // 5. A route with nothing left is unservable.
  decision.outcome = decision.plan.empty() ? Outcome::kUnservable : Outcome::kRouted;
  return decision;
}

auto TierAttempts(std::size_t deployments, std::optional<std::uint32_t> retries) -> std::uint64_t {
  return deployments + std::uint64_t{retries.value_or(0)};
}

auto PlanAttempts(const Policy& policy, const Decision& decision) -> std::uint32_t {
  std::uint64_t attempts = 0;
  for (const PlanTier& planned : decision.plan) {
    const Tier& tier = policy.routes.at(decision.route.value().index).tiers.at(planned.tier);
    attempts += TierAttempts(planned.deployments.size(), tier.retries);
  }
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(attempts, policy.limits.attempts));
}

auto PlanTime(const Policy& policy, const Decision& decision) -> std::uint32_t {
  std::uint64_t milliseconds = 0;
  for (const PlanTier& planned : decision.plan) {
    const Tier& tier = policy.routes.at(decision.route.value().index).tiers.at(planned.tier);
    milliseconds += tier.within_ms ? *tier.within_ms : policy.limits.deadline_ms;
  }
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(milliseconds, policy.limits.deadline_ms));
}

auto FirstChoices(const Policy& policy, const Decision& decision) -> std::vector<DeploymentId> {
  std::vector<DeploymentId> choices;
  if (decision.plan.empty()) return choices;
  const PlanTier& planned = decision.plan.front();
  const Tier& tier = policy.routes.at(decision.route.value().index).tiers.at(planned.tier);
  for (const Candidate& candidate : planned.deployments) {
    choices.push_back(candidate.deployment);
    if (tier.order != TierOrder::kByWeight) break;
  }
  return choices;
}

auto UnitOf(const Policy& policy, SurvivesLoss::Unit unit, DeploymentId deployment) -> std::uint32_t {
  switch (unit) {
    case SurvivesLoss::Unit::kDeployment:
      return deployment.index;
    case SurvivesLoss::Unit::kVendor:
      return policy.deployments.at(deployment.index).vendor.index;
    case SurvivesLoss::Unit::kCountry:
      return policy.deployments.at(deployment.index).processed_in.index;
  }
  std::abort();  // every unit is handled above
}

auto IsServedDespite(const Policy& policy, const Decision& decision, SurvivesLoss::Unit unit,
                     const std::vector<std::uint32_t>& lost) -> bool {
  const auto is_lost = [&](const Candidate& candidate) {
    return std::ranges::binary_search(lost, UnitOf(policy, unit, candidate.deployment));
  };
  std::uint64_t used = 0;
  for (const PlanTier& planned : decision.plan) {
    const Tier& tier = policy.routes.at(decision.route.value().index).tiers.at(planned.tier);
    const std::vector<Candidate>& deployments = planned.deployments;
    const std::ptrdiff_t before_one_that_is_left =
        tier.order == TierOrder::kByWeight ? std::ranges::count_if(deployments, is_lost)
                                           : std::ranges::find_if_not(deployments, is_lost) - deployments.begin();
    const auto failed = static_cast<std::size_t>(before_one_that_is_left);
    if (failed < deployments.size()) return used + failed < policy.limits.attempts;
    used += TierAttempts(deployments.size(), tier.retries);
  }
  return false;
}

namespace {

// The fewest units that, with those in `lost`, have at least `failures` of these deployments. Each deployment has one
// unit, so they are those with the most deployments; of equals, the one that comes first.
auto FewestMore(const Policy& policy, SurvivesLoss::Unit unit, const std::vector<Candidate>& deployments,
                std::uint64_t failures, const std::set<std::uint32_t>& lost) -> std::vector<std::uint32_t> {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> counts;  // unit, deployments; units in the tier's order
  std::uint64_t failed = 0;
  for (const Candidate& candidate : deployments) {
    const std::uint32_t it = UnitOf(policy, unit, candidate.deployment);
    if (lost.contains(it)) {
      ++failed;
      continue;
    }
    const auto known = std::ranges::find(counts, it, &std::pair<std::uint32_t, std::uint64_t>::first);
    if (known == counts.end()) {
      counts.emplace_back(it, 1);
    } else {
      ++known->second;
    }
  }
  std::ranges::stable_sort(counts, std::greater(), &std::pair<std::uint32_t, std::uint64_t>::second);
  std::vector<std::uint32_t> more;
  for (const auto& [it, count] : counts) {
    if (failed >= failures) break;
    more.push_back(it);
    failed += count;
  }
  return more;
}

}  // namespace

auto SmallestLoss(const Policy& policy, const Decision& decision, SurvivesLoss::Unit unit)
    -> std::vector<std::uint32_t> {
  // Every deployment that the attempts come to must be lost. There is a choice only in a tier that is drawn by weight
  // and has more deployments than there are attempts left.
  std::set<std::uint32_t> lost;
  std::uint64_t used = 0;
  for (const PlanTier& planned : decision.plan) {
    if (used >= policy.limits.attempts) break;
    const Tier& tier = policy.routes.at(decision.route.value().index).tiers.at(planned.tier);
    const std::uint64_t failures = std::min<std::uint64_t>(planned.deployments.size(), policy.limits.attempts - used);
    if (failures < planned.deployments.size() && tier.order == TierOrder::kByWeight) {
      for (std::uint32_t more : FewestMore(policy, unit, planned.deployments, failures, lost)) lost.insert(more);
    } else {
      for (std::size_t i = 0; i < failures; ++i) lost.insert(UnitOf(policy, unit, planned.deployments[i].deployment));
    }
    used += TierAttempts(planned.deployments.size(), tier.retries);
  }
  return {lost.begin(), lost.end()};
}

namespace {

auto DeploymentsOf(const Decision& decision) -> std::vector<DeploymentId> {
  std::vector<DeploymentId> deployments;
  for (const PlanTier& planned : decision.plan) {
    for (const Candidate& candidate : planned.deployments) deployments.push_back(candidate.deployment);
  }
  return deployments;
}

// Whether the promise holds of a request for which the policy decides so. One overload for each kind of promise.
struct PromiseHolds {
  const Policy& policy;
  const Request& request;
  const Decision& decision;

  auto AllSatisfy(const DeploymentTest& test, const std::vector<DeploymentId>& deployments) const -> bool {
    return std::ranges::all_of(deployments, [&](DeploymentId id) { return Holds(test, policy, id); });
  }

  auto operator()(const EveryDeploymentReached& promise) const -> bool {
    return AllSatisfy(promise.test, DeploymentsOf(decision)) &&
           std::ranges::none_of(ServicesAsked(decision),
                                [&](ServiceId id) { return Says(promise.test, policy, id) == Said::kNo; });
  }

  auto operator()(const FirstChoice& promise) const -> bool {
    return AllSatisfy(promise.test, FirstChoices(policy, decision));
  }

  auto operator()(const Served& promise) const -> bool {
    if (decision.outcome == Outcome::kRouted) return true;
    return decision.refusal &&
           std::ranges::find(promise.unless_refused_by, *decision.refusal) != promise.unless_refused_by.end();
  }

  auto operator()(const SurvivesLoss& promise) const -> bool {
    return decision.outcome != Outcome::kRouted || SmallestLoss(policy, decision, promise.unit).size() > promise.count;
  }

  auto operator()(const Bounded& promise) const -> bool {
    return (!promise.attempts || PlanAttempts(policy, decision) <= *promise.attempts) &&
           (!promise.within_ms || PlanTime(policy, decision) <= *promise.within_ms);
  }

  auto operator()(const CostsAtMost& promise) const -> bool {
    return WorstCost(policy, request, decision) <= InCostUnits(promise.usd);
  }

  auto operator()(const Compared& promise) const -> bool {
    const Pair pair = PairOf(promise, request);
    const Decision with = Evaluate(policy, pair.with);
    const Decision than = Evaluate(policy, pair.than);
    switch (promise.what) {
      case Compared::What::kAllowed:
        return std::ranges::includes(AllowedDeployments(policy, with), AllowedDeployments(policy, than));
      case Compared::What::kServed:
        return with.outcome == Outcome::kRouted || than.outcome != Outcome::kRouted;
      case Compared::What::kFirstChoiceAtLeast:
        return NoneIsSmaller(promise, FirstChoices(policy, with), FirstChoices(policy, than));
      case Compared::What::kFirstChoiceAtMost:
        return NoneIsSmaller(promise, FirstChoices(policy, than), FirstChoices(policy, with));
    }
    std::abort();  // everything that is compared is handled above
  }

  /// No number of the first list is smaller than one of the second.
  auto NoneIsSmaller(const Compared& promise, const std::vector<DeploymentId>& larger,
                     const std::vector<DeploymentId>& smaller) const -> bool {
    const auto number = [&](DeploymentId id) { return NumberOf(promise.number, policy, id).value(); };
    return std::ranges::all_of(larger, [&](DeploymentId a) {
      return std::ranges::all_of(smaller, [&](DeploymentId b) { return number(a) >= number(b); });
    });
  }
};

}  // namespace

auto PairOf(const Compared& promise, const Request& request) -> Pair {
  Pair pair{.with = request, .than = request};
  pair.with.at(promise.attribute.index) = promise.value;
  pair.than.at(promise.attribute.index) = promise.than;
  return pair;
}

auto AllowedDeployments(const Policy& policy, const Decision& decision) -> std::vector<DeploymentId> {
  std::vector<DeploymentId> allowed;
  if (decision.outcome == Outcome::kRefused) return allowed;
  for (std::uint32_t i = 0; i < policy.deployments.size(); ++i) {
    if (std::ranges::find(decision.excluded, DeploymentId{i}, &Exclusion::deployment) == decision.excluded.end()) {
      allowed.push_back({i});
    }
  }
  return allowed;
}

auto Holds(const Guarantee& guarantee, const Policy& policy, const Request& request) -> bool {
  if (!Holds(guarantee.when, request)) return true;
  const Decision decision = Evaluate(policy, request);
  return std::visit(PromiseHolds{policy, request, decision}, guarantee.promise);
}

namespace {

// What the gateway would find for an attribute in an empty request; nothing if it would find nothing.
auto MeasuredOnEmptyRequest(const Attribute& attribute, Moment now) -> std::optional<Value> {
  const Source source = attribute.sources.empty() ? Source() : attribute.sources.front();
  switch (attribute.kind) {
    case AttributeKind::kAnyOf:
      for (const Source& each : attribute.sources) {
        if (ComesFromService(each.kind, each.argument)) return std::nullopt;
      }
      for (const Source& each : attribute.sources) {
        if (AlwaysMeasures(each.kind, each.argument)) return AnyOfValue{};
      }
      return std::nullopt;
    case AttributeKind::kNumber:
      if (source.kind == SourceKind::kBudget || (source.kind == SourceKind::kRequest && source.argument == "prompt")) {
        return Decimal{};
      }
      if (source.kind == SourceKind::kClock) return Decimal::FromInteger(now.minute);
      return std::nullopt;
    case AttributeKind::kText:
      // The one field that every request has.
      if (source.kind == SourceKind::kRequest && source.argument == "model") return std::string();
      return std::nullopt;
    case AttributeKind::kDate:
      if (source.kind == SourceKind::kClock) return now.date;
      return std::nullopt;
    case AttributeKind::kOneOf:
      if (source.kind == SourceKind::kClock) return OneOfValue{WeekdayOf(now.date)};
      return std::nullopt;
    case AttributeKind::kYesNo:
    case AttributeKind::kCountry:
      return std::nullopt;
  }
  std::abort();  // every kind is handled above
}

}  // namespace

auto CanBeMissing(const Attribute& attribute) -> bool {
  return !attribute.fallback && !MeasuredOnEmptyRequest(attribute, Moment{});
}

auto AsksAbout(const Condition& condition, AttributeId attribute) -> bool {
  switch (condition.kind) {
    case Condition::Kind::kTrue:
    case Condition::Kind::kFalse:
      return false;
    case Condition::Kind::kAll:
    case Condition::Kind::kAny:
    case Condition::Kind::kNot:
      return std::ranges::any_of(condition.children,
                                 [&](const Condition& child) { return AsksAbout(child, attribute); });
    case Condition::Kind::kIsOneOf:
    case Condition::Kind::kIncludes:
    case Condition::Kind::kIsYes:
    case Condition::Kind::kInRange:
    case Condition::Kind::kTextIs:
    case Condition::Kind::kStartsWith:
    case Condition::Kind::kInCountries:
      return condition.attribute == attribute;
  }
  std::abort();  // every kind is handled above
}

auto CompleteRequest(const Policy& policy, const std::vector<GivenValue>& given, Moment now)
    -> std::expected<Request, AttributeId> {
  for (const GivenValue& entry : given) {
    const Attribute& attribute = policy.attributes.at(entry.attribute.index);
    const bool is_clock = !attribute.sources.empty() && attribute.sources.front().kind == SourceKind::kClock;
    if (is_clock && attribute.kind == AttributeKind::kDate) now.date = std::get<Date>(entry.value);
  }
  Request request;
  for (std::uint32_t i = 0; i < policy.attributes.size(); ++i) {
    const Attribute& attribute = policy.attributes[i];
    std::optional<Value> value;
    for (const GivenValue& entry : given) {
      if (entry.attribute == AttributeId{i}) value = entry.value;
    }
    if (!value) value = attribute.fallback;
    if (!value) value = MeasuredOnEmptyRequest(attribute, now);
    if (!value) return std::unexpected(AttributeId{i});
    request.push_back(std::move(*value));
  }
  return request;
}

}  // namespace route::ir
