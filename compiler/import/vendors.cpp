#include "compiler/import/vendors.h"

#include <algorithm>
#include <array>

#include "compiler/import/text.h"

namespace route::import {
namespace {

#define WIKIPEDIA "https://en.wikipedia.org/wiki/"

/// Names, headquarters and sources of those that are in stdlib/vendors.route are the same there; a test compares them.
constexpr std::array<Provider, 46> kProviders = {{
    {"ai21", "ai21", "IL", WIKIPEDIA "AI21_Labs", "https://api.ai21.com/studio/v1", "AI21_API_KEY"},
    {"amazon_nova", "amazon_nova", "US", WIKIPEDIA "Amazon_(company)", "", "AMAZON_NOVA_API_KEY"},
    {"anthropic", "anthropic", "US", "https://trust.anthropic.com",
     "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"},
    {"azure", "azure", "US", "https://servicetrust.microsoft.com", "", "AZURE_API_KEY"},
    {"azure_ai", "azure", "US", "https://servicetrust.microsoft.com", "", "AZURE_AI_API_KEY"},
    {"bedrock", "bedrock", "US", "https://aws.amazon.com/compliance/services-in-scope/", "", ""},
    {"cerebras", "cerebras", "US", WIKIPEDIA "Cerebras", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"},
    {"chatgpt", "openai", "US", "https://trust.openai.com", "", ""},
    {"cloudflare", "cloudflare", "US", "https://www.cloudflare.com/trust-hub/compliance-resources/",
     "", "CLOUDFLARE_API_KEY"},
    {"codestral", "mistral", "FR", "https://trust.mistral.ai", "https://codestral.mistral.ai/v1", "CODESTRAL_API_KEY"},
    {"cohere", "cohere", "CA", "https://trustcenter.cohere.com",
     "https://api.cohere.ai/compatibility/v1", "COHERE_API_KEY"},
    {"dashscope", "alibaba_cloud", "CN", "https://www.alibabacloud.com/help/en/model-studio/compliance-and-privacy",
     "", "DASHSCOPE_API_KEY"},
    {"databricks", "databricks", "US", "https://www.databricks.com/trust", "", "DATABRICKS_API_KEY"},
    {"deepseek", "deepseek", "CN", "https://www.deepseek.com/en/privacy",
     "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"},
    {"fireworks_ai", "fireworks", "US", "https://fireworks.ai/docs/guides/security_compliance/data_security",
     "https://api.fireworks.ai/inference/v1", "FIREWORKS_AI_API_KEY"},
    {"gemini", "gemini", "US", WIKIPEDIA "Google",
     "https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"},
    {"gigachat", "gigachat", "RU", WIKIPEDIA "Sberbank", "", ""},
    {"github_copilot", "github", "US", WIKIPEDIA "GitHub", "", ""},
    {"gradient_ai", "digitalocean", "US", WIKIPEDIA "DigitalOcean", "", ""},
    {"groq", "groq", "US", "https://trust.groq.com", "https://api.groq.com/openai/v1", "GROQ_API_KEY"},
    {"heroku", "heroku", "US", WIKIPEDIA "Heroku", "", ""},
    {"huggingface", "huggingface", "US", WIKIPEDIA "Hugging_Face", "", "HUGGINGFACE_API_KEY"},
    {"meta_llama", "meta", "US", WIKIPEDIA "Meta_Platforms", "", "LLAMA_API_KEY"},
    {"minimax", "minimax", "CN", WIKIPEDIA "MiniMax_Group", "", "MINIMAX_API_KEY"},
    {"mistral", "mistral", "FR", "https://trust.mistral.ai", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"},
    {"moonshot", "moonshot", "CN", "https://platform.moonshot.ai", "", "MOONSHOT_API_KEY"},
    {"nebius", "nebius", "NL", "https://docs.nebius.com/legal/digital-rights/gdpr-compliance-faqs",
     "https://api.studio.nebius.ai/v1", "NEBIUS_API_KEY"},
    {"nvidia_nim", "nvidia", "US", WIKIPEDIA "Nvidia", "https://integrate.api.nvidia.com/v1", "NVIDIA_NIM_API_KEY"},
    {"oci", "oracle", "US", WIKIPEDIA "Oracle_Corporation", "", ""},
    {"openai", "openai", "US", "https://trust.openai.com", "https://api.openai.com/v1", "OPENAI_API_KEY"},
    {"ovhcloud", "ovhcloud", "FR", "https://corporate.ovhcloud.com/en/trusted-cloud/security-certifications/",
     "https://oai.endpoints.kepler.ai.cloud.ovh.net/v1", "OVHCLOUD_API_KEY"},
    {"perplexity", "perplexity", "US", "https://trust.perplexity.ai",
     "https://api.perplexity.ai", "PERPLEXITYAI_API_KEY"},
    {"sagemaker", "sagemaker", "US", WIKIPEDIA "Amazon_Web_Services", "", ""},
    {"sambanova", "sambanova", "US", WIKIPEDIA "SambaNova_Systems", "https://api.sambanova.ai/v1", "SAMBANOVA_API_KEY"},
    {"scaleway", "scaleway", "FR", "https://www.scaleway.com/en/security-and-resilience/",
     "https://api.scaleway.ai/v1", "SCW_SECRET_KEY"},
    {"snowflake", "snowflake", "US", "https://www.snowflake.com/en/legal/snowflakes-security-and-compliance-reports/",
     "", ""},
    {"tencent", "tencent", "CN", WIKIPEDIA "Tencent", "", ""},
    {"together_ai", "together", "US", "https://www.together.ai/privacy",
     "https://api.together.xyz/v1", "TOGETHERAI_API_KEY"},
    {"v0", "vercel", "US", WIKIPEDIA "Vercel", "", "V0_API_KEY"},
    {"vercel_ai_gateway", "vercel", "US", WIKIPEDIA "Vercel",
     "https://ai-gateway.vercel.sh/v1", "VERCEL_AI_GATEWAY_API_KEY"},
    {"vertex_ai", "vertex", "US", "https://cloud.google.com/security/compliance/services-in-scope", "", ""},
    {"volcengine", "volcengine", "CN", WIKIPEDIA "ByteDance", "", "VOLCENGINE_API_KEY"},
    {"wandb", "wandb", "US", WIKIPEDIA "CoreWeave", "https://api.inference.wandb.ai/v1", "WANDB_API_KEY"},
    {"watsonx", "watsonx", "US", "https://www.ibm.com/products/watsonx-ai", "", "WATSONX_APIKEY"},
    {"xai", "xai", "US", "https://trust.x.ai", "https://api.x.ai/v1", "XAI_API_KEY"},
    {"zai", "zai", "CN", WIKIPEDIA "Z.ai", "https://api.z.ai/api/paas/v4", "ZAI_API_KEY"},
}};
static_assert(std::ranges::is_sorted(kProviders, {}, &Provider::name));

#undef WIKIPEDIA

struct OtherName {
  std::string_view other;
  std::string_view name;
};
constexpr std::array<OtherName, 6> kOtherNames = {{
    {"azure_text", "azure"},
    {"bedrock_converse", "bedrock"},
    {"bedrock_mantle", "bedrock"},
    {"cohere_chat", "cohere"},
    {"palm", "gemini"},
    {"sagemaker_chat", "sagemaker"},
}};

}  // namespace

auto ProviderName(std::string_view litellm_provider) -> std::string {
  std::string name = Lower(litellm_provider);
  constexpr std::string_view kTextCompletion = "text-completion-";
  if (name.starts_with(kTextCompletion)) name.erase(0, kTextCompletion.size());
  for (std::string_view family : {"vertex_ai", "fireworks_ai"}) {
    if (name.starts_with(std::string(family) + "-")) return std::string(family);
  }
  auto found = std::ranges::find(kOtherNames, name, &OtherName::other);
  return found == kOtherNames.end() ? name : std::string(found->name);
}

auto FindProvider(std::string_view name) -> const Provider* {
  auto found = std::ranges::lower_bound(kProviders, name, {}, &Provider::name);
  return found == kProviders.end() || found->name != name ? nullptr : &*found;
}

auto NamesRegions(std::string_view provider) -> bool {
  return provider == "azure" || provider == "azure_ai" || provider == "bedrock" || provider == "sagemaker" ||
         provider == "vertex_ai";
}

}  // namespace route::import
