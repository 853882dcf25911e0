#include "compiler/verify/costs.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "compiler/ir/evaluate.h"
#include "compiler/verify/witness.h"

namespace route::verify {
namespace {

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
constexpr std::uint32_t kAnyNumber = std::numeric_limits<std::uint32_t>::max();

/// A bound moved up by a cost; what is without end stays so.
auto Raised(std::int64_t bound, std::int64_t cost) -> std::int64_t {
  if (bound == kLowest) return kLowest;
  return bound > kHighest - cost ? kHighest : bound + cost;
}

auto PromptDimension(const Encoder& encoder) -> ir::DimensionId {
  return encoder.classes().FirstDimension(ir::PromptAttribute(encoder.policy()).value());
}

/// "The most expensive attempts that are possible, as many as there may be, cost more than a bound": a diagram over the
/// attempts, the most expensive first. Bounds between which no sum of attempts lies share their formula. What a tier's limit
/// of deployments rules out is no part of it: a solver would have to find out by counting, again and again.
template <typename Items>
class Diagram {
 public:
  Diagram(smt::Solver& solver, const Items& items) : solver_(solver), items_(items.items), left_(items.most) {}

  /// Nothing if it would be too large.
  auto Exceeds(std::uint64_t most, std::int64_t bound) -> std::optional<smt::Term> {
    const smt::Term result = From(0, most, bound).term;
    return is_too_large_ ? std::nullopt : std::optional(result);
  }

 private:
  static constexpr std::size_t kMostNodes = 200'000;

  struct Node {
    smt::Term term = smt::kFalse;
    std::int64_t low = kLowest;    // for all bounds from here
    std::int64_t high = kHighest;  // up to here, which is not among them unless there is no end
  };
  struct Place {
    std::size_t item = 0;
    std::uint64_t most = 0;
    std::vector<std::uint32_t> left;
    friend auto operator<=>(const Place&, const Place&) = default;
  };

  /// More than there are attempts left is as good as any number.
  auto PlaceAt(std::size_t item, std::uint64_t most) const -> Place {
    Place place{.item = item, .most = most, .left = left_};
    for (std::uint32_t& left : place.left) {
      if (left >= most) left = kAnyNumber;
    }
    return place;
  }

  static void Take(std::vector<std::uint32_t>& left, std::size_t group) {
    if (left[group] != kAnyNumber) --left[group];
  }

  auto From(std::size_t item, std::uint64_t most, std::int64_t bound) -> Node {
    while (item < items_.size() && left_[items_[item].group] == 0) ++item;
    if (bound < 0) return {.term = smt::kTrue, .high = 0};
    const std::int64_t largest = LargestFrom(item, most);
    if (largest <= bound || is_too_large_) return {.low = largest};
    std::map<std::int64_t, Node>& known = known_[PlaceAt(item, most)];  // by `high`
    if (const auto at = known.upper_bound(bound); at != known.end() && at->second.low <= bound) return at->second;
    if (++size_ > kMostNodes) {
      is_too_large_ = true;
      return {};
    }
    const Node node = Decide(item, most, bound);
    known.emplace(node.high, node);
    return node;
  }

  auto Decide(std::size_t item, std::uint64_t most, std::int64_t bound) -> Node {
    const auto& here = items_[item];
    const std::uint64_t taken = std::min(here.attempts.count, most);
    const std::int64_t cost = ir::SaturatingMultiply(here.attempts.cost, static_cast<std::int64_t>(taken));
    const std::uint32_t left = left_[here.group];
    Take(left_, here.group);
    Node with = From(item + 1, most - taken, bound - cost);
    left_[here.group] = left;
    with.low = Raised(with.low, cost);
    with.high = Raised(with.high, cost);
    // Nothing that comes later costs more.
    if (here.term == smt::kTrue) return with;
    const Node without = From(item + 1, most, bound);
    return {.term = solver_.Or({solver_.And({here.term, with.term}), without.term}),
            .low = std::max(with.low, without.low),
            .high = std::min(with.high, without.high)};
  }

  auto LargestFrom(std::size_t item, std::uint64_t most) const -> std::int64_t {
    std::vector<std::uint32_t> left = left_;
    std::int64_t largest = 0;
    for (; item < items_.size() && most > 0; ++item) {
      if (left[items_[item].group] == 0) continue;
      Take(left, items_[item].group);
      const ir::PricedAttempts& attempts = items_[item].attempts;
      const std::uint64_t taken = std::min(attempts.count, most);
      largest = ir::SaturatingAdd(largest, ir::SaturatingMultiply(attempts.cost, static_cast<std::int64_t>(taken)));
      most -= taken;
    }
    return largest;
  }

  smt::Solver& solver_;
  const decltype(Items::items)& items_;
  std::vector<std::uint32_t> left_;  // of each group: how many more terms can hold
  std::map<Place, std::map<std::int64_t, Node>> known_;
  std::size_t size_ = 0;
  bool is_too_large_ = false;
};

}  // namespace

auto LargestPrompt(const ir::Policy& policy, const ir::Dimension& dimension, std::uint32_t value_class) -> std::int64_t {
  const bool is_last = value_class == dimension.cuts.size();
  // A class ends before its cut.
  const std::int64_t micros = is_last ? policy.attributes.at(dimension.attribute.index).maximum.micros
                                      : dimension.cuts.at(value_class) - 1;
  return micros / Decimal::kScale;
}

RouteCosts::RouteCosts(Encoder& encoder, const ir::CostsAtMost& promise, const ir::Route& route)
    : encoder_(&encoder), bound_(ir::InCostUnits(promise.usd)) {
  for (const ir::Tier& tier : route.tiers) {
    Tier& here = tiers_.emplace_back();
    for (const ir::Candidate& candidate : tier.candidates) here.deployments.push_back(candidate.deployment);
    here.reached = encoder.Reached(tier);
    here.limit = tier.limit.value_or(kAnyNumber);
    here.retries = ir::TierAttempts(0, tier.retries);
  }
}

/// Each deployment in the plan once, and the retries of a tier with the most expensive one of it that is in the plan. What
/// cannot be in the plan is left out.
auto RouteCosts::AttemptsAt(std::int64_t prompt) const -> Items {
  smt::Solver& solver = encoder_->solver();
  Items all;
  std::vector<Item>& items = all.items;
  for (const Tier& tier : tiers_) {
    const std::size_t first_attempts = all.most.size();
    const std::size_t retries = first_attempts + 1;
    all.most.insert(all.most.end(), {tier.limit, 1});
    std::vector<Item> here;
    for (std::size_t i = 0; i < tier.deployments.size(); ++i) {
      if (tier.reached[i] == smt::kFalse) continue;
      here.push_back({.term = tier.reached[i],
                      .attempts = {.cost = ir::AttemptCost(encoder_->policy(), tier.deployments[i], prompt)},
                      .group = first_attempts});
    }
    std::ranges::stable_sort(here, std::greater(), [](const Item& item) { return item.attempts.cost; });
    std::vector<smt::Term> dearer_are_out;
    for (const Item& item : here) {
      items.push_back(item);
      if (tier.retries == 0) continue;
      const smt::Term is_dearest = solver.And({item.term, solver.And(dearer_are_out)});
      dearer_are_out.push_back(solver.Not(item.term));
      if (is_dearest == smt::kFalse) continue;
      items.push_back(
          {.term = is_dearest, .attempts = {.cost = item.attempts.cost, .count = tier.retries}, .group = retries});
    }
  }
  std::ranges::stable_sort(items, std::greater(), [](const Item& item) { return item.attempts.cost; });
  return all;
}

auto RouteCosts::Exceeds(std::int64_t prompt) -> std::optional<smt::Term> {
  const std::int64_t limit = ir::CostLimit(encoder_->policy().limits);
  if (limit > 0 && limit <= bound_) return smt::kFalse;
  const Items items = AttemptsAt(prompt);
  return Diagram(encoder_->solver(), items).Exceeds(encoder_->policy().limits.attempts, bound_);
}

auto RouteCosts::Exceeds() -> std::optional<smt::Term> {
  const ir::DimensionId dimension = PromptDimension(*encoder_);
  const ir::Dimension& prompts = encoder_->classes().dimensions().at(dimension.index);
  std::vector<smt::Term> ways;
  for (std::uint32_t i = 0; i < prompts.classes; ++i) {
    const std::optional<smt::Term> exceeds = Exceeds(LargestPrompt(encoder_->policy(), prompts, i));
    if (!exceeds) return std::nullopt;
    std::vector<smt::Term> way = encoder_->IsClass(dimension, i);
    way.push_back(*exceeds);
    ways.push_back(encoder_->solver().And(way));
  }
  return encoder_->solver().Or(ways);
}

SuspectedCosts::SuspectedCosts(Encoder& encoder, const ir::CostsAtMost& promise, RouteId route, const Hull& premise)
    : encoder_(&encoder),
      bound_(ir::InCostUnits(promise.usd)),
      dimension_(PromptDimension(encoder)),
      costs_(encoder, promise, encoder.policy().routes.at(route.index)) {
  const std::uint32_t count = encoder.classes().dimensions().at(dimension_.index).classes;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Hull here{.sides = {{dimension_.index, {{i, i + 1}}}}};
    if (!Meet(here, encoder.HullOf(route)) || !Meet(here, premise)) continue;
    if (!ranges_.empty() && ranges_.back().last + 1 == i) {
      ranges_.back().last = i;
    } else {
      ranges_.push_back({i, i});
    }
  }
}

auto SuspectedCosts::Broken() -> std::optional<smt::Term> {
  std::vector<smt::Term> ways;
  for (const Range& range : ranges_) {
    const auto [known, is_new] = exceeds_.try_emplace(range.last);
    if (is_new) known->second = costs_.Exceeds(LargestIn(range.last));
    if (!known->second) return std::nullopt;
    ways.push_back(encoder_->solver().And({IsIn(range), *known->second}));
  }
  return encoder_->solver().Or(ways);
}

// The request's plan keeps the promise up to prompts of some class. Up to that one it is now taken for as expensive as there.
auto SuspectedCosts::Confirm(const std::vector<std::uint16_t>& classes) -> bool {
  const ir::Policy& policy = encoder_->policy();
  Replay replay = ReplayWitness(*encoder_, classes);
  ir::Value& prompt = replay.request.at(ir::PromptAttribute(policy).value().index);
  const auto breaks = [&](std::uint32_t value_class) {
    prompt = Decimal::FromInteger(LargestIn(value_class));
    return ir::WorstCost(policy, replay.request, replay.decision) > bound_;
  };
  std::uint32_t kept = classes.at(dimension_.index);
  if (breaks(kept)) return true;
  const auto range = std::ranges::find_if(ranges_, [&](const Range& each) { return each.first <= kept && kept <= each.last; });
  if (range == ranges_.end() || range->last == kept) ThrowUnconfirmed("can a request cost more than is promised");
  while (kept + 1 < range->last && !breaks(kept + 1)) ++kept;
  const Range above{kept + 1, range->last};
  range->last = kept;
  ranges_.insert(range + 1, above);
  return false;
}

auto SuspectedCosts::IsIn(const Range& range) const -> smt::Term {
  smt::Solver& solver = encoder_->solver();
  const std::uint32_t count = encoder_->classes().dimensions().at(dimension_.index).classes;
  std::vector<smt::Term> all;
  if (range.last + 1 < count) all = encoder_->IsBefore(dimension_, range.last + 1);
  if (range.first > 0) all.push_back(solver.Not(solver.And(encoder_->IsBefore(dimension_, range.first))));
  return solver.And(all);
}

auto SuspectedCosts::LargestIn(std::uint32_t value_class) const -> std::int64_t {
  return LargestPrompt(encoder_->policy(), encoder_->classes().dimensions().at(dimension_.index), value_class);
}

}  // namespace route::verify
