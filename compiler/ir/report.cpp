#include "compiler/ir/report.h"

namespace route::ir {

auto Report(const Policy& policy, const SourceSet& sources, const Decision& decision) -> route::DecisionReport {
  const auto entry = [&](const std::string& name, const std::string& because, Span span) -> DecisionReport::Rule {
    return {.name = name, .file = sources.Get(span.file).path(), .line = sources.Begin(span).line, .because = because,
            .policy = PolicyOfFile(policy, span.file)};
  };

  route::DecisionReport report;
  report.outcome = decision.outcome;
  for (const ServiceUse& use : decision.services) {
    DecisionReport::Service shown{.name = policy.services.at(use.service.index).name, .kept_by = {}};
    for (RefusalId id : use.refusals) shown.kept_by.push_back(policy.refusals.at(id.index).name);
    for (RuleId id : use.rules) shown.kept_by.push_back(policy.rules.at(id.index).name);
    report.services.push_back(std::move(shown));
  }
  if (decision.refusal) {
    const Refusal& refusal = policy.refusals.at(decision.refusal->index);
    report.rules.push_back(entry(refusal.name, refusal.reason, refusal.span));
    report.reason = refusal.reason.empty() ? "refused by `" + refusal.name + "`" : refusal.reason;
    return report;
  }

  for (RuleId id : decision.rules) {
    const Rule& rule = policy.rules.at(id.index);
    report.rules.push_back(entry(rule.name, rule.because, rule.span));
  }
  for (const Exclusion& exclusion : decision.excluded) {
    report.excluded.push_back({.deployment = policy.deployments.at(exclusion.deployment.index).name,
                               .by = policy.rules.at(exclusion.by.index).name});
  }
  if (!decision.route) {
    report.reason = "no route matches this request";
    return report;
  }

  const Route& route = policy.routes.at(decision.route->index);
  report.route = route.name;
  report.route_place = entry(route.name, "", route.span);
  for (const PlanTier& planned : decision.plan) {
    const Tier& tier = route.tiers.at(planned.tier);
    DecisionReport::Tier shown{
        .label = tier.label, .deployments = {}, .within_ms = tier.within_ms, .retries = tier.retries};
    for (const Candidate& candidate : planned.deployments) {
      shown.deployments.push_back(
          {.name = policy.deployments.at(candidate.deployment.index).name, .weight = candidate.weight});
    }
    report.plan.push_back(std::move(shown));
  }
  if (decision.outcome == Outcome::kUnservable) {
    report.reason = "route `" + route.name + "` matches, but no deployment of its chain is allowed";
  }
  return report;
}

}  // namespace route::ir
