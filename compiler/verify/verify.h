#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/base/internal_error.h"
#include "compiler/ir/policy.h"
#include "runtime/table/table.h"

/// Answers the questions of `routec check` about a policy, with a witness for every finding.
///
/// Every witness is the smallest request in declared order that shows the finding, so the same policy always gives the
/// same report, and every one has been run again through `ir::Evaluate` before it is reported: one that does
/// not show what was claimed is a bug in this program and ends the run with an internal error.
namespace route::verify {

struct Limits {
  std::uint32_t rlimit = 50'000'000;  ///< Z3 resource units for each query; never wall time
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
};

/// A rule or refusal whose condition can't hold, or a refusal hidden by earlier ones.
struct DeadRule {
  RuleId rule;
};
struct DeadRefusal {
  RefusalId refusal;
  bool never_matches = false;
  std::vector<RefusalId> hidden_by;
};

struct GuaranteeResult {
  GuaranteeId guarantee;
  Verdict verdict = Verdict::kUnknown;
  std::optional<ir::Request> witness;     ///< when violated
  std::optional<RouteId> route;           ///< when violated: the route that the witness takes
  std::vector<DeploymentId> deployments;  ///< when violated: the deployments at fault; for a loss, what was lost
  std::string explanation;                ///< when violated: one sentence about the witness, without a full stop
  bool vacuous = false;                   ///< proved only because its premise can't happen
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
  std::vector<GuaranteeResult> guarantees;  ///< one for each guarantee, in order
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
auto Verify(const ir::Policy& policy, const Limits& limits) -> VerifyReport;

/// The same questions as a script in SMT-LIB 2, for any solver's second opinion. Each `check-sat` stands below a
/// comment that says what `sat` means. The script declares all that it uses and asks about booleans only.
auto EmitSmt2(const ir::Policy& policy) -> std::string;

}  // namespace route::verify
