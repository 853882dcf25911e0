#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include "compiler/ir/cost.h"
#include "compiler/verify/compared.h"
#include "compiler/verify/costs.h"
#include "compiler/verify/explanation.h"
#include "compiler/verify/questions.h"
#include "compiler/verify/violation.h"
#include "compiler/verify/witness.h"

namespace route::verify {
namespace {

/// Looks for requests that break one guarantee and keeps the smallest. The solver's assertions, to which the search
/// adds, hold the premise.
class Search {
 public:
  /// How far to look: for the smallest request of all, or for that of the first route that has one.
  enum class Extent : std::uint8_t { kEveryRoute, kFirstRoute };

  Search(Encoder& encoder, const ir::Guarantee& guarantee, Extent extent = Extent::kEveryRoute)
      : encoder_(encoder), guarantee_(guarantee), extent_(extent) {}

  /// Of each route, the requests that it decides. First of all routes at once, without saying which one decides: most
  /// promises hold because rules exclude what would break them, whatever the route. Where attempts are counted that is
  /// no easier than each route by itself.
  void TryRoutes() {
    struct Suspect {
      RouteId route;
      smt::Term broken;
      smt::Term taken_and_broken;
      std::optional<SuspectedCosts> costs;
    };
    const auto* costs_at_most = std::get_if<ir::CostsAtMost>(&guarantee_.promise);
    const Hull premise = HullOf(guarantee_.when, encoder_.classes());
    std::vector<Suspect> suspects;
    std::vector<smt::Term> any;
    for (const RouteId route : encoder_.RoutesMeeting(guarantee_.when)) {
      std::optional<SuspectedCosts> costs;
      if (costs_at_most != nullptr) costs.emplace(encoder_, *costs_at_most, route, premise);
      const std::optional<smt::Term> violation =
          costs ? costs->Broken() : Violation(encoder_, guarantee_, policy().routes.at(route.index));
      gave_up_ = gave_up_ || !violation;
      const smt::Term broken = violation.value_or(smt::kFalse);
      const smt::Term both = solver().And({encoder_.Matches(route), broken});
      if (both == smt::kFalse) continue;
      suspects.push_back({route, broken, both, std::move(costs)});
      any.push_back(both);
    }
    if (suspects.empty() || (!Counts() && encoder_.Ask({solver().Or(any)}) == smt::Answer::kNo)) return;
    for (Suspect& suspect : suspects) {
      if (!Counts() && encoder_.Ask({suspect.taken_and_broken}) == smt::Answer::kNo) continue;
      const smt::Scope scope(solver());
      for (const smt::Term literal : encoder_.Decides(suspect.route)) solver().Assert(literal);
      suspect.costs ? TryCosts(*suspect.costs) : Try(suspect.broken);
      if (smallest_ && extent_ == Extent::kFirstRoute) return;
    }
  }

  void TryRefusalsBut(const std::vector<RefusalId>& named) {
    for (std::uint32_t i = 0; i < policy().refusals.size(); ++i) {
      const smt::Term refuses = encoder_.Matches(RefusalId{i});
      if (!std::ranges::binary_search(named, RefusalId{i})) Try(refuses);
      solver().Assert(solver().Not(refuses));
    }
  }

  /// Of all requests, refused or not: services are asked before.
  void TryServices(const ir::EveryDeploymentReached& promise) {
    std::vector<smt::Term> shown;
    for (std::uint32_t i = 0; i < policy().services.size(); ++i) {
      if (ir::Says(promise.test, policy(), ServiceId{i}) == ir::Said::kNo) shown.push_back(encoder_.Asked({i}));
    }
    Try(solver().Or(shown));
  }

  void TryNoRoute() {
    std::vector<smt::Term> none;
    for (std::uint32_t i = 0; i < policy().routes.size(); ++i) {
      none.push_back(solver().Not(encoder_.Matches(RouteId{i})));
    }
    Try(solver().And(none));
  }

  /// Of two requests that differ in what the promise compares.
  void TryComparison(const ir::Compared& promise) { Try(ComparisonFails(encoder_, promise)); }

  auto smallest() const -> const std::optional<std::vector<std::uint16_t>>& { return smallest_; }
  auto gave_up() const -> bool { return gave_up_; }

 private:
  void Try(smt::Term broken) {
    if (broken == smt::kFalse) return;
    const smt::Scope scope(solver());
    solver().Assert(broken);
    TryAsserted([&] { return FindSmallest(encoder_); });
  }

  void TryCosts(SuspectedCosts& costs) {
    TryAsserted([&] { return FindSmallestBreaking(costs); });
  }

  /// A smallest request that is only suspected of breaking the promise, and does, is the smallest that does. Any that
  /// does not makes the suspicion narrower first, because the smallest takes far longer to find.
  auto FindSmallestBreaking(SuspectedCosts& costs) -> Smallest {
    for (;;) {
      const std::optional<smt::Term> broken = costs.Broken();
      if (!broken) return {};
      const smt::Scope scope(solver());
      solver().Assert(*broken);
      const Smallest any = FindAny(encoder_);
      if (any.answer != smt::Answer::kYes) return any;
      if (!costs.Confirm(any.classes)) continue;
      Smallest smallest = FindSmallest(encoder_);
      if (smallest.answer != smt::Answer::kYes || costs.Confirm(smallest.classes)) return smallest;
    }
  }

  template <typename Find>
  void TryAsserted(const Find& find) {
    smallest_ ? TrySmaller(find) : static_cast<void>(Take(find()));
  }

  /// Smaller means: as the smallest that is known in the first few dimensions, and less in the next one. Each number of
  /// dimensions is a question of its own, and each is far easier than whether any of them can be.
  template <typename Find>
  void TrySmaller(const Find& find) {
    const std::vector<std::uint16_t> known = *smallest_;
    const smt::Scope scope(solver());
    for (std::uint32_t i = 0; i < known.size(); ++i) {
      const ir::DimensionId dimension{i};
      if (known[i] > 0) {
        const smt::Scope less(solver());
        for (const smt::Term literal : encoder_.IsBefore(dimension, known[i])) solver().Assert(literal);
        if (Take(find())) return;
      }
      for (const smt::Term literal : encoder_.IsClass(dimension, known[i])) solver().Assert(literal);
    }
  }

  /// Whether there is one.
  auto Take(Smallest found) -> bool {
    gave_up_ = gave_up_ || found.answer == smt::Answer::kUnknown;
    if (found.answer != smt::Answer::kYes) return false;
    smallest_ = std::move(found.classes);
    return true;
  }

  auto Counts() const -> bool {
    return std::holds_alternative<ir::SurvivesLoss>(guarantee_.promise) ||
           std::holds_alternative<ir::Bounded>(guarantee_.promise);
  }

  auto policy() const -> const ir::Policy& { return encoder_.policy(); }
  auto solver() const -> smt::Solver& { return encoder_.solver(); }

  Encoder& encoder_;
  const ir::Guarantee& guarantee_;
  Extent extent_;
  std::optional<std::vector<std::uint16_t>> smallest_;
  bool gave_up_ = false;
};

/// With the shortest prompt of its class for which the request costs more than is promised; for the longest one it does.
auto WithPrompt(const Encoder& encoder, const ir::CostsAtMost& promise, ir::Request request) -> ir::Request {
  const ir::Policy& policy = encoder.policy();
  const AttributeId attribute = ir::PromptAttribute(policy).value();
  const ir::Decision decision = ir::Evaluate(policy, request);
  const auto with = [&](std::int64_t tokens) {
    request.at(attribute.index) = Decimal::FromInteger(tokens);
    return request;
  };
  const ir::DimensionId dimension = encoder.classes().FirstDimension(attribute);
  std::int64_t low = ir::PromptTokens(policy, request);
  std::int64_t high = LargestPrompt(policy, encoder.classes().dimensions().at(dimension.index),
                                    encoder.classes().Classify(request).at(dimension.index));
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (ir::WorstCost(policy, with(middle), decision) > ir::InCostUnits(promise.usd)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return with(low);
}

auto Describe(const Encoder& encoder, GuaranteeId id, const std::vector<std::uint16_t>& classes) -> GuaranteeResult {
  const ir::Policy& policy = encoder.policy();
  const ir::Guarantee& guarantee = policy.guarantees.at(id.index);
  Replay replay = ReplayWitness(encoder, classes);
  std::optional<ir::Request> compared_with;
  if (const auto* promise = std::get_if<ir::CostsAtMost>(&guarantee.promise)) {
    replay.request = WithPrompt(encoder, *promise, std::move(replay.request));
  } else if (const auto* comparison = std::get_if<ir::Compared>(&guarantee.promise)) {
    ir::Pair pair = ir::PairOf(*comparison, replay.request);
    replay.request = std::move(pair.with);
    compared_with = std::move(pair.than);
  }
  replay.decision = ir::Evaluate(policy, replay.request);
  if (ir::Holds(guarantee, policy, replay.request)) ThrowUnconfirmed("does guarantee `" + guarantee.name + "` hold");
  Fault fault = ExplainFault(policy, guarantee, replay.request, replay.decision);
  if (const auto* promise = std::get_if<ir::SurvivesLoss>(&guarantee.promise)) {
    std::set<std::uint32_t> lost;
    for (const DeploymentId deployment : fault.deployments) {
      lost.insert(ir::UnitOf(policy, promise->unit, deployment));
    }
    if (lost.size() > promise->count ||
        ir::IsServedDespite(policy, replay.decision, promise->unit, {lost.begin(), lost.end()})) {
      ThrowUnconfirmed("does this loss break guarantee `" + guarantee.name + "`");
    }
  }
  return {.guarantee = id,
          .verdict = Verdict::kViolated,
          .witness = std::move(replay.request),
          .compared_with = std::move(compared_with),
          .route = replay.decision.route,
          .deployments = std::move(fault.deployments),
          .explanation = std::move(fault.explanation),
          .services = std::move(fault.services)};
}

/// A smallest set of refusals that answers every request that the solver's assertions admit; none if there is no such request.
auto RefusingAll(Encoder& encoder) -> std::vector<RefusalId> {
  smt::Solver& solver = encoder.solver();
  if (solver.Check({}) != smt::Answer::kYes) return {};
  std::vector<smt::Term> passed;
  for (std::uint32_t i = 0; i < encoder.policy().refusals.size(); ++i) passed.push_back(solver.Not(encoder.Matches(RefusalId{i})));
  std::vector<RefusalId> refusing;
  for (const std::size_t i : MinimalContradiction(solver, smt::kTrue, passed)) refusing.push_back({static_cast<std::uint32_t>(i)});
  return refusing;
}

}  // namespace

auto Concerned(const Encoder& encoder, const ir::Guarantee& guarantee) -> smt::Term {
  if (std::holds_alternative<ir::Served>(guarantee.promise) || std::holds_alternative<ir::Compared>(guarantee.promise)) {
    return smt::kTrue;
  }
  const auto* every = std::get_if<ir::EveryDeploymentReached>(&guarantee.promise);
  if (every == nullptr) return encoder.NotRefused();
  const ir::Policy& policy = encoder.policy();
  std::vector<smt::Term> any{encoder.NotRefused()};
  for (std::uint32_t i = 0; i < policy.services.size(); ++i) {
    if (ir::AskedFor(policy, {i}).empty()) continue;
    if (ir::Says(every->test, policy, ServiceId{i}) == ir::Said::kNo) return smt::kTrue;
    any.push_back(encoder.Asked({i}));
  }
  return encoder.solver().Or(any);
}

auto FindSingleLosses(Encoder& encoder) -> Findings<SingleLoss> {
  using Unit = ir::SurvivesLoss::Unit;
  const ir::Policy& policy = encoder.policy();
  Findings<SingleLoss> findings;
  for (const Unit unit : {Unit::kDeployment, Unit::kVendor, Unit::kCountry}) {
    ir::Guarantee survives;
    survives.promise = ir::SurvivesLoss{.unit = unit, .count = 1};
    survives.span = policy.span;
    const smt::Scope scope(encoder.solver());
    Search search(encoder, survives, Search::Extent::kFirstRoute);
    search.TryRoutes();
    if (search.smallest()) {
      Replay replay = ReplayWitness(encoder, *search.smallest());
      const std::vector<std::uint32_t> lost = ir::SmallestLoss(policy, replay.decision, unit);
      if (lost.size() != 1 || ir::IsServedDespite(policy, replay.decision, unit, lost)) {
        ThrowUnconfirmed("can one loss end service");
      }
      findings.found.push_back({.unit = unit,
                                .witness = std::move(replay.request),
                                .route = replay.decision.route.value(),
                                .lost = lost.front()});
      return findings;  // losing a vendor or a country is no smaller loss
    }
    if (search.gave_up()) findings.unanswered.push_back({"can one loss end service", policy.span});
  }
  return findings;
}

auto FindTrivialGuarantees(const Encoder& encoder) -> std::vector<TrivialGuarantee> {
  const ir::Policy& policy = encoder.policy();
  struct Holds {
    const ir::Policy& policy;
    auto OfAll(const ir::DeploymentTest& test) const -> bool {
      for (std::uint32_t i = 0; i < policy.deployments.size(); ++i) {
        if (!ir::Holds(test, policy, {i})) return false;
      }
      return true;
    }
    auto OfServices(const ir::DeploymentTest& test) const -> bool {
      for (std::uint32_t i = 0; i < policy.services.size(); ++i) {
        if (ir::Says(test, policy, ServiceId{i}) == ir::Said::kNo) return false;
      }
      return true;
    }
    auto operator()(const ir::EveryDeploymentReached& promise) const -> bool {
      return OfAll(promise.test) && OfServices(promise.test);
    }
    auto operator()(const ir::FirstChoice& promise) const -> bool { return OfAll(promise.test); }
    auto operator()(const ir::Served&) const -> bool { return false; }
    auto operator()(const ir::SurvivesLoss&) const -> bool { return false; }
    auto operator()(const ir::Compared&) const -> bool { return false; }
    auto operator()(const ir::CostsAtMost& promise) const -> bool {
      const std::int64_t limit = ir::CostLimit(policy.limits);
      return limit > 0 && limit <= ir::InCostUnits(promise.usd);
    }
    auto operator()(const ir::Bounded& promise) const -> bool {
      return promise.attempts.value_or(policy.limits.attempts) >= policy.limits.attempts &&
             promise.within_ms.value_or(policy.limits.deadline_ms) >= policy.limits.deadline_ms;
    }
  };
  std::vector<TrivialGuarantee> trivial;
  for (std::uint32_t i = 0; i < policy.guarantees.size(); ++i) {
    if (std::visit(Holds{policy}, policy.guarantees[i].promise)) trivial.push_back({{i}});
  }
  return trivial;
}

auto CheckGuarantees(Encoder& encoder) -> Findings<GuaranteeResult> {
  const ir::Policy& policy = encoder.policy();
  smt::Solver& solver = encoder.solver();
  Findings<GuaranteeResult> findings;
  for (std::uint32_t i = 0; i < policy.guarantees.size(); ++i) {
    const ir::Guarantee& guarantee = policy.guarantees[i];
    const auto* served = std::get_if<ir::Served>(&guarantee.promise);
    const auto* compared = std::get_if<ir::Compared>(&guarantee.promise);

    const smt::Scope scope(solver);
    solver.Assert(encoder.Encode(guarantee.when));
    Search search(encoder, guarantee);
    if (const auto* every = std::get_if<ir::EveryDeploymentReached>(&guarantee.promise)) search.TryServices(*every);
    const smt::Answer can_happen = encoder.Ask({Concerned(encoder, guarantee)});
    if (can_happen == smt::Answer::kUnknown) {
      findings.unanswered.push_back({"can the premise of guarantee `" + guarantee.name + "` happen", guarantee.span});
    }

    if (can_happen != smt::Answer::kNo) {
      const smt::Scope not_refused(solver);
      if (served == nullptr && compared == nullptr) solver.Assert(encoder.NotRefused());
      if (served != nullptr) {
        search.TryRefusalsBut(served->unless_refused_by);
        search.TryNoRoute();
      }
      if (compared != nullptr) {
        search.TryComparison(*compared);
      } else {
        search.TryRoutes();
      }
    }
    if (search.smallest()) {
      findings.found.push_back(Describe(encoder, {i}, *search.smallest()));
      continue;
    }
    findings.found.push_back({.guarantee = {i},
                              .verdict = search.gave_up() ? Verdict::kUnknown : Verdict::kProved,
                              .witness = {},
                              .compared_with = {},
                              .route = {},
                              .deployments = {},
                              .explanation = {},
                              .vacuous = can_happen == smt::Answer::kNo,
                              .refused_by = can_happen == smt::Answer::kNo ? RefusingAll(encoder) : std::vector<RefusalId>{}});
  }
  return findings;
}

}  // namespace route::verify
