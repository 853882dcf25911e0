#pragma once

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

struct Decision {
  Outcome outcome = Outcome::kUncovered;
  std::optional<RefusalId> refusal;  ///< when refused: the first that matched
  std::optional<RouteId> route;      ///< when routed or unservable: the first that matched
  std::vector<RuleId> rules;         ///< every rule that applies, in order; empty when refused
  std::vector<PlanTier> plan;        ///< not empty exactly when routed; tiers with nothing left are gone
  std::vector<Exclusion> excluded;   ///< each pair of deployment and rule, by deployment then rule; empty when refused
  friend auto operator==(const Decision&, const Decision&) -> bool = default;
};

auto Evaluate(const Policy& policy, const Request& request) -> Decision;

/// The most attempts that a plan can take: a tier gives each deployment one, or `1 + retries` in all if it
/// says so, and the policy's limit caps the sum.
auto PlanAttempts(const Policy& policy, const Decision& decision) -> std::uint32_t;

/// The longest time in milliseconds that a plan can take to the first byte of an answer: a tier takes its `within`, or
/// whatever is left of the policy's deadline, which caps the sum.
auto PlanTime(const Policy& policy, const Decision& decision) -> std::uint32_t;

/// The deployments that may be tried first: any of the first tier if it is drawn by weight, else its first.
auto FirstChoices(const Policy& policy, const Decision& decision) -> std::vector<DeploymentId>;

/// Does the promise hold for this one request? (The premise is part of it: a request outside holds.)
auto Holds(const Guarantee& guarantee, const Policy& policy, const Request& request) -> bool;

/// A request as a person gives it, with what was left out filled in; or the first attribute that is missing
/// and has no default, in which case the gateway refuses such a request before it asks the policy.
///
/// A value that is not given becomes the attribute's default. Without a default, a set is empty, and what the
/// gateway measures itself is as for an empty request: no tokens, nothing spent, empty text, `today`.
struct GivenValue {
  AttributeId attribute;
  Value value;
};
auto CompleteRequest(const Policy& policy, const std::vector<GivenValue>& given, Date today)
    -> std::expected<Request, AttributeId>;

}  // namespace route::ir
