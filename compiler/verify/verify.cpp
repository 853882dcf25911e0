#include "compiler/verify/verify.h"

#include <utility>

#include "compiler/verify/questions.h"

namespace route::verify {

auto Verify(const ir::Policy& policy, const Limits& limits) -> VerifyReport {
  const ir::ValueClasses classes(policy);
  smt::Solver solver(limits.rlimit);
  Encoder encoder(policy, classes, solver);

  VerifyReport report;
  const auto answered = [&report](auto findings) {
    report.unanswered.insert(report.unanswered.end(), findings.unanswered.begin(), findings.unanswered.end());
    return std::move(findings.found);
  };
  report.uncovered = answered(FindUncovered(encoder));
  report.unservable = answered(FindUnservable(encoder));
  report.dead_routes = answered(FindDeadRoutes(encoder));
  report.dead_rules = answered(FindDeadRules(encoder));
  report.dead_refusals = answered(FindDeadRefusals(encoder));
  report.guarantees = answered(CheckGuarantees(encoder));
  report.scope = VerifyReport::Scope::kEverythingAsked;
  return report;
}

}  // namespace route::verify
