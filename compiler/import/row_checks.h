#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/import/json_rows.h"
#include "compiler/import/lint.h"
#include "compiler/import/price.h"
#include "runtime/values/date.h"

/// What the fields of one model say, with everything about them that looks wrong as lints. docs/import.md explains the
/// thresholds.
namespace route::import {

/// Dearer than any model is: what costs more was given for another unit than one token.
inline constexpr Decimal kMostUsdPerMillion = Decimal::FromInteger(1000);
/// The same model a thousand times dearer or cheaper than elsewhere was given in another unit.
inline constexpr std::int64_t kUnitErrorFactor = 1000;
/// Output is dearer than input nearly everywhere; below half of it, the two may have been exchanged.
inline constexpr std::int64_t kInvertedFactor = 2;

struct TokenPrices {
  Price in;
  Price out;
};

/// Is a price of zero a mistake to leave out, or the author's own statement?
enum class ZeroPrices : std::uint8_t { kLeftOut, kKept };

/// The prices for plain tokens. Nothing, after a lint, if there are none, or none that can be right on their own.
auto ReadPrices(const Fields& fields, ZeroPrices zero, const Subject& subject, Lints& lints)
    -> std::optional<TokenPrices>;

/// Does one of the two cost more than any model does? Says so with a lint, after which the row is left out.
auto IsTooDear(const TokenPrices& prices, const Subject& subject, Lints& lints) -> bool;

/// `2.50 USD in and 15.00 USD out for a million tokens`
auto Describe(const TokenPrices& prices) -> std::string;

/// The rest of what is imported.
struct Facts {
  std::optional<std::int64_t> context;    ///< tokens
  std::vector<std::string> capabilities;  ///< as CapabilitiesOf orders them
  std::string status;                     ///< `preview` or `deprecated`; empty for live
  std::vector<std::string> notes;         ///< for comments in the catalogue: prices that one pair of numbers cannot say
};

/// Never nothing: what is wrong here only leaves a fact unstated. `today` decides what is deprecated.
auto ReadFacts(const Fields& fields, const TokenPrices& prices, Date today, const Subject& subject, Lints& lints)
    -> Facts;

}  // namespace route::import
