#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "compiler/verify/encode.h"
#include "compiler/verify/verify.h"

/// The questions of `verify.h`, one source file for each. Each leaves the solver as it found it. All but those about
/// rules, refusals and services themselves speak of requests that are not refused.
namespace route::verify {

template <typename Finding>
struct Findings {
  std::vector<Finding> found;
  std::vector<Unanswered> unanswered;
};

/// At most one. One query, plus those for its witness; none when a route has no condition.
auto FindUncovered(Encoder& encoder) -> Findings<Uncovered>;

/// At most one for each route. One query for each route whose chain rules could empty, plus those for witnesses.
auto FindUnservable(Encoder& encoder) -> Findings<Unservable>;

/// One incremental sweep over the routes, one query each; about size × log(routes) more for each hiding set.
auto FindDeadRoutes(Encoder& encoder) -> Findings<DeadRoute>;

/// Of routes with several tiers that decide something. One query for each tier, plus those for witnesses.
auto FindDeadTiers(Encoder& encoder) -> Findings<DeadTier>;

/// Among the rules that the author wrote in one layer. Two rules are compared if they require the same and the first
/// request that satisfies the one does not refute the other; then one query each.
auto FindRedundantRules(Encoder& encoder) -> Findings<RedundantRule>;

/// One query for each condition that the box around it does not clear.
auto FindAlwaysHolds(Encoder& encoder) -> Findings<AlwaysHolds>;

/// By the chain alone, and one query for each tier to which the attempts may not come.
auto FindUntriedTiers(Encoder& encoder) -> Findings<UntriedTier>;
auto FindSlowFailovers(const Encoder& encoder) -> std::vector<SlowFailover>;
auto FindRepeatedTiers(const Encoder& encoder) -> std::vector<RepeatedTier>;

/// By the chain alone, and for each tier whose attempts may be cut off a query for each halving of its retries.
auto FindCutShort(Encoder& encoder) -> Findings<CutShort>;

/// One query for each threshold of a budget, about all pairs of routes of which the prices leave it open, and a few for each
/// finding.
auto FindDearerSpills(Encoder& encoder) -> Findings<DearerSpill>;

/// About one query for each deployment of a chain; for one that is never reached, one for each route that lists it.
auto FindDeadMembers(Encoder& encoder) -> Findings<DeadMembers>;

/// Two queries for each part that asks about an attribute of another part beside it.
auto FindIdleParts(Encoder& encoder, Limits::Depth depth) -> Findings<IdlePart>;

/// One query for each condition that asks for the date.
auto FindOutOfDate(Encoder& encoder, Date today, Limits::Depth depth) -> Findings<OutOfDate>;

/// One query for each rule, and about size × log(rules) more for each covering set.
auto FindIdleRules(Encoder& encoder) -> Findings<IdleRule>;

/// For each attribute and each of its classes (of more than 64, the default's and the first): one query over all rules.
auto FindValueGains(Encoder& encoder) -> Findings<ValueGain>;

/// One query for each route and unit, up to the first route of which a loss ends service.
auto FindSingleLosses(Encoder& encoder) -> Findings<SingleLoss>;

auto FindTrivialGuarantees(const Encoder& encoder) -> std::vector<TrivialGuarantee>;

/// Drops what is not needed to exclude every deployment of the route, the last first, so that the earliest rules stay.
auto MinimalRules(const ir::Policy& policy, const ir::Route& route, std::vector<RuleId> rules) -> std::vector<RuleId>;

/// A set of `candidates`, by index, of which none can be left out, that contradicts `given` and what is asserted: see
/// `MinimalSet`. An answer kUnknown counts as "not known".
auto MinimalContradiction(smt::Solver& solver, smt::Term given, const std::vector<smt::Term>& candidates)
    -> std::vector<std::size_t>;

/// Of the requests that meet the premise, those that the promise is about: all, or those that are not refused. What is seen or
/// reached is about a refused one, too, if a service sees its prompt, or would break the promise if it did.
auto Concerned(const Encoder& encoder, const ir::Guarantee& guarantee) -> smt::Term;

/// Among the rules that the author wrote.
auto FindDeadRules(Encoder& encoder) -> Findings<DeadRule>;
auto FindDeadRefusals(Encoder& encoder) -> Findings<DeadRefusal>;

/// One query for each service.
auto FindDeadServices(Encoder& encoder) -> Findings<DeadService>;

/// One result for each guarantee. One query for each route that the catalogue alone does not clear.
auto CheckGuarantees(Encoder& encoder) -> Findings<GuaranteeResult>;

}  // namespace route::verify
