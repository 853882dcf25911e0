#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/base/internal_error.h"
#include "compiler/ir/policy.h"
#include "compiler/verify/verdict_cache.h"
#include "runtime/table/table.h"

/// Answers the questions of `routec check` about a policy, with a witness for every finding.
///
/// Every witness is the smallest request in declared order that shows the finding, so the same policy always gives the
/// same report, and every one has been run again through `ir::Evaluate` before it is reported: one that does
/// not show what was claimed is a bug in this program and ends the run with an internal error.
namespace route::verify {

/// What looks for the requests. All give the same answers; `kBoth` asks both each question and throws InternalError where
/// they disagree.
enum class SolverKind : std::uint8_t { kSat, kZ3, kBoth };

struct Limits {
  std::uint32_t rlimit = 50'000'000;  ///< steps of the solver for each query; never wall time
  SolverKind solver = SolverKind::kSat;

  /// kErrors asks only what `routec check` reports as errors. An audit asks what a policy may well intend, and an auditor
  /// wants to know all the same.
  enum class Depth : std::uint8_t { kErrors, kCheck, kAudit };
  Depth depth = Depth::kCheck;

  /// The day from which on dates count; without it nothing is asked about what is over.
  std::optional<Date> today = std::nullopt;
};

/// A request that no route takes and no refusal answers.
struct Uncovered {
  ir::Request witness;
};

/// A route takes the request and every deployment of its chain is excluded.
struct Unservable {
  RouteId route;
  ir::Request witness;
  std::vector<RuleId>
      rules;  ///< a smallest set of rules that together leave nothing: without any one, something is left
};

/// A route that decides no request.
struct DeadRoute {
  RouteId route;
  std::vector<RouteId> hidden_by;     ///< minimal set of earlier routes that takes everything; empty with the next
  std::vector<RefusalId> refused_by;  ///< refusals in that minimal set
  bool never_matches = false;         ///< its condition alone can't hold

  /// What those that hide it do with its requests: what it would have done, or something else.
  enum class Outcome : std::uint8_t { kSame, kDiffers };
  Outcome outcome = Outcome::kDiffers;
};

/// A rule or refusal whose condition can't hold, or a refusal hidden by earlier ones.
struct DeadRule {
  RuleId rule;
  std::vector<ServiceId> keeps_away = {};  ///< as of a refusal
};
struct DeadRefusal {
  RefusalId refusal;
  bool never_matches = false;
  std::vector<RefusalId> hidden_by;
  /// The services that would newly see prompts without it. Where there are none, it can be deleted, and so can all of its kind
  /// together.
  std::vector<ServiceId> keeps_away = {};
};

/// A service that attributes ask and that no request may be shown to: what keeps it from every one.
struct DeadService {
  ServiceId service;
  std::vector<RefusalId> refusals;  ///< with the rules a minimal set
  std::vector<RuleId> rules;
};

/// A rule that requires exactly what another one does, of no request that the other leaves out, and keeps services from no
/// request that the other shows them.
struct RedundantRule {
  RuleId rule;
  RuleId covered_by;
};

/// A condition that somebody wrote and that holds of every request.
struct AlwaysHolds {
  std::variant<RuleId, RefusalId, RouteId> whose;
};

/// A tier of a route that does decide requests, none of whose deployments is allowed for any of them.
struct DeadTier {
  RouteId route;
  std::uint32_t tier = 0;     ///< index into the route's tiers
  std::vector<RuleId> rules;  ///< a smallest set that excludes its deployments for every request of the route
  ir::Request witness;        ///< the smallest request that the route decides
};

/// A tier to which a request comes only when nothing is left to try it with.
struct UntriedTier {
  enum class Limit : std::uint8_t { kAttempts, kDeadline };
  RouteId route;
  std::uint32_t tier = 0;
  Limit limit = Limit::kAttempts;
  std::uint64_t used = 0;  ///< attempts or milliseconds that the tiers before it take at least, if each fails
};

/// A tier that is given up after a while, for a tier that is no faster.
struct SlowFailover {
  RouteId route;
  std::uint32_t tier = 0;       ///< the one that is given up
  std::int64_t slowest_ms = 0;  ///< its slowest deployment, to the first token, in millionths
  std::int64_t next_ms = 0;     ///< the fastest of the tier after it
};

/// A tier without `retry` or `within` of its own, of which everything that a request reaches was tried in the tiers before it.
struct RepeatedTier {
  RouteId route;
  std::uint32_t tier = 0;
  std::uint32_t first = 0;  ///< the first of the tiers before it that tries some of the same
};

/// Retries or a time that a tier states and that the limits, or its own time, cut off for every request.
struct CutShort {
  enum class By : std::uint8_t {
    kAttempts,  ///< `promised` retries, of which no request has more than `left` before the attempts are used up
    kDeadline,  ///< `promised` milliseconds, of which the tiers before it leave `left` if they wait as long as they may
    kTime,      ///< `promised` retries; in the tier's time an attempt and `left` retries fit, each to its first token
  };
  RouteId route;
  std::uint32_t tier = 0;
  By by = By::kAttempts;
  std::uint64_t promised = 0;
  std::uint64_t left = 0;
};

/// Requests of a tenant that has spent more go to something dearer: whatever is tried first costs more, in and out added
/// up as `cheapest` does, than whatever would have been tried first below the threshold. At most one for each budget and
/// route: the smallest of the lowest threshold, of the last route that is relieved.
struct DearerSpill {
  AttributeId budget;
  RouteId route;     ///< takes the requests from the threshold on
  RouteId relieved;  ///< took them below it
  ir::Request witness;
  ir::Request below;            ///< with less spent, else the same
  DeploymentId first;           ///< a first choice of the witness, its cheapest
  DeploymentId first_below;     ///< and of the other request, its dearest
};

/// Deployments of a tier that no request reaches, by this route or another one. Of tiers that take all that is allowed;
/// each deployment stands with the first tier of a live route that lists it and is reached in part.
struct DeadMembers {
  RouteId route;
  std::uint32_t tier = 0;
  std::vector<DeploymentId> deployments;  ///< ascending
  std::vector<RuleId> rules;              ///< a smallest set that excludes them for `witness`
  ir::Request witness;                    ///< the smallest request that the route decides
};

/// One part of an `and` or an `or` that the other parts make idle: with and without it the condition is the same.
struct IdlePart {
  std::variant<RuleId, RefusalId, RouteId, GuaranteeId> whose;  ///< the first that uses it
  Span span;
  enum class How : std::uint8_t {
    kImplied,  ///< of an `and`: holds whenever the others do
    kCovered,  ///< of an `or`: another one holds whenever it does
    kEarlier,  ///< of a route's `and`: holds whenever the others do and no earlier route or refusal has answered (audit)
  };
  How how = How::kImplied;
};

/// A condition that can hold, but not on any day from today on; or, of an audit, not before tomorrow.
struct OutOfDate {
  std::variant<RuleId, RefusalId, RouteId, GuaranteeId> whose;
  enum class When : std::uint8_t { kOver, kNotYet };
  When when = When::kOver;
};

// What only an audit asks.

/// A rule without which every request would be allowed the same, with the facts of this catalogue.
struct IdleRule {
  RuleId rule;
  std::vector<RuleId> covered_by;  ///< a smallest set of its layer; empty if it excludes no deployment at all

  /// If it keeps services from prompts: a smallest set, with rules of its layer, which keeps them from the same. Else empty.
  std::vector<RuleId> kept_by = {};
  std::vector<RefusalId> refusals = {};
};

/// Somebody who gives another value for one attribute, or none, is allowed more, or has a service see the prompt.
struct ValueGain {
  enum class How : std::uint8_t {
    kClaimed,  ///< the caller chooses the value: a header or a field of the body, and nothing that is measured
    kMissing,  ///< the value comes from elsewhere and is missing, so that the default stands
  };
  How how = How::kClaimed;
  AttributeId attribute;
  ir::Request witness;               ///< the request as it is
  ir::Request instead;               ///< with the other value
  std::vector<DeploymentId> gained;  ///< allowed for the second and not for the first
  std::vector<ServiceId> services;   ///< see the prompt of the second and not of the first; not both are empty
  std::vector<RuleId> rules;         ///< those that exclude deployments and services for the first
};

/// A request that is served, unless one deployment, vendor or country is lost. The policy promises no better. The
/// smallest of the first route that has one.
struct SingleLoss {
  ir::SurvivesLoss::Unit unit = ir::SurvivesLoss::Unit::kDeployment;
  ir::Request witness;
  RouteId route;
  std::uint32_t lost = 0;  ///< index of the deployment, vendor or country
};

/// A guarantee that holds by the catalogue or the limits alone, whatever rules and routes say.
struct TrivialGuarantee {
  GuaranteeId guarantee;
};

struct GuaranteeResult {
  GuaranteeId guarantee;
  Verdict verdict = Verdict::kUnknown;
  std::optional<ir::Request> witness;     ///< when violated
  std::optional<ir::Request> compared_with;  ///< when a comparison is violated: the other request
  std::optional<RouteId> route;           ///< when violated: the route that the witness takes
  std::vector<DeploymentId> deployments;  ///< when violated: the deployments at fault; for a loss, what was lost
  std::string explanation;                ///< when violated: one sentence about the witness, without a full stop
  std::vector<ServiceId> services = {};   ///< when violated: the services at fault
  bool vacuous = false;                   ///< proved only because there is no request that it is about
  std::vector<RefusalId> refused_by = {};  ///< when vacuous: a smallest set that answers all requests of the premise, if there are any
};

/// A question that the solver gave up on within its limits.
struct Unanswered {
  std::string question;  ///< "is every request covered", "can route `x` be reached", …
  Span span;
};

struct VerifyReport {
  /// A report that nobody filled in finds nothing wrong either, so passing takes this too.
  enum class Scope : std::uint8_t { kNothingAsked, kEverythingAsked };
  Scope scope = Scope::kNothingAsked;

  std::vector<Uncovered> uncovered;    ///< at most one: the smallest
  std::vector<Unservable> unservable;  ///< at most one for each route: the smallest
  std::vector<DeadRoute> dead_routes;
  std::vector<DeadRule> dead_rules;
  std::vector<DeadRefusal> dead_refusals;
  std::vector<DeadService> dead_services;
  std::vector<RedundantRule> redundant_rules;
  std::vector<AlwaysHolds> always_hold;
  std::vector<DeadTier> dead_tiers;
  std::vector<UntriedTier> untried_tiers;
  std::vector<SlowFailover> slow_failovers;
  std::vector<RepeatedTier> repeated_tiers;
  std::vector<CutShort> cut_short;
  std::vector<DearerSpill> dearer_spills;
  std::vector<DeadMembers> dead_members;
  std::vector<IdlePart> idle_parts;
  std::vector<OutOfDate> out_of_date;
  std::vector<ValueGain> value_gains;                ///< at most one for each attribute and way
  std::vector<SingleLoss> single_losses;             ///< at most one
  std::vector<TrivialGuarantee> trivial_guarantees;
  std::vector<IdleRule> idle_rules;                  ///< of an audit, as the three before
  std::vector<GuaranteeResult> guarantees;           ///< one for each guarantee, in order
  std::vector<Unanswered> unanswered;

  /// Nothing found that `check` reports as an error, and nothing unanswered.
  auto passed() const -> bool {
    if (scope != Scope::kEverythingAsked) return false;
    for (const GuaranteeResult& result : guarantees) {
      if (result.verdict != Verdict::kProved) return false;
    }
    return uncovered.empty() && unservable.empty() && dead_routes.empty() && unanswered.empty();
  }
};

/// Answers every question about a well-formed policy. Throws InternalError. Where the solver gives up within
/// `limits.rlimit` the question is listed as unanswered, or its verdict is kUnknown. A witness or a minimal set that
/// was still being made smaller at that point is reported as small as it had become.
///
/// With a `cache`, questions that it knows are not asked again, and those that it does not know are added. The report is the
/// same, unless a question comes to the limit: which ones do can depend on those that were asked before.
auto Verify(const ir::Policy& policy, const Limits& limits, VerdictCache* cache = nullptr) -> VerifyReport;

/// The same questions as a script in SMT-LIB 2, for any solver's second opinion. Each `check-sat` stands below a
/// comment that says what `sat` means, and a `:status` with the answer of the solver that `limits` names, if it has one. The
/// script declares all that it uses and asks about booleans only. R0512, R0516 and what a glance at the catalogue answers ask no solver.
auto EmitSmt2(const ir::Policy& policy, const Limits& limits) -> std::string;

/// The same questions, each for a script of its own: `declarations`, then the text of the query.
struct Query {
  std::string name;      ///< a file name without its ending: `00003`, in the order of the questions
  std::string question;  ///< what `sat` means
  std::string text;
};
struct Queries {
  std::string declarations;
  std::vector<Query> queries;
};
auto EmitQueries(const ir::Policy& policy, const Limits& limits) -> Queries;

/// What a proof rests on.
struct Why {
  Verdict verdict = Verdict::kUnknown;  ///< of the whole policy; the sets are filled in only if it is kProved
  std::vector<RuleId> rules;            ///< with these and no other rules, and these
  std::vector<RefusalId> refusals;      ///< and no other refusals, it holds; without any one of them it does not
  std::vector<RouteId> routes;          ///< that decide requests to which the guarantee applies, in order
  bool is_minimal = true;               ///< false if a question on the way was not answered
};

/// Why a guarantee holds. Drops rules and refusals and proves the guarantee anew each time, from nothing; about
/// size × log(rules) proofs.
auto ExplainProof(const ir::Policy& policy, GuaranteeId guarantee, const Limits& limits) -> Why;

}  // namespace route::verify
