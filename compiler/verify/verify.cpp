#include "compiler/verify/verify.h"

#include <utility>

#include "compiler/verify/questions.h"

namespace route::verify {

auto Verify(const ir::Policy& policy, const Limits& limits, VerdictCache* cache) -> VerifyReport {
  const ir::ValueClasses classes(policy);
  smt::Solver solver(EngineOf(limits.solver), limits.rlimit);
  Encoder encoder(policy, classes, solver, cache);

  VerifyReport report;
  const auto ask = [&](auto find, auto... more) {
    solver.Forget();
    auto findings = find(encoder, more...);
    report.unanswered.insert(report.unanswered.end(), findings.unanswered.begin(), findings.unanswered.end());
    return std::move(findings.found);
  };
  report.uncovered = ask(FindUncovered);
  report.unservable = ask(FindUnservable);
  report.dead_routes = ask(FindDeadRoutes);
  if (limits.depth != Limits::Depth::kErrors) {
    report.dead_rules = ask(FindDeadRules);
    report.dead_refusals = ask(FindDeadRefusals);
    report.dead_services = ask(FindDeadServices);
    report.redundant_rules = ask(FindRedundantRules);
    report.always_hold = ask(FindAlwaysHolds);
    report.dead_tiers = ask(FindDeadTiers);
    report.untried_tiers = ask(FindUntriedTiers);
    report.slow_failovers = FindSlowFailovers(encoder);
    report.repeated_tiers = FindRepeatedTiers(encoder);
    report.cut_short = ask(FindCutShort);
    report.dearer_spills = ask(FindDearerSpills);
    report.dead_members = ask(FindDeadMembers);
    report.idle_parts = ask(FindIdleParts, limits.depth);
    if (limits.today) report.out_of_date = ask(FindOutOfDate, *limits.today, limits.depth);
  }
  report.guarantees = ask(CheckGuarantees);
  if (limits.depth == Limits::Depth::kAudit) {
    report.value_gains = ask(FindValueGains);
    report.single_losses = ask(FindSingleLosses);
    report.trivial_guarantees = FindTrivialGuarantees(encoder);
    report.idle_rules = ask(FindIdleRules);
  }
  report.scope = VerifyReport::Scope::kEverythingAsked;
  return report;
}

}  // namespace route::verify
