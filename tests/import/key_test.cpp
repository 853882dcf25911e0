#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "compiler/import/places.h"
#include "compiler/import/row.h"
#include "compiler/import/vendors.h"

using namespace route;
using namespace route::import;

namespace {

/// `provider | model | upstream | place=CC`
auto Parts(std::string_view key, std::string_view provider, const std::vector<std::string>& regions = {})
    -> std::string {
  KeyParts parts = ParseKey(key, provider, regions);
  std::string text = parts.provider + " | " + parts.model + " | " + parts.upstream;
  if (parts.place) {
    text += " | " + parts.place->name + "=" +
            (parts.place->country ? std::string(CountryCode(*parts.place->country)) : "?");
  }
  return text;
}

}  // namespace

TEST_CASE("keys of the price list, taken apart") {
  CHECK(Parts("gpt-5.4", "openai") == "openai | gpt_5_4 | gpt-5.4");
  CHECK(Parts("azure/us/gpt-4.1-2025-04-14", "azure") == "azure | gpt_4_1_2025_04_14 | gpt-4.1-2025-04-14 | us=US");
  CHECK(Parts("azure/eu/gpt-5-mini", "azure") == "azure | gpt_5_mini | gpt-5-mini | eu=?");
  CHECK(Parts("bedrock/eu-central-1/anthropic.claude-v2:1", "bedrock") ==
        "bedrock | claude_v2_1 | anthropic.claude-v2:1 | eu-central-1=DE");
  CHECK(Parts("eu.anthropic.claude-haiku-4-5-20251001-v1:0", "bedrock_converse") ==
        "bedrock | claude_haiku_4_5_20251001 | eu.anthropic.claude-haiku-4-5-20251001-v1:0 | eu=?");
  CHECK(Parts("us-gov.anthropic.claude-haiku-4-5-20251001-v1:0", "bedrock_converse").ends_with("us-gov=US"));
  CHECK(Parts("deepseek.v3.2", "bedrock") == "bedrock | deepseek_v3_2 | deepseek.v3.2");
  CHECK(Parts("amazon.nova-lite-v1:0", "bedrock") == "bedrock | nova_lite_v1_0 | amazon.nova-lite-v1:0");
  CHECK(Parts("vertex_ai/claude-opus-4-7@default", "vertex_ai-anthropic_models") ==
        "vertex_ai | claude_opus_4_7 | claude-opus-4-7@default");
  CHECK(Parts("vertex_ai/x", "vertex_ai", {"us-central1"}).ends_with("us-central1=US"));
  CHECK(Parts("vertex_ai/x", "vertex_ai", {"us-central1", "us-south1"}).ends_with("several regions=US"));
  CHECK(Parts("vertex_ai/x", "vertex_ai", {"us-central1", "europe-west4"}).ends_with("several regions=?"));
  CHECK(Parts("vertex_ai/x", "vertex_ai", {"us-central1", "moon"}) == "vertex_ai | x | x");
  CHECK(Parts("fireworks_ai/accounts/fireworks/models/gpt-oss-120b", "fireworks_ai") ==
        "fireworks_ai | gpt_oss_120b | accounts/fireworks/models/gpt-oss-120b");
  CHECK(Parts("openrouter/us/eu-central-1", "openrouter") == "openrouter | eu_central_1 | us/eu-central-1");
  CHECK(Parts("mistral/x", "") == "mistral | x | x");
  CHECK(Parts("", "") == " | unnamed | ");
  CHECK(Parts("/", "openai") == "openai | unnamed | /");
}

TEST_CASE("places") {
  CHECK(CountryCode(*ParseRegion("eu-west-3")->country) == "FR");
  CHECK(CountryCode(*ParseRegion("SwedenCentral")->country) == "SE");
  CHECK(CountryCode(*ParseRegion("europe-west4")->country) == "NL");
  CHECK_FALSE(ParseRegion("eu").has_value());
  CHECK_FALSE(ParseZone("eu")->country.has_value());
  CHECK_FALSE(ParseZone("global")->country.has_value());
  CHECK(CountryCode(*ParseZone("jp")->country) == "JP");
  CHECK(IsInEuropeanUnion(*ParseCountry("FR")));
  CHECK_FALSE(IsInEuropeanUnion(*ParseCountry("CH")));
}

TEST_CASE("a region counts only in a provider's own form of address") {
  auto region = [](std::string_view address, std::string_view provider) {
    auto place = RegionOfAddress(address, provider);
    return place ? place->name : std::string();
  };
  CHECK(region("https://bedrock-runtime.eu-central-1.amazonaws.com", "bedrock") == "eu-central-1");
  CHECK(region("https://vpce-1a.bedrock-runtime.eu-west-1.vpce.amazonaws.com/x", "bedrock") == "eu-west-1");
  CHECK(region("https://runtime.sagemaker.us-east-1.amazonaws.com", "sagemaker") == "us-east-1");
  CHECK(region("https://europe-west4-aiplatform.googleapis.com/v1", "vertex_ai") == "europe-west4");
  CHECK(region("https://WestEurope.api.cognitive.microsoft.com/", "azure") == "westeurope");
  CHECK(region("https://llama.swedencentral.models.ai.azure.com", "azure_ai") == "swedencentral");
  // The name of a customer's resource is the customer's choice.
  CHECK(region("https://westeurope.openai.azure.com", "azure") == "");
  CHECK(region("https://x.westeurope.api.cognitive.microsoft.com", "azure") == "");
  CHECK(region("https://lb.eu-central-1.elb.amazonaws.com", "bedrock") == "");
  CHECK(region("https://my-bedrock-runtime.eu-central-1.amazonaws.com", "bedrock") == "");
  CHECK(region("https://bedrock-runtime.eu-central-1.amazonaws.com", "azure") == "");
  CHECK(region("https://bedrock-runtime.eu-central-1.amazonaws.com.evil.example", "bedrock") == "");
  CHECK(region("https://bedrock-runtime.eu-central-1.amazonaws.com@evil.example", "bedrock") == "");
  CHECK(region("https://eu-central-1.evil.example/v1", "bedrock") == "");
  CHECK(region("https://api.openai.com/eu-central-1", "openai") == "");
  CHECK(region("-aiplatform.googleapis.com", "vertex_ai") == "");
  CHECK(region("https://-aiplatform.googleapis.com", "vertex_ai") == "");
  CHECK(region("eu-central-1", "bedrock") == "");
}

TEST_CASE("a zone of several countries comes before a region, and countries must agree") {
  auto common = [](std::vector<std::string_view> names) {
    std::vector<Place> said;
    for (std::string_view name : names) said.push_back(ParseRegion(name) ? *ParseRegion(name) : *ParseZone(name));
    auto place = CommonPlace(said);
    if (!place) return std::string();
    return place->name + "=" + (place->country ? std::string(CountryCode(*place->country)) : "?");
  };
  CHECK(common({}) == "");
  CHECK(common({"eu-central-1"}) == "eu-central-1=DE");
  CHECK(common({"eu-central-1", "eu"}) == "eu=?");
  CHECK(common({"global", "eu-west-1"}) == "global=?");
  CHECK(common({"us-east-1", "us"}) == "us-east-1=US");
  CHECK(common({"us", "eu-west-1"}) == "us` and in `eu-west-1=?");
}

TEST_CASE("an inference profile is processed in its zone, whatever region it is called from") {
  CHECK(Parts("bedrock/eu-central-1/eu.anthropic.claude-v2", "bedrock").ends_with("| eu=?"));
  CHECK(Parts("bedrock/us-west-2/us.anthropic.claude-v2", "bedrock").ends_with("| us-west-2=US"));
  CHECK(Parts("bedrock/eu-central-1/us.anthropic.claude-v2", "bedrock").ends_with("| eu-central-1` and in `us=?"));
  CHECK(Parts("bedrock/converse/apac.amazon.nova-lite-v1:0", "bedrock").ends_with("| apac=?"));
  // A zone that is younger than this table.
  CHECK(Parts("bedrock/eu-central-1/emea.anthropic.claude-v2", "bedrock").ends_with("| emea=?"));
  CHECK(InferenceProfile("arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2")->name ==
        "application-inference-profile");
  CHECK(InferenceProfile("arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.x")->name ==
        "global");
  CHECK_FALSE(InferenceProfile("anthropic.claude-v2:1").has_value());
  CHECK_FALSE(InferenceProfile("deepseek.v3.2").has_value());
}

TEST_CASE("providers by all their names") {
  CHECK(ProviderName("vertex_ai-anthropic_models") == "vertex_ai");
  CHECK(ProviderName("bedrock_converse") == "bedrock");
  CHECK(ProviderName("text-completion-codestral") == "codestral");
  CHECK(ProviderName("OpenAI") == "openai");
  CHECK(FindProvider("codestral")->vendor == "mistral");
  CHECK(FindProvider("nobody") == nullptr);
  for (const char* name : {"openai", "mistral", "bedrock", "zai", "ai21"}) {
    CHECK(ParseCountry(FindProvider(name)->headquarters).has_value());
    CHECK(FindProvider(name)->source.starts_with("https://"));
  }
}

TEST_CASE("vendors that the library knows are called and seated as it says") {
  std::ifstream file("stdlib/vendors.route", std::ios::binary);
  std::string library{std::istreambuf_iterator<char>(file), {}};
  std::size_t shared = 0;
  for (const char* name :
       {"anthropic", "azure",        "bedrock",  "cloudflare",  "cohere",    "dashscope", "databricks",
        "deepseek",  "fireworks_ai", "groq",     "mistral",     "moonshot",  "nebius",    "openai",
        "ovhcloud",  "perplexity",   "scaleway", "together_ai", "vertex_ai", "watsonx",   "xai"}) {
    const Provider* provider = FindProvider(name);
    REQUIRE_MESSAGE(provider != nullptr, name);
    std::string start = "\nvendor " + std::string(provider->vendor) + " {";
    std::size_t at = library.find(start);
    if (at == std::string::npos) continue;
    std::string declaration = library.substr(at, library.find("\n}", at) - at);
    CHECK_MESSAGE(declaration.find("headquarters " + std::string(provider->headquarters)) != std::string::npos, name);
    CHECK_MESSAGE(declaration.find(provider->source) != std::string::npos, name);
    ++shared;
  }
  CHECK(shared > 15);
}
