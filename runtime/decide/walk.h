#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "runtime/decide/decide.h"

/// Decisions without a single allocation: plans and rules that are visited instead of listed, and requests in columns.
namespace route {

/// How many classes a request has: one for each attribute, or for each value of an `any of` attribute.
auto DimensionCount(const Table& table) noexcept -> std::size_t;

/// So many requests are decided together.
inline constexpr std::size_t kBlockRequests = 8;

/// Decides the requests from number `first` on, one for each of `decisions`, which are at most kBlockRequests. Otherwise as
/// DecideColumns, which is for more of them.
void DecideBlock(const Table& table, std::span<const std::uint16_t* const> columns, std::size_t first,
                 std::span<Decision> decisions) noexcept;

/// Many requests at once, as columns: `columns[d][i]` is the class of request `i` in dimension `d`. Calls `take(i, decision)`
/// for each, in order. There is a column for each dimension of the table. Allocates nothing.
template <typename Take>
void DecideColumns(const Table& table, std::span<const std::uint16_t* const> columns, std::size_t requests, Take take) {
  std::array<Decision, kBlockRequests> decisions;
  for (std::size_t first = 0; first < requests; first += kBlockRequests) {
    const std::size_t count = std::min(kBlockRequests, requests - first);
    DecideBlock(table, columns, first, std::span(decisions).first(count));
    for (std::size_t i = 0; i < count; ++i) take(first + i, std::as_const(decisions[i]));
  }
}

/// Writes the indexes of the rules that apply to the request, ascending, and returns how many there are. If they are more than
/// `rules` has room for, nothing is written. Allocates nothing.
auto CopyMatchedRules(const Table& table, std::span<const std::uint16_t> classes, std::span<std::uint32_t> rules) noexcept
    -> std::size_t;

/// Goes through the plan without making one: calls `visit(tier, candidate)` for each deployment to be tried, in order, until it
/// returns false. Nothing unless routed. Allocates nothing.
template <typename Visit>
void ForEachPlanned(const Table& table, const Decision& decision, Visit visit) {
  if (decision.outcome != Outcome::kRouted || decision.route >= table.routes().size()) return;
  const RouteView& route = table.routes()[decision.route];
  for (std::uint32_t i = route.first_tier; i < route.first_tier + route.tier_count; ++i) {
    const TierView& tier = table.tiers()[i];
    std::uint32_t planned = 0;
    for (const CandidateView& candidate : tier.candidates) {
      if (!decision.Allows(candidate.deployment)) continue;
      if (planned++ == tier.limit) break;
      if (!visit(i, candidate)) return;
    }
  }
}

/// The first deployment of the plan, or kNone. (Of a tier that is drawn by weight the first that it lists.)
auto FirstPlanned(const Table& table, const Decision& decision) noexcept -> std::uint32_t;

}  // namespace route
