#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "compiler/diff/delta.h"
#include "compiler/ir/policy.h"

/// What a first choice costs by list price. Prices are exact, and so are costs, unless a draw by weight does not come
/// out even.
namespace route::diff {

/// The request that is paid for.
struct Tokens {
  std::uint64_t in = 1'000'000;
  std::uint64_t out = 1'000'000;
};
inline constexpr std::uint64_t kMostTokens = 1'000'000'000;  ///< of each, so that no product overflows

/// Reads `2000,500`, with `_`, `k` and `M` as in policy text. The error says what was expected.
auto ReadTokens(const std::string& text) -> std::optional<Tokens>;

/// `1M tokens in and 1M out`, `2000 tokens in and 500 out`.
auto TokensText(Tokens tokens) -> std::string;

/// An amount of 10^-12 USD, rounded to a whole one if it is not exact.
struct Cost {
  __int128 picodollars = 0;
  enum class Exactness : std::uint8_t { kExact, kRounded };
  Exactness exactness = Exactness::kExact;
};

/// The mean over the choices by weight. `names` are those of the program's deployments, which the policy must have.
auto CostOf(const FirstChoice& choice, const std::vector<std::string>& names, const ir::Policy& policy, Tokens tokens)
    -> Cost;

/// `17.5 USD`, `about 5.333333333333 USD`.
auto CostText(const Cost& cost) -> std::string;

/// `2.25 USD less`, `1 USD more`, `the same`.
auto DifferenceText(const Cost& before, const Cost& after) -> std::string;

}  // namespace route::diff
