#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/values/country.h"

/// Where a cloud region or zone is.
namespace route::import {

/// One place name as providers write it: a region (`eu-central-1`, `swedencentral`, `europe-west4`) or a zone of
/// several regions
/// (`eu`, `us`, `global`).
struct Place {
  std::string name;                ///< as written, in lower case; of a contradiction, both names
  std::optional<Country> country;  ///< nothing if it is a zone of several countries, or a contradiction
  enum class Kind : std::uint8_t {
    kRegion,
    kZone,
    kContradiction,  ///< it was said to be in two different countries
  };
  Kind kind = Kind::kZone;
};

/// Reads the name of a region of AWS, Azure or Google Cloud. Countries are those of the providers' own lists of
/// regions: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
/// https://learn.microsoft.com/azure/reliability/regions-list
/// https://cloud.google.com/vertex-ai/docs/general/locations
auto ParseRegion(std::string_view name) -> std::optional<Place>;

/// Reads a zone in which a provider may use any of several regions. Those that lie in one country have it: `us` and
/// `us-gov` (United States), `jp` (Japan), `au` (Australia), `ca` (Canada). `eu`, `apac` and `global` have none.
/// https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
/// https://learn.microsoft.com/azure/ai-foundry/foundry-models/concepts/deployment-types
auto ParseZone(std::string_view name) -> std::optional<Place>;

/// The host of an address in lower case, without user, port and path; empty if the address has none.
auto HostOf(std::string_view address) -> std::string;

/// The region of an address at which a provider, as `ProviderName` calls it, serves one region:
/// `https://bedrock-runtime.eu-central-1.amazonaws.com`, `https://europe-west4-aiplatform.googleapis.com`. Only the
/// providers' own forms count, for in any other host, and in the part of one that a customer chooses
/// (`westeurope.openai.azure.com`), the word says nothing.
/// https://docs.aws.amazon.com/general/latest/gr/bedrock.html
/// https://learn.microsoft.com/azure/ai-services/cognitive-services-custom-subdomains
/// https://cloud.google.com/vertex-ai/docs/reference/rest
auto RegionOfAddress(std::string_view address, std::string_view provider) -> std::optional<Place>;

/// Where it is processed if all of this is said of it; nothing if nothing is. A zone of several countries comes before
/// a region, for a region from which such a zone is called does not bound it; places of different countries contradict
/// each other.
auto CommonPlace(const std::vector<Place>& said) -> std::optional<Place>;

/// Is it a member state of the European Union (27, as of 2026-01-01,
/// https://european-union.europa.eu/principles-countries-history)?
auto IsInEuropeanUnion(Country country) -> bool;

}  // namespace route::import
