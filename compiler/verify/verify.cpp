#include "compiler/verify/verify.h"

#include <utility>

#include "compiler/verify/questions.h"

namespace route::verify {

auto Verify(const ir::Policy& policy, const Limits& limits, VerdictCache* cache) -> VerifyReport {
  const ir::ValueClasses classes(policy);
  smt::Solver solver(EngineOf(limits.solver), limits.rlimit);
  Encoder encoder(policy, classes, solver, cache);

  VerifyReport report;
  const auto answered = [&report](auto findings) {
    report.unanswered.insert(report.unanswered.end(), findings.unanswered.begin(), findings.unanswered.end());
    return std::move(findings.found);
  };
  report.uncovered = answered(FindUncovered(encoder));
  report.unservable = answered(FindUnservable(encoder));
  report.dead_routes = answered(FindDeadRoutes(encoder));
  if (limits.depth != Limits::Depth::kErrors) {
    report.dead_rules = answered(FindDeadRules(encoder));
    report.dead_refusals = answered(FindDeadRefusals(encoder));
    report.dead_services = answered(FindDeadServices(encoder));
    report.redundant_rules = answered(FindRedundantRules(encoder));
    report.always_hold = answered(FindAlwaysHolds(encoder));
    report.dead_tiers = answered(FindDeadTiers(encoder));
    report.untried_tiers = answered(FindUntriedTiers(encoder));
    report.slow_failovers = FindSlowFailovers(encoder);
    report.cut_short = answered(FindCutShort(encoder));
    report.dead_members = answered(FindDeadMembers(encoder));
    report.idle_parts = answered(FindIdleParts(encoder, limits.depth));
    if (limits.today) report.out_of_date = answered(FindOutOfDate(encoder, *limits.today, limits.depth));
  }
  report.guarantees = answered(CheckGuarantees(encoder));
  if (limits.depth == Limits::Depth::kAudit) {
    report.value_gains = answered(FindValueGains(encoder));
    report.single_losses = answered(FindSingleLosses(encoder));
    report.trivial_guarantees = FindTrivialGuarantees(encoder);
    report.idle_rules = answered(FindIdleRules(encoder));
    report.dearer_spills = answered(FindDearerSpills(encoder));
  }
  report.scope = VerifyReport::Scope::kEverythingAsked;
  return report;
}

}  // namespace route::verify
