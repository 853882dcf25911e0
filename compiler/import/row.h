#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/import/json_rows.h"
#include "compiler/import/places.h"

/// What the key of a row of LiteLLM's price list says.
namespace route::import {

struct KeyParts {
  std::string provider;        ///< `bedrock`, as ProviderName gives it
  std::string model;           ///< the model whoever serves it, as an identifier: `claude_haiku_4_5_20251001`
  std::string upstream;        ///< what the provider itself calls it: `eu.anthropic.claude-haiku-4-5-20251001-v1:0`
  std::optional<Place> place;  ///< where the provider serves it, if the key or the row's `supported_regions` say so
};

/// The zone in which Bedrock may process requests for this model, whatever region they are sent to: its cross-region
/// inference profiles have the zone before the maker (`eu.anthropic.…`, `global.anthropic.…`), and of a customer's own
/// profile (`arn:…:application-inference-profile/…`) it is not known. Nothing if the model is no profile.
/// https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
auto InferenceProfile(std::string_view model) -> std::optional<Place>;

/// Takes a key apart. `litellm_provider` is what the row says, or the key's own first part.
///
/// The provider's name and a region in front are taken off; the makers' names that Bedrock and OCI put before a model
/// (`anthropic.`) and the versions that Bedrock puts behind it (`-v1:0`) are no part of the model's name. Only clouds
/// that name regions have a place; it is the one that all parts of the key have in common (CommonPlace).
auto ParseKey(std::string_view key, std::string_view litellm_provider, const std::vector<std::string>& regions)
    -> KeyParts;

/// Capabilities as a request's `needs` are called, in the order of the language's list: `tools`, `vision`, `json`,
/// `audio`, `files`, `reasoning`, from LiteLLM's `supports_…` flags that are true.
auto CapabilitiesOf(const Fields& fields) -> std::vector<std::string>;

/// Are there prices for parts of a request that are not its plain tokens (images, audio, seconds, requests, reasoning)?
/// Their names in order; prices of zero, of batches, caches and service tiers do not count, for a chat gateway never
/// pays them in place of the plain ones.
auto OtherPrices(const Fields& fields) -> std::vector<std::string>;

/// Prices that apply to long prompts only: `input_cost_per_token_above_200k_tokens` and the like, in order.
auto LongContextPrices(const Fields& fields) -> std::vector<std::string>;

}  // namespace route::import
