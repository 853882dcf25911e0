#pragma once

#include <string>
#include <string_view>

/// What is known of the providers that LiteLLM names.
namespace route::import {

/// A provider whose company is well known. Texts are empty where nothing is known.
struct Provider {
  std::string_view name;          ///< as `ProviderName` gives it
  std::string_view vendor;        ///< in the catalogue; several services of one platform may share it
  std::string_view headquarters;  ///< ISO 3166-1 code of the country of the company's head office
  std::string_view source;        ///< where that is said
  std::string_view
      endpoint;  ///< the public address at which it speaks OpenAI's protocol, if there is one for all customers
  std::string_view key_env;  ///< the variable from which LiteLLM takes its key if none is configured
};

/// LiteLLM gives one service several names, by protocol or by maker of the model: `bedrock_converse` and `bedrock`,
/// `vertex_ai-anthropic_models` and `vertex_ai`, `text-completion-openai` and `openai`. The one name in lower case.
auto ProviderName(std::string_view litellm_provider) -> std::string;

/// Nothing if the provider is not one of the well-known ones.
auto FindProvider(std::string_view name) -> const Provider*;

/// Clouds whose model names carry a region.
auto NamesRegions(std::string_view provider) -> bool;

}  // namespace route::import
