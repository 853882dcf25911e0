#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "compiler/import/json_rows.h"
#include "compiler/import/lint.h"
#include "compiler/import/yaml.h"

/// What LiteLLM's proxy is configured to do, as far as a policy can say it: https://docs.litellm.ai/docs/proxy/configs
namespace route::import {

/// One entry of `model_list`.
struct ConfigEntry {
  std::string alias;  ///< `model_name`: what callers ask for
  std::string model;  ///< `litellm_params.model`
  std::uint32_t line = 1;
  Fields params;  ///< the scalars of `litellm_params`, and `rpm` and `tpm` of the entry itself
  Fields info;    ///< the scalars of `model_info`
};

/// Where requests for one model go when it fails.
struct ConfigFallback {
  std::string from;  ///< an alias; empty for all that have no fallback of their own
  std::vector<std::string> to;
  std::uint32_t line = 1;
};

/// `model_group_alias`: another name for an alias.
struct ConfigAlias {
  std::string name;
  std::string target;
  std::uint32_t line = 1;
};

struct Config {
  std::vector<ConfigEntry> entries;
  std::vector<ConfigFallback> fallbacks;
  std::vector<ConfigAlias> aliases;
  std::string strategy = "simple-shuffle";
  std::uint32_t retries = 0;
};

/// Reads the tree of a `config.yaml`. Entries without a name or a model, patterns of names, settings without a
/// counterpart and secrets become lints; no secret is kept. The error says that this is no such configuration at all.
auto ReadConfig(const YamlNode& root, Lints& lints) -> std::expected<Config, InputError>;

/// The variable that `os.environ/NAME` names; nothing if the text is not of that form.
auto EnvironmentVariable(std::string_view text) -> std::optional<std::string>;

}  // namespace route::import
