#include "compiler/diff/cost.h"

#include <algorithm>
#include <utility>

#include "compiler/base/internal_error.h"
#include "runtime/values/decimal.h"

namespace route::diff {
namespace {

constexpr std::size_t kDecimals = 12;

auto ReadCount(std::string_view text) -> std::optional<std::uint64_t> {
  const auto number = ParseDecimal(text);
  if (!number || number->micros < 0 || number->micros % Decimal::kScale != 0) return std::nullopt;
  const auto count = static_cast<std::uint64_t>(number->micros / Decimal::kScale);
  return count <= kMostTokens ? std::optional(count) : std::nullopt;
}

auto CountText(std::uint64_t count) -> std::string {
  constexpr std::uint64_t kMillion = 1'000'000;
  if (count >= kMillion && count % kMillion == 0) return std::to_string(count / kMillion) + "M";
  return std::to_string(count);
}

/// Of an amount that is not negative.
auto Dollars(__int128 picodollars) -> std::string {
  std::string digits;
  for (__int128 left = picodollars; left > 0 || digits.size() <= kDecimals; left /= 10) {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(left % 10)));
  }
  std::string whole = digits.substr(0, digits.size() - kDecimals);
  std::string fraction = digits.substr(digits.size() - kDecimals);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return whole + (fraction.empty() ? "" : "." + fraction) + " USD";
}

}  // namespace

auto ReadTokens(const std::string& text) -> std::optional<Tokens> {
  const std::size_t comma = text.find(',');
  if (comma == std::string::npos) return std::nullopt;
  const auto in = ReadCount(std::string_view(text).substr(0, comma));
  const auto out = ReadCount(std::string_view(text).substr(comma + 1));
  if (!in || !out) return std::nullopt;
  return Tokens{*in, *out};
}

auto TokensText(Tokens tokens) -> std::string {
  return CountText(tokens.in) + " tokens in and " + CountText(tokens.out) + " out";
}

auto CostOf(const FirstChoice& choice, const std::vector<std::string>& names, const ir::Policy& policy, Tokens tokens)
    -> Cost {
  __int128 sum = 0;
  std::int64_t weights = 0;
  for (const ir::Candidate& candidate : choice) {
    const auto deployment =
        std::ranges::find(policy.deployments, names.at(candidate.deployment.index), &ir::Deployment::name);
    if (deployment == policy.deployments.end()) throw InternalError("a first choice that the policy does not have");
    // Millionths of a USD for a million tokens: times tokens that is 10^-12 USD.
    const __int128 cost = static_cast<__int128>(deployment->price_in.micros) * static_cast<std::int64_t>(tokens.in) +
                          static_cast<__int128>(deployment->price_out.micros) * static_cast<std::int64_t>(tokens.out);
    sum += cost * candidate.weight;
    weights += candidate.weight;
  }
  if (weights == 0) return {};
  Cost cost{.picodollars = (2 * sum + weights) / (2 * static_cast<__int128>(weights))};
  if (cost.picodollars * weights != sum) cost.exactness = Cost::Exactness::kRounded;
  return cost;
}

auto CostText(const Cost& cost) -> std::string {
  return (cost.exactness == Cost::Exactness::kRounded ? "about " : "") + Dollars(cost.picodollars);
}

auto DifferenceText(const Cost& before, const Cost& after) -> std::string {
  if (before.picodollars == after.picodollars) return "the same";
  const bool more = after.picodollars > before.picodollars;
  Cost difference{.picodollars =
                      more ? after.picodollars - before.picodollars : before.picodollars - after.picodollars};
  const bool exact = before.exactness == Cost::Exactness::kExact && after.exactness == Cost::Exactness::kExact;
  difference.exactness = exact ? Cost::Exactness::kExact : Cost::Exactness::kRounded;
  return CostText(difference) + (more ? " more" : " less");
}

}  // namespace route::diff
