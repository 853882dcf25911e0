#include "tests/table/families.h"

#include <array>
#include <utility>

namespace route::table_families {
namespace {

using ir::Condition;

auto RuleThat(Condition when) -> ir::Rule {
  ir::Rule rule;
  rule.name = "r";
  rule.when = std::move(when);
  return rule;
}

auto TextIs(std::string text) -> Condition {
  Condition condition;
  condition.kind = Condition::Kind::kTextIs;
  condition.text = std::move(text);
  return condition;
}

auto PolicyAboutOne(AttributeKind kind) -> ir::Policy {
  ir::Policy policy = PolicyWithRule(1, {});
  policy.attributes[0].kind = kind;
  policy.rules.clear();
  return policy;
}

auto Products(std::uint32_t n) -> ir::Policy {
  return PolicyWithRule(2 * n, AllOfPairs(n));
}

/// Each flag excludes another one of 1,024 deployments: 2^n different sets of allowed deployments.
auto FlagsThatExclude(std::uint32_t n) -> ir::Policy {
  constexpr std::uint32_t kDeployments = 1024;
  ir::Policy policy = PolicyWithRule(n, {});
  policy.rules.clear();
  policy.vendors.resize(1);
  policy.vendors[0].name = "v";
  policy.models.resize(1);
  policy.models[0].name = "m";
  policy.deployments.resize(kDeployments);
  for (std::uint32_t i = 0; i < kDeployments; ++i) policy.deployments[i].name = "d" + std::to_string(i);
  for (std::uint32_t i = 0; i < n; ++i) {
    ir::Rule rule = RuleThat(IsYes(i));
    ir::DeploymentTest excluded;
    excluded.kind = ir::DeploymentTest::Kind::kDeploymentIs;
    excluded.values = {i};
    rule.keep.kind = ir::DeploymentTest::Kind::kNot;
    rule.keep.children = {excluded};
    policy.rules.push_back(std::move(rule));
  }
  return policy;
}

auto Flags(std::uint32_t n) -> ir::Policy {
  ir::Policy policy = PolicyWithRule(n, {});
  policy.rules.clear();
  for (std::uint32_t i = 0; i < n; ++i) policy.rules.push_back(RuleThat(IsYes(i)));
  return policy;
}

auto Thresholds(std::uint32_t n) -> ir::Policy {
  ir::Policy policy = PolicyAboutOne(AttributeKind::kNumber);
  policy.attributes[0].maximum = Decimal::FromInteger(1'000'000);
  for (std::uint32_t i = 1; i <= n; ++i) {
    Condition at_least;
    at_least.kind = Condition::Kind::kInRange;
    at_least.low = Decimal::FromInteger(i).micros;
    at_least.high = policy.attributes[0].maximum.micros + 1;
    policy.rules.push_back(RuleThat(at_least));
  }
  return policy;
}

auto Tenants(std::uint32_t n) -> ir::Policy {
  ir::Policy policy = PolicyAboutOne(AttributeKind::kText);
  for (std::uint32_t i = 0; i < n; ++i) {
    policy.rules.push_back(RuleThat(TextIs("tenant" + std::to_string(100'000 + i * 7919U % n))));
  }
  return policy;
}

auto Disjunction(std::uint32_t n) -> ir::Policy {
  std::vector<Condition> texts;
  for (std::uint32_t i = 0; i < n; ++i) texts.push_back(TextIs("tenant" + std::to_string(i)));
  ir::Policy policy = PolicyAboutOne(AttributeKind::kText);
  policy.rules.push_back(RuleThat(Join(Condition::Kind::kAny, std::move(texts))));
  return policy;
}

constexpr std::array kFamilies = {
    Family{"flags that each exclude one of 1,024 deployments", FlagsThatExclude, 1024},
    Family{"rules about a flag each", Flags, 2048},
    Family{"pairs of alternatives, all of which must hold", Products, 1024},
    Family{"names in one disjunction", Disjunction, 16'384},
    Family{"thresholds of one number", Thresholds, 16'384},
    Family{"tenants with a rule each, by text", Tenants, 10'240},
};

}  // namespace

auto PolicyWithRule(std::uint32_t count, ir::Condition when) -> ir::Policy {
  ir::Policy policy;
  policy.name = "p";
  policy.layers = {{policy.name, "", {}}};
  for (std::uint32_t i = 0; i < count; ++i) {
    ir::Attribute attribute;
    attribute.name = "a" + std::to_string(i);
    attribute.sources = {{SourceKind::kTenant, ""}};
    policy.attributes.push_back(attribute);
  }
  ir::Rule rule = RuleThat(std::move(when));
  rule.span = {{0}, 3, 4};
  policy.rules.push_back(rule);
  return policy;
}

auto IsYes(std::uint32_t attribute) -> ir::Condition {
  Condition condition;
  condition.kind = Condition::Kind::kIsYes;
  condition.attribute = {attribute};
  return condition;
}

auto Join(ir::Condition::Kind kind, std::vector<ir::Condition> children) -> ir::Condition {
  Condition condition;
  condition.kind = kind;
  condition.children = std::move(children);
  return condition;
}

auto AllOfPairs(std::uint32_t pairs) -> ir::Condition {
  std::vector<Condition> factors;
  for (std::uint32_t i = 0; i < 2 * pairs; i += 2) {
    factors.push_back(Join(Condition::Kind::kAny, {IsYes(i), IsYes(i + 1)}));
  }
  return Join(Condition::Kind::kAll, std::move(factors));
}

auto AllFamilies() -> std::span<const Family> {
  return kFamilies;
}

}  // namespace route::table_families
