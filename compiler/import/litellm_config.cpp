#include "compiler/import/litellm_config.h"

#include <algorithm>
#include <array>
#include <map>

#include "compiler/import/config_routes.h"
#include "compiler/import/row.h"
#include "compiler/import/vendors.h"

namespace route::import {
namespace {

/// Is the host this domain or within it?
auto IsWithin(std::string_view host, std::string_view domain) -> bool {
  if (!host.ends_with(domain)) return false;
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

/// Could this host be the provider's own? Where nothing is known of its addresses, it could.
auto IsOwnHost(std::string_view host, const std::string& provider) -> bool {
  struct Domain {
    std::string_view provider;
    std::string_view domain;
  };
  constexpr std::array<Domain, 11> kDomains = {{
      {"azure", "azure.com"},
      {"azure", "azure-api.net"},
      {"azure", "azure.us"},
      {"azure", "cognitive.microsoft.com"},
      {"azure_ai", "azure.com"},
      {"azure_ai", "azure-api.net"},
      {"azure_ai", "cognitive.microsoft.com"},
      {"bedrock", "amazonaws.com"},
      {"gemini", "googleapis.com"},
      {"sagemaker", "amazonaws.com"},
      {"vertex_ai", "googleapis.com"},
  }};
  bool known = false;
  for (const Domain& each : kDomains) {
    if (each.provider != provider) continue;
    known = true;
    if (IsWithin(host, each.domain)) return true;
  }
  const Provider* row = FindProvider(provider);
  if (known || row == nullptr || row->endpoint.empty()) return !known;
  // `eu.api.openai.com` is OpenAI's as `api.openai.com` is: the last two labels are what is registered.
  std::string own = HostOf(row->endpoint);
  std::size_t dot = own.rfind('.', own.rfind('.') - 1);
  return IsWithin(host, dot == std::string::npos ? own : own.substr(dot + 1));
}

/// Providers whose models people configure without naming them.
auto GuessProvider(std::string_view model) -> std::string_view {
  for (std::string_view start : {"gpt-", "chatgpt-", "o1", "o3", "o4"}) {
    if (model.starts_with(start)) return "openai";
  }
  return model.starts_with("claude-") ? "anthropic" : "";
}

/// Settings that say a region, and whose they are. https://docs.litellm.ai/docs/providers
struct RegionSetting {
  std::string_view name;
  std::array<std::string_view, 2> providers;  // none: of every provider that names regions
};
constexpr std::array<RegionSetting, 4> kRegionSettings = {{
    {"aws_region_name", {"bedrock", "sagemaker"}},
    {"vertex_location", {"vertex_ai"}},
    {"vertex_ai_location", {"vertex_ai"}},
    {"region_name", {}},
}};

auto IsSettingOf(const RegionSetting& setting, std::string_view provider) -> bool {
  if (setting.providers.front().empty()) return NamesRegions(provider);
  return std::ranges::find(setting.providers, provider) != setting.providers.end();
}

/// The place of that name; one that is not known is in no country that is.
auto PlaceNamed(std::string_view name) -> Place {
  if (auto region = ParseRegion(name)) return *region;
  if (auto zone = ParseZone(name)) return *zone;
  return {Printable(name), std::nullopt, Place::Kind::kZone};
}

class ConfigImport {
 public:
  explicit ConfigImport(const ConfigOptions& options) : options_(options) {}

  auto Run(std::string_view text) -> std::expected<Imported, ConfigError>;

 private:
  auto ReadPriceList() -> std::expected<void, ConfigError>;
  auto FindRow(const ConfigEntry& entry, const KeyParts& parts, const std::string& region) const -> const JsonRow*;
  auto MakeOffer(const ConfigEntry& entry) -> std::optional<Offer>;
  void FindPlaceOf(const ConfigEntry& entry, Offer& offer);
  void FindAddress(const ConfigEntry& entry, Offer& offer);
  void FindKey(const ConfigEntry& entry, Offer& offer);
  void AddDraft(const Offer& offer, bool priced, std::string missing);
  auto Header(std::size_t deployments) const -> std::vector<std::string>;

  const ConfigOptions& options_;
  Lints lints_;
  std::vector<JsonRow> rows_;
  std::map<std::string, const JsonRow*, std::less<>> by_key_;
  Catalogue catalogue_;
};

auto ConfigImport::ReadPriceList() -> std::expected<void, ConfigError> {
  if (!options_.prices) return {};
  auto rows = ReadJsonRows(*options_.prices);
  if (!rows) return std::unexpected(ConfigError{ConfigError::File::kPrices, rows.error()});
  rows_ = std::move(*rows);
  for (const JsonRow& row : rows_) {
    if (row.shape == JsonRow::Shape::kObject && row.key != "sample_spec") by_key_.try_emplace(row.key, &row);
  }
  return {};
}

/// The row of the price list that is closest to an entry: `base_model` as the author says it, then the model with and
/// without its region and provider.
auto ConfigImport::FindRow(const ConfigEntry& entry, const KeyParts& parts, const std::string& region) const
    -> const JsonRow* {
  std::vector<std::string> keys;
  for (const Fields* fields : {&entry.info, &entry.params}) {
    std::string_view base = TextOf(*fields, "base_model");
    if (base.empty()) continue;
    keys.emplace_back(base);
    keys.push_back(parts.provider + "/" + std::string(base));
  }
  if (!region.empty()) keys.push_back(parts.provider + "/" + region + "/" + parts.upstream);
  keys.push_back(entry.model);
  keys.push_back(parts.provider + "/" + parts.upstream);
  keys.push_back(parts.upstream);
  for (const std::string& key : keys) {
    auto found = by_key_.find(key);
    if (found == by_key_.end()) continue;
    // The same name at another provider is another price.
    if (ProviderName(TextOf(found->second->fields, "litellm_provider")) == parts.provider) return found->second;
  }
  return nullptr;
}

/// What an entry says of its place counts as far as it is the provider's own way to say it. `offer` has the provider
/// that its address leaves it, and the place that its model names.
void ConfigImport::FindPlaceOf(const ConfigEntry& entry, Offer& offer) {
  std::vector<Place> said;
  if (offer.place) said.push_back(*offer.place);
  bool known = NamesRegions(offer.provider);
  std::vector<std::string> foreign;
  for (const RegionSetting& setting : kRegionSettings) {
    std::string_view region = TextOf(entry.params, setting.name);
    if (region.empty()) continue;
    if (!IsSettingOf(setting, offer.provider)) {
      foreign.emplace_back(setting.name);
    } else if (auto variable = EnvironmentVariable(region)) {
      lints_.Add(
          LintKind::kUnresolved, LintAction::kKept, offer.subject,
          "`" + std::string(setting.name) + "` is what `" + Printable(*variable) + "` holds when the proxy runs");
      known = false;
    } else {
      said.push_back(PlaceNamed(region));
    }
  }
  if (!foreign.empty()) {
    lints_.Add(LintKind::kSettingNotTaken, LintAction::kLeftOut, offer.subject,
               Listed(foreign) + (foreign.size() == 1 ? ": it is no setting of `" : ": they are no settings of `") +
                   Printable(offer.provider) + "`");
  }
  for (std::string_view name : {"api_base", "base_url"}) {
    if (auto place = RegionOfAddress(TextOf(entry.params, name), offer.provider)) said.push_back(*place);
  }
  if (offer.provider == "bedrock") {
    if (std::string_view address = TextOf(entry.params, "aws_bedrock_runtime_endpoint"); !address.empty()) {
      auto place = RegionOfAddress(address, offer.provider);
      if (place) said.push_back(*place);
      known = known && place.has_value();
    }
    if (auto profile = InferenceProfile(TextOf(entry.params, "model_id"))) said.push_back(*profile);
  }
  offer.place = known ? CommonPlace(said) : std::nullopt;
}

void ConfigImport::FindAddress(const ConfigEntry& entry, Offer& offer) {
  std::string_view address = TextOf(entry.params, "api_base");
  if (address.empty()) address = TextOf(entry.params, "base_url");
  const Provider* known = FindProvider(offer.provider);
  if (address.empty()) {
    if (known != nullptr) offer.endpoint = known->endpoint;
    return;
  }
  if (auto variable = EnvironmentVariable(address)) {
    lints_.Add(LintKind::kUnresolved, LintAction::kCorrected, offer.subject,
               "its address is what `" + Printable(*variable) +
                   "` holds when the proxy runs; the catalogue does not state it");
    return;
  }
  std::string host = HostOf(address);
  bool http = address.starts_with("https://") || address.starts_with("http://");
  if (!IsPlain(address) || !http || host.empty()) {
    lints_.Add(
        LintKind::kNotPlain, LintAction::kCorrected, offer.subject,
        "its address `" + Printable(address) + "` is not that of an HTTP service; the catalogue does not state it");
    return;
  }
  if (address.find_first_of("@?#") != std::string_view::npos) {
    lints_.Add(LintKind::kSecret, LintAction::kCorrected, offer.subject,
               "its address may hold a secret beside the host; the catalogue does not state it");
  } else {
    offer.endpoint = address;
  }
  if (!IsOwnHost(host, offer.provider)) offer.provider = host;
}

void ConfigImport::FindKey(const ConfigEntry& entry, Offer& offer) {
  std::string_view key = TextOf(entry.params, "api_key");
  if (auto variable = EnvironmentVariable(key)) {
    if (IsName(*variable)) {
      offer.key_env = *variable;
    } else {
      lints_.Add(LintKind::kNotPlain, LintAction::kCorrected, offer.subject,
                 "`" + Printable(*variable) +
                     "` cannot be the name of a variable in a policy; the catalogue does not state it");
    }
    return;
  }
  if (!TextOf(entry.params, "litellm_credential_name").empty()) {
    lints_.Add(LintKind::kUnresolved, LintAction::kCorrected, offer.subject,
               "its key is one of the proxy's stored credentials; the catalogue does not state it");
    return;
  }
  if (const Provider* known = FindProvider(offer.provider)) offer.key_env = known->key_env;
}

auto ConfigImport::MakeOffer(const ConfigEntry& entry) -> std::optional<Offer> {
  Offer offer;
  offer.subject = {entry.line, entry.alias};
  std::string_view stated = TextOf(entry.params, "custom_llm_provider");
  bool prefixed = entry.model.find('/') != std::string::npos;
  auto listed = by_key_.find(entry.model);
  if (stated.empty() && !prefixed) {
    stated = listed == by_key_.end() ? GuessProvider(entry.model) : TextOf(listed->second->fields, "litellm_provider");
  }
  KeyParts parts = ParseKey(entry.model, stated, {});
  offer.provider = parts.provider.empty() ? "unknown" : parts.provider;
  offer.model = parts.model;
  offer.place = parts.place;
  FindAddress(entry, offer);
  FindPlaceOf(entry, offer);
  const JsonRow* row = FindRow(entry, parts, offer.place ? offer.place->name : std::string());
  FindKey(entry, offer);
  if (IsPlain(parts.upstream)) offer.upstream = parts.upstream;
  offer.wanted_name = entry.alias + "_" + offer.provider + PlaceSuffix(offer.place);

  Fields fields = row != nullptr ? row->fields : Fields{};
  bool own_price = false;
  for (const Fields* more : {&entry.info, &entry.params}) {
    for (const Field& field : *more) {
      if (field.value.kind == Scalar::Kind::kNull) continue;
      own_price = own_price || field.name == "input_cost_per_token";
      Set(fields, field.name, field.value);
    }
  }
  offer.source = Printable(entry.model) + ", line " + std::to_string(entry.line);

  std::string_view mode = TextOf(fields, "mode");
  if (!mode.empty() && mode != "chat" && mode != "responses" && mode != "completion") {
    lints_.Add(LintKind::kOtherMode, LintAction::kLeftOut, offer.subject, "its mode is `" + Printable(mode) + "`");
    return std::nullopt;
  }
  auto prices = ReadPrices(fields, own_price ? ZeroPrices::kKept : ZeroPrices::kLeftOut, offer.subject, lints_);
  bool usable = prices && !IsTooDear(*prices, offer.subject, lints_);
  std::string missing = usable ? "" : lints_.all().back().message;
  if (usable) offer.prices = *prices;
  CompleteOffer(offer, options_.statements, lints_);
  if (missing.empty() && (!offer.processed_in || !offer.headquarters)) missing = lints_.all().back().message;
  if (!missing.empty()) {
    AddDraft(offer, usable, std::move(missing));
    return std::nullopt;
  }
  offer.facts = ReadFacts(fields, offer.prices, options_.today, offer.subject, lints_);
  if (row != nullptr) offer.facts.notes.insert(offer.facts.notes.begin(), "in the price list: " + Printable(row->key));
  return offer;
}

void ConfigImport::AddDraft(const Offer& offer, bool priced, std::string missing) {
  CatalogueDraft draft;
  draft.missing = "`" + Printable(offer.subject.key) + "`, line " + std::to_string(offer.subject.line) + ": " + missing;
  CatalogueDeployment deployment;
  deployment.name = Identifier(offer.wanted_name);
  deployment.model = offer.model;
  deployment.vendor = Identifier(offer.vendor.empty() ? offer.provider : offer.vendor);
  deployment.price_in = offer.prices.in.usd;
  deployment.price_out = offer.prices.out.usd;
  deployment.source = offer.source;
  deployment.endpoint = offer.endpoint;
  deployment.upstream = offer.upstream;
  deployment.key_env = offer.key_env;
  if (offer.processed_in) deployment.processed_in = *offer.processed_in;
  draft.lines = PrintDeployment(deployment);
  // What is not known stays open in the text: `…` is no name and no number.
  if (!offer.processed_in) draft.lines[1] = "  vendor " + deployment.vendor + "   processed in …";
  if (!priced) draft.lines[2] = "  price … USD in, … USD out   # " + offer.source;
  catalogue_.drafts.push_back(std::move(draft));
}

auto ConfigImport::Header(std::size_t deployments) const -> std::vector<std::string> {
  std::vector<std::string> lines;
  lines.push_back("Who can answer: " + Counted(deployments, "deployment") +
                  " of a LiteLLM proxy. Read it and change it: it is yours.");
  AddOrigin(lines, "Written by " + options_.origin.tool + " from", options_.origin);
  if (options_.prices_origin) AddOrigin(lines, "What it does not state is from", *options_.prices_origin);
  lines.emplace_back(
      "Prices are in USD for a million tokens; the model and the line of each entry stand beside its price.");
  return lines;
}

auto ConfigImport::Run(std::string_view text) -> std::expected<Imported, ConfigError> {
  auto fail = [](InputError error) {
    return std::unexpected(ConfigError{ConfigError::File::kConfig, std::move(error)});
  };
  if (auto read = ReadPriceList(); !read) return std::unexpected(read.error());
  auto tree = ReadYaml(text);
  if (!tree) return fail(tree.error());
  auto config = ReadConfig(*tree, lints_);
  if (!config) return fail(config.error());

  Imported result;
  const YamlNode* list = tree->Find("model_list");
  result.unit = "entry";
  result.read = list->items.size();
  result.considered = config->entries.size();
  std::vector<Offer> offers;
  std::vector<PlacedEntry> placed;
  for (const ConfigEntry& entry : config->entries) {
    auto offer = MakeOffer(entry);
    if (!offer) continue;
    offers.push_back(std::move(*offer));
    placed.push_back({&entry, {}});
  }
  if (offers.size() > kMaxDeployments) {
    return fail({0, 0,
                 std::to_string(offers.size()) + " deployments, and a policy holds at most " +
                     std::to_string(kMaxDeployments)});
  }
  Namer names;
  std::vector<std::string> deployment_names = AddOffers(offers, names, catalogue_);
  for (std::size_t i = 0; i < placed.size(); ++i) placed[i].deployment = deployment_names[i];
  AddRoutes(*config, placed, names, catalogue_, lints_);
  result.taken = offers.size();
  catalogue_.header = Header(offers.size());
  catalogue_.policy = options_.policy;
  result.text = PrintCatalogue(catalogue_);
  result.lints = lints_.TakeSorted();
  return result;
}

}  // namespace

auto ImportConfig(std::string_view text, const ConfigOptions& options) -> std::expected<Imported, ConfigError> {
  return ConfigImport(options).Run(text);
}

}  // namespace route::import
