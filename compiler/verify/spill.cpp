#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "compiler/ir/evaluate.h"
#include "compiler/verify/questions.h"
#include "compiler/verify/violation.h"
#include "compiler/verify/witness.h"

// A threshold of what is spent has a class of values below it and one from it on; requests with either are a policy of their
// own over the other attributes. At the threshold a route takes requests from another one if it decides them from it on and
// the other one does below it. Of the two the earlier one would decide in both cases if it matched in both, so it begins or
// ends there: only such routes are looked at, and only what could meet them. All pairs at a threshold are one question, the
// answer to which names one of them; most thresholds need no other.

namespace route::verify {
namespace {

auto IsBudget(const ir::Attribute& attribute) -> bool {
  const auto is_budget = [](const ir::Source& source) { return source.kind == SourceKind::kBudget; };
  return attribute.kind == AttributeKind::kNumber && std::ranges::any_of(attribute.sources, is_budget);
}

/// What `cheapest` orders by: a million tokens in and a million out.
auto PriceOf(const ir::Policy& policy, DeploymentId id) -> std::int64_t {
  const ir::Deployment& deployment = policy.deployments.at(id.index);
  return deployment.price_in.micros + deployment.price_out.micros;
}

/// What the first choices of a route can cost, as far as those tell that no rule ever excludes.
struct Prices {
  std::set<std::int64_t> all;         ///< of what may be a first choice
  std::int64_t most_of_cheapest = 0;  ///< the cheapest first choice of a request costs at most this,
  std::int64_t least_of_dearest = 0;  ///< and the dearest one at least this
};

class PricesOfFirst {
 public:
  PricesOfFirst(const Encoder& encoder, const ir::Route& route) : encoder_(encoder) {
    for (const ir::Tier& tier : route.tiers) {
      tier.order == TierOrder::kByWeight ? AddDrawn(tier) : AddOrdered(tier);
      if (is_certain_) break;
    }
  }

  auto Take() -> Prices { return std::move(prices_); }

 private:
  /// Each that is allowed may be the first.
  void AddDrawn(const ir::Tier& tier) {
    std::set<std::int64_t> any;
    std::set<std::int64_t> certain;
    for (std::size_t i = 0; i < tier.candidates.size(); ++i) {
      const std::int64_t price = PriceOf(encoder_.policy(), tier.candidates[i].deployment);
      any.insert(price);
      if (!IsAlwaysAllowed(tier.candidates[i])) continue;
      is_certain_ = true;
      if (!tier.limit || i < *tier.limit) certain.insert(price);
    }
    certain.empty() ? Add(any, *any.rbegin(), *any.begin()) : Add(any, *certain.begin(), *certain.rbegin());
  }

  /// One alone: that which is always allowed, or one before it.
  void AddOrdered(const ir::Tier& tier) {
    std::set<std::int64_t> any;
    for (const ir::Candidate& candidate : tier.candidates) {
      any.insert(PriceOf(encoder_.policy(), candidate.deployment));
      is_certain_ = IsAlwaysAllowed(candidate);
      if (is_certain_) break;
    }
    Add(any, *any.rbegin(), *any.begin());
  }

  void Add(const std::set<std::int64_t>& any, std::int64_t most_of_cheapest, std::int64_t least_of_dearest) {
    const bool is_first = prices_.all.empty();
    prices_.all.insert(any.begin(), any.end());
    prices_.most_of_cheapest = is_first ? most_of_cheapest : std::max(prices_.most_of_cheapest, most_of_cheapest);
    prices_.least_of_dearest = is_first ? least_of_dearest : std::min(prices_.least_of_dearest, least_of_dearest);
  }

  auto IsAlwaysAllowed(const ir::Candidate& candidate) const -> bool {
    return encoder_.Allowed(candidate.deployment) == smt::kTrue;
  }

  const Encoder& encoder_;
  Prices prices_;
  bool is_certain_ = false;
};

/// The deployments whose price is at least this.
auto NotCheaperThan(const ir::Policy& policy, std::int64_t price) -> ir::DeploymentTest {
  ir::DeploymentTest test;
  test.kind = ir::DeploymentTest::Kind::kDeploymentIs;
  for (std::uint32_t i = 0; i < policy.deployments.size(); ++i) {
    if (PriceOf(policy, {i}) >= price) test.values.push_back(i);
  }
  return test;
}

auto Negated(ir::DeploymentTest test) -> ir::DeploymentTest {
  ir::DeploymentTest negated;
  negated.kind = ir::DeploymentTest::Kind::kNot;
  negated.children.push_back(std::move(test));
  return negated;
}

auto PricesOfRoutes(const Encoder& encoder) -> std::vector<Prices> {
  std::vector<Prices> prices;
  for (const ir::Route& route : encoder.policy().routes) prices.push_back(PricesOfFirst(encoder, route).Take());
  return prices;
}

/// The classes of the attribute at which a comparison with it, anywhere in the condition, may begin or cease to hold.
void AddThresholds(const Encoder& encoder, const ir::Condition& condition, AttributeId attribute,
                   std::set<std::uint32_t>& thresholds) {
  for (const ir::Condition& child : condition.children) AddThresholds(encoder, child, attribute, thresholds);
  if (!condition.children.empty() || !ir::AsksAbout(condition, attribute)) return;
  const std::vector<bool> satisfying = encoder.classes().Satisfying(condition);
  for (std::uint32_t i = 1; i < satisfying.size(); ++i) {
    if (satisfying[i] != satisfying[i - 1]) thresholds.insert(i);
  }
}

/// One threshold of one budget.
class Threshold {
 public:
  Threshold(Encoder& encoder, const std::vector<Prices>& prices, AttributeId budget, std::uint32_t from)
      : encoder_(encoder),
        prices_(prices),
        budget_(budget),
        dimension_(encoder.classes().FirstDimension(budget)),
        from_(from),
        below_side_(encoder, budget, ValueIn(from - 1)),
        from_side_(encoder, budget, ValueIn(from)) {}

  /// Does the route hold of other requests on either side of the threshold?
  auto Changes(RouteId route) const -> bool { return below_side_.Matches(route) != from_side_.Matches(route); }

  /// The routes of which requests may come to this one, and those to which its own may go, by a look at hulls.
  auto RelievedBy(RouteId route) const -> std::vector<RouteId> { return Meeting(route, from_ - 1); }
  auto Relieving(RouteId relieved) const -> std::vector<RouteId> { return Meeting(relieved, from_); }

  /// Routes, each with those that it may relieve.
  using Pairs = std::map<RouteId, std::set<RouteId>>;

  /// A pair between which something moves, asked of all at once.
  struct Move {
    smt::Answer answer = smt::Answer::kUnknown;
    RouteId relieved;
    RouteId route;
  };
  auto FindMove(const Pairs& pairs) -> Move {
    std::vector<smt::Term> any;
    for (const auto& [route, relieved] : pairs) {
      for (const RouteId each : relieved) any.push_back(Moved(each, route));
    }
    const smt::Scope scope(solver());
    solver().Assert(solver().Or(any));
    const Smallest found = FindAny(encoder_);
    if (found.answer != smt::Answer::kYes) return {found.answer, {}, {}};
    const std::optional<RouteId> relieved = ReplayWitness(encoder_, WithClass(found.classes, from_ - 1)).decision.route;
    const std::optional<RouteId> route = ReplayWitness(encoder_, WithClass(found.classes, from_)).decision.route;
    if (!relieved || !route || !pairs.contains(*route) || !pairs.at(*route).contains(*relieved)) {
      ThrowUnconfirmed("is a route dearer than what it relieves");
    }
    return {found.answer, *relieved, *route};
  }

  /// Whether requests move, as the solver says; nothing if none does.
  auto Find(RouteId relieved, RouteId route, Findings<DearerSpill>& findings) -> std::optional<DearerSpill> {
    const smt::Term moved = Moved(relieved, route);
    if (moved == smt::kFalse) return std::nullopt;
    const smt::Scope scope(solver());
    solver().Assert(moved);
    const Smallest smallest = FindSmallest(encoder_);
    if (smallest.answer == smt::Answer::kUnknown) {
      findings.unanswered.push_back({"is route `" + RouteAt(route).name + "` dearer than route `" + RouteAt(relieved).name +
                                         "`, which it relieves",
                                     RouteAt(route).span});
    }
    if (smallest.answer != smt::Answer::kYes) return std::nullopt;
    return Describe(relieved, route, smallest.classes);
  }

 private:
  auto ValueIn(std::uint32_t value_class) const -> ir::Value {
    std::vector<std::uint16_t> classes(encoder_.classes().dimensions().size(), 0);
    classes.at(dimension_.index) = static_cast<std::uint16_t>(value_class);
    return encoder_.classes().Representative(classes).at(budget_.index);
  }

  /// Those that meet the route if it has any value of the budget and they have one of this class.
  auto Meeting(RouteId route, std::uint32_t value_class) const -> std::vector<RouteId> {
    Hull hull = encoder_.HullOf(route);
    hull.sides[dimension_.index] = {{value_class, value_class + 1}};
    return encoder_.RoutesMeeting(hull, {static_cast<std::uint32_t>(policy().routes.size())});
  }

  /// "Below the threshold the one decides, from it on the other, and whatever this one tries first is dearer."
  auto Moved(RouteId relieved, RouteId route) -> smt::Term {
    Hull both = Common(AnySpent(route), AnySpent(relieved));
    if (both.IsEmpty()) return smt::kFalse;
    both.sides[dimension_.index] = {{from_, from_ + 1}};
    std::vector<smt::Term> all = from_side_.Decides(route, both);
    both.sides[dimension_.index] = {{from_ - 1, from_}};
    for (const smt::Term literal : below_side_.Decides(relieved, both)) all.push_back(literal);
    if (solver().And(all) == smt::kFalse) return smt::kFalse;
    all.push_back(below_side_.SomeReached(RouteAt(relieved)));
    all.push_back(from_side_.SomeReached(RouteAt(route)));
    std::vector<smt::Term> ways;
    for (const std::int64_t price : PricesOf(route).all) {
      if (price <= PricesOf(relieved).least_of_dearest || price > PricesOf(route).most_of_cheapest) continue;
      const smt::Term some_as_dear = SomeAsDearBelow(relieved, price);
      ways.push_back(solver().And({solver().Not(SomeCheaperFrom(route, price)), solver().Not(some_as_dear)}));
    }
    all.push_back(solver().Or(ways));
    return solver().And(all);
  }

  auto AnySpent(RouteId route) const -> Hull {
    Hull hull = encoder_.HullOf(route);
    hull.sides.erase(dimension_.index);
    return hull;
  }

  /// "A first choice is cheaper than that, from the threshold on."
  auto SomeCheaperFrom(RouteId route, std::int64_t price) -> smt::Term {
    const auto [place, is_new] = cheaper_from_.try_emplace({route, price}, smt::kFalse);
    if (is_new) place->second = FirstChoiceFails(from_side_, NotCheaperThan(policy(), price), RouteAt(route));
    return place->second;
  }

  /// "A first choice costs as much as that, below the threshold": which is one formula for all prices up to the next of its own.
  auto SomeAsDearBelow(RouteId route, std::int64_t price) -> smt::Term {
    const std::set<std::int64_t>& own = PricesOf(route).all;
    const auto next = own.lower_bound(price);
    if (next == own.end()) return smt::kFalse;
    const auto [place, is_new] = as_dear_below_.try_emplace({route, *next}, smt::kFalse);
    if (is_new) place->second = FirstChoiceFails(below_side_, Negated(NotCheaperThan(policy(), *next)), RouteAt(route));
    return place->second;
  }

  auto WithClass(std::vector<std::uint16_t> classes, std::uint32_t value_class) const -> std::vector<std::uint16_t> {
    classes.at(dimension_.index) = static_cast<std::uint16_t>(value_class);
    return classes;
  }

  auto Describe(RouteId relieved, RouteId route, const std::vector<std::uint16_t>& classes) const -> DearerSpill {
    const Replay below = ReplayWitness(encoder_, WithClass(classes, from_ - 1));
    const Replay from = ReplayWitness(encoder_, WithClass(classes, from_));
    const std::string question = "is route `" + RouteAt(route).name + "` dearer than what it relieves";
    const std::vector<DeploymentId> first = ir::FirstChoices(policy(), from.decision);
    const std::vector<DeploymentId> first_below = ir::FirstChoices(policy(), below.decision);
    if (from.decision.route != route || below.decision.route != relieved || first.empty() || first_below.empty()) {
      ThrowUnconfirmed(question);
    }
    const auto price = [&](DeploymentId id) { return PriceOf(policy(), id); };
    const DeploymentId cheapest = *std::ranges::min_element(first, {}, price);
    const DeploymentId dearest_below = *std::ranges::max_element(first_below, {}, price);
    if (price(cheapest) <= price(dearest_below)) ThrowUnconfirmed(question);
    return {.budget = budget_,
            .route = route,
            .relieved = relieved,
            .witness = from.request,
            .below = below.request,
            .first = cheapest,
            .first_below = dearest_below};
  }

  auto PricesOf(RouteId id) const -> const Prices& { return prices_.at(id.index); }
  auto RouteAt(RouteId id) const -> const ir::Route& { return policy().routes.at(id.index); }
  auto policy() const -> const ir::Policy& { return encoder_.policy(); }
  auto solver() const -> smt::Solver& { return encoder_.solver(); }

  Encoder& encoder_;
  const std::vector<Prices>& prices_;
  AttributeId budget_;
  ir::DimensionId dimension_;
  std::uint32_t from_;
  Encoder below_side_;
  Encoder from_side_;
  std::map<std::pair<RouteId, std::int64_t>, smt::Term> cheaper_from_;
  std::map<std::pair<RouteId, std::int64_t>, smt::Term> as_dear_below_;
};

/// Goes through the thresholds of one budget, the lowest first.
class Sweep {
 public:
  Sweep(Encoder& encoder, AttributeId budget, const std::vector<Prices>& prices, Findings<DearerSpill>& findings)
      : encoder_(encoder), budget_(budget), prices_(prices), findings_(findings), is_found_(prices.size(), false) {}

  void Run() {
    std::map<std::uint32_t, std::vector<RouteId>> changing;  // by threshold
    for (std::uint32_t i = 0; i < prices_.size(); ++i) {
      std::set<std::uint32_t> thresholds;
      AddThresholds(encoder_, encoder_.policy().routes[i].when, budget_, thresholds);
      for (const std::uint32_t from : thresholds) changing[from].push_back({i});
    }
    for (const auto& [from, routes] : changing) Try(from, routes);
  }

 private:
  void Try(std::uint32_t from, const std::vector<RouteId>& routes) {
    // The policy on either side of this threshold has next to nothing in common with that on either side of the last one.
    encoder_.solver().Forget();
    Threshold threshold(encoder_, prices_, budget_, from);
    Threshold::Pairs pairs;
    const auto add = [&](RouteId relieved, RouteId route) {
      const bool can_be_dearer = prices_[route.index].most_of_cheapest > prices_[relieved.index].least_of_dearest;
      if (can_be_dearer && !is_found_[route.index]) pairs[route].insert(relieved);
    };
    for (const RouteId changing : routes) {
      if (!threshold.Changes(changing)) continue;
      for (const RouteId other : threshold.RelievedBy(changing)) {
        if (changing < other) add(other, changing);
      }
      for (const RouteId other : threshold.Relieving(changing)) {
        if (changing < other) add(changing, other);
      }
    }
    if (pairs.empty()) return;
    std::map<RouteId, DearerSpill> found;
    for (;;) {
      const Threshold::Move move = threshold.FindMove(pairs);
      if (move.answer == smt::Answer::kNo) break;
      if (move.answer == smt::Answer::kUnknown) {
        // Each question by itself may be easy where all of them at once are not.
        for (const auto& [route, relieved] : pairs) FindLast(threshold, route, relieved, found);
        break;
      }
      FindLast(threshold, move.route, NarrowDown(threshold, move, pairs.at(move.route)), found);
      pairs.erase(move.route);
    }
    for (auto& [route, spill] : found) {
      is_found_[route.index] = true;
      findings_.found.push_back(std::move(spill));
    }
  }

  /// Those among which the last is that the route relieves: one of them, as far as the solver knows.
  static auto NarrowDown(Threshold& threshold, Threshold::Move move, const std::set<RouteId>& relieved)
      -> std::set<RouteId> {
    std::set<RouteId> later = relieved;
    while (move.answer == smt::Answer::kYes) {
      later.erase(later.begin(), later.find(move.relieved));
      const std::set<RouteId> beyond(std::next(later.begin()), later.end());
      if (beyond.empty()) break;
      move = threshold.FindMove({{move.route, beyond}});
      if (move.answer == smt::Answer::kNo) later = {*later.begin()};
    }
    return later;
  }

  /// A route that takes everything else comes last, and is relieved most often.
  void FindLast(Threshold& threshold, RouteId route, const std::set<RouteId>& relieved,
                std::map<RouteId, DearerSpill>& found) {
    for (auto each = relieved.rbegin(); each != relieved.rend(); ++each) {
      std::optional<DearerSpill> spill = threshold.Find(*each, route, findings_);
      if (!spill) continue;
      found.emplace(route, *std::move(spill));
      return;
    }
  }

  Encoder& encoder_;
  AttributeId budget_;
  const std::vector<Prices>& prices_;
  Findings<DearerSpill>& findings_;
  std::vector<bool> is_found_;
};

}  // namespace

auto FindDearerSpills(Encoder& encoder) -> Findings<DearerSpill> {
  const ir::Policy& policy = encoder.policy();
  const std::vector<Prices> prices = PricesOfRoutes(encoder);
  Findings<DearerSpill> findings;
  for (std::uint32_t a = 0; a < policy.attributes.size(); ++a) {
    if (IsBudget(policy.attributes[a])) Sweep(encoder, {a}, prices, findings).Run();
  }
  return findings;
}

}  // namespace route::verify
