#include "compiler/import/config_file.h"

#include <algorithm>
#include <array>
#include <set>

#include "compiler/import/price.h"
#include "compiler/import/text.h"

namespace route::import {
namespace {

constexpr std::string_view kNoCounterpart = "it has no counterpart in a policy";
constexpr std::uint32_t kMostRetries = 100;

/// What people look for in place of a setting that is not taken.
auto HintFor(std::string_view setting) -> std::string_view {
  struct Hint {
    std::string_view setting;
    std::string_view hint;
  };
  constexpr std::array<Hint, 9> kHints = {{
      {"allowed_fails", "; cooldowns are the gateway's own"},
      {"allowed_fails_policy", "; cooldowns are the gateway's own"},
      {"content_policy_fallbacks", ": a failure moves on along the route, whatever its reason"},
      {"context_window_fallbacks",
       ": with an attribute `prompt`, a deployment is allowed only what its context window holds"},
      {"cooldown_time", "; cooldowns are the gateway's own"},
      {"request_timeout", "; the nearest is `within` on a tier, or `limits { deadline … }`"},
      {"retry_policy", "; `retry` counts failures of every kind"},
      {"stream_timeout", "; the nearest is `within` on a tier"},
      {"timeout", "; the nearest is `within` on a tier, or `limits { deadline … }`"},
  }};
  auto found = std::ranges::find(kHints, setting, &Hint::setting);
  return found == kHints.end() ? std::string_view() : found->hint;
}

auto ScalarOf(const YamlNode& node) -> Scalar {
  if (node.kind == YamlNode::Kind::kNull) return {};
  if (node.kind == YamlNode::Kind::kQuoted) return {Scalar::Kind::kText, node.text};
  std::string lower = Lower(node.text);
  if (lower == "true" || lower == "yes" || lower == "on") return {Scalar::Kind::kTrue, {}};
  if (lower == "false" || lower == "no" || lower == "off") return {Scalar::Kind::kFalse, {}};
  auto number = PricePerMillion(node.text);
  bool is_number = number || number.error() != PriceError::kNotANumber;
  return {is_number ? Scalar::Kind::kNumber : Scalar::Kind::kText, node.text};
}

/// May the value of this setting open something?
auto IsSecretName(std::string_view name) -> bool {
  std::string lower = Lower(name);
  if (lower.find("cost_per_") != std::string::npos) return false;
  if (lower == "token" || lower.ends_with("_token") || lower.ends_with("_key")) return true;
  return std::ranges::any_of(std::array<std::string_view, 4>{"secret", "password", "credentials", "access_key"},
                             [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

class ConfigReader {
 public:
  explicit ConfigReader(Lints& lints) : lints_(lints) {}

  auto Read(const YamlNode& root) -> std::expected<Config, InputError> {
    const YamlNode* models = root.Find("model_list");
    if (root.kind != YamlNode::Kind::kMap || models == nullptr || models->kind != YamlNode::Kind::kList) {
      const YamlNode& at = models == nullptr ? root : *models;
      return std::unexpected(
          InputError{at.line, at.column, "a configuration of LiteLLM's proxy has a list `model_list`"});
    }
    for (const YamlNode& entry : models->items) ReadEntry(entry);
    for (const YamlEntry& section : root.entries) ReadSection(section);
    return std::move(config_);
  }

 private:
  void NotTaken(std::string setting, std::uint32_t line, std::string_view name) {
    lints_.Add(LintKind::kSettingNotTaken, LintAction::kLeftOut, {line, std::move(setting)},
               std::string(kNoCounterpart) + std::string(HintFor(name)));
  }

  void ReadEntry(const YamlNode& entry) {
    ConfigEntry read;
    read.line = entry.line;
    if (const YamlNode* name = entry.Find("model_name"); name != nullptr && name->IsScalar()) read.alias = name->text;
    const YamlNode* params = entry.Find("litellm_params");
    if (const YamlNode* model = params == nullptr ? nullptr : params->Find("model");
        model != nullptr && model->IsScalar()) {
      read.model = model->text;
    }
    Subject subject{entry.line, read.alias.empty() ? "model_list" : read.alias};
    if (read.alias.empty() || read.model.empty()) {
      lints_.Add(LintKind::kIncomplete, LintAction::kLeftOut, subject,
                 read.alias.empty() ? "this entry has no `model_name`" : "it has no `litellm_params` with a `model`");
      return;
    }
    if (read.alias.find('*') != std::string::npos || read.model.find('*') != std::string::npos) {
      lints_.Add(LintKind::kWildcard, LintAction::kLeftOut, subject,
                 "it stands for every model that fits the pattern `" + Printable(read.model) +
                     "`, and a catalogue names each");
      return;
    }
    TakeScalars(entry.Find("model_info"), read.info);
    TakeScalars(params, read.params);
    for (std::string_view name : {"rpm", "tpm"}) {
      const YamlNode* value = entry.Find(name);
      if (value != nullptr && import::Find(read.params, name) == nullptr) Set(read.params, name, ScalarOf(*value));
    }
    WarnAboutParams(*params, subject);
    config_.entries.push_back(std::move(read));
  }

  /// Scalars; secrets are not even held.
  void TakeScalars(const YamlNode* map, Fields& fields) {
    if (map == nullptr) return;
    for (const YamlEntry& entry : map->entries) {
      bool scalar = entry.value.IsScalar() || entry.value.kind == YamlNode::Kind::kNull;
      if (!scalar || entry.value.text.size() > kMaxTextBytes || fields.size() == kMaxFields) continue;
      Scalar value = ScalarOf(entry.value);
      if (IsSecretName(entry.key) && !EnvironmentVariable(value.text)) value = {};
      Set(fields, entry.key, std::move(value));
    }
  }

  void WarnAboutParams(const YamlNode& params, const Subject& subject) {
    constexpr std::array<std::string_view, 18> kTaken = {"api_base",
                                                         "api_key",
                                                         "aws_region_name",
                                                         "base_url",
                                                         "custom_llm_provider",
                                                         "input_cost_per_token",
                                                         "litellm_credential_name",
                                                         "max_input_tokens",
                                                         "max_output_tokens",
                                                         "model",
                                                         "order",
                                                         "output_cost_per_token",
                                                         "region_name",
                                                         "rpm",
                                                         "tpm",
                                                         "vertex_ai_location",
                                                         "vertex_location",
                                                         "weight"};
    std::vector<std::string> untaken;
    for (const YamlEntry& entry : params.entries) {
      WarnAboutSecret(entry, subject);
      bool taken = std::ranges::find(kTaken, entry.key) != kTaken.end();
      if (!taken && !IsSecretName(entry.key)) untaken.push_back(entry.key);
    }
    if (untaken.empty()) return;
    lints_.Add(LintKind::kSettingNotTaken, LintAction::kLeftOut, subject,
               Listed(untaken) + ": a policy has no counterpart");
  }

  void WarnAboutSecret(const YamlEntry& entry, const Subject& subject) {
    if (!IsSecretName(entry.key) || !entry.value.IsScalar() || entry.value.text.empty()) return;
    if (EnvironmentVariable(entry.value.text) || Lower(entry.value.text) == "none") return;
    lints_.Add(LintKind::kSecret, LintAction::kLeftOut, {entry.line, subject.key},
               "the value of `" + Printable(entry.key) + "` stands in the file; it was not copied");
  }

  void ReadSection(const YamlEntry& section) {
    if (section.key == "model_list") return;
    bool settings = section.key == "router_settings" || section.key == "litellm_settings";
    if (settings && section.value.kind == YamlNode::Kind::kMap) {
      for (const YamlEntry& entry : section.value.entries) ReadSetting(section.key, entry);
      return;
    }
    Subject subject{section.line, section.key};
    for (const YamlEntry& entry : section.value.entries) WarnAboutSecret(entry, subject);
    NotTaken(section.key, section.line, section.key);
  }

  void ReadSetting(const std::string& section, const YamlEntry& setting) {
    const YamlNode& value = setting.value;
    if (setting.key == "routing_strategy" && value.IsScalar()) {
      config_.strategy = value.text;
      ReadStrategy(section, setting);
    } else if (setting.key == "num_retries" && value.IsScalar()) {
      ReadRetries(section, setting);
    } else if (setting.key == "fallbacks" && value.kind == YamlNode::Kind::kList) {
      for (const YamlNode& item : value.items) {
        for (const YamlEntry& fallback : item.entries)
          ReadFallback(section + ".fallbacks", fallback.key, fallback.value, fallback.line);
      }
    } else if (setting.key == "default_fallbacks") {
      ReadFallback(section + ".default_fallbacks", {}, value, setting.line);
    } else if (setting.key == "model_group_alias" && value.kind == YamlNode::Kind::kMap) {
      for (const YamlEntry& alias : value.entries) ReadAlias(alias);
    } else {
      Subject subject{setting.line, section};
      WarnAboutSecret(setting, subject);
      NotTaken(section + "." + setting.key, setting.line, setting.key);
    }
  }

  void ReadStrategy(const std::string& section, const YamlEntry& setting) {
    if (config_.strategy == "simple-shuffle" || config_.strategy == "cost-based-routing") return;
    lints_.Add(LintKind::kSettingNotTaken, LintAction::kLeftOut, {setting.line, section + ".routing_strategy"},
               "`" + Printable(config_.strategy) + "` has no counterpart in a policy; groups are drawn by weight");
  }

  void ReadRetries(const std::string& section, const YamlEntry& setting) {
    auto count = ParseTokens(setting.value.text);
    if (count && *count <= kMostRetries) {
      // The router's own setting comes before the library's.
      if (section == "router_settings" || !retries_stated_) config_.retries = static_cast<std::uint32_t>(*count);
      retries_stated_ = true;
      return;
    }
    lints_.Add(
        LintKind::kSettingNotTaken, LintAction::kLeftOut, {setting.line, section + ".num_retries"},
        "`" + Printable(setting.value.text) + "` is no number of retries from 0 to " + std::to_string(kMostRetries));
  }

  void ReadFallback(const std::string& setting, const std::string& from, const YamlNode& to, std::uint32_t line) {
    ConfigFallback fallback{from, {}, line};
    if (to.IsScalar()) fallback.to.push_back(to.text);
    for (const YamlNode& item : to.items) {
      if (item.IsScalar()) fallback.to.push_back(item.text);
    }
    if (fallback.to.empty()) {
      lints_.Add(LintKind::kUnknownGroup, LintAction::kLeftOut, {line, setting}, "it names no model to fall back to");
      return;
    }
    if (!fallbacks_of_.insert(from).second) {
      lints_.Add(LintKind::kSettingNotTaken, LintAction::kLeftOut, {line, setting},
                 "the fallbacks of `" + Printable(from) + "` are stated above already");
      return;
    }
    config_.fallbacks.push_back(std::move(fallback));
  }

  void ReadAlias(const YamlEntry& entry) {
    const YamlNode* target = entry.value.kind == YamlNode::Kind::kMap ? entry.value.Find("model") : &entry.value;
    if (target == nullptr || !target->IsScalar()) {
      lints_.Add(LintKind::kUnknownGroup, LintAction::kLeftOut, {entry.line, entry.key}, "this alias names no model");
      return;
    }
    config_.aliases.push_back({entry.key, target->text, entry.line});
  }

  Lints& lints_;
  Config config_;
  bool retries_stated_ = false;
  std::set<std::string> fallbacks_of_;
};

}  // namespace

auto ReadConfig(const YamlNode& root, Lints& lints) -> std::expected<Config, InputError> {
  return ConfigReader(lints).Read(root);
}

auto EnvironmentVariable(std::string_view text) -> std::optional<std::string> {
  constexpr std::string_view kPrefix = "os.environ/";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  return std::string(text.substr(kPrefix.size()));
}

}  // namespace route::import
