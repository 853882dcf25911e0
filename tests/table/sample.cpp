#include "tests/table/sample.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "runtime/values/date.h"

namespace route::sample {
namespace {

// Dimensions: tier 0, data 1 to 3, urgent 4, prompt 5, asked 6, origin 7, today 8.
constexpr std::uint32_t kPersonal = 1;
constexpr std::uint32_t kHealth = 2;

auto CountryClasses() -> std::vector<std::uint16_t> {
  std::vector<std::uint16_t> classes(Countries().size(), 0);
  classes[ParseCountry("DE")->index] = 1;
  classes[ParseCountry("FR")->index] = 1;
  classes[ParseCountry("KP")->index] = 2;
  return classes;
}

auto MakeDeployment(const char* name, const char* country, std::int64_t price) -> TableSpec::Deployment {
  return {.name = name,
          .model = "model_of_" + std::string(name),
          .vendor = "some_vendor",
          .processed_in = *ParseCountry(country),
          .headquarters = *ParseCountry("US"),
          .price_in = Decimal::FromInteger(price),
          .price_out = Decimal::FromInteger(3 * price),
          .endpoint = "http://" + std::string(name) + ".example/v1",
          .upstream_model = "upstream",
          .key_env = "KEY"};
}

}  // namespace

auto Spec() -> TableSpec {
  TableSpec spec;
  spec.policy_name = "sample";
  spec.policy_version = "2026.11";
  spec.tool_version = "0.1.0";
  spec.verified = true;
  spec.limits = {.attempts = 4, .deadline_ms = 20'000, .answer_tokens = 8'000, .cost_hundredth_cents = 12'500};
  spec.files = {{"policy.route", std::string(64, 'a'), "sample"}, {"caf\u00e9.route", std::string(64, '0'), "sample"}};

  const auto attribute = [&](const char* name, AttributeKind kind, TableSpec::Source source) -> TableSpec::Attribute& {
    TableSpec::Attribute entry;
    entry.name = name;
    entry.kind = kind;
    entry.sources = {std::move(source)};
    spec.attributes.push_back(std::move(entry));
    return spec.attributes.back();
  };
  auto& tier = attribute("tier", AttributeKind::kOneOf, {SourceKind::kTenant, ""});
  tier.values = {"free", "silver", "gold"};
  tier.default_text = "free";
  auto& data = attribute("data", AttributeKind::kAnyOf, {SourceKind::kHeader, "x-data-class"});
  data.values = {"personal", "health", "financial"};
  data.sources.push_back({SourceKind::kDetector, "pii"});
  attribute("urgent", AttributeKind::kYesNo, {SourceKind::kHeader, "x-urgent"}).default_text = "no";
  auto& prompt = attribute("prompt", AttributeKind::kNumber, {SourceKind::kRequest, "prompt"});
  prompt.unit = Unit::kTokens;
  prompt.maximum = Decimal::FromInteger(2'000'000);
  prompt.cuts = {Decimal::FromInteger(8'000).micros, Decimal::FromInteger(128'000).micros};
  auto& asked = attribute("asked", AttributeKind::kText, {SourceKind::kRequest, "model"});
  asked.prefixes = {"gpt-", "gpt-4"};
  asked.texts = {"gpt-4o", "mistral"};
  attribute("origin", AttributeKind::kCountry, {SourceKind::kHeader, "x-origin"}).country_class = CountryClasses();
  attribute("today", AttributeKind::kDate, {SourceKind::kClock, ""}).cuts = {ParseDate("2026-08-02")->days};

  spec.deployments = {MakeDeployment("eu_large", "FR", 8), MakeDeployment("us_large", "US", 6),
                      MakeDeployment("us_small", "US", 1), MakeDeployment("eu_small", "DE", 2)};

  spec.refusals = {{"embargo", "not available in your region", {0, 10}, {{{7, {2}}}}},
                   {"no_reason", "", {0, 11}, {{{0, {0}}, {4, {1}}}}}};
  spec.rules = {
      {"eu_only", "GDPR chapter V", {0, 20}, false, {{{kPersonal, {1}}}, {{kHealth, {1}}}}, {kUsLarge, kUsSmall}},
      {"small_context", "", {0, 4}, true, {{{5, {2}}}}, {kUsSmall, kEuSmall}},
      {"notice", "", {1, 1}, false, {{}}, {}},
      {"impossible", "", {}, false, {}, {kEuLarge, kUsLarge, kUsSmall, kEuSmall}}};
  spec.routes = {
      {"gold",
       {0, 30},
       {{{0, {2}}, {6, {0, 4}}}},
       {{"frontier", TierOrder::kByWeight, kNone, 800, kNone, {{kEuLarge, 3}, {kUsLarge, 1}}},
        {"everything", TierOrder::kAsListed, kNone, kNone, kNone, {{kUsSmall, 1}, {kEuSmall, 1}, {kEuLarge, 1}}}}},
      {"small",
       {0, 31},
       {{{5, {0}}}},
       {{"cheapest 1", TierOrder::kCheapest, 1, kNone, 2, {{kUsSmall, 1}, {kEuSmall, 1}}}}},
      {"medium",
       {0, 32},
       {{{5, {1}}, {7, {1}}}},
       {{"american", TierOrder::kQuality, kNone, kNone, kNone, {{kUsLarge, 1}, {kUsSmall, 1}}}}},
      {"large", {0, 33}, {{{5, {2}}, {8, {1}}}}, {{"last", TierOrder::kFastest, kNone, 300, 1, {{kEuSmall, 1}}}}}};
  spec.guarantees = {{"stays", "when data includes personal, never us_large", Verdict::kProved, {0, 40}},
                     {"served", "every request is served", Verdict::kViolated, {0, 41}}};
  return spec;
}

auto Make() -> Table {
  auto table = Table::FromBytes(WriteTable(Spec()));
  if (!table) {
    std::fprintf(stderr, "the sample table does not load: %s\n", table.error().message.c_str());
    std::abort();
  }
  return std::move(*table);
}

}  // namespace route::sample
