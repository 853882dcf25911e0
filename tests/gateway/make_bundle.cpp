#include "tests/gateway/make_bundle.h"

#include <string>
#include <utility>

#include "runtime/table/writer.h"

namespace route::testing {
namespace {

// Indexes into the lists below.
enum AttributeIndex : std::uint32_t { kTier, kWorkload, kData, kPrompt, kNeeds, kSpend, kAskedModel, kToday, kRegion };
enum DeploymentIndex : std::uint32_t { kParis, kBerlin, kVirginia };

auto Named(std::string name, AttributeKind kind, TableSpec::Source source) -> TableSpec::Attribute {
  TableSpec::Attribute attribute;
  attribute.name = std::move(name);
  attribute.kind = kind;
  attribute.sources = {std::move(source)};
  return attribute;
}

auto Deployed(std::string name, std::string vendor, std::string country, std::int64_t in, std::int64_t out)
    -> TableSpec::Deployment {
  TableSpec::Deployment deployment;
  deployment.model = name + "_model";
  deployment.vendor = std::move(vendor);
  deployment.processed_in = ParseCountry(country).value();
  deployment.headquarters = deployment.processed_in;
  deployment.price_in = Decimal::FromInteger(in);
  deployment.price_out = Decimal::FromInteger(out);
  deployment.upstream_model = name + "-large";
  deployment.key_env = name + "_KEY";
  for (char& c : deployment.key_env) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  deployment.name = std::move(name);
  return deployment;
}

auto To(std::string label, std::vector<CandidateView> candidates) -> TableSpec::Tier {
  TableSpec::Tier tier;
  tier.label = std::move(label);
  tier.candidates = std::move(candidates);
  return tier;
}

}  // namespace

auto SamplePolicy(Verified verified, const Limits& limits) -> std::vector<std::byte> {
  TableSpec spec;
  spec.policy_name = "sample";
  spec.policy_version = "2026.1";
  spec.tool_version = "test";
  spec.verified = verified == Verified::kYes;
  spec.limits = limits;
  spec.files = {{"policy.route", std::string(64, 'a'), "sample"}};

  auto tier = Named("tier", AttributeKind::kOneOf, {SourceKind::kTenant, ""});
  tier.values = {"free", "silver", "gold", "platinum"};
  tier.default_text = "free";
  auto workload = Named("workload", AttributeKind::kOneOf, {SourceKind::kHeader, "x-route-workload"});
  workload.values = {"chat", "code", "legal", "retry", "pair", "one"};
  workload.default_text = "chat";
  auto data = Named("data", AttributeKind::kAnyOf, {SourceKind::kHeader, "x-data-class"});
  data.sources.push_back({SourceKind::kDetector, "pii"});
  data.values = {"personal", "health", "financial"};
  auto prompt = Named("prompt", AttributeKind::kNumber, {SourceKind::kRequest, "prompt"});
  prompt.unit = Unit::kTokens;
  prompt.maximum = Decimal::FromInteger(200'000);
  auto needs = Named("needs", AttributeKind::kAnyOf, {SourceKind::kRequest, "needs"});
  needs.values = {"tools", "vision", "json"};
  auto spend = Named("spend", AttributeKind::kNumber, {SourceKind::kBudget, ""});
  spend.unit = Unit::kPercent;
  spend.maximum = Decimal::FromInteger(1000);
  spend.cuts = {Decimal::FromInteger(100).micros};
  auto asked_model = Named("asked_model", AttributeKind::kText, {SourceKind::kRequest, "model"});
  asked_model.texts = {"banned"};
  auto today = Named("today", AttributeKind::kDate, {SourceKind::kClock, ""});
  auto region = Named("region", AttributeKind::kCountry, {SourceKind::kHeader, "x-region"});
  region.default_text = "FR";
  spec.attributes = {tier, workload, data, prompt, needs, spend, asked_model, today, region};

  spec.deployments = {Deployed("paris", "mistral", "FR", 2, 6), Deployed("berlin", "aleph", "DE", 1, 3),
                      Deployed("virginia", "openai", "US", 5, 15)};

  const auto one = [&](AttributeIndex attribute, std::vector<std::uint16_t> classes) -> TableSpec::Condition {
    return {{{FirstDimension(spec, attribute), std::move(classes)}}};
  };
  const std::uint32_t data_dimension = FirstDimension(spec, kData);
  spec.rules = {{"personal_stays",
                 "GDPR chapter V",
                 {0, 31},
                 false,
                 {{{data_dimension, {1}}}, {{data_dimension + 1, {1}}}},
                 {kVirginia}},
                {"legal_never", "", {0, 36}, false, one(kWorkload, {2}), {kParis, kBerlin, kVirginia}}};
  spec.refusals = {{"banned_model", "this model is banned", {0, 40}, one(kAskedModel, {1})}};

  auto fast = To("virginia", {{kVirginia, 1}});
  fast.within_ms = 1500;
  auto weighted = To("by_weight", {{kVirginia, 3}, {kParis, 1}});
  weighted.order = TierOrder::kByWeight;
  auto retried = To("paris", {{kParis, 1}});
  retried.retries = 2;
  auto paired = To("pair", {{kParis, 1}, {kVirginia, 1}});
  paired.retries = 1;
  spec.routes = {{"capped", {0, 44}, one(kSpend, {1}), {To("berlin", {{kBerlin, 1}})}},
                 {"platinum", {0, 45}, one(kTier, {3}), {fast, To("paris", {{kParis, 1}})}},
                 {"code", {0, 46}, one(kWorkload, {1}), {weighted}},
                 {"retried", {0, 47}, one(kWorkload, {3}), {retried, To("berlin", {{kBerlin, 1}})}},
                 {"paired", {0, 48}, one(kWorkload, {4}), {paired, To("berlin", {{kBerlin, 1}})}},
                 {"single", {0, 49}, one(kWorkload, {5}), {To("paris", {{kParis, 1}})}},
                 {"everything_else",
                  {0, 50},
                  {{}},
                  {To("paris", {{kParis, 1}}), To("berlin", {{kBerlin, 1}}), To("virginia", {{kVirginia, 1}})}}};
  return WriteTable(spec);
}

}  // namespace route::testing
