#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/values/country.h"
#include "runtime/values/date.h"
#include "runtime/values/decimal.h"

/// A catalogue as `.route` text.
namespace route::import {

struct CatalogueVendor {
  std::string name;
  Country headquarters;
  std::string source;  ///< where that is said; empty if the user stated it, which a comment says
};

struct CatalogueModel {
  std::string name;
  std::optional<std::int64_t> context;
  std::vector<std::string> capabilities;
};

struct CatalogueDeployment {
  std::string name;
  std::string model;
  std::string vendor;
  Country processed_in;
  std::string place_note;  ///< a comment beside it; empty for none
  Decimal price_in;        ///< USD for a million tokens
  Decimal price_out;
  std::optional<Date> as_of;  ///< the day of these facts, if the input says it
  std::string source;         ///< a comment beside the price: the key of the row
  std::string status;         ///< empty for live
  std::string endpoint;       ///< these three empty where unknown
  std::string upstream;
  std::string key_env;
  std::vector<std::string> notes;  ///< comments on lines of their own
};

struct CatalogueMember {
  std::string deployment;
  std::uint32_t weight = 1;
};

struct CatalogueGroup {
  std::string name;
  std::vector<CatalogueMember> members;
  enum class Order : std::uint8_t { kByWeight, kCheapest };
  Order order = Order::kByWeight;
  std::string note;  ///< a comment above it
};

struct CatalogueRoute {
  std::string name;
  std::vector<std::string> asked;  ///< names of models that a request asks for
  std::vector<std::string> tiers;  ///< groups, in order
  std::uint32_t retries = 0;       ///< in each tier
};

/// Something that could not be imported, as a person would have to complete it.
struct CatalogueDraft {
  std::string missing;             ///< why it is not part of the catalogue
  std::vector<std::string> lines;  ///< its declaration, as far as it is known
};

/// Every text in it is printable, every name unique among its kind and none reserved; texts for strings are plain.
struct Catalogue {
  std::vector<std::string> header;  ///< comments
  std::string policy;  ///< its name if this is to be a whole policy; otherwise routes are written as comments
  std::vector<CatalogueVendor> vendors;
  std::vector<CatalogueModel> models;
  std::vector<CatalogueDeployment> deployments;
  std::vector<CatalogueDraft> drafts;
  std::vector<CatalogueGroup> groups;
  std::vector<CatalogueRoute> routes;
};

/// The text, aligned as a person would write it. Linear in the catalogue.
auto PrintCatalogue(const Catalogue& catalogue) -> std::string;

/// The lines of one deployment's declaration.
auto PrintDeployment(const CatalogueDeployment& deployment) -> std::vector<std::string>;

}  // namespace route::import
