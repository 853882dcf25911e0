#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/import/catalogue.h"
#include "compiler/import/config_file.h"
#include "compiler/import/lint.h"
#include "compiler/import/names.h"

/// Groups and routes for what callers ask a proxy for.
namespace route::import {

/// An entry of the configuration that became a deployment.
struct PlacedEntry {
  const ConfigEntry* entry = nullptr;
  std::string deployment;
};

/// Adds to the catalogue a group for each alias, several if the entries have an `order`, and a route for each alias:
/// its groups in that order, then those of its fallbacks.
///
/// Weights are those that LiteLLM's shuffle would use: the first entry of a group decides whether they come from
/// `weight`, `rpm` or `tpm`, and without any of them all are alike. An entry that would never be drawn is no member.
/// Group names come from `names`, which has given out the names of the deployments.
void AddRoutes(const Config& config, const std::vector<PlacedEntry>& placed, Namer& names, Catalogue& catalogue,
               Lints& lints);

}  // namespace route::import
