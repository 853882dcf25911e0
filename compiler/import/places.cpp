#include "compiler/import/places.h"

#include <algorithm>
#include <array>

#include "compiler/base/internal_error.h"
#include "compiler/import/text.h"

namespace route::import {
namespace {

struct Row {
  std::string_view name;
  std::string_view country;  // empty for a zone of several
};

/// AWS, Azure and Google Cloud name no two regions alike.
constexpr std::array<Row, 134> kRegions = {{
    {"af-south-1", "ZA"}, {"africa-south1", "ZA"}, {"ap-east-1", "HK"}, {"ap-east-2", "TW"}, {"ap-northeast-1", "JP"},
    {"ap-northeast-2", "KR"}, {"ap-northeast-3", "JP"}, {"ap-south-1", "IN"}, {"ap-south-2", "IN"},
    {"ap-southeast-1", "SG"}, {"ap-southeast-2", "AU"}, {"ap-southeast-3", "ID"}, {"ap-southeast-4", "AU"},
    {"ap-southeast-5", "MY"}, {"ap-southeast-6", "NZ"}, {"ap-southeast-7", "TH"}, {"asia-east1", "TW"},
    {"asia-east2", "HK"}, {"asia-northeast1", "JP"}, {"asia-northeast2", "JP"}, {"asia-northeast3", "KR"},
    {"asia-south1", "IN"}, {"asia-south2", "IN"}, {"asia-southeast1", "SG"}, {"asia-southeast2", "ID"},
    {"australia-southeast1", "AU"}, {"australia-southeast2", "AU"}, {"australiacentral", "AU"},
    {"australiaeast", "AU"}, {"australiasoutheast", "AU"}, {"austriaeast", "AT"}, {"brazilsouth", "BR"},
    {"ca-central-1", "CA"}, {"ca-west-1", "CA"}, {"canadacentral", "CA"}, {"canadaeast", "CA"},
    {"centralindia", "IN"}, {"centralus", "US"}, {"chilecentral", "CL"}, {"cn-north-1", "CN"},
    {"cn-northwest-1", "CN"}, {"eastasia", "HK"}, {"eastus", "US"}, {"eastus2", "US"}, {"eu-central-1", "DE"},
    {"eu-central-2", "CH"}, {"eu-north-1", "SE"}, {"eu-south-1", "IT"}, {"eu-south-2", "ES"}, {"eu-west-1", "IE"},
    {"eu-west-2", "GB"}, {"eu-west-3", "FR"}, {"europe-central2", "PL"}, {"europe-north1", "FI"},
    {"europe-north2", "SE"}, {"europe-southwest1", "ES"}, {"europe-west1", "BE"}, {"europe-west10", "DE"},
    {"europe-west12", "IT"}, {"europe-west2", "GB"}, {"europe-west3", "DE"}, {"europe-west4", "NL"},
    {"europe-west6", "CH"}, {"europe-west8", "IT"}, {"europe-west9", "FR"}, {"francecentral", "FR"},
    {"francesouth", "FR"}, {"germanynorth", "DE"}, {"germanywestcentral", "DE"}, {"il-central-1", "IL"},
    {"indonesiacentral", "ID"}, {"israelcentral", "IL"}, {"italynorth", "IT"}, {"japaneast", "JP"},
    {"japanwest", "JP"}, {"koreacentral", "KR"}, {"koreasouth", "KR"}, {"malaysiawest", "MY"}, {"me-central-1", "AE"},
    {"me-central1", "QA"}, {"me-central2", "SA"}, {"me-south-1", "BH"}, {"me-west1", "IL"}, {"mexicocentral", "MX"},
    {"mx-central-1", "MX"}, {"newzealandnorth", "NZ"}, {"northamerica-northeast1", "CA"},
    {"northamerica-northeast2", "CA"}, {"northamerica-south1", "MX"}, {"northcentralus", "US"}, {"northeurope", "IE"},
    {"norwayeast", "NO"}, {"norwaywest", "NO"}, {"polandcentral", "PL"}, {"qatarcentral", "QA"}, {"sa-east-1", "BR"},
    {"southafricanorth", "ZA"}, {"southafricawest", "ZA"}, {"southamerica-east1", "BR"}, {"southamerica-west1", "CL"},
    {"southcentralus", "US"}, {"southeastasia", "SG"}, {"southindia", "IN"}, {"spaincentral", "ES"},
    {"swedencentral", "SE"}, {"switzerlandnorth", "CH"}, {"switzerlandwest", "CH"}, {"uaecentral", "AE"},
    {"uaenorth", "AE"}, {"uksouth", "GB"}, {"ukwest", "GB"}, {"us-central1", "US"}, {"us-east-1", "US"},
    {"us-east-2", "US"}, {"us-east1", "US"}, {"us-east4", "US"}, {"us-east5", "US"}, {"us-gov-east-1", "US"},
    {"us-gov-west-1", "US"}, {"us-south1", "US"}, {"us-west-1", "US"}, {"us-west-2", "US"}, {"us-west1", "US"},
    {"us-west2", "US"}, {"us-west3", "US"}, {"us-west4", "US"}, {"usgovarizona", "US"}, {"usgovvirginia", "US"},
    {"westcentralus", "US"}, {"westeurope", "NL"}, {"westindia", "IN"}, {"westus", "US"}, {"westus2", "US"},
    {"westus3", "US"},
}};
static_assert(std::ranges::is_sorted(kRegions, {}, &Row::name));

constexpr std::array<Row, 12> kZones = {{
    {"apac", ""}, {"au", "AU"}, {"ca", "CA"}, {"datazone-eu", ""}, {"datazone-us", "US"}, {"eu", ""}, {"europe", ""},
    {"global", ""}, {"global-standard", ""}, {"jp", "JP"}, {"us", "US"}, {"us-gov", "US"},
}};
static_assert(std::ranges::is_sorted(kZones, {}, &Row::name));

constexpr std::array<std::string_view, 27> kEuropeanUnion = {
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"};
static_assert(std::ranges::is_sorted(kEuropeanUnion));

/// Hosts that serve one region: REGION stands between these two texts, and what may stand before the first of them, if
/// it is not empty, names a service or a customer.
struct RegionalHost {
  std::string_view provider;
  std::string_view before;
  std::string_view behind;
};
constexpr std::array<RegionalHost, 12> kRegionalHosts = {{
    {"azure", "", ".api.cognitive.microsoft.com"},
    {"azure_ai", "", ".api.cognitive.microsoft.com"},
    {"azure_ai", ".", ".inference.ai.azure.com"},
    {"azure_ai", ".", ".inference.ml.azure.com"},
    {"azure_ai", ".", ".models.ai.azure.com"},
    {"bedrock", "bedrock-runtime.", ".amazonaws.com"},
    {"bedrock", "bedrock-runtime.", ".vpce.amazonaws.com"},
    {"bedrock", "bedrock-runtime-fips.", ".amazonaws.com"},
    {"sagemaker", "runtime.sagemaker.", ".amazonaws.com"},
    {"sagemaker", "runtime.sagemaker.", ".vpce.amazonaws.com"},
    {"vertex_ai", "", "-aiplatform.googleapis.com"},
    {"vertex_ai", "aiplatform.", ".rep.googleapis.com"},
}};

template <std::size_t N>
auto Look(const std::array<Row, N>& rows, std::string_view name, Place::Kind kind) -> std::optional<Place> {
  std::string lower = Lower(name);
  auto found = std::ranges::lower_bound(rows, std::string_view(lower), {}, &Row::name);
  if (found == rows.end() || found->name != lower) return std::nullopt;
  Place place{lower, std::nullopt, kind};
  if (found->country.empty()) return place;
  place.country = ParseCountry(found->country);
  if (!place.country) throw InternalError("the region " + lower + " is in no country");
  return place;
}

}  // namespace

auto ParseRegion(std::string_view name) -> std::optional<Place> { return Look(kRegions, name, Place::Kind::kRegion); }

auto ParseZone(std::string_view name) -> std::optional<Place> { return Look(kZones, name, Place::Kind::kZone); }

auto HostOf(std::string_view address) -> std::string {
  std::size_t scheme = address.find("://");
  if (scheme == std::string_view::npos) return {};
  std::string_view host = address.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  host = host.substr(host.rfind('@') + 1);
  return Lower(host.substr(0, host.find(':')));
}

auto RegionOfAddress(std::string_view address, std::string_view provider) -> std::optional<Place> {
  std::string host = HostOf(address);
  for (const RegionalHost& each : kRegionalHosts) {
    std::string_view front = host;
    if (each.provider != provider || !front.ends_with(each.behind)) continue;
    front.remove_suffix(each.behind.size());
    std::size_t begin = front.rfind('.') + 1;
    std::string_view before = front.substr(0, begin);
    bool fits = each.before.empty() ? before.empty() : before.ends_with(each.before);
    // `x-bedrock-runtime.` is another label than `bedrock-runtime.`.
    bool whole = before.size() == each.before.size() || each.before.starts_with('.') ||
                 before[before.size() - each.before.size() - 1] == '.';
    if (fits && whole) return ParseRegion(front.substr(begin));
  }
  return std::nullopt;
}

auto CommonPlace(const std::vector<Place>& said) -> std::optional<Place> {
  if (said.empty()) return std::nullopt;
  for (const Place& each : said) {
    if (!each.country) return each;
  }
  for (const Place& each : said) {
    if (each.country == said.front().country) continue;
    return Place{said.front().name + "` and in `" + each.name, std::nullopt, Place::Kind::kContradiction};
  }
  return said.front();
}

auto IsInEuropeanUnion(Country country) -> bool {
  return std::ranges::binary_search(kEuropeanUnion, CountryCode(country));
}

}  // namespace route::import
