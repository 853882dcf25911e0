#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/import/catalogue.h"
#include "compiler/import/lint.h"
#include "compiler/import/names.h"
#include "compiler/import/places.h"
#include "compiler/import/row_checks.h"

/// From what is known of each deployment to vendors, models and deployments with names.
namespace route::import {

inline constexpr std::size_t kMaxDeployments = 1024;  ///< what one policy may hold

/// Facts that the input does not hold and the user states.
struct Statements {
  std::optional<Country> processed_in;          ///< taken wherever the input does not say it
  std::map<std::string, Country> headquarters;  ///< by provider
};

/// One deployment to be: a row of a price list, or an entry of a configuration.
struct Offer {
  Subject subject;
  std::string provider;     ///< as ProviderName gives it
  std::string model;        ///< an identifier, the same whoever serves it
  std::string wanted_name;  ///< for the deployment; need not be unique
  std::optional<Place> place;
  TokenPrices prices;
  Facts facts;
  std::optional<Date> as_of;  ///< the day of its price and facts, if the input says it
  std::string source;         ///< a comment beside the price
  std::string endpoint;       ///< these three plain, and empty where unknown
  std::string upstream;
  std::string key_env;

  // What CompleteOffer finds.
  std::string vendor;
  std::optional<Country> headquarters;
  std::string headquarters_source;  ///< empty if the user stated them
  std::optional<Country> processed_in;
  std::string place_note;
};

/// `_eu-central-1`: what the name of a deployment says of its place; empty if it has none.
auto PlaceSuffix(const std::optional<Place>& place) -> std::string;

/// Finds the vendor, its headquarters and the country of processing. What cannot be found stays empty, after a lint
/// that says that the offer is left out.
void CompleteOffer(Offer& offer, const Statements& statements, Lints& lints);

/// Adds complete offers to the catalogue and returns the name of each deployment. Models with the same name and the
/// same facts are one; one that differs from the first is `name_provider`. Vendors and models come in alphabetical
/// order, deployments in the order given.
auto AddOffers(const std::vector<Offer>& offers, Namer& names, Catalogue& catalogue) -> std::vector<std::string>;

}  // namespace route::import
