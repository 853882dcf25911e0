#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "compiler/ir/policy.h"

/// What a policy means, transcribed from the language reference, slow and obvious. Every other engine (the
/// table, the solver, the gateway) is checked against this one, so nothing here is clever.
namespace route::ir {

auto Holds(const Condition& condition, const Request& request) -> bool;

/// One tier of a chain after everything that is not allowed has been taken out.
struct PlanTier {
  std::uint32_t tier = 0;              ///< index into the route's tiers
  std::vector<Candidate> deployments;  ///< in the tier's order; never empty
  friend auto operator==(const PlanTier&, const PlanTier&) -> bool = default;
};

struct Exclusion {
  DeploymentId deployment;
  RuleId by;
  friend auto operator==(const Exclusion&, const Exclusion&) -> bool = default;
};

/// Whether a service may see the prompt, and what keeps it from that.
struct ServiceUse {
  ServiceId service;
  std::vector<RefusalId> refusals;  ///< that answer the request whatever the services say
  std::vector<RuleId> rules;        ///< that exclude the service, and that some answer of the services could make apply
  auto is_asked() const -> bool { return refusals.empty() && rules.empty(); }
  friend auto operator==(const ServiceUse&, const ServiceUse&) -> bool = default;
};

struct Decision {
  Outcome outcome = Outcome::kUncovered;
  std::optional<RefusalId> refusal;  ///< when refused: the first that matched
  std::optional<RouteId> route;      ///< when routed or unservable: the first that matched
  std::vector<RuleId> rules;         ///< every rule that applies, in order; empty when refused
  std::vector<PlanTier> plan;        ///< not empty exactly when routed; tiers with nothing left are gone
  std::vector<Exclusion> excluded;   ///< each pair of deployment and rule, by deployment then rule; empty when refused
  std::vector<ServiceUse> services;  ///< those that some attribute asks, in order; also when refused
  friend auto operator==(const Decision&, const Decision&) -> bool = default;
};

auto Evaluate(const Policy& policy, const Request& request) -> Decision;

/// What is known of a condition before any service has answered, from the other attributes alone: Kleene's logic of three
/// values, in which a comparison on an attribute that a service answers is unknown.
enum class Truth : std::uint8_t { kNo, kUnknown, kYes };
auto Foresee(const Condition& condition, const Policy& policy, const Request& request) -> Truth;

/// Every service that is asked, and so sees the prompt, whatever then becomes of the request.
auto ServicesAsked(const Decision& decision) -> std::vector<ServiceId>;

/// The most attempts that a tier with so many deployments takes: one for each, in order, and then up to `retries` more,
/// through those again whose failure may pass. The one place that says so.
auto TierAttempts(std::size_t deployments, std::optional<std::uint32_t> retries) -> std::uint64_t;

/// The most attempts that a plan can take: those of its tiers, capped by the policy's limit.
auto PlanAttempts(const Policy& policy, const Decision& decision) -> std::uint32_t;

/// The longest time in milliseconds that a plan can take to the first byte of an answer: a tier takes its `within`, or
/// whatever is left of the policy's deadline, which caps the sum.
auto PlanTime(const Policy& policy, const Decision& decision) -> std::uint32_t;

/// The deployments that may be tried first: any of the first tier if it is drawn by weight, else its first.
auto FirstChoices(const Policy& policy, const Decision& decision) -> std::vector<DeploymentId>;

/// What a loss takes away of a deployment: itself, its vendor or its country, as an index.
auto UnitOf(const Policy& policy, SurvivesLoss::Unit unit, DeploymentId deployment) -> std::uint32_t;

/// Does a deployment that is not lost get an attempt in the worst case? Every attempt at a lost one fails in a way that
/// may pass, so that its tier's retries are used up, and a draw by weight puts the lost ones first. `lost` is sorted.
/// Time plays no part. False of a request that is not routed.
auto IsServedDespite(const Policy& policy, const Decision& decision, SurvivesLoss::Unit unit,
                     const std::vector<std::uint32_t>& lost) -> bool;

/// The fewest units whose loss ends service, sorted: of those that `IsServedDespite` denies, a smallest set, and always
/// the same. Empty for a request that is not routed.
auto SmallestLoss(const Policy& policy, const Decision& decision, SurvivesLoss::Unit unit)
    -> std::vector<std::uint32_t>;

/// The two requests that a comparison is about: this one with either value of the attribute.
struct Pair {
  Request with;
  Request than;
};
auto PairOf(const Compared& promise, const Request& request) -> Pair;

/// The deployments that the policy's rules allow, whatever the route, in order; none of a request that is refused.
auto AllowedDeployments(const Policy& policy, const Decision& decision) -> std::vector<DeploymentId>;

/// Does the promise hold for this one request? (The premise is part of it: a request outside holds.)
auto Holds(const Guarantee& guarantee, const Policy& policy, const Request& request) -> bool;

/// Can a request come without a value for it? Then, as there is no default, it is refused before the policy is asked.
auto CanBeMissing(const Attribute& attribute) -> bool;

/// Does the condition ask about the attribute anywhere?
auto AsksAbout(const Condition& condition, AttributeId attribute) -> bool;

/// A request as a person gives it, with what was left out filled in; or the first attribute that is missing
/// and has no default, in which case the gateway refuses such a request before it asks the policy.
///
/// A value that is not given becomes the attribute's default. Without a default, what the gateway always measures
/// is as for an empty request: no tokens, nothing spent, no personal data found, no needs, and the
/// clock shows `now`; the day of the week is that of the date which is given, if one is.
struct GivenValue {
  AttributeId attribute;
  Value value;
};
auto CompleteRequest(const Policy& policy, const std::vector<GivenValue>& given, Moment now)
    -> std::expected<Request, AttributeId>;

}  // namespace route::ir
