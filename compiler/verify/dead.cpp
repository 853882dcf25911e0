#include <algorithm>
#include <cstddef>
#include <optional>
#include <variant>
#include <vector>

#include "compiler/verify/kept_services.h"
#include "compiler/verify/minimal_set.h"
#include "compiler/verify/questions.h"
#include "compiler/verify/witness.h"

namespace route::verify {
namespace {

/// A request that satisfies the condition, from its hull alone, if the hull is all that there is to it.
auto Corner(const Encoder& encoder, const Hull& hull) -> std::optional<ir::Request> {
  if (!hull.is_exact || hull.IsEmpty() || !encoder.CombinesFreely()) return std::nullopt;
  std::vector<std::uint16_t> classes(encoder.classes().dimensions().size(), 0);
  for (const auto& [dimension, ranges] : hull.sides) {
    classes.at(dimension) = static_cast<std::uint16_t>(ranges.front().first);
  }
  return encoder.classes().Representative(classes);
}

/// The first request that one would try is decided by the route. Saves a question for most routes.
auto DecidesAtAGlance(const Encoder& encoder, RouteId route) -> bool {
  const std::optional<ir::Request> corner = Corner(encoder, encoder.HullOf(route));
  if (!corner) return false;
  const ir::Policy& policy = encoder.policy();
  const auto refuses = [&](RefusalId id) { return ir::Holds(policy.refusals.at(id.index).when, *corner); };
  const auto takes = [&](RouteId id) { return ir::Holds(policy.routes.at(id.index).when, *corner); };
  return std::ranges::none_of(encoder.RefusalsBefore(route), refuses) &&
         std::ranges::none_of(encoder.RoutesBefore(route), takes);
}

/// Of findings about rules or refusals, what each keeps services from, from the last to the first; one that keeps them from
/// nothing no longer counts for those before it. Rules of another layer, which another author can change, do not count.
template <typename Finding, typename IdOf, typename LayerOf>
void FindKept(Encoder& encoder, std::vector<Finding>& findings, IdOf id_of, LayerOf layer_of) {
  std::vector<std::variant<RefusalId, RuleId>> gone;
  for (auto finding = findings.rbegin(); finding != findings.rend(); ++finding) {
    const std::variant<RefusalId, RuleId> id = id_of(*finding);
    const auto is_left = [&](const Encoder::Screen& other) {
      if (std::ranges::find(gone, other.meaning->by) != gone.end()) return false;
      const auto* rule = std::get_if<RuleId>(&other.meaning->by);
      return rule == nullptr || encoder.policy().rules.at(rule->index).layer == layer_of(*finding);
    };
    finding->keeps_away = KeptAlone(encoder, id, is_left);
    if (finding->keeps_away.empty()) gone.push_back(id);
  }
}

/// A smallest set of rules that excludes every deployment of the tier for each request that the assertions admit, all of which
/// the route decides.
auto ExcludingAlways(Encoder& encoder, RouteId route, const ir::Tier& tier) -> std::vector<RuleId> {
  const ir::Policy& policy = encoder.policy();
  smt::Solver& solver = encoder.solver();
  std::vector<RuleId> rules;
  std::vector<std::vector<std::size_t>> excluding(tier.candidates.size());  // of each candidate, by index into `rules`
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    if (!Meet(encoder.HullOf(RuleId{i}), encoder.HullOf(route))) continue;
    bool excludes = false;
    for (std::size_t c = 0; c < tier.candidates.size(); ++c) {
      if (ir::Holds(policy.rules[i].keep, policy, tier.candidates[c].deployment)) continue;
      excluding[c].push_back(rules.size());
      excludes = true;
    }
    if (excludes) rules.push_back({i});
  }
  // Most deployments of a tier are excluded by the same rules as others of it.
  std::ranges::sort(excluding);
  excluding.erase(std::ranges::unique(excluding).begin(), excluding.end());

  const auto contradict = [&](const std::vector<std::size_t>& kept, std::size_t count) -> std::optional<std::size_t> {
    std::vector<smt::Term> allowed;
    for (const std::vector<std::size_t>& by : excluding) {
      std::vector<smt::Term> none;
      for (const std::size_t i : by) {
        const bool is_there = i < count || std::ranges::find(kept, i) != kept.end();
        if (is_there) none.push_back(solver.Not(encoder.Matches(rules[i])));
      }
      allowed.push_back(solver.And(none));
    }
    return encoder.Ask({solver.Or(allowed)}) == smt::Answer::kNo ? std::optional(count) : std::nullopt;
  };
  std::vector<RuleId> needed;
  for (const std::size_t i : MinimalSet(rules.size(), contradict)) needed.push_back(rules[i]);
  return needed;
}

auto SameChain(const ir::Route& one, const ir::Route& other) -> bool {
  return std::ranges::equal(one.tiers, other.tiers, [](const ir::Tier& a, const ir::Tier& b) {
    return a.order == b.order && a.candidates == b.candidates && a.limit == b.limit && a.within_ms == b.within_ms &&
           a.retries == b.retries;
  });
}

}  // namespace

auto MinimalContradiction(smt::Solver& solver, smt::Term given, const std::vector<smt::Term>& candidates)
    -> std::vector<std::size_t> {
  return MinimalSet(
      candidates.size(), [&](const std::vector<std::size_t>& kept, std::size_t count) -> std::optional<std::size_t> {
        std::vector<smt::Term> assumed{given};
        for (const std::size_t i : kept) assumed.push_back(candidates[i]);
        const std::size_t base = assumed.size();
        assumed.insert(assumed.end(), candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(count));
        if (solver.Check(assumed) != smt::Answer::kNo) return std::nullopt;
        const std::vector<std::size_t>& core = solver.Core();
        return core.empty() || core.back() < base ? 0 : core.back() - base + 1;
      });
}

auto FindDeadRoutes(Encoder& encoder) -> Findings<DeadRoute> {
  const ir::Policy& policy = encoder.policy();
  smt::Solver& solver = encoder.solver();
  Findings<DeadRoute> findings;
  for (std::uint32_t i = 0; i < policy.routes.size(); ++i) {
    if (DecidesAtAGlance(encoder, {i})) continue;
    switch (encoder.Ask(encoder.Decides({i}))) {
      case smt::Answer::kYes:
        break;
      case smt::Answer::kNo:
        findings.found.push_back({.route = {i}, .hidden_by = {}, .refused_by = {}});
        break;
      case smt::Answer::kUnknown:
        findings.unanswered.push_back({"can route `" + policy.routes[i].name + "` be reached", policy.routes[i].span});
        break;
    }
  }
  for (DeadRoute& dead : findings.found) {
    const smt::Term matches = encoder.Matches(dead.route);
    if (solver.Check({matches}) == smt::Answer::kNo) {
      dead.never_matches = true;
      continue;
    }
    const std::vector<RefusalId> refusals = encoder.RefusalsBefore(dead.route);
    const std::vector<RouteId> routes = encoder.RoutesBefore(dead.route);
    std::vector<smt::Term> earlier;
    for (const RefusalId id : refusals) earlier.push_back(solver.Not(encoder.Matches(id)));
    for (const RouteId id : routes) earlier.push_back(solver.Not(encoder.Matches(id)));
    for (const std::size_t i : MinimalContradiction(solver, matches, earlier)) {
      if (i < refusals.size()) {
        dead.refused_by.push_back(refusals[i]);
      } else {
        dead.hidden_by.push_back(routes[i - refusals.size()]);
      }
    }
    const auto does_the_same = [&](RouteId id) {
      return SameChain(policy.routes.at(id.index), policy.routes.at(dead.route.index));
    };
    const bool is_same = dead.refused_by.empty() && std::ranges::all_of(dead.hidden_by, does_the_same);
    dead.outcome = is_same ? DeadRoute::Outcome::kSame : DeadRoute::Outcome::kDiffers;
  }
  return findings;
}

auto FindDeadTiers(Encoder& encoder) -> Findings<DeadTier> {
  const ir::Policy& policy = encoder.policy();
  smt::Solver& solver = encoder.solver();
  Findings<DeadTier> findings;
  for (std::uint32_t i = 0; i < policy.routes.size(); ++i) {
    const ir::Route& route = policy.routes[i];
    if (route.tiers.size() < 2) continue;  // R0502 says so of a whole chain
    std::vector<std::uint32_t> dead;
    for (std::uint32_t t = 0; t < route.tiers.size(); ++t) {
      const smt::Term reached = encoder.SomeReached(route.tiers[t]);
      if (reached == smt::kTrue) continue;
      std::vector<smt::Term> assumed = encoder.Decides({i});
      assumed.push_back(reached);
      switch (encoder.Ask(assumed)) {
        case smt::Answer::kYes:
          break;
        case smt::Answer::kNo:
          dead.push_back(t);
          break;
        case smt::Answer::kUnknown:
          findings.unanswered.push_back({"can the tier `" + route.tiers[t].label + "` of route `" + route.name +
                                             "` be reached", route.tiers[t].span});
          break;
      }
    }
    if (dead.empty() || dead.size() == route.tiers.size()) continue;
    const smt::Scope scope(solver);
    solver.Assert(solver.And(encoder.Decides({i})));
    const Smallest smallest = FindSmallest(encoder);
    if (smallest.answer == smt::Answer::kUnknown) {
      findings.unanswered.push_back({"which request does route `" + route.name + "` decide", route.span});
    }
    if (smallest.answer != smt::Answer::kYes) continue;  // a dead route: R0503
    const Replay replay = ReplayWitness(encoder, smallest.classes);
    for (const std::uint32_t t : dead) {
      if (replay.decision.route != RouteId{i} || std::ranges::find(replay.decision.plan, t, &ir::PlanTier::tier) !=
                                                     replay.decision.plan.end()) {
        ThrowUnconfirmed("can the tier `" + route.tiers[t].label + "` of route `" + route.name + "` be reached");
      }
      findings.found.push_back(
          {.route = {i}, .tier = t, .rules = ExcludingAlways(encoder, {i}, route.tiers[t]), .witness = replay.request});
    }
  }
  return findings;
}

auto FindDeadRules(Encoder& encoder) -> Findings<DeadRule> {
  const ir::Policy& policy = encoder.policy();
  Findings<DeadRule> findings;
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    const ir::Rule& rule = policy.rules[i];
    if (rule.origin != ir::Rule::Origin::kWritten) continue;
    const Hull& hull = encoder.HullOf(RuleId{i});
    if (hull.is_exact && !hull.IsEmpty() && encoder.CombinesFreely()) continue;
    switch (encoder.Ask({encoder.Matches(RuleId{i})})) {
      case smt::Answer::kYes:
        break;
      case smt::Answer::kNo:
        findings.found.push_back({{i}});
        break;
      case smt::Answer::kUnknown:
        findings.unanswered.push_back({"can rule `" + rule.name + "` apply", rule.span});
        break;
    }
  }
  FindKept(encoder, findings.found, [](const DeadRule& dead) { return dead.rule; },
           [&](const DeadRule& dead) { return policy.rules.at(dead.rule.index).layer; });
  return findings;
}

auto FindDeadRefusals(Encoder& encoder) -> Findings<DeadRefusal> {
  const ir::Policy& policy = encoder.policy();
  smt::Solver& solver = encoder.solver();
  Findings<DeadRefusal> findings;
  for (std::uint32_t i = 0; i < policy.refusals.size(); ++i) {
    const ir::Refusal& refusal = policy.refusals[i];
    const smt::Term matches = encoder.Matches(RefusalId{i});
    std::vector<smt::Term> earlier;
    for (std::uint32_t k = 0; k < i; ++k) earlier.push_back(solver.Not(encoder.Matches(RefusalId{k})));
    std::vector<smt::Term> first = earlier;
    first.push_back(matches);
    switch (encoder.Ask(first)) {
      case smt::Answer::kYes:
        break;
      case smt::Answer::kNo: {
        DeadRefusal dead{.refusal = {i}, .hidden_by = {}};
        if (solver.Check({matches}) == smt::Answer::kNo) {
          dead.never_matches = true;
        } else {
          for (const std::size_t hiding : MinimalContradiction(solver, matches, earlier)) {
            dead.hidden_by.push_back({static_cast<std::uint32_t>(hiding)});
          }
        }
        findings.found.push_back(std::move(dead));
        break;
      }
      case smt::Answer::kUnknown:
        findings.unanswered.push_back({"can refusal `" + refusal.name + "` apply", refusal.span});
        break;
    }
  }
  FindKept(encoder, findings.found, [](const DeadRefusal& dead) { return dead.refusal; },
           [&](const DeadRefusal& dead) { return policy.refusals.at(dead.refusal.index).layer; });
  return findings;
}

auto FindDeadServices(Encoder& encoder) -> Findings<DeadService> {
  const ir::Policy& policy = encoder.policy();
  smt::Solver& solver = encoder.solver();
  Findings<DeadService> findings;
  for (std::uint32_t i = 0; i < policy.services.size(); ++i) {
    if (ir::AskedFor(policy, {i}).empty()) continue;  // R0411
    const smt::Answer answer = encoder.Ask({encoder.Asked({i})});
    if (answer == smt::Answer::kUnknown) {
      findings.unanswered.push_back({"may service `" + policy.services[i].name + "` see any request", policy.services[i].span});
    }
    if (answer != smt::Answer::kNo) continue;
    DeadService dead{.service = {i}, .refusals = {}, .rules = {}};
    std::vector<const ir::Screen*> screens;
    std::vector<smt::Term> open;
    for (const Encoder::Screen& screen : encoder.screens()) {
      const std::vector<ServiceId>& kept = screen.meaning->services;
      if (std::ranges::find(kept, ServiceId{i}) == kept.end()) continue;
      screens.push_back(screen.meaning);
      open.push_back(solver.Not(screen.holds));
    }
    for (const std::size_t s : MinimalContradiction(solver, smt::kTrue, open)) {
      if (const auto* rule = std::get_if<RuleId>(&screens[s]->by)) dead.rules.push_back(*rule);
      if (const auto* refusal = std::get_if<RefusalId>(&screens[s]->by)) dead.refusals.push_back(*refusal);
    }
    findings.found.push_back(std::move(dead));
  }
  return findings;
}

}  // namespace route::verify
