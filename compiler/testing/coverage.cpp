#include "compiler/testing/coverage.h"

#include <set>

#include "compiler/base/internal_error.h"
#include "compiler/ir/words.h"

namespace route::testing {
namespace {

using Kind = CoverageItem::Kind;

/// What one run reaches, for many questions.
class Reached {
 public:
  Reached(const ir::Policy& policy, const Run& run) : policy_(policy), run_(run) {
    for (RuleId rule : run.decision.rules) applying_.insert(rule.index);
    for (const ir::Exclusion& exclusion : run.decision.excluded) excluding_.insert(exclusion.by.index);
    for (const ir::ServiceUse& use : run.decision.services) {
      for (const RuleId rule : use.rules) {
        if (IsForServicesAlone(policy, policy.rules.at(rule.index))) excluding_.insert(rule.index);
      }
    }
    for (const ir::PlanTier& tier : run.decision.plan) {
      tiers_.insert(tier.tier);
      for (const ir::Candidate& candidate : tier.deployments) deployments_.insert(candidate.deployment.index);
    }
  }

  auto Applies(std::uint32_t rule) const -> bool { return applying_.contains(rule); }

  auto Has(const CoverageItem& item) const -> bool {
    const ir::Decision& decision = run_.decision;
    switch (item.kind) {
      case Kind::kRule: return excluding_.contains(item.index);
      case Kind::kRefusal: return decision.refusal == RefusalId{item.index};
      case Kind::kRoute: return decision.route == RouteId{item.index};
      case Kind::kTier: return decision.route == RouteId{item.index} && tiers_.contains(item.tier);
      case Kind::kDeployment: return deployments_.contains(item.index);
      case Kind::kConditionHolds: return ir::Holds(policy_.conditions.at(item.index).condition, run_.request);
      case Kind::kConditionFails: return !ir::Holds(policy_.conditions.at(item.index).condition, run_.request);
    }
    throw InternalError("a kind of coverage that there is not");
  }

 private:
  const ir::Policy& policy_;
  const Run& run_;
  std::set<std::uint32_t> applying_;
  std::set<std::uint32_t> excluding_;
  std::set<std::uint32_t> tiers_;
  std::set<std::uint32_t> deployments_;
};

auto Title(Kind kind) -> std::string {
  switch (kind) {
    case Kind::kRule: return "rules";
    case Kind::kRefusal: return "refusals";
    case Kind::kRoute: return "routes";
    case Kind::kTier: return "tiers";
    case Kind::kDeployment: return "deployments";
    case Kind::kConditionHolds:
    case Kind::kConditionFails: return "conditions";
  }
  throw InternalError("a kind of coverage that there is not");
}

}  // namespace

auto IsForServicesAlone(const ir::Policy& policy, const ir::Rule& rule) -> bool {
  for (std::uint32_t i = 0; i < policy.deployments.size(); ++i) {
    if (!ir::Holds(rule.keep, policy, {i})) return false;
  }
  for (std::uint32_t i = 0; i < policy.services.size(); ++i) {
    if (!ir::AskedFor(policy, {i}).empty() && ir::Says(rule.keep, policy, ServiceId{i}) == ir::Said::kNo) return true;
  }
  return false;
}

auto CoverageItems(const ir::Policy& policy, const SourceSet& sources) -> std::vector<CoverageItem> {
  const auto top = static_cast<std::uint32_t>(policy.layers.size() - 1);
  std::vector<CoverageItem> items;
  const auto add = [&](Kind kind, std::size_t index, std::uint32_t layer, Span span, std::size_t tier = 0) {
    if (layer != top || sources.Get(span.file).path().starts_with('<')) return;
    items.push_back({.kind = kind,
                     .index = static_cast<std::uint32_t>(index),
                     .tier = static_cast<std::uint32_t>(tier),
                     .span = span});
  };
  for (std::size_t i = 0; i < policy.rules.size(); ++i) {
    const ir::Rule& rule = policy.rules[i];
    if (rule.origin == ir::Rule::Origin::kWritten) add(Kind::kRule, i, rule.layer, rule.span);
  }
  for (std::size_t i = 0; i < policy.refusals.size(); ++i) {
    add(Kind::kRefusal, i, policy.refusals[i].layer, policy.refusals[i].span);
  }
  for (std::size_t i = 0; i < policy.routes.size(); ++i) {
    add(Kind::kRoute, i, policy.routes[i].layer, policy.routes[i].span);
  }
  for (std::size_t i = 0; i < policy.routes.size(); ++i) {
    const ir::Route& route = policy.routes[i];
    for (std::size_t t = 0; t < route.tiers.size(); ++t) add(Kind::kTier, i, route.layer, route.tiers[t].span, t);
  }
  // Only a policy that extends none declares deployments.
  for (std::size_t i = 0; i < policy.deployments.size(); ++i) add(Kind::kDeployment, i, 0, policy.deployments[i].span);
  for (std::size_t i = 0; i < policy.conditions.size(); ++i) {
    const ir::NamedCondition& named = policy.conditions[i];
    add(Kind::kConditionHolds, i, named.layer, named.span);
    add(Kind::kConditionFails, i, named.layer, named.span);
  }
  return items;
}

auto Reaches(const ir::Policy& policy, const Run& run, const CoverageItem& item) -> bool {
  return Reached(policy, run).Has(item);
}

void CountRun(const ir::Policy& policy, const Run& run, std::vector<CoverageItem>& items) {
  const Reached reached(policy, run);
  for (CoverageItem& item : items) {
    if (reached.Has(item)) ++item.reached;
    if (item.kind == Kind::kRule && reached.Applies(item.index)) ++item.applied;
  }
}

auto MeasureCoverage(const ir::Policy& policy, const SourceSet& sources, const std::vector<TestResult>& results)
    -> std::vector<CoverageItem> {
  std::vector<CoverageItem> items = CoverageItems(policy, sources);
  for (const TestResult& result : results) {
    if (result.run) CountRun(policy, *result.run, items);
  }
  return items;
}

auto KindWord(Kind kind) -> std::string {
  switch (kind) {
    case Kind::kRule: return "rule";
    case Kind::kRefusal: return "refusal";
    case Kind::kRoute: return "route";
    case Kind::kTier: return "tier";
    case Kind::kDeployment: return "deployment";
    case Kind::kConditionHolds:
    case Kind::kConditionFails: return "condition";
  }
  throw InternalError("a kind of coverage that there is not");
}

auto Described(const ir::Policy& policy, const CoverageItem& item) -> std::string {
  const auto named = [&](const std::string& name) { return KindWord(item.kind) + " " + ir::Quoted(name); };
  switch (item.kind) {
    case Kind::kRule: return named(policy.rules.at(item.index).name);
    case Kind::kRefusal: return named(policy.refusals.at(item.index).name);
    case Kind::kRoute: return named(policy.routes.at(item.index).name);
    case Kind::kTier:
      return "tier " + std::to_string(item.tier + 1) + " of route " + ir::Quoted(policy.routes.at(item.index).name);
    case Kind::kDeployment: return named(policy.deployments.at(item.index).name);
    case Kind::kConditionHolds:
    case Kind::kConditionFails: return named(policy.conditions.at(item.index).name);
  }
  throw InternalError("a kind of coverage that there is not");
}

auto Goal(const ir::Policy& policy, const CoverageItem& item) -> std::string {
  const std::string subject = Described(policy, item);
  switch (item.kind) {
    case Kind::kRule:
      return subject + (IsForServicesAlone(policy, policy.rules.at(item.index)) ? " keeps a service from the prompt"
                                                                                : " excludes a deployment");
    case Kind::kRefusal: return subject + " answers";
    case Kind::kRoute: return subject + " decides";
    case Kind::kTier:
    case Kind::kDeployment: return subject + " is in the plan";
    case Kind::kConditionHolds: return subject + " holds";
    case Kind::kConditionFails: return subject + " fails";
  }
  throw InternalError("a kind of coverage that there is not");
}

auto Missing(const CoverageItem& item) -> std::string {
  switch (item.kind) {
    case Kind::kRule: return item.applied == 0 ? "applies in no test" : "applies, but excludes nothing in any test";
    case Kind::kRefusal: return "answers no test";
    case Kind::kRoute: return "decides no test";
    case Kind::kTier: return "is in no test's plan";
    case Kind::kDeployment: return "is in no test's plan";
    case Kind::kConditionHolds: return "holds in no test";
    case Kind::kConditionFails: return "fails in no test";
  }
  throw InternalError("a kind of coverage that there is not");
}

auto Shares(const std::vector<CoverageItem>& items) -> std::vector<CoverageShare> {
  std::vector<CoverageShare> shares;
  CoverageShare all{.title = "in all"};
  for (const CoverageItem& item : items) {
    const std::string title = Title(item.kind);
    if (shares.empty() || shares.back().title != title) shares.push_back({.title = title});
    for (CoverageShare* share : {&shares.back(), &all}) {
      ++share->total;
      if (item.reached > 0) ++share->reached;
    }
  }
  shares.push_back(all);
  return shares;
}

}  // namespace route::testing
