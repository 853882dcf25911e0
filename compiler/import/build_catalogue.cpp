#include "compiler/import/build_catalogue.h"

#include <algorithm>

#include "compiler/base/internal_error.h"
#include "compiler/import/text.h"
#include "compiler/import/vendors.h"

namespace route::import {
namespace {

void FindHeadquarters(Offer& offer, const Statements& statements, Lints& lints) {
  const Provider* known = FindProvider(offer.provider);
  offer.vendor = known != nullptr ? std::string(known->vendor) : offer.provider;
  for (const std::string& name : {offer.provider, offer.vendor}) {
    if (auto stated = statements.headquarters.find(name); stated != statements.headquarters.end()) {
      offer.headquarters = stated->second;
      return;
    }
  }
  if (known != nullptr) {
    offer.headquarters = ParseCountry(known->headquarters);
    offer.headquarters_source = known->source;
    return;
  }
  lints.Add(LintKind::kUnknownVendor, LintAction::kLeftOut, offer.subject,
            "it is not known where `" + Printable(offer.provider) +
                "` is headquartered; state it with `--headquarters " + Printable(offer.provider) + "=CC`");
}

void FindPlace(Offer& offer, const Statements& statements, Lints& lints) {
  if (offer.place && offer.place->country) {
    offer.processed_in = offer.place->country;
    offer.place_note = (offer.place->kind == Place::Kind::kRegion ? "region " : "zone ") + offer.place->name;
    return;
  }
  if (offer.place && offer.place->kind == Place::Kind::kContradiction) {
    lints.Add(LintKind::kNoPlace, LintAction::kLeftOut, offer.subject,
              "it is said to be processed in `" + offer.place->name + "`, which are not in one country");
    return;
  }
  bool european =
      offer.place && (offer.place->name == "eu" || offer.place->name == "europe" || offer.place->name == "datazone-eu");
  if (statements.processed_in && !(european && !IsInEuropeanUnion(*statements.processed_in))) {
    offer.processed_in = statements.processed_in;
    offer.place_note = "assumed, as stated with --assume-processed-in";
    if (offer.place) offer.place_note += "; the file says `" + offer.place->name + "`";
    return;
  }
  std::string situation = "it does not say where it is processed";
  if (offer.place) situation = "it is processed anywhere in `" + offer.place->name + "`, which is no single country";
  lints.Add(LintKind::kNoPlace, LintAction::kLeftOut, offer.subject, situation);
}

/// Which models there are: for each name the different facts under it.
class Models {
 public:
  auto NameOf(const Offer& offer) -> std::string {
    std::vector<CatalogueModel>& variants = by_model_[offer.model];
    for (const CatalogueModel& each : variants) {
      if (each.context == offer.facts.context && each.capabilities == offer.facts.capabilities) return each.name;
    }
    std::string name = names_.Take(variants.empty() ? offer.model : offer.model + "_" + offer.provider);
    variants.push_back({name, offer.facts.context, offer.facts.capabilities});
    return name;
  }

  auto Take() -> std::vector<CatalogueModel> {
    std::vector<CatalogueModel> models;
    for (auto& [name, variants] : by_model_) models.insert(models.end(), variants.begin(), variants.end());
    std::ranges::sort(models, {}, &CatalogueModel::name);
    return models;
  }

 private:
  Namer names_;
  std::map<std::string, std::vector<CatalogueModel>> by_model_;
};

/// Vendors by their identifier: two that would have one name are one.
class Vendors {
 public:
  auto NameOf(const Offer& offer) -> std::string {
    auto [at, is_new] = by_vendor_.try_emplace(offer.vendor);
    if (is_new) at->second = {names_.Take(offer.vendor), *offer.headquarters, offer.headquarters_source};
    return at->second.name;
  }

  auto Take() -> std::vector<CatalogueVendor> {
    std::vector<CatalogueVendor> vendors;
    for (auto& [name, vendor] : by_vendor_) vendors.push_back(vendor);
    std::ranges::sort(vendors, {}, &CatalogueVendor::name);
    return vendors;
  }

 private:
  Namer names_;
  std::map<std::string, CatalogueVendor> by_vendor_;
};

}  // namespace

auto PlaceSuffix(const std::optional<Place>& place) -> std::string {
  return place && place->kind != Place::Kind::kContradiction ? "_" + place->name : std::string();
}

void CompleteOffer(Offer& offer, const Statements& statements, Lints& lints) {
  FindPlace(offer, statements, lints);
  if (offer.processed_in) FindHeadquarters(offer, statements, lints);
}

auto AddOffers(const std::vector<Offer>& offers, Namer& names, Catalogue& catalogue) -> std::vector<std::string> {
  Models models;
  Vendors vendors;
  std::vector<std::string> deployment_names;
  for (const Offer& offer : offers) {
    if (!offer.processed_in || !offer.headquarters) throw InternalError("an offer without its place or headquarters");
    CatalogueDeployment deployment;
    deployment.name = names.Take(offer.wanted_name);
    deployment.model = models.NameOf(offer);
    deployment.vendor = vendors.NameOf(offer);
    deployment.processed_in = *offer.processed_in;
    deployment.place_note = offer.place_note;
    deployment.price_in = offer.prices.in.usd;
    deployment.price_out = offer.prices.out.usd;
    deployment.as_of = offer.as_of;
    deployment.source = offer.source;
    deployment.status = offer.facts.status;
    deployment.endpoint = offer.endpoint;
    deployment.upstream = offer.upstream;
    deployment.key_env = offer.key_env;
    deployment.notes = offer.facts.notes;
    deployment_names.push_back(deployment.name);
    catalogue.deployments.push_back(std::move(deployment));
  }
  catalogue.models = models.Take();
  catalogue.vendors = vendors.Take();
  return deployment_names;
}

}  // namespace route::import
