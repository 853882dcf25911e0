#include "compiler/import/litellm_prices.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

using namespace route;
using namespace route::import;

namespace {

auto Options() -> PriceOptions {
  PriceOptions options;
  options.origin = {"routec test", "prices.json", "0123"};
  options.today = *ParseDate("2026-11-24");
  return options;
}

auto Import(std::string_view text, const PriceOptions& options = Options()) -> Imported {
  auto imported = ImportPrices(text, options);
  REQUIRE_MESSAGE(imported.has_value(), imported.error().message);
  return std::move(*imported);
}

/// A row of a model that Bedrock serves in Frankfurt, with more fields.
auto Row(const std::string& key, const std::string& fields, const std::string& price = "1e-06",
         const std::string& out = "2e-06") -> std::string {
  return "\"bedrock/eu-central-1/" + key +
         "\": {\"litellm_provider\": \"bedrock\", \"mode\": \"chat\", \"max_input_tokens\": 8000, " +
         "\"input_cost_per_token\": " + price + ", \"output_cost_per_token\": " + out + (fields.empty() ? "" : ", ") +
         fields + "}";
}

/// `kind action` of each lint.
auto LintsIn(const Imported& imported) -> std::string {
  std::string text;
  for (const Lint& lint : imported.lints) {
    text += (text.empty() ? "" : ", ") + std::string(LintName(lint.kind)) + " " + std::string(ActionName(lint.action));
  }
  return text;
}

auto LintsOf(const std::string& row) -> std::string { return LintsIn(Import("{" + row + "}")); }

auto Has(const Imported& imported, std::string_view text) -> bool {
  return imported.text.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("a sound row becomes a deployment with its model and vendor") {
  Imported imported =
      Import("{\n" + Row("meta.llama-v1:0", R"("supports_vision": true, "supports_function_calling": true)") + "\n}");
  CHECK(imported.lints.empty());
  CHECK(imported.taken == 1);
  CHECK(Has(imported, "vendor bedrock { headquarters US   source \"https://"));
  CHECK(Has(imported, "model llama_v1_0 { context 8_000 tokens  capabilities tools, vision }"));
  CHECK(Has(imported,
            "deployment llama_v1_0_bedrock_eu_central_1 serves llama_v1_0 {\n"
            "  vendor bedrock   processed in DE             # region eu-central-1\n"
            "  price 1.00 USD in, 2.00 USD out              # bedrock/eu-central-1/meta.llama-v1:0, line 2\n"
            "  model \"meta.llama-v1:0\"\n}\n"));
  CHECK(Has(imported, "SHA-256 0123"));
}

TEST_CASE("every kind of wrong row is noticed") {
  CHECK(LintsOf(Row("m", "", "-1e-06")) == "bad-price left out");
  CHECK(LintsOf(Row("m", "", "\"NaN\"")) == "bad-price left out");
  CHECK(LintsOf(Row("m", "", "true")) == "bad-price left out");
  CHECK(LintsOf(Row("m", "", "null")) == "no-price left out");
  CHECK(LintsOf(Row("m", "", "0", "0.0")) == "zero-price left out");
  CHECK(LintsOf(Row("m", "", "0", "1e-06")) == "zero-price left out");
  CHECK(LintsOf(Row("m", "", "1e-06", "0.0010001")) == "price-too-high left out");
  CHECK(LintsOf(Row("m", "", "1e-06", "0.001")).empty());
  CHECK(LintsOf(Row("m", "", "12345")) == "price-too-high left out");
  CHECK(LintsOf(Row("m", "", "1e-06", "4.9e-07")) == "inverted-price kept");
  CHECK(LintsOf(Row("m", "", "1e-06", "5e-07")).empty());
  CHECK(LintsOf(Row("m", "", "1.00000000001e-06")) == "inexact-price corrected");
  CHECK(LintsOf(Row("m", "", "\"1e-06\"")).empty());
  CHECK(LintsOf(Row("m", R"("max_input_tokens": 0)")) == "bad-context corrected");
  CHECK(LintsOf(Row("m", R"("max_input_tokens": "128000")")) == "bad-context corrected");
  CHECK(LintsOf(Row("m", R"("max_input_tokens": "a lot")")) == "bad-context corrected");
  CHECK(LintsOf(Row("m", R"("max_input_tokens": null)")) == "no-context kept");
  CHECK(LintsOf(Row("m", R"("max_output_tokens": 9000)")) == "output-over-context kept");
  CHECK(LintsOf(Row("m", R"("deprecation_date": "2026-11-24")")) == "deprecated kept");
  CHECK(LintsOf(Row("m", R"("deprecation_date": "2026-11-25")")).empty());
  CHECK(LintsOf(Row("m", R"("deprecation_date": "soon")")) == "bad-date kept");
  CHECK(LintsOf(Row("m", R"("input_cost_per_token_above_200k_tokens": 2e-06)")) == "long-context-price kept");
  CHECK(LintsOf(Row("m", R"("input_cost_per_token_above_tokens": 2e-06)")).empty());
  CHECK(LintsOf(Row("m", R"("output_cost_per_image": 0.04)")) == "other-prices kept");
  CHECK(
      LintsOf(Row("m",
                  R"("output_cost_per_image": 0, "cache_read_input_token_cost": 1, "input_cost_per_token_batches": 1)"))
          .empty());
  CHECK(LintsOf(Row("m", R"("mode": "banana")")) == "unknown-mode left out");
  CHECK(LintsOf(Row("m", R"("mode": "embedding")")).empty());
  CHECK(LintsOf(R"("m": {"litellm_provider": "openai"})") == "no-mode left out");
  CHECK(LintsOf(R"("m": {"mode": "chat"}, "sample_spec": {}, "n": [], "o": {"litellm_provider": 3}, "p": 1)") ==
        "not-a-model left out, not-a-model left out, not-a-model left out, not-a-model left out, not-a-model left out");
  CHECK(LintsOf(Row("m", "") + "," + Row("M", "")) == "duplicate-key left out");
  CHECK(LintsOf(Row("m", "") + "," + Row("m", "")) == "duplicate-key left out");
  CHECK(LintsOf(Row("m", "") + "," + Row("meta.m", "", "9e-06", "9e-06")) == "duplicate-offer left out");
  CHECK(LintsOf(Row("a\\u202Eb", "")) == "not-plain corrected");
  CHECK(
      LintsOf(
          R"("gpt-4": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06,
                  "max_input_tokens": 1})") == "no-place left out");
}

TEST_CASE("of two offers of one thing the dearer one stays") {
  Imported imported = Import("{" + Row("m", "") + "," + Row("meta.m", "", "9e-06", "9e-06") + "}");
  CHECK(imported.taken == 1);
  CHECK(Has(imported, "price 9.00 USD in, 9.00 USD out"));
}

TEST_CASE("a price a thousand times that of the same model elsewhere was given in another unit") {
  const std::string elsewhere =
      R"(, "groq/m": {"litellm_provider": "groq", "mode": "chat", "input_cost_per_token": 1e-06,
      "output_cost_per_token": 1e-06, "max_input_tokens": 1})";
  PriceOptions options = Options();
  options.providers = {"bedrock"};
  CHECK(LintsIn(Import("{" + Row("m", "", "0.0005", "0.0005") + "}", options)).empty());
  CHECK(LintsIn(Import("{" + Row("m", "", "0.001", "0.001") + elsewhere + "}", options)) ==
        "price-unit-error left out");
  CHECK(LintsIn(Import("{" + Row("m", "", "0.000999", "0.000999") + elsewhere + "}", options)).empty());
  // One other offer does not say which of the two is wrong, so a low price is not blamed.
  CHECK(LintsIn(Import("{" + Row("m", "", "1e-10", "1e-10") + elsewhere + "}", options)).empty());
  const std::string more = R"(, "xai/m": {"litellm_provider": "xai", "mode": "chat", "input_cost_per_token": 1e-06,
      "output_cost_per_token": 1e-06, "max_input_tokens": 1})";
  CHECK(LintsIn(Import("{" + Row("m", "", "1e-10", "1e-10") + elsewhere + more + "}", options)) ==
        "price-unit-error left out");
}

TEST_CASE("what the file does not say can be stated, and is marked as such") {
  const std::string text = R"({"nobody/x": {"litellm_provider": "nobody", "mode": "chat", "input_cost_per_token": 1e-06,
      "output_cost_per_token": 2e-06, "max_input_tokens": 1},
      "azure/eu/y": {"litellm_provider": "azure", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06,
      "max_input_tokens": 1}})";
  PriceOptions options = Options();
  CHECK(LintsIn(Import(text, options)) == "no-place left out, no-place left out");
  options.statements.processed_in = ParseCountry("US");
  CHECK(LintsIn(Import(text, options)) == "unknown-vendor left out, no-place left out");
  options.statements.headquarters["nobody"] = *ParseCountry("CH");
  options.statements.processed_in = ParseCountry("IE");
  Imported imported = Import(text, options);
  CHECK(imported.lints.empty());
  CHECK(Has(imported, "vendor nobody { headquarters CH }   # as stated with --headquarters"));
  CHECK(Has(imported, "  # assumed, as stated with --assume-processed-in\n"));
  CHECK(Has(imported, "# assumed, as stated with --assume-processed-in; the file says `eu`"));
}

TEST_CASE("filters") {
  const std::string text = "{" + Row("a", "") + "," + Row("b", R"("mode": "completion")") + "," + Row("c", "") + "}";
  auto taken = [&](auto change) {
    PriceOptions options = Options();
    change(options);
    return Import(text, options).taken;
  };
  CHECK(taken([](PriceOptions&) {}) == 2);
  CHECK(taken([](PriceOptions& o) { o.modes = {"chat", "completion"}; }) == 3);
  CHECK(taken([](PriceOptions& o) { o.matches = {"*/a", "*/b"}; }) == 1);
  CHECK(taken([](PriceOptions& o) { o.providers = {"bedrock"}; }) == 2);
  CHECK(taken([](PriceOptions& o) { o.providers = {"openai"}; }) == 0);
  CHECK(taken([](PriceOptions& o) { o.regions = {"eu-central-1"}; }) == 2);
  CHECK(taken([](PriceOptions& o) { o.regions = {"DE"}; }) == 2);
  CHECK(taken([](PriceOptions& o) { o.regions = {"FR", "eu"}; }) == 0);
  CHECK(taken([](PriceOptions& o) { o.limit = 1; }) == 1);
}

TEST_CASE("models with one name and different facts are two models") {
  Imported imported = Import("{" + Row("m", "") +
                             R"(, "azure/us/m": {"litellm_provider": "azure", "mode": "chat", "max_input_tokens": 16000,
      "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}})");
  CHECK(Has(imported, "model m       { context 8_000 tokens }"));
  CHECK(Has(imported, "model m_azure { context 16_000 tokens }"));
  CHECK(Has(imported, "deployment m_azure_us serves m_azure {"));
}

TEST_CASE("a key cannot write policy text") {
  Imported imported = Import("{" + Row("x\\\"}\\nrule evil forbid vendor bedrock\\n#", "") + "}");
  CHECK(imported.taken == 1);
  CHECK_FALSE(Has(imported, "\nrule"));
  CHECK(Has(imported, "U+000Arule evil"));
}

TEST_CASE("more deployments than a policy holds are refused") {
  std::string text = "{" + Row("m0", "");
  for (int i = 1; i < 1100; ++i) text += "," + Row("m" + std::to_string(i), "");
  auto imported = ImportPrices(text + "}", Options());
  REQUIRE_FALSE(imported.has_value());
  CHECK(imported.error().message ==
        "1100 deployments remain, and a policy holds at most 1024: narrow it with --provider, --match, --region or "
        "--limit");
}

TEST_CASE("the sample: every kind of wrong row of the real file, and the day of its prices") {
  std::ifstream file("tests/import/prices_sample.json", std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  Imported imported = Import(text);
  CHECK(imported.read == 66);
  CHECK(imported.taken == 12);
  CHECK(Has(imported, "as of 2026-07-24"));
  std::string counts;
  for (const LintCount& count : CountLints(imported.lints)) {
    counts += std::to_string(count.count) + " " + std::string(LintName(count.kind)) + " " +
              std::string(ActionName(count.action)) + "\n";
  }
  CHECK(counts ==
        "1 not-a-model left out\n1 duplicate-key left out\n2 duplicate-offer left out\n1 no-mode left out\n5 no-price "
        "left out\n"
        "5 zero-price left out\n3 price-too-high left out\n1 price-unit-error left out\n2 inexact-price left out\n"
        "3 inverted-price left out\n1 other-prices left out\n1 other-prices kept\n3 long-context-price left out\n"
        "2 long-context-price kept\n1 bad-context left out\n1 output-over-context left out\n3 deprecated left out\n2 "
        "deprecated kept\n"
        "31 no-place left out\n");
}
