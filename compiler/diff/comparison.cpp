#include "compiler/diff/comparison.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

#include "compiler/base/internal_error.h"

namespace route::diff {
namespace {

/// Marks in `View::settled`, so that no two stages of one question share a key.
constexpr std::uint64_t kDeciding = 0;
constexpr std::uint64_t kExplaining = 1;
constexpr std::uint64_t kEndOfList = ~std::uint64_t{0};

void Append(std::vector<std::uint64_t>& list, const DeploymentSet& set) {
  list.insert(list.end(), set.words().begin(), set.words().end());
}

/// Of a list of which the first entry whose condition holds decides: what can be the first, in order.
auto Possible(const std::vector<Program::Guarded>& list, const Part& part) -> std::vector<Program::Guarded> {
  std::vector<Program::Guarded> possible;
  for (const Program::Guarded& entry : list) {
    if (part.Of(entry.condition) == Known::kFails) continue;
    possible.push_back(entry);
    if (part.Of(entry.condition) == Known::kHolds) break;
  }
  return possible;
}

auto EndsSurely(const std::vector<Program::Guarded>& possible, const Part& part) -> bool {
  return !possible.empty() && part.Of(possible.back().condition) == Known::kHolds;
}

/// Equal for equal differences only.
auto KeyOf(const Difference& difference) -> std::vector<std::uint64_t> {
  std::vector<std::uint64_t> key{static_cast<std::uint64_t>(difference.cause)};
  const auto add = [&](std::uint64_t number) { key.push_back(number); };
  const auto add_list = [&](const std::vector<std::uint32_t>& list) {
    add(list.size());
    std::ranges::for_each(list, add);
  };
  const auto add_choice = [&](const FirstChoice& choice) {
    add(choice.size());
    for (const ir::Candidate& candidate : choice) add(candidate.deployment.index), add(candidate.weight);
  };
  const auto add_end = [&](const Delta::End& end) {
    add(static_cast<std::uint64_t>(end.outcome));
    add(end.answer ? std::uint64_t{*end.answer} + 1 : 0);
  };
  const Delta& delta = difference.delta;
  add((delta.ends ? 1U : 0U) | (delta.first ? 2U : 0U) | (delta.chain ? 4U : 0U) | (delta.routes ? 8U : 0U));
  add_list(delta.lost);
  add_list(delta.gained);
  add_list(difference.explained_by);
  if (delta.ends) add_end(delta.ends->first), add_end(delta.ends->second);
  if (delta.first) add_choice(delta.first->first), add_choice(delta.first->second);
  if (delta.routes) add(delta.routes->first), add(delta.routes->second);
  return key;
}

auto AllCandidates(const Chain& chain, std::size_t deployments) -> DeploymentSet {
  DeploymentSet all(deployments);
  for (const ChainTier& tier : chain) {
    for (const ir::Candidate& candidate : tier.candidates) all.Insert(candidate.deployment.index);
  }
  return all;
}

}  // namespace

/// What one policy can still do with a part of the requests.
struct Comparison::Situation {
  const Program::Side* side = nullptr;
  std::vector<Program::Guarded> refusals;  ///< possible ones, in order
  bool surely_refused = false;
  std::vector<Program::Guarded> routes;  ///< possible ones, in order; none if surely refused
  std::vector<ConditionIndex> open_rules;
  DeploymentSet excluded;  ///< by rules that apply
  DeploymentSet doubtful;  ///< and by those that may

  auto Structure() const { return std::tie(refusals, routes); }
};

/// What the difference between two situations depends on.
struct Comparison::Pair {
  bool same = true;                  ///< there is none, whatever the open conditions turn out to be
  DeploymentSet relevant;            ///< the deployments whose rules matter
  DeploymentSet touched;             ///< those that the two may treat differently
  std::vector<std::uint64_t> marks;  ///< for the key
};

Comparison::Comparison(const Program& program, SpeaksOf speaks_of)
    : program_(program), speaks_of_(std::move(speaks_of)) {}

auto Comparison::SituationOf(const Program::Side& side, const Part& part) const -> Situation {
  const DeploymentSet none(program_.deployments.size());
  Situation situation{
      .side = &side, .refusals = {}, .routes = {}, .open_rules = {}, .excluded = none, .doubtful = none};
  situation.refusals = Possible(side.refusals, part);
  situation.surely_refused = situation.refusals.size() == 1 && EndsSurely(situation.refusals, part);
  if (!EndsSurely(situation.refusals, part)) situation.routes = Possible(side.routes, part);
  for (const ConditionIndex condition : part.Alive()) {
    const auto rule = side.rules.find(condition);
    if (rule == side.rules.end()) continue;
    if (part.Of(condition) == Known::kHolds) {
      situation.excluded |= rule->second;
    } else {
      situation.doubtful |= rule->second;
      situation.open_rules.push_back(condition);
    }
  }
  return situation;
}

// Where the same list of refusals and routes is possible in both, both take the same one, and a difference can only
// come from deployments that different rules exclude. Otherwise everything in the chains counts.
auto Comparison::Relate(const Situation& before, const Situation& after) const -> Pair {
  const std::size_t deployments = program_.deployments.size();
  Pair pair{.relevant = DeploymentSet(deployments), .touched = DeploymentSet(deployments), .marks = {}};
  if (before.Structure() != after.Structure()) {
    pair.same = false;
    for (const Situation* situation : {&before, &after}) {
      for (const Program::Guarded& route : situation->routes) {
        pair.relevant |= AllCandidates(program_.chains[route.what], deployments);
      }
    }
    return pair;
  }
  DeploymentSet out = before.excluded;
  out &= after.excluded;
  pair.touched = before.excluded;
  pair.touched ^= after.excluded;
  for (const auto& [one, other] : {std::pair(&before, &after), std::pair(&after, &before)}) {
    for (const ConditionIndex condition : one->open_rules) {
      DeploymentSet differs = one->side->rules.at(condition);
      const auto theirs = other->side->rules.find(condition);
      if (theirs != other->side->rules.end()) differs ^= theirs->second;
      pair.touched |= differs;
    }
  }
  pair.touched -= out;
  std::set<std::uint32_t> followed;
  for (const Program::Guarded& route : before.routes) {
    if (followed.insert(route.what).second) Follow(program_.chains[route.what], before, after, pair);
  }
  return pair;
}

// The first choice is settled by the first candidate that is surely allowed. If nothing before it (or it) is touched,
// the first choice is the same in both, and that something is served too.
void Comparison::Follow(const Chain& chain, const Situation& before, const Situation& after, Pair& pair) const {
  const auto is_out = [&](std::uint32_t d) { return before.excluded.Has(d) && after.excluded.Has(d); };
  const auto is_sure = [&](std::uint32_t d) {
    return !before.excluded.Has(d) && !after.excluded.Has(d) && !before.doubtful.Has(d) && !after.doubtful.Has(d);
  };
  DeploymentSet begin(program_.deployments.size());  // up to the first that is surely allowed
  bool ended = false;
  bool is_touched = false;
  for (const ChainTier& tier : chain) {
    bool tier_is_touched = false;
    bool ends_here = false;
    for (const ir::Candidate& candidate : tier.candidates) {
      const std::uint32_t d = candidate.deployment.index;
      if (is_out(d)) continue;
      if (pair.touched.Has(d)) {
        tier_is_touched = true;
        pair.relevant.Insert(d);
      }
      if (!ended && !(ends_here && tier.draw == ChainTier::Draw::kInOrder)) begin.Insert(d);
      ends_here = ends_here || is_sure(d);
    }
    ended = ended || ends_here;
    is_touched = is_touched || tier_is_touched;
  }
  // A tier with a limit reaches what matters, here or by another tier, only if those before it leave room.
  for (bool grows = is_touched; grows;) {
    grows = false;
    for (const ChainTier& tier : chain) {
      const auto matters = [&](const ir::Candidate& candidate) { return pair.relevant.Has(candidate.deployment.index); };
      if (!tier.limit || std::ranges::none_of(tier.candidates, matters)) continue;
      std::uint32_t sure = 0;
      for (const ir::Candidate& candidate : tier.candidates) {
        const std::uint32_t d = candidate.deployment.index;
        if (is_out(d) || sure >= *tier.limit) continue;
        grows = grows || !pair.relevant.Has(d);
        pair.relevant.Insert(d);
        if (is_sure(d)) ++sure;
      }
    }
  }
  if (!is_touched) {
    pair.marks.push_back(0);
    return;
  }
  pair.same = false;
  const bool first_is_open = begin.Meets(pair.touched);
  if (first_is_open) pair.relevant |= begin;
  pair.marks.push_back(first_is_open ? 1 : 2);
}

auto Comparison::Decide(const Situation& situation) const -> Decided {
  Decided decided;
  if (situation.surely_refused) {
    decided.outcome = Outcome::kRefused;
    decided.answer = situation.refusals.front().what;
    return decided;
  }
  if (situation.routes.empty()) return decided;
  const auto& routes = situation.side->routes;
  decided.route = static_cast<std::uint32_t>(std::ranges::find(routes, situation.routes.front()) - routes.begin());
  decided.chain = situation.routes.front().what;
  // What is still in doubt was found not to matter, so it may as well be left out of both.
  DeploymentSet excluded = situation.excluded;
  excluded |= situation.doubtful;
  decided.plan = PlanOf(program_.chains[*decided.chain], excluded);
  decided.outcome = decided.plan.empty() ? Outcome::kUnservable : Outcome::kRouted;
  return decided;
}

auto Comparison::Look(const Part& part) -> View {
  if (part.Of(program_.impossible) == Known::kHolds) return {.answer = kImpossible, .open = {}, .settled = {}};
  std::vector<Situation> situations;
  for (const Program::Side& side : program_.sides) situations.push_back(SituationOf(side, part));
  std::vector<Pair> pairs{Relate(situations.front(), situations.back())};
  if (pairs[0].same) {
    if (part.Of(program_.impossible) == Known::kFails) return {.answer = kSame, .open = {}, .settled = {}};
    return {.answer = std::nullopt, .open = {program_.impossible}, .settled = {kDeciding}};
  }
  if (situations.size() == 3) {
    pairs.push_back(Relate(situations[0], situations[1]));
    pairs.push_back(Relate(situations[1], situations[2]));
  }

  View view;
  view.settled.push_back(kDeciding);
  DeploymentSet relevant(program_.deployments.size());
  for (const Pair& pair : pairs) {
    view.settled.push_back(pair.same ? 0 : 1);
    view.settled.push_back(pair.marks.size());
    view.settled.insert(view.settled.end(), pair.marks.begin(), pair.marks.end());
    if (!pair.same) relevant |= pair.relevant;
  }
  Append(view.settled, relevant);
  const auto add = [&](ConditionIndex condition) {
    if (part.Of(condition) == Known::kOpen) {
      view.open.push_back(condition);
    } else if (part.Of(condition) == Known::kHolds) {
      view.settled.push_back(condition);
    }
  };
  add(program_.impossible);
  for (const Situation& situation : situations) {
    for (const Program::Guarded& each : situation.refusals) add(each.condition);
    for (const Program::Guarded& each : situation.routes) add(each.condition);
    for (const ConditionIndex condition : situation.open_rules) {
      if (situation.side->rules.at(condition).Meets(relevant)) view.open.push_back(condition);
    }
    view.settled.push_back(kEndOfList);
    DeploymentSet excluded = situation.excluded;
    excluded &= relevant;
    Append(view.settled, excluded);
  }
  if (!view.open.empty()) {
    // What may explain the difference must not be forgotten before it is known what there is to explain.
    for (const ConditionIndex condition : program_.further) add(condition);
    return view;
  }

  const Delta delta = Compare(Decide(situations.front()), Decide(situations.back()));
  if (delta.IsNothing()) return {.answer = kSame, .open = {}, .settled = {}};
  Cause cause = Cause::kUnknown;
  if (situations.size() == 3) {
    const Decided between = Decide(situations[1]);
    const bool catalogue = !pairs[1].same && !Compare(Decide(situations[0]), between).IsNothing();
    const bool rules = !pairs[2].same && !Compare(between, Decide(situations[2])).IsNothing();
    cause = catalogue && rules ? Cause::kBoth : catalogue ? Cause::kCatalogue : Cause::kRules;
  }
  return Explain(part, delta, cause);
}

auto Comparison::Explain(const Part& part, const Delta& delta, Cause cause) -> View {
  View view;
  Difference difference{.delta = delta, .cause = cause, .explained_by = {}};
  for (std::uint32_t i = 0; i < program_.further.size(); ++i) {
    const Known known = part.Of(program_.further[i]);
    if (known == Known::kFails || !speaks_of_(i, delta)) continue;
    if (known == Known::kOpen) view.open.push_back(program_.further[i]);
    if (known == Known::kHolds) difference.explained_by.push_back(i);
  }
  const auto [place, is_new] = known_.try_emplace(KeyOf(difference), static_cast<std::uint32_t>(differences_.size()));
  const std::uint32_t index = place->second;
  if (is_new) differences_.push_back(std::move(difference));
  if (view.open.empty()) return {.answer = kFirstDifference + index, .open = {}, .settled = {}};
  view.settled = {kExplaining, index};
  return view;
}

// --- The order of the dimensions
// --------------------------------------------------------------------------------------

namespace {

/// The conditions that are not used in the same way by all sides.
auto ChangedConditions(const Program& program) -> std::set<ConditionIndex> {
  std::set<ConditionIndex> changed;
  const Program::Side& last = program.sides.back();
  for (const Program::Side& side : program.sides) {
    for (const auto& [here, there] : {std::pair(&side, &last), std::pair(&last, &side)}) {
      for (const auto& [condition, excluded] : here->rules) {
        const auto found = there->rules.find(condition);
        if (found == there->rules.end() || found->second != excluded) changed.insert(condition);
      }
      for (const auto list : {&Program::Side::refusals, &Program::Side::routes}) {
        for (std::size_t i = 0; i < (here->*list).size(); ++i) {
          const Program::Guarded& entry = (here->*list)[i];
          if (std::ranges::find(there->*list, entry) == (there->*list).end()) changed.insert(entry.condition);
        }
      }
    }
    for (const auto list : {&Program::Side::refusals, &Program::Side::routes}) {  // the same ones in another order
      if ((side.*list).size() != (last.*list).size()) continue;
      for (std::size_t i = 0; i < (side.*list).size(); ++i) {
        if ((side.*list)[i] != (last.*list)[i]) changed.insert((side.*list)[i].condition);
      }
    }
  }
  return changed;
}

}  // namespace

auto OrderOfDimensions(const Program& program, const std::vector<JointDimension>& dimensions)
    -> std::vector<std::uint32_t> {
  struct Weight {
    std::uint32_t changed = 0;
    std::uint32_t deciding = 0;
    std::uint32_t mentions = 0;
  };
  std::vector<Weight> weights(dimensions.size());
  const auto count = [&](ConditionIndex condition, std::uint32_t Weight::*field) {
    for (const lower::Term& term : program.conditions[condition]) {
      for (const lower::Constraint& constraint : term) ++(weights[constraint.dimension].*field);
    }
  };
  for (const ConditionIndex condition : ChangedConditions(program)) count(condition, &Weight::changed);
  for (const Program::Side& side : program.sides) {
    for (const Program::Guarded& each : side.refusals) count(each.condition, &Weight::deciding);
    for (const Program::Guarded& each : side.routes) count(each.condition, &Weight::deciding);
  }
  for (ConditionIndex condition = 0; condition < program.conditions.size(); ++condition)
    count(condition, &Weight::mentions);
  std::vector<std::uint32_t> order(dimensions.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, [&](std::uint32_t left, std::uint32_t right) {
    const Weight& l = weights[left];
    const Weight& r = weights[right];
    const bool l_counts = l.changed > 0;
    const bool r_counts = r.changed > 0;
    return std::tuple(r_counts, r.deciding > 0, r.mentions) < std::tuple(l_counts, l.deciding > 0, l.mentions);
  });
  return order;
}

// --- Reaching one deployment
// ------------------------------------------------------------------------------------------

// What counts: the deployment itself, and in tiers with a limit those before it.
auto Reach::RelevantIn(const std::vector<Program::Guarded>& routes) const -> DeploymentSet {
  DeploymentSet relevant(program().deployments.size());
  for (const Program::Guarded& route : routes) {
    for (const ChainTier& tier : program().chains[route.what]) {
      const auto place = std::ranges::find(tier.candidates, DeploymentId{deployment_}, &ir::Candidate::deployment);
      if (place == tier.candidates.end()) continue;
      relevant.Insert(deployment_);
      for (auto each = tier.candidates.begin(); tier.limit && each != place; ++each) {
        relevant.Insert(each->deployment.index);
      }
    }
  }
  return relevant;
}

auto Reach::ResidualOf(const Program::Side& side, const Part& part) const -> Residual {
  const std::vector<Program::Guarded> refusals = Possible(side.refusals, part);
  const std::vector<Program::Guarded> routes = Possible(side.routes, part);
  DeploymentSet relevant = RelevantIn(routes);
  DeploymentSet excluded(program().deployments.size());
  DeploymentSet doubtful(program().deployments.size());
  for (const ConditionIndex condition : part.Alive()) {
    const auto rule = side.rules.find(condition);
    if (rule == side.rules.end()) continue;
    (part.Of(condition) == Known::kHolds ? excluded : doubtful) |= rule->second;
  }
  Residual residual;
  const bool refused = refusals.size() == 1 && EndsSurely(refusals, part);
  if (refused || excluded.Has(deployment_) || !relevant.Has(deployment_)) {
    residual.reached = false;
    return residual;
  }
  View& depends = residual.depends;
  for (const std::vector<Program::Guarded>* list : {&refusals, &routes}) {
    for (const Program::Guarded& each : *list) {
      if (part.Of(each.condition) == Known::kOpen) depends.open.push_back(each.condition);
      depends.settled.push_back(each.condition);
      const bool leads_there = list == &routes && RelevantIn({each}).Has(deployment_);
      depends.settled.push_back(leads_there ? std::uint64_t{each.what} : kEndOfList);
    }
    depends.settled.push_back(kEndOfList);
  }
  for (const ConditionIndex condition : part.Alive()) {
    const auto rule = side.rules.find(condition);
    const bool counts = rule != side.rules.end() && rule->second.Meets(relevant);
    if (!counts || part.Of(condition) != Known::kOpen) continue;
    depends.open.push_back(condition);
    DeploymentSet its = rule->second;
    its &= relevant;
    depends.settled.push_back(condition);
    Append(depends.settled, its);
  }
  depends.settled.push_back(kEndOfList);
  Append(depends.settled, relevant);
  DeploymentSet out = excluded;
  out &= relevant;
  Append(depends.settled, out);
  if (!depends.open.empty()) return residual;
  excluded |= doubtful;
  residual.reached = false;
  if (routes.empty()) return residual;
  for (const ChainTier& tier : PlanOf(program().chains[routes.front().what], excluded)) {
    const auto place = std::ranges::find(tier.candidates, DeploymentId{deployment_}, &ir::Candidate::deployment);
    if (place != tier.candidates.end()) residual.reached = true;
  }
  return residual;
}

auto Shown::ResidualOf(const Program::Side& side, const Part& part) const -> Residual {
  Residual residual;
  const auto screens = side.services.find(service_);
  residual.reached = screens != side.services.end();
  if (!*residual.reached) return residual;
  for (const ConditionIndex condition : screens->second) {
    if (part.Of(condition) == Known::kHolds) {
      residual.reached = false;
      return residual;
    }
    if (part.Of(condition) == Known::kOpen) residual.depends.open.push_back(condition);
  }
  if (residual.depends.open.empty()) return residual;
  std::ranges::sort(residual.depends.open);
  residual.reached.reset();
  residual.depends.settled.assign(residual.depends.open.begin(), residual.depends.open.end());
  return residual;
}

auto Presence::Look(const Part& part) -> View {
  const auto answer = [](std::uint32_t value) { return View{.answer = value, .open = {}, .settled = {}}; };
  if (part.Of(program_.impossible) == Known::kHolds) return answer(kImpossible);
  std::vector<Residual> residuals;
  for (const std::size_t side : sides_) residuals.push_back(ResidualOf(program_.sides.at(side), part));
  const Residual& last = residuals.back();
  const Residual& first = residuals.front();
  std::optional<std::uint32_t> found;
  if (residuals.size() == 1) {
    if (last.reached) found = *last.reached ? kReached : kNo;
  } else if (first.reached && last.reached) {
    found = *first.reached == *last.reached ? kNo : *last.reached ? kReached : kLost;
  } else if (!first.reached && !last.reached && first.depends.settled == last.depends.settled) {
    found = kNo;  // the same question in both
  }
  const bool may_be_impossible = part.Of(program_.impossible) == Known::kOpen;
  if (found && !may_be_impossible) return answer(*found);
  View view;
  if (may_be_impossible) view.open.push_back(program_.impossible);
  view.settled.push_back(found ? std::uint64_t{*found} : kEndOfList);
  for (const Residual& residual : residuals) {
    if (found) break;
    view.settled.push_back(residual.reached ? (*residual.reached ? 1 : 0) : 2);
    view.settled.push_back(residual.depends.settled.size());
    view.settled.insert(view.settled.end(), residual.depends.settled.begin(), residual.depends.settled.end());
    view.open.insert(view.open.end(), residual.depends.open.begin(), residual.depends.open.end());
  }
  return view;
}

}  // namespace route::diff
