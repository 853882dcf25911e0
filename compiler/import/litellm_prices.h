#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/import/build_catalogue.h"
#include "compiler/import/json_rows.h"
#include "compiler/import/lint.h"
#include "compiler/import/text.h"
#include "runtime/values/date.h"

/// LiteLLM's price list, `model_prices_and_context_window.json`, as a catalogue.
namespace route::import {

/// Where a catalogue comes from, for its header.
struct Origin {
  std::string tool;    ///< `routec 0.1.0`
  std::string file;    ///< its name without its folder
  std::string sha256;  ///< of its bytes
};

/// The two lines of a header that name a file: what `words` say of it, and its hash.
void AddOrigin(std::vector<std::string>& lines, const std::string& words, const Origin& origin);

struct PriceOptions {
  Origin origin;
  std::vector<std::string> providers;  ///< names as in the file or as ProviderName gives them; empty for all
  std::vector<std::string> matches;    ///< globs for keys; empty for all
  std::vector<std::string> modes = {"chat", "responses"};
  std::vector<std::string> regions;  ///< regions, zones and country codes; empty for all
  std::optional<std::size_t> limit;  ///< rows to take at most, in the order of the file
  Statements statements;
  Date today;
};

/// The modes that LiteLLM gives to models. One of them is what `PriceOptions::modes` may hold.
auto IsMode(std::string_view mode) -> bool;

/// What came of an import.
struct Imported {
  std::string text;               ///< the catalogue
  std::vector<Lint> lints;        ///< by line
  std::string_view unit = "row";  ///< what the input is made of
  std::size_t read = 0;           ///< such units of the input
  std::size_t considered = 0;     ///< those that the filters let through
  std::size_t taken = 0;          ///< those that are deployments of the catalogue
};

/// Reads the list, checks every row that the filters let through, and writes the catalogue. A row that cannot be right,
/// or that lacks what the language requires, is left out with a lint. The error is about the file as a whole, or says
/// that more deployments remain than a policy may hold. Linear in the file but for sorting.
auto ImportPrices(std::string_view text, const PriceOptions& options) -> std::expected<Imported, InputError>;

}  // namespace route::import
