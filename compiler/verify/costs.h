#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "compiler/ir/cost.h"
#include "compiler/verify/encode.h"

/// What the requests of a route can cost at most, against a promise.
///
/// The cost of a request grows with its prompt, and prompts have many classes. So a search takes all classes for as
/// expensive as the longest prompt among them, which is one formula instead of one for each, and tells them apart only
/// where a request that it finds keeps the promise after all.
namespace route::verify {

/// The largest prompt, in whole tokens, of a class of the prompt's dimension.
auto LargestPrompt(const ir::Policy& policy, const ir::Dimension& dimension, std::uint32_t value_class) -> std::int64_t;

/// The promise and a route, as formulas that say "it is broken, if this route decides". Each is nothing if it would be too
/// large: where many deployments of different prices compete for few attempts.
class RouteCosts {
 public:
  RouteCosts(Encoder& encoder, const ir::CostsAtMost& promise, const ir::Route& route);

  /// Whatever the class of its prompt, if the prompt had so many tokens.
  auto Exceeds(std::int64_t prompt) -> std::optional<smt::Term>;

  /// Of the request as it is.
  auto Exceeds() -> std::optional<smt::Term>;

 private:
  struct Tier {
    std::vector<DeploymentId> deployments;
    std::vector<smt::Term> reached;  // of each
    std::uint32_t limit = 0;         // of those that are reached together
    std::uint64_t retries = 0;
  };
  /// Attempts that are possible if `term` holds.
  struct Item {
    smt::Term term = smt::kFalse;
    ir::PricedAttempts attempts;
    std::size_t group = 0;  ///< index into `Items::most`
  };
  struct Items {
    std::vector<Item> items;          ///< the most expensive first
    std::vector<std::uint32_t> most;  ///< of each group: how many of its terms can hold together
  };
  auto AttemptsAt(std::int64_t prompt) const -> Items;

  Encoder* encoder_;
  std::int64_t bound_;
  std::vector<Tier> tiers_;
};

/// The classes of prompts in which a request of one route may break the promise, in ranges: fewer or smaller ones with
/// each request that turns out to keep it.
class SuspectedCosts {
 public:
  /// Of requests in `premise`.
  SuspectedCosts(Encoder& encoder, const ir::CostsAtMost& promise, RouteId route, const Hull& premise);

  /// "The promise is broken, if this route decides" for all requests of which that is so, and perhaps for some others.
  auto Broken() -> std::optional<smt::Term>;

  /// Whether a request of these classes, which the route decides, breaks it. If not, `Broken` does not hold of it from here on.
  auto Confirm(const std::vector<std::uint16_t>& classes) -> bool;

 private:
  struct Range {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
  };
  auto IsIn(const Range& range) const -> smt::Term;
  auto LargestIn(std::uint32_t value_class) const -> std::int64_t;

  Encoder* encoder_;
  std::int64_t bound_;
  ir::DimensionId dimension_;  // of the prompt
  RouteCosts costs_;
  std::vector<Range> ranges_;  // ascending
  std::map<std::uint32_t, std::optional<smt::Term>> exceeds_;  // of the longest prompt of each class, as far as known
};

}  // namespace route::verify
