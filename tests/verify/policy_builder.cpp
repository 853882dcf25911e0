#include "tests/verify/policy_builder.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "compiler/ir/check.h"

namespace route::verify {
namespace {

using ir::Condition;
using ir::DeploymentTest;

auto CountryIndexes(const std::vector<std::string>& codes) -> std::vector<std::uint32_t> {
  std::vector<std::uint32_t> indexes;
  for (const std::string& code : codes) indexes.push_back(ParseCountry(code).value().index);
  std::ranges::sort(indexes);
  return indexes;
}

auto Atom(Condition::Kind kind, AttributeId attribute) -> Condition {
  Condition condition;
  condition.kind = kind;
  condition.attribute = attribute;
  return condition;
}

auto Connect(Condition::Kind kind, std::vector<Condition> children) -> Condition {
  Condition condition;
  condition.kind = kind;
  condition.children = std::move(children);
  return condition;
}

auto Test(DeploymentTest::Kind kind, std::vector<std::uint32_t> values) -> DeploymentTest {
  DeploymentTest test;
  test.kind = kind;
  test.values = std::move(values);
  return test;
}

}  // namespace

auto Always() -> Condition {
  return {};
}
auto All(std::vector<Condition> children) -> Condition {
  return Connect(Condition::Kind::kAll, std::move(children));
}
auto Any(std::vector<Condition> children) -> Condition {
  return Connect(Condition::Kind::kAny, std::move(children));
}
auto Not(Condition child) -> Condition {
  return Connect(Condition::Kind::kNot, {std::move(child)});
}

auto Is(AttributeId attribute, std::vector<std::uint32_t> values) -> Condition {
  Condition condition = Atom(Condition::Kind::kIsOneOf, attribute);
  condition.values = std::move(values);
  return condition;
}

auto Includes(AttributeId attribute, std::uint32_t member) -> Condition {
  Condition condition = Atom(Condition::Kind::kIncludes, attribute);
  condition.values = {member};
  return condition;
}

auto IsYes(AttributeId attribute) -> Condition {
  return Atom(Condition::Kind::kIsYes, attribute);
}

auto Below(AttributeId number, std::int64_t bound) -> Condition {
  Condition condition = Atom(Condition::Kind::kInRange, number);
  condition.high = Decimal::FromInteger(bound).micros;
  return condition;
}

auto AtLeast(AttributeId number, std::int64_t bound) -> Condition {
  Condition condition = Atom(Condition::Kind::kInRange, number);
  condition.low = Decimal::FromInteger(bound).micros;
  condition.high = std::numeric_limits<std::int64_t>::max();
  return condition;
}

auto TextIs(AttributeId attribute, std::string text) -> Condition {
  Condition condition = Atom(Condition::Kind::kTextIs, attribute);
  condition.text = std::move(text);
  return condition;
}

auto StartsWith(AttributeId attribute, std::string text) -> Condition {
  Condition condition = Atom(Condition::Kind::kStartsWith, attribute);
  condition.text = std::move(text);
  return condition;
}

auto InCountries(AttributeId attribute, const std::vector<std::string>& codes) -> Condition {
  Condition condition = Atom(Condition::Kind::kInCountries, attribute);
  condition.values = CountryIndexes(codes);
  return condition;
}

auto ProcessedIn(const std::vector<std::string>& codes) -> DeploymentTest {
  return Test(DeploymentTest::Kind::kProcessedIn, CountryIndexes(codes));
}

auto VendorIs(VendorId vendor) -> DeploymentTest {
  return Test(DeploymentTest::Kind::kVendorIs, {vendor.index});
}

auto Among(std::vector<DeploymentId> deployments) -> DeploymentTest {
  std::ranges::sort(deployments);
  std::vector<std::uint32_t> indexes;
  for (const DeploymentId id : deployments) indexes.push_back(id.index);
  return Test(DeploymentTest::Kind::kDeploymentIs, std::move(indexes));
}

auto PriceOutAtMost(std::int64_t usd) -> DeploymentTest {
  DeploymentTest test = Test(DeploymentTest::Kind::kPriceOut, {});
  test.high = Decimal::FromInteger(usd).micros + 1;
  return test;
}

auto NotTest(DeploymentTest child) -> DeploymentTest {
  DeploymentTest test = Test(DeploymentTest::Kind::kNot, {});
  test.children = {std::move(child)};
  return test;
}

auto AllTests(std::vector<DeploymentTest> children) -> DeploymentTest {
  DeploymentTest test = Test(DeploymentTest::Kind::kAll, {});
  test.children = std::move(children);
  return test;
}

auto MakeTier(std::string label, const std::vector<DeploymentId>& deployments) -> ir::Tier {
  ir::Tier tier;
  tier.label = std::move(label);
  for (const DeploymentId id : deployments) tier.candidates.push_back({.deployment = id, .weight = 1});
  return tier;
}

PolicyBuilder::PolicyBuilder() {
  policy.name = "tested";
  policy.version = "1";
  policy.layers = {{policy.name, policy.version, {}}};
  policy.models.push_back({.name = "model",
                           .quality = {},
                           .quality_by_work = {},
                           .context_tokens = {},
                           .capabilities = {},
                           .tags = {},
                           .span = {}});
}

auto PolicyBuilder::AddAttribute(ir::Attribute attribute) -> AttributeId {
  attribute.sources = {{.kind = SourceKind::kHeader, .argument = "x-" + attribute.name}};
  policy.attributes.push_back(std::move(attribute));
  return {static_cast<std::uint32_t>(policy.attributes.size() - 1)};
}

auto PolicyBuilder::AddOneOf(std::string name, std::vector<std::string> values) -> AttributeId {
  ir::Attribute attribute;
  attribute.name = std::move(name);
  attribute.kind = AttributeKind::kOneOf;
  attribute.values = std::move(values);
  return AddAttribute(std::move(attribute));
}

auto PolicyBuilder::AddAnyOf(std::string name, std::vector<std::string> values) -> AttributeId {
  ir::Attribute attribute;
  attribute.name = std::move(name);
  attribute.kind = AttributeKind::kAnyOf;
  attribute.values = std::move(values);
  return AddAttribute(std::move(attribute));
}

auto PolicyBuilder::AddYesNo(std::string name) -> AttributeId {
  ir::Attribute attribute;
  attribute.name = std::move(name);
  attribute.kind = AttributeKind::kYesNo;
  return AddAttribute(std::move(attribute));
}

auto PolicyBuilder::AddNumber(std::string name, std::int64_t maximum) -> AttributeId {
  ir::Attribute attribute;
  attribute.name = std::move(name);
  attribute.kind = AttributeKind::kNumber;
  attribute.maximum = Decimal::FromInteger(maximum);
  return AddAttribute(std::move(attribute));
}

auto PolicyBuilder::AddText(std::string name) -> AttributeId {
  ir::Attribute attribute;
  attribute.name = std::move(name);
  attribute.kind = AttributeKind::kText;
  return AddAttribute(std::move(attribute));
}

auto PolicyBuilder::AddCountry(std::string name) -> AttributeId {
  ir::Attribute attribute;
  attribute.name = std::move(name);
  attribute.kind = AttributeKind::kCountry;
  return AddAttribute(std::move(attribute));
}

auto PolicyBuilder::AddVendor(std::string name, const std::string& headquarters) -> VendorId {
  policy.vendors.push_back(
      {.name = std::move(name), .headquarters = ParseCountry(headquarters).value(), .certifications = {}, .span = {}});
  return {static_cast<std::uint32_t>(policy.vendors.size() - 1)};
}

auto PolicyBuilder::AddDeployment(std::string name, VendorId vendor, const std::string& country, std::int64_t price_out)
    -> DeploymentId {
  ir::Deployment deployment;
  deployment.name = std::move(name);
  deployment.vendor = vendor;
  deployment.processed_in = ParseCountry(country).value();
  deployment.price_in = Decimal::FromInteger(1);
  deployment.price_out = Decimal::FromInteger(price_out);
  policy.deployments.push_back(std::move(deployment));
  return {static_cast<std::uint32_t>(policy.deployments.size() - 1)};
}

auto PolicyBuilder::AddRule(std::string name, Condition when, DeploymentTest keep) -> RuleId {
  policy.rules.push_back({.name = std::move(name),
                          .origin = ir::Rule::Origin::kWritten,
                          .when = std::move(when),
                          .keep = std::move(keep),
                          .because = "",
                          .span = {}});
  return {static_cast<std::uint32_t>(policy.rules.size() - 1)};
}

auto PolicyBuilder::AddRefusal(std::string name, Condition when) -> RefusalId {
  policy.refusals.push_back({.name = std::move(name), .when = std::move(when), .reason = "", .span = {}});
  return {static_cast<std::uint32_t>(policy.refusals.size() - 1)};
}

auto PolicyBuilder::AddRoute(std::string name, Condition when, std::vector<ir::Tier> tiers) -> RouteId {
  policy.routes.push_back({.name = std::move(name), .when = std::move(when), .tiers = std::move(tiers), .span = {}});
  return {static_cast<std::uint32_t>(policy.routes.size() - 1)};
}

auto PolicyBuilder::Build() const -> const ir::Policy& {
  for (const std::string& problem : ir::CheckWellFormed(policy)) FAIL(problem);
  return policy;
}

}  // namespace route::verify
