#pragma once

#include <optional>
#include <string>

#include "compiler/driver/commands.h"
#include "compiler/import/litellm_config.h"
#include "compiler/import/litellm_prices.h"

/// `routec import …`: other people's files as catalogues.
namespace route::driver {

/// What both imports have in common.
struct ImportOptions {
  std::string input;
  std::string output;  ///< empty for standard output
  enum class Strict : std::uint8_t { kNo, kYes };
  Strict strict = Strict::kNo;
  import::Statements statements;
};

struct ImportPricesOptions {
  ImportOptions common;
  import::PriceOptions filters;  ///< without its origin, statements and day, which come from elsewhere
};
auto ImportPrices(const ImportPricesOptions& options, const CommonOptions& common) -> int;

struct ImportConfigOptions {
  ImportOptions common;
  std::string prices;  ///< LiteLLM's price list; empty for none
  std::string policy;
};
auto ImportConfig(const ImportConfigOptions& options, const CommonOptions& common) -> int;

}  // namespace route::driver
