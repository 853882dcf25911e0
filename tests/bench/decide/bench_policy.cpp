#include "tests/bench/decide/bench_policy.h"

#include <algorithm>
#include <string>
#include <utility>

namespace route::bench {
namespace {

using ir::Condition;
using ir::DeploymentTest;

/// splitmix64
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  auto Below(std::uint64_t limit) -> std::uint32_t { return static_cast<std::uint32_t>(Next() % limit); }

 private:
  auto Next() -> std::uint64_t {
    std::uint64_t z = state_ += 0x9E37'79B9'7F4A'7C15;
    z = (z ^ (z >> 30U)) * 0xBF58'476D'1CE4'E5B9;
    z = (z ^ (z >> 27U)) * 0x94D0'49BB'1331'11EB;
    return z ^ (z >> 31U);
  }
  std::uint64_t state_;
};

enum AttributeIndex : std::uint32_t {
  kTier, kWorkload, kRegion, kTenant, kModel, kData, kNeeds, kPrompt, kDifficulty, kSpend, kUrgent, kToday, kAttributes
};

constexpr const char* kCountries[] = {"FR", "DE", "IE", "SE", "US", "GB", "JP", "IN", "BR", "CA", "AU", "SG"};
constexpr std::int64_t kFirstDay = 20'454;  // 2026-01-01

auto CountryIndex(std::uint32_t i) -> std::uint32_t { return ParseCountry(kCountries[i % std::size(kCountries)])->index; }

void AddAttributes(ir::Policy& policy) {
  policy.attributes.resize(kAttributes);
  const auto add = [&](AttributeIndex index, const char* name, AttributeKind kind) -> ir::Attribute& {
    ir::Attribute& attribute = policy.attributes[index];
    attribute.name = name;
    attribute.kind = kind;
    attribute.sources = {{SourceKind::kTenant, ""}};
    return attribute;
  };
  const auto numbered = [](const char* stem, int count) {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back(stem + std::to_string(i));
    return names;
  };
  add(kTier, "tier", AttributeKind::kOneOf).values = {"free", "silver", "gold", "platinum"};
  add(kWorkload, "workload", AttributeKind::kOneOf).values = numbered("work", 16);
  add(kRegion, "region", AttributeKind::kCountry);
  add(kTenant, "tenant_name", AttributeKind::kText);
  add(kModel, "asked_model", AttributeKind::kText);
  add(kData, "data", AttributeKind::kAnyOf).values = {"personal", "health", "financial"};
  add(kNeeds, "needs", AttributeKind::kAnyOf).values = {"tools", "vision", "json"};
  ir::Attribute& prompt = add(kPrompt, "prompt", AttributeKind::kNumber);
  prompt.unit = Unit::kTokens;
  prompt.maximum = Decimal::FromInteger(2'000'000);
  for (const AttributeIndex index : {kDifficulty, kSpend}) {
    ir::Attribute& percent = add(index, index == kSpend ? "spend" : "difficulty", AttributeKind::kNumber);
    percent.unit = Unit::kPercent;
    percent.maximum = Decimal::FromInteger(index == kSpend ? 200 : 100);
  }
  add(kUrgent, "urgent", AttributeKind::kYesNo);
  add(kToday, "today", AttributeKind::kDate);
}

void AddCatalogue(ir::Policy& policy, std::uint32_t deployments, Random& random) {
  for (std::uint32_t i = 0; i < 12; ++i) {
    ir::Vendor& vendor = policy.vendors.emplace_back();
    vendor.name = "vendor" + std::to_string(i);
    vendor.headquarters = {static_cast<std::uint16_t>(CountryIndex(i))};
  }
  for (std::uint32_t i = 0; i < 60; ++i) {
    ir::Model& model = policy.models.emplace_back();
    model.name = "model" + std::to_string(i);
    model.quality = Decimal::FromInteger(40 + random.Below(60));
    if (random.Below(3) == 0) model.tags = {"open_weights"};
  }
  for (std::uint32_t i = 0; i < deployments; ++i) {
    ir::Deployment& deployment = policy.deployments.emplace_back();
    deployment.name = "deployment" + std::to_string(i);
    deployment.model = {random.Below(60)};
    deployment.vendor = {random.Below(12)};
    deployment.processed_in = {static_cast<std::uint16_t>(CountryIndex(random.Below(12)))};
    deployment.price_in = Decimal::FromInteger(1 + random.Below(20));
    deployment.price_out = Decimal::FromInteger(2 + random.Below(60));
    deployment.status = random.Below(10) == 0 ? "preview" : "live";
  }
}

/// One question about one attribute. `tenants` and `models` are how many of these the policy tells apart.
auto Question(std::uint32_t tenants, Random& random) -> Condition {
  Condition condition;
  const std::uint32_t attribute = random.Below(kAttributes);
  condition.attribute = {attribute};
  switch (static_cast<AttributeIndex>(attribute)) {
    case kTier:
      condition.kind = Condition::Kind::kIsOneOf;
      condition.values = {random.Below(4)};
      break;
    case kWorkload:
      condition.kind = Condition::Kind::kIsOneOf;
      condition.values = {random.Below(8), 8 + random.Below(8)};
      break;
    case kRegion:
      condition.kind = Condition::Kind::kInCountries;
      for (std::uint32_t i = 0; i < 3; ++i) condition.values.push_back(CountryIndex(random.Below(12)));
      std::ranges::sort(condition.values);
      condition.values.erase(std::ranges::unique(condition.values).begin(), condition.values.end());
      break;
    case kTenant:
      condition.kind = Condition::Kind::kTextIs;
      condition.text = "tenant" + std::to_string(random.Below(tenants));
      break;
    case kModel:
      condition.kind = random.Below(2) == 0 ? Condition::Kind::kTextIs : Condition::Kind::kStartsWith;
      condition.text = "model" + std::to_string(random.Below(20));
      break;
    case kData:
    case kNeeds:
      condition.kind = Condition::Kind::kIncludes;
      condition.values = {random.Below(3)};
      break;
    case kPrompt:
      condition.kind = Condition::Kind::kInRange;
      condition.low = Decimal::FromInteger((1 + random.Below(16)) * 8'000).micros;
      condition.high = Decimal::FromInteger(2'000'000).micros + 1;
      break;
    case kDifficulty:
    case kSpend:
      condition.kind = Condition::Kind::kInRange;
      condition.low = Decimal::FromInteger(5 * (1 + random.Below(18))).micros;
      condition.high = Decimal::FromInteger(attribute == kSpend ? 200 : 100).micros + 1;
      break;
    case kUrgent:
      condition.kind = Condition::Kind::kIsYes;
      break;
    case kToday:
      condition.kind = Condition::Kind::kInRange;
      condition.low = kFirstDay + 30 * random.Below(12);
      condition.high = kLastDate.days + 1;
      break;
    case kAttributes:
      break;
  }
  return condition;
}

auto Join(Condition::Kind kind, std::vector<Condition> children) -> Condition {
  Condition condition;
  condition.kind = kind;
  condition.children = std::move(children);
  return condition;
}

/// So many of the rules are for everybody; each further one is for one tenant.
constexpr std::uint32_t kCommonRules = 60;

auto OfTenant(std::uint32_t tenants, Random& random) -> Condition {
  Condition condition;
  condition.kind = Condition::Kind::kTextIs;
  condition.attribute = {kTenant};
  condition.text = "tenant" + std::to_string(random.Below(tenants));
  return condition;
}

/// `questions` of them, all of which must hold; now and then one may be replaced by another.
auto When(std::uint32_t questions, std::uint32_t tenants, Random& random) -> Condition {
  std::vector<Condition> all;
  for (std::uint32_t i = 0; i < questions; ++i) all.push_back(Question(tenants, random));
  if (random.Below(5) == 0) all.back() = Join(Condition::Kind::kAny, {all.back(), Question(tenants, random)});
  return Join(Condition::Kind::kAll, std::move(all));
}

auto Keep(Random& random) -> DeploymentTest {
  DeploymentTest test;
  switch (random.Below(5)) {
    case 0: {
      test.kind = DeploymentTest::Kind::kProcessedIn;
      const std::uint32_t countries = 7 + random.Below(4);
      for (std::uint32_t i = 0; i < countries; ++i) test.values.push_back(CountryIndex(i));
      std::ranges::sort(test.values);
      break;
    }
    case 1: {
      test.kind = DeploymentTest::Kind::kVendorIs;
      const std::uint32_t without = random.Below(12);
      for (std::uint32_t i = 0; i < 12; ++i) {
        if (i != without) test.values.push_back(i);
      }
      break;
    }
    case 2:
      test.kind = DeploymentTest::Kind::kPriceOut;
      test.high = Decimal::FromInteger(40 + 5 * random.Below(5)).micros + 1;
      break;
    case 3:
      test.kind = DeploymentTest::Kind::kQuality;
      test.low = Decimal::FromInteger(42 + 4 * random.Below(4)).micros;
      test.high = Decimal::FromInteger(100).micros + 1;
      break;
    default:
      test.kind = DeploymentTest::Kind::kStatusIs;
      test.text = "live";
      break;
  }
  return test;
}

auto MakeTier(std::uint32_t deployments, Random& random) -> ir::Tier {
  ir::Tier tier;
  tier.label = "tier";
  std::uint32_t next = random.Below(10);
  for (std::uint32_t i = 0; i < 4 && next < deployments; ++i) {
    tier.candidates.push_back({{next}, 1});
    next += 1 + random.Below(deployments / 8 + 1);
  }
  return tier;
}

auto MakeValue(std::uint32_t attribute, std::uint32_t tenants, Random& random) -> ir::Value {
  switch (static_cast<AttributeIndex>(attribute)) {
    case kTier: return ir::OneOfValue{std::min(random.Below(4), random.Below(4))};
    case kWorkload: return ir::OneOfValue{std::min(random.Below(16), random.Below(16))};
    case kRegion: return Country{static_cast<std::uint16_t>(CountryIndex(random.Below(12)))};
    case kTenant: return "tenant" + std::to_string(random.Below(tenants));
    case kModel: return "model" + std::to_string(random.Below(60));
    case kData: return ir::AnyOfValue{random.Below(4) == 0 ? random.Below(8) : 0};
    case kNeeds: return ir::AnyOfValue{random.Below(3) == 0 ? random.Below(8) : 0};
    case kPrompt: return Decimal::FromInteger(random.Below(1U << random.Below(18)));
    case kDifficulty: return Decimal::FromInteger(random.Below(101));
    case kSpend: return Decimal::FromInteger(random.Below(110));
    case kUrgent: return ir::YesNoValue{random.Below(5) == 0};
    case kToday: return Date{static_cast<std::int32_t>(kFirstDay + random.Below(365))};
    case kAttributes: break;
  }
  return {};
}

auto TenantsOf(std::size_t rules) -> std::uint32_t { return static_cast<std::uint32_t>(rules / 4 + 4); }

}  // namespace

auto MakePolicy(const Size& size) -> ir::Policy {
  Random random(size.seed);
  ir::Policy policy;
  policy.name = "bench";
  policy.layers = {{policy.name, "", {}}};
  AddAttributes(policy);
  AddCatalogue(policy, size.deployments, random);
  const std::uint32_t tenants = TenantsOf(size.rules);
  for (std::uint32_t i = 0; i < size.rules; ++i) {
    ir::Rule& rule = policy.rules.emplace_back();
    rule.name = "rule" + std::to_string(i);
    rule.when = When(1 + random.Below(3), tenants, random);
    if (i >= kCommonRules) rule.when.children.insert(rule.when.children.begin(), OfTenant(tenants, random));
    rule.keep = Keep(random);
  }
  for (std::uint32_t i = 0; i < size.rules / 20; ++i) {
    ir::Refusal& refusal = policy.refusals.emplace_back();
    refusal.name = "refusal" + std::to_string(i);
    refusal.when = When(4, tenants, random);
  }
  for (std::uint32_t i = 0; i < size.rules / 5; ++i) {
    ir::Route& route = policy.routes.emplace_back();
    route.name = "route" + std::to_string(i);
    if (i + 1 < size.rules / 5) route.when = When(2 + random.Below(2), tenants, random);
    for (std::uint32_t t = 0; t < 2; ++t) route.tiers.push_back(MakeTier(size.deployments, random));
  }
  return policy;
}

auto MakeRequests(const ir::Policy& policy, std::uint32_t count, std::uint64_t seed) -> std::vector<ir::Request> {
  Random random(seed);
  const std::uint32_t tenants = TenantsOf(policy.rules.size());
  std::vector<ir::Request> requests(count);
  for (ir::Request& request : requests) {
    for (std::uint32_t a = 0; a < kAttributes; ++a) request.push_back(MakeValue(a, tenants, random));
  }
  return requests;
}

}  // namespace route::bench
