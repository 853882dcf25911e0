#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "compiler/import/litellm_prices.h"

/// The configuration of LiteLLM's proxy, `config.yaml`, as a catalogue with a group for each model that callers ask
/// for.
namespace route::import {

struct ConfigOptions {
  Origin origin;
  std::optional<Origin> prices_origin;     ///< of `prices`
  std::optional<std::string_view> prices;  ///< LiteLLM's price list, for what the configuration does not say itself
  std::string policy;                      ///< a name: write a whole policy with this name; empty for a catalogue
  Statements statements;
  Date today;
};

/// Why an import failed: `input` is the configuration, or the price list if `in_prices`.
struct ConfigError {
  enum class File : std::uint8_t { kConfig, kPrices };
  File file = File::kConfig;
  InputError error;
};

/// Reads the configuration and writes what a policy can say of it.
///
/// An entry becomes a deployment if its price, its place and its vendor's headquarters are known: from itself, from the
/// price list or from the statements. Otherwise it stands in the catalogue as a comment to complete, with a lint.
/// Secrets are never copied. A custom address that is not the provider's own makes its host the vendor.
auto ImportConfig(std::string_view text, const ConfigOptions& options) -> std::expected<Imported, ConfigError>;

}  // namespace route::import
