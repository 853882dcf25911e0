#include <algorithm>
#include <numeric>
#include <set>

#include "audit/proof.h"

namespace audit {

auto ClassesIn(const Json& question, std::size_t count) -> Bits {
  Bits classes(count);
  Need(question.size() == 2, "a question is not understood", question);
  for (const Json& run : question.at("classes")) {
    for (std::size_t c = Natural(run.at(0)); c < Natural(run.at(1)); ++c) classes.at(c) = true;
  }
  return classes;
}

static auto Not(Truth truth) -> Truth { return static_cast<Truth>(kTrue - truth); }

auto Evaluate(const Json& condition, const Box& box) -> Truth {
  if (const auto dimension = condition.find("dimension"); dimension != condition.end()) {
    const Bits& possible = box.at(Natural(*dimension));
    const Bits asked = ClassesIn(condition, possible.size());
    Spend(possible.size());
    bool some_in = false, some_out = false;
    for (std::size_t c = 0; c < possible.size(); ++c) {
      if (possible[c]) (asked[c] ? some_in : some_out) = true;
    }
    return !some_in ? kFalse : some_out ? kUnknown : kTrue;
  }
  Need(condition.is_object() && condition.size() == 1, "a condition is not understood", condition);
  const bool all = condition.contains("all");
  if (!all && !condition.contains("any")) return Not(Evaluate(condition.at("not"), box));
  Truth result = all ? kTrue : kFalse;
  for (const Json& part : condition.front()) {
    result = all ? std::min(result, Evaluate(part, box)) : std::max(result, Evaluate(part, box));
    if (result == (all ? kFalse : kTrue)) break;
  }
  return result;
}

auto Put(Box box, std::size_t first, std::size_t end, const Json& classes) -> Box {
  for (std::size_t d = first; d < end; ++d) {
    box.at(d).assign(box[d].size(), false);
    box[d].at(Natural(classes.at(d - first))) = true;
  }
  return box;
}

namespace {

/// Whether a date and its weekday go together in some request of the box.
auto IsPossible(const Core& core, const Box& box) -> bool {
  constexpr std::int64_t kDays = 7, kThursday = 3;  // which 1970-01-01 was, counted from Monday
  return std::ranges::all_of(core.calendars, [&](const auto& calendar) {
    const auto& [date, weekday] = calendar;
    for (std::size_t c = 0; c < box.at(date).size(); ++c) {
      const auto& [first, end] = RangeOf(AttributeOf(core.json, date), c);
      for (std::int64_t day = first; box[date][c] && day < std::min(end, first + kDays); ++day) {
        if (box.at(weekday).at(static_cast<std::size_t>(((day + kThursday) % kDays + kDays) % kDays))) return true;
      }
    }
    return false;
  });
}

const Json kUnserved = {{"every_deployment_reached", {{"deployments", {{"any", Json::array()}}}, {"services", kAlways}}}};
const Json kServed = {{"served", {{"unless_refused_by", Json::array()}}}};

auto OutcomesIn(const Core& core, const Json& premise, const Box& box) -> Outcomes {
  const auto evaluate = [&](const Json& condition) { return Evaluate(condition, box); };
  const auto none = [](const Outcomes& rules) { return rules.empty() ? kTrue : Not(*std::ranges::max_element(rules)); };
  return OutcomesOf<Truth>(core, premise, evaluate, none);
}

/// Whether a deployment is allowed, or, counted on from them, a service.
auto Allowed(const Core& core, const Outcomes& outcomes, std::size_t deployment) -> Truth {
  return outcomes.at(1 + core.json["refusals"].size() + core.json["routes"].size() + deployment);
}

/// A tier that may be reached, and what its part of the plan can be.
struct Reach {
  bool by_weight = false;
  std::uint64_t retries = 0, within = 0;  // `within` in milliseconds
  std::size_t most = 0, certain = 0;      // how many may be reached, and how many are certainly allowed
  std::vector<std::size_t> maybe = {};    // deployments that may be reached, unless an earlier one is tried first and succeeds
  std::vector<std::pair<std::size_t, std::size_t>> sure = {};  // those that certainly are, and how many may come before
};
using Plan = std::vector<Reach>;

auto PlanOf(const Core& core, const Json& route, const Outcomes& outcomes) -> Plan {
  Plan plan;
  for (const Json& tier : route.at("tiers")) {
    Reach reach{.by_weight = tier.at("order") == "by weight", .retries = Natural(tier.at("retries"), 0)};
    reach.within = Natural(tier.at("within_ms"), Natural(core.json["limits"].at("deadline_ms")));
    const std::uint64_t limit = Natural(tier.at("limit"), tier.at("candidates").size());
    std::size_t possible = 0;
    for (const Json& candidate : tier["candidates"]) {
      const std::size_t d = Natural(candidate.at("deployment"));
      const Truth allowed = Allowed(core, outcomes, d);
      if (allowed == kFalse) continue;
      if (reach.certain < limit) reach.maybe.push_back(d);
      if (allowed == kTrue && possible < limit) reach.sure.emplace_back(d, possible);
      ++possible;
      reach.certain += allowed == kTrue ? 1 : 0;
    }
    reach.most = std::min<std::size_t>(possible, limit);
    if (reach.most > 0) plan.push_back(std::move(reach));
  }
  return plan;
}

/// Whether the test holds of each deployment that may be tried first.
auto FirstPasses(const Core& core, const Json& test, const Plan& plan, const Outcomes& outcomes) -> bool {
  for (const Reach& reach : plan) {
    for (const std::size_t d : reach.maybe) {
      if (!Holds(test, core.json["deployments"][d])) return false;
      if (Allowed(core, outcomes, d) == kTrue && !reach.by_weight) return true;
    }
    if (reach.certain > 0) return true;
  }
  return true;
}

auto IsBounded(const Core& core, const Json& bounds, const Plan& plan) -> bool {
  std::uint64_t attempts = 0, time = 0;
  for (const Reach& reach : plan) {
    attempts += reach.most + reach.retries;
    time += reach.within;
  }
  attempts = std::min(attempts, Natural(core.json["limits"].at("attempts")));
  time = std::min(time, Natural(core.json["limits"].at("deadline_ms")));
  return attempts <= Natural(bounds.at("attempts"), attempts) && time <= Natural(bounds.at("within_ms"), time);
}

/// Loses the fewest units that, with those that are lost already, have at least `failures` of these.
void LoseFewest(std::vector<Json> units, std::size_t failures, std::set<Json>& lost) {
  std::size_t failed = std::erase_if(units, [&](const Json& unit) { return lost.contains(unit); });
  while (failed < failures) {
    const Json largest = *std::ranges::max_element(units, {}, [&](const Json& unit) { return std::ranges::count(units, unit); });
    failed += std::erase(units, largest);
    lost.insert(largest);
  }
}

/// Whether every loss that ends service takes more units than the promise speaks of.
auto Survives(const Core& core, const Json& loss, const Plan& plan) -> bool {
  std::set<Json> lost;
  std::uint64_t left = Natural(core.json["limits"].at("attempts"));
  for (const Reach& reach : plan) {
    const bool is_part_drawn = reach.by_weight && reach.most > left;
    std::vector<Json> units;
    for (const auto& [d, before] : reach.sure) {
      if (reach.by_weight || before < left) units.push_back(core.json["deployments"][d].at(Text(loss.at("of"))));
    }
    if (is_part_drawn) LoseFewest(units, left - std::min<std::size_t>(left, reach.most - units.size()), lost);
    if (!is_part_drawn) lost.insert(units.begin(), units.end());
    left -= std::min(left, reach.most + reach.retries);
  }
  return plan.empty() || lost.size() > Natural(loss.at("count"));
}

/// Numbers that are not negative; a result that does not fit is the largest number.
constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
auto Plus(std::int64_t a, std::int64_t b) -> std::int64_t { return b > kLargest - a ? kLargest : a + b; }
auto Times(std::int64_t a, std::int64_t b) -> std::int64_t { return a != 0 && b > kLargest / a ? kLargest : a * b; }

/// Whether the most expensive attempts that the limits admit cost no more. Millionths of a millionth of a USD.
auto IsAffordable(const Core& core, std::int64_t usd, const Plan& plan, const Box& box) -> bool {
  const Json& limits = core.json["limits"];
  Need(usd >= 0 && core.prompt, "a limit of the cost is negative, or nothing says how long a prompt is");
  std::size_t longest = box.at(*core.prompt).size() - 1;
  while (!box[*core.prompt][longest]) --longest;
  const std::int64_t tokens = (RangeOf(AttributeOf(core.json, *core.prompt), longest).second - 1) / 1'000'000;
  const std::uint64_t attempts = Natural(limits.at("attempts")), answer = Natural(limits.at("answer_tokens"));
  std::vector<std::int64_t> costs;  // of each attempt
  for (const Reach& reach : plan) {
    std::int64_t dearest = 0;
    for (const std::size_t d : reach.maybe) {
      const Json& deployment = core.json["deployments"][d];
      costs.push_back(Plus(Times(static_cast<std::int64_t>(answer), deployment.at("price_out")), Times(tokens, deployment.at("price_in"))));
      dearest = std::max(dearest, costs.back());
    }
    costs.insert(costs.end(), std::min(reach.retries, attempts), dearest);
  }
  std::ranges::sort(costs, std::greater());
  costs.resize(std::min<std::size_t>(costs.size(), attempts));
  const std::int64_t most = Times(100'000'000, static_cast<std::int64_t>(Natural(limits.at("cost_hundredth_cents"))));
  const std::int64_t cost = std::accumulate(costs.begin(), costs.end(), std::int64_t{0}, Plus);
  return (most > 0 ? std::min(cost, most) : cost) <= Times(1'000'000, usd);
}

/// Whether a plan keeps the promise.
auto PlanKeeps(const Core& core, const Json& promise, const Plan& plan, const Outcomes& outcomes, const Box& box) -> bool {
  const std::string& what = promise.begin().key();
  const Json& says = promise.front();
  if (what == "first_choice") return FirstPasses(core, says, plan, outcomes);
  if (what == "served") return std::ranges::any_of(plan, [](const Reach& reach) { return reach.certain > 0; });
  if (what == "survives_loss") return Survives(core, says, plan);
  if (what == "bounded") return IsBounded(core, says, plan);
  if (what == "costs_at_most") return IsAffordable(core, says.at("usd"), plan, box);
  const auto passes = [&](std::size_t d) { return Holds(says.at("deployments"), core.json["deployments"][d]); };
  return what == "every_deployment_reached" &&
         std::ranges::all_of(plan, [&](const Reach& reach) { return std::ranges::all_of(reach.maybe, passes); });
}

auto AsksAbout(const Json& condition, std::size_t first, std::size_t end) -> bool {
  if (condition.contains("dimension")) return first <= condition["dimension"] && condition["dimension"] < end;
  return condition.is_structured() && std::ranges::any_of(condition, [&](const Json& part) { return AsksAbout(part, first, end); });
}

/// Compares each request of the box, with one value of the attribute, with the same request with another.
auto IsCompared(const Core& core, const Json& says, const Box& box) -> bool {
  const Json &of = core.json["attributes"].at(Natural(says.at("attribute"))), &what = says.at("what");
  const std::size_t first = Natural(of["first_dimension"]), end = first + (of["kind"] == "any of" ? of.at("values").size() : 1);
  const Box with = Put(box, first, end, says.at("value")), than = Put(box, first, end, says.at("than"));
  const Outcomes one = OutcomesIn(core, kAlways, with), other = OutcomesIn(core, kAlways, than);
  if (what == "served") return IsKept(core, kUnserved, other, than) || IsKept(core, kServed, one, with);
  if (what == "allowed") {
    const auto may_part = [&](const Json& by) { return AsksAbout(by.at("when"), first, end) && Evaluate(by["when"], with) != kFalse; };
    const Json& refusals = core.json["refusals"];
    if (std::count(other.begin() + 1, other.begin() + 1 + static_cast<std::ptrdiff_t>(refusals.size()), kTrue) > 0) return true;
    const bool any_refuses = std::any_of(refusals.begin(), refusals.end(), may_part);
    for (std::size_t d = 0; d < core.json["deployments"].size(); ++d) {
      bool may_go = any_refuses;
      for (std::size_t r = 0; r < core.json["rules"].size() && !may_go; ++r) may_go = !core.keeps[r][d] && may_part(core.json["rules"][r]);
      if (may_go && Allowed(core, other, d) != kFalse) return false;
    }
    return true;
  }
  const bool at_least = what == "first_choice_at_least";
  Need(at_least || what == "first_choice_at_most", "a comparison is not understood", says);
  return std::ranges::any_of(core.json["deployments"], [&](const Json& each) {  // whose number stands between the two
    const Json number = each.value(Text(says.at("fact")), Json(0));
    const Json larger = {{"first_choice", {{"fact", says["fact"]}, {"at_least", number}}}};
    const Json smaller = {{"first_choice", {{"fact", says["fact"]}, {"below", Plus(1, number)}}}};
    return IsKept(core, at_least ? larger : smaller, one, with) && IsKept(core, at_least ? smaller : larger, other, than);
  });
}

}  // namespace

auto IsKept(const Core& core, const Json& promise, const Outcomes& outcomes, const Box& box) -> bool {
  if (outcomes[0] == kFalse) return true;
  const Json &refusals = core.json["refusals"], &routes = core.json["routes"], &services = core.json["services"];
  for (std::size_t s = 0; s < services.size() && promise.contains("every_deployment_reached"); ++s) {
    const bool may_see = core.asked[s] && Allowed(core, outcomes, core.json["deployments"].size() + s) != kFalse;
    if (may_see && !Holds(promise.front().at("services"), services[s])) return false;
  }
  const bool served = promise.contains("served");
  const Json named = served ? promise["served"].at("unless_refused_by") : Json();
  for (std::size_t i = 0; i < refusals.size(); ++i) {
    const bool may_refuse = !served || std::find(named.begin(), named.end(), i) != named.end();
    if (outcomes[1 + i] != kFalse && !may_refuse) return false;
    if (outcomes[1 + i] == kTrue) return true;
  }
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const Truth takes = outcomes[1 + refusals.size() + i];
    if (takes != kFalse && !PlanKeeps(core, promise, PlanOf(core, routes[i], outcomes), outcomes, box)) return false;
    if (takes == kTrue) return true;
  }
  return !served;
}

auto IsEstablishedIn(const Core& core, const Json& obligation, const Box& box) -> bool {
  const Json& promise = obligation["promise"];
  if (!IsPossible(core, box)) return true;
  if (!promise.contains("compared")) return IsKept(core, promise, OutcomesIn(core, obligation["when"], box), box);
  return Evaluate(obligation["when"], box) == kFalse || IsCompared(core, promise["compared"], box);
}

void CheckCases(const Core& core, const Json& obligation, const Json& tree, Box& box) {
  if (tree == true) return Need(IsEstablishedIn(core, obligation, box), "a case does not establish it", obligation["name"]);
  Need(tree.size() == 4, "a tree of cases is malformed", obligation["name"]);
  Bits& possible = box.at(Natural(tree[0]));
  const Bits saved = possible;
  Bits listed(saved.size());
  for (const Json& number : tree[1]) listed.at(Natural(number)) = true;
  for (const bool inside : {true, false}) {
    for (std::size_t c = 0; c < saved.size(); ++c) possible[c] = saved[c] && listed[c] == inside;
    Need(std::ranges::count(possible, true) > 0, "a case holds no request", obligation["name"]);
    CheckCases(core, obligation, tree[inside ? 2 : 3], box);
  }
  possible = saved;
}

}  // namespace audit
