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
// ends there: only such routes are looked at, and only what could meet them.

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

auto PricesOf(const ir::Policy& policy, const ir::Route& route) -> std::set<std::int64_t> {
  std::set<std::int64_t> prices;
  for (const ir::Tier& tier : route.tiers) {
    for (const ir::Candidate& candidate : tier.candidates) prices.insert(PriceOf(policy, candidate.deployment));
  }
  return prices;
}

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

/// The cheapest and the dearest deployment of each route's chain.
struct PriceRange {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

auto PriceRangesOf(const ir::Policy& policy) -> std::vector<PriceRange> {
  std::vector<PriceRange> ranges;
  for (const ir::Route& route : policy.routes) {
    const std::set<std::int64_t> prices = PricesOf(policy, route);
    ranges.push_back({*prices.begin(), *prices.rbegin()});
  }
  return ranges;
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
  Threshold(Encoder& encoder, AttributeId budget, std::uint32_t from)
      : encoder_(encoder),
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
    std::vector<smt::Term> all = below_side_.Decides(relieved);
    for (const smt::Term literal : from_side_.Decides(route)) all.push_back(literal);
    // Most pairs never take each other's requests, which is known without a word about prices.
    if (solver().And(all) == smt::kFalse || encoder_.Ask(all) == smt::Answer::kNo) return smt::kFalse;
    all.push_back(below_side_.SomeReached(RouteAt(relieved)));
    all.push_back(from_side_.SomeReached(RouteAt(route)));
    std::vector<smt::Term> ways;
    for (const std::int64_t price : PricesOf(policy(), RouteAt(route))) {
      const ir::DeploymentTest as_dear = NotCheaperThan(policy(), price);
      const smt::Term some_cheaper = FirstChoiceFails(from_side_, as_dear, RouteAt(route));
      const smt::Term some_as_dear = FirstChoiceFails(below_side_, Negated(as_dear), RouteAt(relieved));
      ways.push_back(solver().And({solver().Not(some_cheaper), solver().Not(some_as_dear)}));
    }
    all.push_back(solver().Or(ways));
    return solver().And(all);
  }

  auto Describe(RouteId relieved, RouteId route, std::vector<std::uint16_t> classes) const -> DearerSpill {
    classes.at(dimension_.index) = static_cast<std::uint16_t>(from_ - 1);
    const Replay below = ReplayWitness(encoder_, classes);
    classes.at(dimension_.index) = static_cast<std::uint16_t>(from_);
    const Replay from = ReplayWitness(encoder_, classes);
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

  auto RouteAt(RouteId id) const -> const ir::Route& { return policy().routes.at(id.index); }
  auto policy() const -> const ir::Policy& { return encoder_.policy(); }
  auto solver() const -> smt::Solver& { return encoder_.solver(); }

  Encoder& encoder_;
  AttributeId budget_;
  ir::DimensionId dimension_;
  std::uint32_t from_;
  Encoder below_side_;
  Encoder from_side_;
};

/// Goes through the thresholds of one budget, the lowest first.
class Sweep {
 public:
  Sweep(Encoder& encoder, AttributeId budget, const std::vector<PriceRange>& prices, Findings<DearerSpill>& findings)
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
    Threshold threshold(encoder_, budget_, from);
    std::map<RouteId, std::set<RouteId>> pairs;  // a route, and those that it may relieve
    const auto add = [&](RouteId relieved, RouteId route) {
      const bool can_be_dearer = prices_[route.index].most > prices_[relieved.index].least;
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
    for (const auto& [route, relieved] : pairs) {
      // A route that takes everything else comes last, and is relieved most often.
      for (auto each = relieved.rbegin(); each != relieved.rend() && !is_found_[route.index]; ++each) {
        const std::optional<DearerSpill> found = threshold.Find(*each, route, findings_);
        if (!found) continue;
        is_found_[route.index] = true;
        findings_.found.push_back(*found);
      }
    }
  }

  Encoder& encoder_;
  AttributeId budget_;
  const std::vector<PriceRange>& prices_;
  Findings<DearerSpill>& findings_;
  std::vector<bool> is_found_;
};

}  // namespace

auto FindDearerSpills(Encoder& encoder) -> Findings<DearerSpill> {
  const ir::Policy& policy = encoder.policy();
  const std::vector<PriceRange> prices = PriceRangesOf(policy);
  Findings<DearerSpill> findings;
  for (std::uint32_t a = 0; a < policy.attributes.size(); ++a) {
    if (IsBudget(policy.attributes[a])) Sweep(encoder, {a}, prices, findings).Run();
  }
  return findings;
}

}  // namespace route::verify
