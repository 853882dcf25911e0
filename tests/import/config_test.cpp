#include "compiler/import/litellm_config.h"

#include <doctest/doctest.h>

#include <string>

using namespace route;
using namespace route::import;

namespace {

constexpr std::string_view kPrices = R"({
  "gpt-x": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06,
            "max_input_tokens": 128000, "supports_function_calling": true},
  "azure/gpt-x": {"litellm_provider": "azure", "mode": "chat", "input_cost_per_token": 3e-06, "output_cost_per_token": 4e-06,
                  "max_input_tokens": 128000, "supports_function_calling": true}
})";

auto Options() -> ConfigOptions {
  ConfigOptions options;
  options.origin = {"routec test", "config.yaml", "0123"};
  options.prices = kPrices;
  options.statements.processed_in = ParseCountry("US");
  options.today = *ParseDate("2026-11-24");
  return options;
}

auto Import(std::string_view text, const ConfigOptions& options = Options()) -> Imported {
  auto imported = ImportConfig(text, options);
  REQUIRE_MESSAGE(imported.has_value(), imported.error().error.message);
  return std::move(*imported);
}

auto LintsIn(const Imported& imported) -> std::string {
  std::string text;
  for (const Lint& lint : imported.lints) {
    text += (text.empty() ? "" : ", ") + std::to_string(lint.line) + " " + std::string(LintName(lint.kind)) + " " +
            std::string(ActionName(lint.action));
  }
  return text;
}

auto Has(const Imported& imported, std::string_view text) -> bool {
  return imported.text.find(text) != std::string::npos;
}

/// An entry of `model_list`: `alias`, its model, and more lines of its `litellm_params`.
auto Entry(const std::string& alias, const std::string& model, const std::string& params = {}) -> std::string {
  std::string text = "  - model_name: " + alias + "\n    litellm_params:\n      model: " + model + "\n";
  return text + (params.empty() ? "" : "      " + params + "\n");
}

/// The country of a deployment that a catalogue makes of one entry; if it has none, the lints that say why.
auto PlaceOf(const std::string& model, const std::string& params) -> std::string {
  ConfigOptions options = Options();
  options.statements.processed_in.reset();
  const std::string prices = "\n      input_cost_per_token: 1e-06\n      output_cost_per_token: 1e-06";
  Imported imported = Import("model_list:\n" + Entry("c", model, params + prices), options);
  std::size_t at = imported.text.find("\n  vendor ");
  if (at != std::string::npos) at = imported.text.find("processed in ", at);
  if (at != std::string::npos && !imported.text.substr(at + 13).starts_with("…"))
    return imported.text.substr(at + 13, 2);
  std::string lints;
  for (const Lint& lint : imported.lints) {
    if (lint.kind == LintKind::kNoMembers) continue;
    lints += (lints.empty() ? "" : " ") + std::string(LintName(lint.kind));
  }
  return lints;
}

}  // namespace

TEST_CASE("an entry becomes a deployment, its alias a group and a route") {
  Imported imported = Import("model_list:\n" + Entry("chat", "openai/gpt-x", "api_key: os.environ/MY_KEY"));
  CHECK(LintsIn(imported) == "");
  CHECK(Has(imported, "deployment chat_openai serves gpt_x {\n"));
  CHECK(Has(imported, "  price 1.00 USD in, 2.00 USD out              # openai/gpt-x, line 2\n"));
  CHECK(Has(imported, "  endpoint \"https://api.openai.com/v1\"  model \"gpt-x\"  key env MY_KEY\n"));
  CHECK(Has(imported, "model gpt_x { context 128_000 tokens  capabilities tools }"));
  CHECK(Has(imported, "group chat = chat_openai\n"));
  CHECK(Has(imported, "# route chat when asked_model is \"chat\" to chat\n"));
}

TEST_CASE("the same model at another provider has another price") {
  CHECK(Has(Import("model_list:\n" + Entry("chat", "azure/gpt-x")), "price 3.00 USD in, 4.00 USD out"));
  CHECK(Has(Import("model_list:\n" + Entry("chat", "gpt-x")), "price 1.00 USD in, 2.00 USD out"));
  CHECK(LintsIn(Import("model_list:\n" + Entry("chat", "groq/gpt-x"))) == "2 no-price left out, 2 no-members left out");
}

TEST_CASE("what the entry says comes before the price list") {
  Imported imported = Import("model_list:\n" + Entry("chat", "openai/gpt-x", "input_cost_per_token: 5e-06") +
                             "    model_info: {max_input_tokens: 1000, supports_vision: true}\n");
  CHECK(Has(imported, "price 5.00 USD in, 2.00 USD out"));
  CHECK(Has(imported, "context 1_000 tokens  capabilities tools, vision"));
  Imported based =
      Import("model_list:\n" + Entry("chat", "azure/my-own-name") + "    model_info: {base_model: gpt-x}\n");
  CHECK(Has(based, "price 3.00 USD in, 4.00 USD out"));
  CHECK(Has(based, "model \"my-own-name\""));
}

TEST_CASE("places come from the entry, its address or its model") {
  auto place = [](const std::string& model, const std::string& params) { return PlaceOf(model, params); };
  CHECK(place("bedrock/anthropic.x", "aws_region_name: eu-central-1") == "DE");
  CHECK(place("vertex_ai/x", "vertex_location: europe-west9") == "FR");
  CHECK(place("azure/x", "region_name: swedencentral") == "SE");
  CHECK(place("bedrock/x", "api_base: https://bedrock-runtime.eu-west-1.amazonaws.com") == "IE");
  CHECK(place("bedrock/us.anthropic.x", "weight: 1") == "US");
  CHECK(place("azure/x", "region_name: eu") == "no-place");
}

TEST_CASE("what does not belong to the provider says nothing of its place") {
  CHECK(PlaceOf("azure/x", "aws_region_name: eu-central-1") == "setting-not-taken no-place");
  CHECK(PlaceOf("mistral/x", "region_name: us-east-1") == "setting-not-taken no-place");
  CHECK(PlaceOf("openai/x", "api_base: https://eu-central-1.evil.example/v1") == "no-place");
  CHECK(PlaceOf("openai/x", "api_base: https://api.openai.com.evil.example/v1\n      region_name: eu-central-1") ==
        "setting-not-taken no-place");
  CHECK(PlaceOf("bedrock/eu-central-1/anthropic.x", "api_base: https://proxy.acme.example") == "no-place");
  CHECK(PlaceOf("bedrock/anthropic.x",
                "aws_region_name: eu-west-1\n      aws_bedrock_runtime_endpoint: https://proxy.acme.example") ==
        "setting-not-taken no-place");
  CHECK(PlaceOf("azure/my-westeurope-deployment", "api_base: https://westus.openai.azure.com") == "no-place");
}

TEST_CASE("zones of several countries come before the region they are called from, and places must agree") {
  CHECK(PlaceOf("bedrock/global.anthropic.x", "aws_region_name: eu-west-1") == "no-place");
  CHECK(PlaceOf("bedrock/eu.anthropic.x", "aws_region_name: eu-central-1") == "no-place");
  CHECK(PlaceOf("bedrock/us.anthropic.x", "aws_region_name: us-east-1") == "US");
  CHECK(PlaceOf("bedrock/us.anthropic.x", "aws_region_name: eu-west-1") == "no-place");
  CHECK(PlaceOf("bedrock/eu-central-1/anthropic.x", "aws_region_name: us-east-1") == "no-place");
  CHECK(PlaceOf("bedrock/eu-central-1/anthropic.x", "aws_region_name: os.environ/AWS_REGION") == "unresolved no-place");
  CHECK(PlaceOf("vertex_ai/x", "vertex_location: global\n      region_name: europe-west1") == "no-place");
  const std::string own = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1";
  CHECK(PlaceOf("bedrock/anthropic.x", "aws_region_name: eu-west-1\n      model_id: " + own) ==
        "setting-not-taken no-place");
  // A contradiction is not settled by what is assumed of entries that say nothing.
  Imported imported = Import("model_list:\n" + Entry("c", "bedrock/us.anthropic.x",
                                                     "aws_region_name: eu-west-1\n      input_cost_per_token: 1e-06\n"
                                                     "      output_cost_per_token: 1e-06"));
  CHECK(Has(imported, "processed in …"));
  CHECK(imported.lints.front().message ==
        "it is said to be processed in `us` and in `eu-west-1`, which are not in one country");
}

TEST_CASE("a custom address makes its host the vendor") {
  const std::string own = "model_list:\n" + Entry("c", "openai/gpt-x", "api_base: https://llm.acme.example/v1");
  CHECK(LintsIn(Import(own)) == "2 unknown-vendor left out, 2 no-members left out");
  ConfigOptions options = Options();
  options.statements.headquarters["llm.acme.example"] = *ParseCountry("DE");
  Imported imported = Import(own, options);
  CHECK(Has(imported, "vendor llm_acme_example { headquarters DE }"));
  CHECK_FALSE(Has(imported, "OPENAI_API_KEY"));
  CHECK(Has(Import("model_list:\n" + Entry("c", "openai/gpt-x", "api_base: https://eu.api.openai.com/v1")),
            "vendor openai"));
  CHECK(
      Has(Import("model_list:\n" + Entry("c", "azure/gpt-x", "api_base: https://a.openai.azure.com")), "vendor azure"));
  CHECK(
      LintsIn(Import("model_list:\n" + Entry("c", "azure/gpt-x", "api_base: https://a.openai.azure.com.evil.example")))
          .starts_with("2 unknown-vendor"));
}

TEST_CASE("no secret is copied") {
  for (const char* param : {"api_key: sk-SECRET", "aws_secret_access_key: SECRET", "azure_ad_token: SECRET",
                            "vertex_credentials: SECRET"}) {
    Imported imported = Import("model_list:\n" + Entry("c", "openai/gpt-x", param));
    CHECK_MESSAGE(LintsIn(imported) == "5 secret left out", param);
    CHECK_FALSE(Has(imported, "SECRET"));
    for (const Lint& lint : imported.lints) CHECK(lint.message.find("SECRET") == std::string::npos);
  }
  Imported address =
      Import("model_list:\n" + Entry("c", "openai/gpt-x", "api_base: https://u:SECRET@api.openai.com/v1"));
  CHECK(LintsIn(address) == "2 secret corrected");
  CHECK_FALSE(Has(address, "SECRET"));
  CHECK(LintsIn(Import("model_list:\n" + Entry("c", "openai/gpt-x") + "general_settings: {master_key: sk-SECRET}\n")) ==
        "5 secret left out, 5 setting-not-taken left out");
}

TEST_CASE("weights are those of the proxy's shuffle") {
  auto group = [](const std::string& a, const std::string& b, const std::string& settings = {}) {
    std::string text =
        Import("model_list:\n" + Entry("c", "openai/gpt-x", a) + Entry("c", "azure/gpt-x", b) + settings).text;
    std::size_t at = text.find("\ngroup ");
    return text.substr(at + 1, text.find('\n', at + 1) - at - 1);
  };
  CHECK(group("", "") == "group c = c_openai weight 1, c_azure weight 1");
  CHECK(group("weight: 3", "weight: 1") == "group c = c_openai weight 3, c_azure weight 1");
  CHECK(group("weight: 0.7", "weight: 0.3") == "group c = c_openai weight 7, c_azure weight 3");
  CHECK(group("rpm: 600", "rpm: 200") == "group c = c_openai weight 3, c_azure weight 1");
  CHECK(group("weight: 5", "rpm: 200") == "group c = c_openai");
  CHECK(group("weight: 0", "weight: 2") == "group c = c_azure");
  CHECK(group("weight: 5000000", "weight: 1") == "group c = c_openai weight 1000000, c_azure weight 1");
  CHECK(group("", "", "router_settings: {routing_strategy: cost-based-routing}\n") ==
        "group c = c_openai, c_azure by cheapest");
}

TEST_CASE("orders, fallbacks, retries and other names make routes") {
  const std::string text =
      "model_list:\n" + Entry("a", "openai/gpt-x", "order: 2") + Entry("a", "azure/gpt-x", "order: 1") +
      Entry("b", "openai/gpt-x") +
      "router_settings:\n  num_retries: 2\n  model_group_alias: {old-a: a}\n  fallbacks: [{a: [b, nobody]}]\n"
      "litellm_settings: {default_fallbacks: [a]}\n";
  Imported imported = Import(text);
  CHECK(Has(imported, "group a         = a_azure\n"));
  CHECK(Has(imported, "group a_order_2 = a_openai\n"));
  CHECK(
      Has(imported,
          "# route a when asked_model in { \"a\", \"old-a\" } to a retry 2, then a_order_2 retry 2, then b retry 2\n"));
  CHECK(Has(imported, "# route b when asked_model is \"b\" to b retry 2, then a retry 2, then a_order_2 retry 2\n"));
  CHECK(LintsIn(imported) == "16 unknown-group left out");
}

TEST_CASE("a whole policy has its routes as text") {
  ConfigOptions options = Options();
  options.policy = "acme";
  Imported imported = Import("model_list:\n" + Entry("a", "openai/gpt-x"), options);
  CHECK(Has(imported, "\npolicy acme\n"));
  CHECK(Has(imported, "\nroute a when asked_model is \"a\" to a\n"));
  CHECK(Has(imported, "\nrefuse unknown_model when not (asked_model is \"a\")"));
}

TEST_CASE("what cannot be imported stands as a comment to complete") {
  ConfigOptions options = Options();
  options.statements = {};
  Imported imported = Import("model_list:\n" + Entry("a", "novita/x"), options);
  CHECK(imported.taken == 0);
  CHECK(Has(imported,
            "# Not part of the catalogue: `a`, line 2: it has no price for input and output tokens\n# deployment "
            "a_novita serves x {\n"));
  CHECK(Has(imported, "#   vendor novita   processed in …\n#   price … USD in, … USD out   # novita/x, line 2\n"));
}

TEST_CASE("what is no configuration is an error with a place") {
  auto problem = [](std::string_view text) {
    auto imported = ImportConfig(text, Options());
    return imported ? std::string()
                    : std::to_string(imported.error().error.line) + " " + imported.error().error.message;
  };
  CHECK(problem("a: 1\n") == "1 a configuration of LiteLLM's proxy has a list `model_list`");
  CHECK(problem("x: 1\nmodel_list: {a: b}\n") == "2 a configuration of LiteLLM's proxy has a list `model_list`");
  CHECK(problem("").starts_with("1 "));
  ConfigOptions options = Options();
  options.prices = "{";
  auto imported = ImportConfig("model_list: []\n", options);
  REQUIRE_FALSE(imported.has_value());
  CHECK(imported.error().file == ConfigError::File::kPrices);
}

TEST_CASE("odd entries are lints and no crash") {
  CHECK(LintsIn(Import("model_list:\n  - 3\n  - {}\n  - {model_name: a}\n  - {model_name: a, litellm_params: 3}\n")) ==
        "2 incomplete left out, 3 incomplete left out, 4 incomplete left out, 5 incomplete left out");
  CHECK(LintsIn(Import("model_list:\n" + Entry("\"*\"", "\"openai/*\""))) == "2 wildcard left out");
  CHECK(LintsIn(Import("model_list:\n" + Entry("e", "openai/gpt-x") + "    model_info: {mode: embedding}\n")) ==
        "2 other-mode left out, 2 no-members left out");
}
