#include "tests/ir/build.h"

#include <algorithm>
#include <utility>

namespace route::ir::build {
namespace {

auto Connective(Condition::Kind kind, std::vector<Condition> children) -> Condition {
  Condition condition;
  condition.kind = kind;
  condition.children = std::move(children);
  return condition;
}

auto Atom(Condition::Kind kind, std::uint32_t attribute) -> Condition {
  Condition condition;
  condition.kind = kind;
  condition.attribute = {attribute};
  return condition;
}

auto MakeDeployment(std::string name, std::uint32_t model, std::uint32_t vendor, std::string_view country,
                    std::int64_t price_in, std::int64_t price_out) -> Deployment {
  Deployment deployment;
  deployment.name = std::move(name);
  deployment.model = {model};
  deployment.vendor = {vendor};
  deployment.processed_in = ParseCountry(country).value();
  deployment.price_in = Decimal::FromInteger(price_in);
  deployment.price_out = Decimal::FromInteger(price_out);
  return deployment;
}

}  // namespace

auto True() -> Condition {
  return Connective(Condition::Kind::kTrue, {});
}
auto False() -> Condition {
  return Connective(Condition::Kind::kFalse, {});
}
auto All(std::vector<Condition> children) -> Condition {
  return Connective(Condition::Kind::kAll, std::move(children));
}
auto Any(std::vector<Condition> children) -> Condition {
  return Connective(Condition::Kind::kAny, std::move(children));
}
auto Not(Condition child) -> Condition {
  return Connective(Condition::Kind::kNot, {std::move(child)});
}

auto Is(std::uint32_t attribute, std::vector<std::uint32_t> values) -> Condition {
  Condition atom = Atom(Condition::Kind::kIsOneOf, attribute);
  atom.values = std::move(values);
  return atom;
}

auto Includes(std::uint32_t attribute, std::uint32_t member) -> Condition {
  Condition atom = Atom(Condition::Kind::kIncludes, attribute);
  atom.values = {member};
  return atom;
}

auto Yes(std::uint32_t attribute) -> Condition {
  return Atom(Condition::Kind::kIsYes, attribute);
}

auto InRange(std::uint32_t attribute, std::int64_t low, std::int64_t high) -> Condition {
  Condition atom = Atom(Condition::Kind::kInRange, attribute);
  atom.low = low;
  atom.high = high;
  return atom;
}

auto TextIs(std::uint32_t attribute, std::string text) -> Condition {
  Condition atom = Atom(Condition::Kind::kTextIs, attribute);
  atom.text = std::move(text);
  return atom;
}

auto StartsWith(std::uint32_t attribute, std::string prefix) -> Condition {
  Condition atom = Atom(Condition::Kind::kStartsWith, attribute);
  atom.text = std::move(prefix);
  return atom;
}

auto InCountries(std::uint32_t attribute, const std::vector<std::string>& codes) -> Condition {
  Condition atom = Atom(Condition::Kind::kInCountries, attribute);
  for (const std::string& code : codes) atom.values.push_back(CountryIndex(code));
  std::ranges::sort(atom.values);
  return atom;
}

auto AnyDeployment() -> DeploymentTest {
  return {};
}

auto Deployments(std::vector<std::uint32_t> indexes) -> DeploymentTest {
  return Among(DeploymentTest::Kind::kDeploymentIs, std::move(indexes));
}

auto Among(DeploymentTest::Kind kind, std::vector<std::uint32_t> values) -> DeploymentTest {
  DeploymentTest test;
  test.kind = kind;
  test.values = std::move(values);
  return test;
}

auto TestOn(DeploymentTest::Kind kind, std::string text) -> DeploymentTest {
  DeploymentTest test;
  test.kind = kind;
  test.text = std::move(text);
  return test;
}

auto TestOn(DeploymentTest::Kind kind, std::int64_t low, std::int64_t high) -> DeploymentTest {
  DeploymentTest test;
  test.kind = kind;
  test.low = low;
  test.high = high;
  return test;
}

auto Combine(DeploymentTest::Kind kind, std::vector<DeploymentTest> children) -> DeploymentTest {
  DeploymentTest test;
  test.kind = kind;
  test.children = std::move(children);
  return test;
}

auto CountryIndex(std::string_view code) -> std::uint32_t {
  return ParseCountry(code).value().index;
}

auto MakeAttribute(std::string name, AttributeKind kind, std::vector<std::string> values, Source source) -> Attribute {
  Attribute attribute;
  attribute.name = std::move(name);
  attribute.kind = kind;
  attribute.values = std::move(values);
  attribute.sources = {std::move(source)};
  return attribute;
}

auto MakeRule(std::string name, Condition when, DeploymentTest keep) -> Rule {
  Rule rule;
  rule.name = std::move(name);
  rule.when = std::move(when);
  rule.keep = std::move(keep);
  return rule;
}

auto MakeRefusal(std::string name, Condition when) -> Refusal {
  Refusal refusal;
  refusal.name = std::move(name);
  refusal.when = std::move(when);
  return refusal;
}

auto MakeRoute(std::string name, Condition when, std::vector<Tier> tiers) -> Route {
  Route route;
  route.name = std::move(name);
  route.when = std::move(when);
  route.tiers = std::move(tiers);
  return route;
}

auto MakeTier(TierOrder order, const std::vector<std::uint32_t>& deployments) -> Tier {
  Tier tier;
  tier.label = "tier";
  tier.order = order;
  for (std::uint32_t deployment : deployments) tier.candidates.push_back({{deployment}, 1});
  return tier;
}

auto SmallPolicy() -> Policy {
  Policy policy;
  policy.name = "small";
  policy.version = "1";
  policy.layers = {{policy.name, policy.version, {}}};
  policy.attributes.push_back(
      MakeAttribute("tier", AttributeKind::kOneOf, {"free", "silver", "gold"}, {SourceKind::kTenant, ""}));
  policy.attributes.back().fallback = OneOfValue{0};
  policy.attributes.push_back(
      MakeAttribute("data", AttributeKind::kAnyOf, {"personal", "health"}, {SourceKind::kHeader, "x-data-class"}));
  policy.attributes.back().sources.push_back({SourceKind::kDetector, "pii"});
  policy.attributes.push_back(MakeAttribute("urgent", AttributeKind::kYesNo, {}, {SourceKind::kHeader, "x-urgent"}));
  policy.attributes.back().fallback = YesNoValue{false};
  policy.attributes.push_back(MakeAttribute("prompt", AttributeKind::kNumber, {}, {SourceKind::kRequest, "prompt"}));
  policy.attributes.back().unit = Unit::kTokens;
  policy.attributes.back().maximum = Decimal::FromInteger(2'000'000);
  policy.attributes.push_back(MakeAttribute("asked_model", AttributeKind::kText, {}, {SourceKind::kRequest, "model"}));
  policy.attributes.push_back(MakeAttribute("origin", AttributeKind::kCountry, {}, {SourceKind::kTenant, ""}));
  policy.attributes.push_back(MakeAttribute("today", AttributeKind::kDate, {}, {SourceKind::kClock, ""}));

  const auto add_vendor = [&](std::string name, std::string_view home, std::vector<std::string> certifications) {
    Vendor vendor;
    vendor.name = std::move(name);
    vendor.headquarters = ParseCountry(home).value();
    vendor.certifications = std::move(certifications);
    policy.vendors.push_back(std::move(vendor));
  };
  add_vendor("mistral", "FR", {"iso27001", "soc2"});
  add_vendor("anthropic", "US", {"soc2"});
  add_vendor("sarvam", "IN", {});

  Model mistral;
  mistral.name = "mistral_large";
  mistral.quality = Decimal::FromInteger(84);
  mistral.quality_by_work["code"] = Decimal::FromInteger(81);
  mistral.context_tokens = Decimal::FromInteger(128'000);
  mistral.capabilities = {"json", "tools"};
  policy.models.push_back(mistral);
  Model claude;
  claude.name = "claude_opus";
  claude.quality = Decimal::FromInteger(95);
  claude.context_tokens = Decimal::FromInteger(200'000);
  claude.capabilities = {"json", "tools", "vision"};
  policy.models.push_back(claude);
  Model llama;
  llama.name = "llama";
  llama.tags = {"open_weights"};
  policy.models.push_back(llama);

  policy.deployments.push_back(MakeDeployment("paris", 0, 0, "FR", 2, 6));
  policy.deployments.push_back(MakeDeployment("dublin", 1, 1, "IE", 3, 15));
  policy.deployments.push_back(MakeDeployment("virginia", 1, 1, "US", 3, 15));
  policy.deployments.push_back(MakeDeployment("mumbai", 2, 2, "IN", 1, 1));
  policy.deployments.push_back(MakeDeployment("berlin", 0, 0, "DE", 2, 6));
  policy.deployments[0].first_token_ms = Decimal::FromInteger(400);
  policy.deployments[1].first_token_ms = Decimal::FromInteger(600);
  policy.deployments[2].first_token_ms = Decimal::FromInteger(300);
  policy.deployments[4].first_token_ms = Decimal::FromInteger(500);
  policy.deployments[1].retention_days = Decimal::FromInteger(30);
  policy.deployments[3].status = "preview";
  policy.deployments[4].tags = {"spare"};
  return policy;
}

auto PlainRequest() -> Request {
  return {OneOfValue{0},
          AnyOfValue{},
          YesNoValue{false},
          Decimal{},
          std::string(),
          ParseCountry("FR").value(),
          ParseDate("2026-08-02").value()};
}

}  // namespace route::ir::build
