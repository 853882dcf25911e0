#include "compiler/import/row.h"

#include <algorithm>
#include <array>

#include "compiler/import/names.h"
#include "compiler/import/price.h"
#include "compiler/import/text.h"
#include "compiler/import/vendors.h"

namespace route::import {
namespace {

/// Makers of models that Bedrock and OCI name before the model.
constexpr std::array<std::string_view, 18> kMakers = {
    "ai21",     "amazon",     "anthropic", "cohere", "deepseek", "google",     "meta",   "minimax", "mistral",
    "moonshot", "moonshotai", "nvidia",    "openai", "qwen",     "twelvelabs", "writer", "xai",     "zai"};
static_assert(std::ranges::is_sorted(kMakers));

auto IsDigit(char c) -> bool { return c >= '0' && c <= '9'; }

/// Takes the first part off, up to the separator, if there is one.
auto SplitFront(std::string_view text, char separator) -> std::optional<std::pair<std::string_view, std::string_view>> {
  std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return std::nullopt;
  return std::pair(text.substr(0, at), text.substr(at + 1));
}

/// Is this part of a key the provider that the row names? `amazon-nova` and `amazon_nova` are one.
auto NamesProvider(std::string_view part, const std::string& provider, std::string_view litellm_provider) -> bool {
  std::string name = Lower(part);
  std::ranges::replace(name, '-', '_');
  return name == provider || name == Lower(litellm_provider) || ProviderName(name) == provider;
}

auto RegionOrZone(std::string_view name) -> std::optional<Place> {
  auto region = ParseRegion(name);
  return region ? region : ParseZone(name);
}

/// One place for all regions of a row: the region itself if there is one, otherwise a country if they share it.
auto PlaceOfRegions(const std::vector<std::string>& regions) -> std::optional<Place> {
  std::optional<Place> common;
  for (const std::string& name : regions) {
    auto place = RegionOrZone(name);
    if (!place) return std::nullopt;
    if (!common) {
      common = place;
    } else if (common->name != place->name) {
      common->name = "several regions";
      common->kind = Place::Kind::kZone;
      if (common->country != place->country) common->country.reset();
    }
  }
  return common;
}

/// `-v1:0` behind a name that already has a version of its own.
auto WithoutRevision(std::string_view name) -> std::string_view {
  std::size_t at = name.rfind("-v");
  if (at == std::string_view::npos) return name;
  std::string_view revision = name.substr(at + 2);
  std::size_t colon = revision.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == revision.size()) return name;
  revision = colon < revision.size() ? revision : std::string_view();
  bool digits = std::ranges::all_of(revision, [](char c) { return IsDigit(c) || c == ':'; });
  bool versioned = std::ranges::any_of(name.substr(0, at), IsDigit);
  return digits && versioned ? name.substr(0, at) : name;
}

auto ModelName(std::string_view upstream) -> std::string {
  std::string_view name = upstream.substr(upstream.rfind('/') + 1);
  if (auto split = SplitFront(name, '.'); split && ParseZone(split->first)) name = split->second;
  if (auto split = SplitFront(name, '.'); split && std::ranges::binary_search(kMakers, split->first)) {
    // `deepseek.v3.2` is nothing without its maker.
    bool bare_version = split->second.size() >= 2 && split->second[0] == 'v' && IsDigit(split->second[1]);
    if (!bare_version) name = split->second;
  }
  constexpr std::string_view kDefault = "@default";
  if (name.ends_with(kDefault)) name.remove_suffix(kDefault.size());
  return Identifier(WithoutRevision(name));
}

auto IsZero(const Scalar& value) -> bool {
  auto price = PricePerMillion(value.text);
  return value.kind != Scalar::Kind::kNumber || (price && price->usd == Decimal{});
}

auto IsLongContext(std::string_view name) -> bool {
  constexpr std::string_view kEnd = "_tokens";
  for (std::string_view start : {"input_cost_per_token_above_", "output_cost_per_token_above_"}) {
    if (name.starts_with(start) && name.ends_with(kEnd) && name.size() > start.size() + kEnd.size()) return true;
  }
  return false;
}

}  // namespace

auto InferenceProfile(std::string_view model) -> std::optional<Place> {
  std::string_view name = model.substr(model.rfind('/') + 1);
  if (auto split = SplitFront(name, '.')) {
    if (auto zone = ParseZone(split->first)) return zone;
    auto maker = SplitFront(split->second, '.');
    bool prefixed = maker && std::ranges::binary_search(kMakers, maker->first) &&
                    !std::ranges::binary_search(kMakers, split->first);
    if (prefixed) return Place{Printable(Lower(split->first)), std::nullopt, Place::Kind::kZone};
  }
  constexpr std::string_view kOwnProfile = "application-inference-profile";
  if (model.find(kOwnProfile) == std::string_view::npos) return std::nullopt;
  return Place{std::string(kOwnProfile), std::nullopt, Place::Kind::kZone};
}

auto ParseKey(std::string_view key, std::string_view litellm_provider, const std::vector<std::string>& regions)
    -> KeyParts {
  KeyParts parts;
  std::string_view rest = key;
  if (litellm_provider.empty()) {
    if (auto split = SplitFront(key, '/')) litellm_provider = split->first;
  }
  parts.provider = ProviderName(litellm_provider);
  if (auto split = SplitFront(rest, '/'); split && NamesProvider(split->first, parts.provider, litellm_provider)) {
    rest = split->second;
  }
  if (NamesRegions(parts.provider)) {
    std::vector<Place> said;
    while (auto split = SplitFront(rest, '/')) {
      auto place = RegionOrZone(split->first);
      if (!place) break;
      said.push_back(*place);
      rest = split->second;
    }
    if (parts.provider == "bedrock") {
      if (auto profile = InferenceProfile(rest)) said.push_back(*profile);
    }
    parts.place = said.empty() ? PlaceOfRegions(regions) : CommonPlace(said);
  }
  parts.upstream = rest;
  parts.model = ModelName(rest);
  return parts;
}

auto CapabilitiesOf(const Fields& fields) -> std::vector<std::string> {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kFlags = {{
      {"supports_function_calling", "tools"},
      {"supports_vision", "vision"},
      {"supports_response_schema", "json"},
      {"supports_audio_input", "audio"},
      {"supports_pdf_input", "files"},
      {"supports_reasoning", "reasoning"},
  }};
  std::vector<std::string> capabilities;
  for (const auto& [flag, capability] : kFlags) {
    const Scalar* value = Find(fields, flag);
    if (value != nullptr && value->kind == Scalar::Kind::kTrue) capabilities.emplace_back(capability);
  }
  return capabilities;
}

auto OtherPrices(const Fields& fields) -> std::vector<std::string> {
  std::vector<std::string> names;
  for (const Field& field : fields) {
    std::string_view name = field.name;
    if (name.find("_cost_per_") == std::string_view::npos || IsZero(field.value)) continue;
    bool plain = name == "input_cost_per_token" || name == "output_cost_per_token";
    bool elsewhere = false;
    for (std::string_view part : {"cache", "_batches", "_flex", "_priority", "_above_", "dbu", "search", "session"}) {
      elsewhere = elsewhere || name.find(part) != std::string_view::npos;
    }
    if (!plain && !elsewhere) names.push_back(Printable(name));
  }
  return names;
}

auto LongContextPrices(const Fields& fields) -> std::vector<std::string> {
  std::vector<std::string> names;
  for (const Field& field : fields) {
    if (IsLongContext(field.name) && !IsZero(field.value)) names.push_back(field.name);
  }
  return names;
}

}  // namespace route::import
