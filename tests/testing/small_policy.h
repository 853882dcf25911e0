#pragma once

#include "compiler/ir/policy.h"

namespace route::testing {

/// One yes/no attribute `a`; deployments `one` and `two`. When `a`, `one` is excluded, and a rule that excludes nothing
/// applies too; when not, the request is refused. The route's two tiers are one deployment each; `c` names the condition.
inline auto CoveredPolicy() -> ir::Policy {
  ir::Policy policy;
  policy.name = "small";
  policy.layers = {{"small", "", {}}};
  ir::Attribute attribute;
  attribute.name = "a";
  attribute.kind = AttributeKind::kYesNo;
  attribute.sources = {{SourceKind::kTenant, ""}};
  policy.attributes = {attribute};
  policy.vendors.emplace_back().name = "v";
  policy.models.emplace_back().name = "m";
  policy.deployments.emplace_back().name = "one";
  policy.deployments.emplace_back().name = "two";

  ir::Condition yes;
  yes.kind = ir::Condition::Kind::kIsYes;
  ir::Condition no;
  no.kind = ir::Condition::Kind::kNot;
  no.children = {yes};
  ir::DeploymentTest second;
  second.kind = ir::DeploymentTest::Kind::kDeploymentIs;
  second.values = {1};
  policy.rules.push_back({.name = "only_two", .when = yes, .keep = second, .because = "", .span = {}});
  policy.rules.push_back({.name = "idle", .when = yes, .keep = {}, .because = "", .span = {}});
  policy.refusals.push_back({.name = "refused", .when = no, .reason = "", .span = {}});
  ir::Route route{.name = "route", .when = {}, .tiers = {}, .span = {}};
  for (std::uint32_t d : {0U, 1U}) {
    ir::Tier tier;
    tier.label = policy.deployments[d].name;
    tier.candidates = {{{d}, 1}};
    route.tiers.push_back(tier);
  }
  policy.routes.push_back(route);
  policy.conditions.push_back({"c", yes, 0, {}});
  return policy;
}

}  // namespace route::testing
