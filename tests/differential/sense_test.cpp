/// The questions of R0517 to R0523, which are about what a policy hardly means, compared with trying every request.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "compiler/ir/classes.h"
#include "compiler/ir/clock.h"
#include "compiler/ir/evaluate.h"
#include "compiler/verify/verify.h"
#include "tests/differential/brute_force.h"
#include "tests/differential/seeds.h"
#include "tests/random_policy/random_policy.h"

namespace route::differential {
namespace {

using verify::VerifyReport;
using Whose = std::variant<RuleId, RefusalId, RouteId, GuaranteeId>;

// --- The policies -----------------------------------------------------------------------------------------------------

/// A random policy, whose numbers are what is spent; where there is one, the first route takes what has spent half of it.
auto PolicyWithBudgets(std::uint64_t seed) -> ir::Policy {
  ir::Policy policy = PolicyOf(seed);
  for (std::uint32_t a = 0; a < policy.attributes.size(); ++a) {
    ir::Attribute& attribute = policy.attributes[a];
    const bool is_spent = attribute.kind == AttributeKind::kNumber && attribute.unit != Unit::kTokens &&
                          attribute.unit != Unit::kTimeOfDay;
    if (!is_spent) continue;
    attribute.sources = {{SourceKind::kBudget, ""}};
    ir::Condition half;
    half.kind = ir::Condition::Kind::kInRange;
    half.attribute = {a};
    half.low = attribute.maximum.micros / 2 / StepOf(attribute.unit) * StepOf(attribute.unit);
    half.high = std::numeric_limits<std::int64_t>::max();
    policy.routes.front().when = half;
  }
  random_policy::GivePlaces(policy);
  return policy;
}

auto Decides(const ir::Decision& decision, std::uint32_t route) -> bool { return decision.route == RouteId{route}; }

// --- R0517 ------------------------------------------------------------------------------------------------------------

auto PriceOf(const ir::Policy& policy, DeploymentId id) -> std::int64_t {
  const ir::Deployment& deployment = policy.deployments.at(id.index);
  return deployment.price_in.micros + deployment.price_out.micros;
}

/// Whatever is tried first for the one costs more than whatever is tried first for the other.
auto IsDearer(const ir::Policy& policy, const ir::Decision& one, const ir::Decision& other) -> bool {
  for (const DeploymentId here : ir::FirstChoices(policy, one)) {
    for (const DeploymentId there : ir::FirstChoices(policy, other)) {
      if (PriceOf(policy, here) <= PriceOf(policy, there)) return false;
    }
  }
  return one.outcome == Outcome::kRouted && other.outcome == Outcome::kRouted;
}

/// The requests of a policy with every class of one dimension.
class Variants {
 public:
  Variants(const ir::Policy& policy, const BruteForce& truth, ir::DimensionId dimension) {
    const ir::ValueClasses classes(policy);
    for (const ir::Request& request : truth.requests()) {
      std::vector<std::uint16_t> its_classes = classes.Classify(request);
      if (its_classes.at(dimension.index) != 0) continue;
      std::vector<ir::Request>& with = requests_.emplace_back();
      std::vector<ir::Decision>& decided = decisions_.emplace_back();
      for (std::uint16_t i = 0; i < classes.dimensions().at(dimension.index).classes; ++i) {
        its_classes.at(dimension.index) = i;
        with.push_back(classes.Representative(its_classes));
        decided.push_back(ir::Evaluate(policy, with.back()));
      }
    }
  }

  auto size() const -> std::size_t { return requests_.size(); }
  auto Request(std::size_t i, std::uint32_t value_class) const -> const ir::Request& { return requests_[i][value_class]; }
  auto Decision(std::size_t i, std::uint32_t value_class) const -> const ir::Decision& {
    return decisions_[i][value_class];
  }

 private:
  std::vector<std::vector<ir::Request>> requests_;
  std::vector<std::vector<ir::Decision>> decisions_;
};

struct Spill {
  std::uint32_t relieved = 0;
  ir::Request witness;
  ir::Request below;
};

auto FirstSpill(const ir::Policy& policy, const Variants& variants, std::uint32_t route, std::uint32_t from)
    -> std::optional<Spill> {
  for (auto relieved = static_cast<std::uint32_t>(policy.routes.size()); relieved-- > 0;) {
    if (relieved == route) continue;
    for (std::size_t i = 0; i < variants.size(); ++i) {
      const ir::Decision& above = variants.Decision(i, from);
      const ir::Decision& below = variants.Decision(i, from - 1);
      if (!Decides(above, route) || !Decides(below, relieved) || !IsDearer(policy, above, below)) continue;
      return Spill{relieved, variants.Request(i, from), variants.Request(i, from - 1)};
    }
  }
  return std::nullopt;
}

void CompareDearerSpills(const ir::Policy& policy, const BruteForce& truth, const VerifyReport& report) {
  const ir::ValueClasses classes(policy);
  std::size_t next = 0;
  for (std::uint32_t a = 0; a < policy.attributes.size(); ++a) {
    if (policy.attributes[a].sources[0].kind != SourceKind::kBudget) continue;
    const ir::DimensionId dimension = classes.FirstDimension({a});
    const Variants variants(policy, truth, dimension);
    std::set<std::uint32_t> is_found;
    for (std::uint32_t from = 1; from < classes.dimensions().at(dimension.index).classes; ++from) {
      for (std::uint32_t route = 0; route < policy.routes.size(); ++route) {
        if (is_found.contains(route)) continue;
        const auto spill = FirstSpill(policy, variants, route, from);
        if (!spill) continue;
        is_found.insert(route);
        REQUIRE(next < report.dearer_spills.size());
        const verify::DearerSpill& finding = report.dearer_spills[next++];
        REQUIRE(finding.budget == AttributeId{a});
        REQUIRE(finding.route == RouteId{route});
        REQUIRE(finding.relieved == RouteId{spill->relieved});
        REQUIRE(finding.witness == spill->witness);
        REQUIRE(finding.below == spill->below);
        REQUIRE(PriceOf(policy, finding.first) > PriceOf(policy, finding.first_below));
      }
    }
  }
  REQUIRE(next == report.dearer_spills.size());
}

// --- R0518 ------------------------------------------------------------------------------------------------------------

auto Exclude(const ir::Policy& policy, const std::vector<RuleId>& rules, const std::vector<DeploymentId>& deployments)
    -> bool {
  return std::ranges::all_of(deployments, [&](DeploymentId deployment) {
    return std::ranges::any_of(rules, [&](RuleId id) { return !ir::Holds(policy.rules.at(id.index).keep, policy, deployment); });
  });
}

void CompareDeadMembers(const ir::Policy& policy, const BruteForce& truth, const VerifyReport& report) {
  std::set<DeploymentId> settled;  // reached, or reported already
  for (const ir::Decision& decision : truth.decisions()) {
    for (const ir::PlanTier& tier : decision.plan) {
      for (const ir::Candidate& candidate : tier.deployments) settled.insert(candidate.deployment);
    }
  }
  const std::set<DeploymentId> reached = settled;
  std::size_t next = 0;
  for (std::uint32_t route = 0; route < policy.routes.size(); ++route) {
    const auto first = truth.First([&](std::size_t i) { return Decides(truth.decisions()[i], route); });
    const std::vector<ir::Tier>& tiers = policy.routes[route].tiers;
    for (std::uint32_t t = 0; first && t < tiers.size(); ++t) {
      std::set<DeploymentId> dead;
      bool some_reached = false;
      for (const ir::Candidate& candidate : tiers[t].candidates) {
        if (!settled.contains(candidate.deployment)) dead.insert(candidate.deployment);
        some_reached = some_reached || reached.contains(candidate.deployment);
      }
      if (tiers[t].limit || !some_reached || dead.empty()) continue;
      settled.insert(dead.begin(), dead.end());
      REQUIRE(next < report.dead_members.size());
      const verify::DeadMembers& finding = report.dead_members[next++];
      REQUIRE(finding.route == RouteId{route});
      REQUIRE(finding.tier == t);
      REQUIRE(finding.deployments == std::vector<DeploymentId>(dead.begin(), dead.end()));
      REQUIRE(finding.witness == truth.requests()[*first]);
      REQUIRE(Exclude(policy, finding.rules, finding.deployments));
      for (std::size_t left_out = 0; left_out < finding.rules.size(); ++left_out) {
        std::vector<RuleId> fewer = finding.rules;
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(left_out));
        REQUIRE(!Exclude(policy, fewer, finding.deployments));
      }
    }
  }
  REQUIRE(next == report.dead_members.size());
}

// --- R0519 ------------------------------------------------------------------------------------------------------------

/// The most retries of a tier that the limit of the attempts leaves a request which comes to it; nothing if none does.
auto MostRetries(const ir::Policy& policy, const BruteForce& truth, std::uint32_t route, std::uint32_t tier)
    -> std::optional<std::uint64_t> {
  std::optional<std::uint64_t> most;
  for (const ir::Decision& decision : truth.decisions()) {
    if (!Decides(decision, route)) continue;
    std::uint64_t used = 0;
    for (const ir::PlanTier& planned : decision.plan) {
      const ir::Tier& its_tier = policy.routes[route].tiers.at(planned.tier);
      if (planned.tier != tier) {
        used += planned.tier < tier ? ir::TierAttempts(planned.deployments.size(), its_tier.retries) : 0;
        continue;
      }
      if (used >= policy.limits.attempts) break;
      used += planned.deployments.size();
      const std::uint64_t left = policy.limits.attempts > used ? policy.limits.attempts - used : 0;
      most = std::max(most.value_or(0), std::min<std::uint64_t>(left, its_tier.retries.value_or(0)));
    }
  }
  return most;
}

auto ExpectedCuts(const ir::Policy& policy, const BruteForce& truth) -> std::vector<verify::CutShort> {
  using By = verify::CutShort::By;
  std::vector<verify::CutShort> cuts;
  for (std::uint32_t route = 0; route < policy.routes.size(); ++route) {
    std::optional<std::uint64_t> waited = 0;
    for (std::uint32_t t = 0; t < policy.routes[route].tiers.size(); ++t) {
      const ir::Tier& tier = policy.routes[route].tiers[t];
      const std::uint64_t deadline = policy.limits.deadline_ms;
      if (waited && tier.within_ms && *waited < deadline && *waited + *tier.within_ms > deadline) {
        cuts.push_back({{route}, t, By::kDeadline, *tier.within_ms, deadline - *waited});
      }
      waited = waited && tier.within_ms ? std::optional(*waited + *tier.within_ms) : std::nullopt;
      const std::uint32_t retries = tier.retries.value_or(0);
      std::optional<std::int64_t> fastest;
      bool all_stated = true;
      for (const ir::Candidate& candidate : tier.candidates) {
        const auto& time = policy.deployments.at(candidate.deployment.index).first_token_ms;
        all_stated = all_stated && time;
        if (time) fastest = std::min(fastest.value_or(time->micros), time->micros);
      }
      if (retries > 0 && all_stated && *fastest > 0) {
        std::uint64_t fit = 0;  // attempts, one after the other
        const std::int64_t time = std::int64_t{tier.within_ms.value_or(policy.limits.deadline_ms)} * Decimal::kScale;
        while (fit <= retries && static_cast<std::int64_t>(fit + 1) * *fastest <= time) ++fit;
        if (fit <= retries) cuts.push_back({{route}, t, By::kTime, retries, fit == 0 ? 0 : fit - 1});
      }
      const auto most = MostRetries(policy, truth, route, t);
      if (most && *most < retries) cuts.push_back({{route}, t, By::kAttempts, retries, *most});
    }
  }
  return cuts;
}

void CompareCutShort(const ir::Policy& policy, const BruteForce& truth, const VerifyReport& report) {
  const std::vector<verify::CutShort> expected = ExpectedCuts(policy, truth);
  REQUIRE(report.cut_short.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    REQUIRE(report.cut_short[i].route == expected[i].route);
    REQUIRE(report.cut_short[i].tier == expected[i].tier);
    REQUIRE(report.cut_short[i].by == expected[i].by);
    REQUIRE(report.cut_short[i].promised == expected[i].promised);
    REQUIRE(report.cut_short[i].left == expected[i].left);
  }
}

// --- R0521 ------------------------------------------------------------------------------------------------------------

class IdleParts {
 public:
  explicit IdleParts(const BruteForce& truth) : truth_(truth) {}

  void Walk(Whose whose, const ir::Condition& node) {
    const bool is_and = node.kind == ir::Condition::Kind::kAll;
    if (is_and || node.kind == ir::Condition::Kind::kAny) {
      ir::Condition rest = node;
      for (std::size_t part = node.children.size(); part-- > 0 && rest.children.size() > 1;) {
        const auto others_hold = [&](const ir::Request& request) { return OthersAre(rest, part, request, is_and); };
        if (!IsFixed(rest.children[part], is_and, others_hold) || !IsForeseenWithout(rest, part)) continue;
        found.push_back({whose, rest.children[part].span,
                         is_and ? verify::IdlePart::How::kImplied : verify::IdlePart::How::kCovered});
        rest.children.erase(rest.children.begin() + static_cast<std::ptrdiff_t>(part));
      }
    }
    for (const ir::Condition& child : node.children) Walk(whose, child);
  }

  void WalkEarlier(RouteId id) {
    const ir::Policy& policy = truth_.policy();
    const ir::Condition& when = policy.routes.at(id.index).when;
    if (when.kind != ir::Condition::Kind::kAll || when.children.size() < 2) return;
    for (std::size_t part = 0; part < when.children.size(); ++part) {
      const Span span = when.children[part].span;
      if (std::ranges::find(found, span, &verify::IdlePart::span) != found.end()) continue;
      const auto gets_its_turn = [&](const ir::Request& request) {
        const auto answers = [&](const auto& earlier) { return ir::Holds(earlier.when, request); };
        return OthersAre(when, part, request, true) && std::ranges::none_of(policy.refusals, answers) &&
               std::none_of(policy.routes.begin(), policy.routes.begin() + id.index, answers);
      };
      if (IsFixed(when.children[part], true, gets_its_turn)) {
        found.push_back({id, span, verify::IdlePart::How::kEarlier});
      }
    }
  }

  std::vector<verify::IdlePart> found;

 private:
  static auto OthersAre(const ir::Condition& node, std::size_t part, const ir::Request& request, bool value) -> bool {
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      if (i != part && ir::Holds(node.children[i], request) != value) return false;
    }
    return true;
  }

  /// Of some requests, and the part has this value for all of them.
  template <typename Of>
  auto IsFixed(const ir::Condition& part, bool value, const Of& of) const -> bool {
    bool is_some = false;
    for (const ir::Request& request : truth_.requests()) {
      if (!of(request)) continue;
      is_some = true;
      if (ir::Holds(part, request) != value) return false;
    }
    return is_some;
  }

  /// No more and no less is known of the rest before services answer.
  auto IsForeseenWithout(const ir::Condition& node, std::size_t part) const -> bool {
    ir::Condition rest = node;
    rest.children.erase(rest.children.begin() + static_cast<std::ptrdiff_t>(part));
    return std::ranges::all_of(truth_.requests(), [&](const ir::Request& request) {
      return ir::Foresee(node, truth_.policy(), request) == ir::Foresee(rest, truth_.policy(), request);
    });
  }

  const BruteForce& truth_;
};

void CompareIdleParts(const ir::Policy& policy, const BruteForce& truth, const VerifyReport& report) {
  IdleParts expected(truth);
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    if (policy.rules[i].origin == ir::Rule::Origin::kWritten) expected.Walk(RuleId{i}, policy.rules[i].when);
  }
  for (std::uint32_t i = 0; i < policy.refusals.size(); ++i) expected.Walk(RefusalId{i}, policy.refusals[i].when);
  for (std::uint32_t i = 0; i < policy.routes.size(); ++i) expected.Walk(RouteId{i}, policy.routes[i].when);
  for (std::uint32_t i = 0; i < policy.guarantees.size(); ++i) expected.Walk(GuaranteeId{i}, policy.guarantees[i].when);
  for (std::uint32_t i = 0; i < policy.routes.size(); ++i) expected.WalkEarlier({i});
  REQUIRE(report.idle_parts.size() == expected.found.size());
  for (std::size_t i = 0; i < expected.found.size(); ++i) {
    CAPTURE(i);
    REQUIRE(report.idle_parts[i].whose == expected.found[i].whose);
    REQUIRE(report.idle_parts[i].span == expected.found[i].span);
    REQUIRE(report.idle_parts[i].how == expected.found[i].how);
  }
}

// --- R0522 ------------------------------------------------------------------------------------------------------------

/// Where a request's dates lie: some class is over everywhere, or has begun nowhere, or neither.
enum class Day : std::uint8_t { kOver, kNow, kToCome };

auto DayOf(const ir::Policy& policy, const ir::ValueClasses& classes, const ir::Request& request, Date today) -> Day {
  Day day = Day::kNow;
  const std::vector<std::uint16_t> its_classes = classes.Classify(request);
  for (std::uint32_t a = 0; a < policy.attributes.size(); ++a) {
    if (policy.attributes[a].kind != AttributeKind::kDate) continue;
    const std::uint32_t dimension = classes.FirstDimension({a}).index;
    const ir::DayRange days = ir::DaysOf(classes.dimensions()[dimension], its_classes[dimension]);
    const bool is_last = its_classes[dimension] + 1U == classes.dimensions()[dimension].classes;
    if (!is_last && days.high < today.days) return Day::kOver;
    if (days.low > today.days + 1) day = Day::kToCome;
  }
  return day;
}

void CompareOutOfDate(const ir::Policy& policy, const BruteForce& truth, const VerifyReport& report, Date today) {
  using When = verify::OutOfDate::When;
  const ir::ValueClasses classes(policy);
  std::vector<Day> days;
  for (const ir::Request& request : truth.requests()) days.push_back(DayOf(policy, classes, request, today));
  std::size_t next = 0;
  const auto try_it = [&](Whose whose, const ir::Condition& when) {
    bool asks_for_a_date = false;  // days of the week come again
    for (std::uint32_t a = 0; a < policy.attributes.size(); ++a) {
      const bool is_date = policy.attributes[a].kind == AttributeKind::kDate;
      asks_for_a_date = asks_for_a_date || (is_date && ir::AsksAbout(when, {a}));
    }
    if (!asks_for_a_date) return;
    std::set<Day> holds;
    for (std::size_t i = 0; i < truth.requests().size(); ++i) {
      if (ir::Holds(when, truth.requests()[i])) holds.insert(days[i]);
    }
    if (holds.empty() || holds.contains(Day::kNow)) return;
    const When expected = holds.contains(Day::kToCome) ? When::kNotYet : When::kOver;
    REQUIRE(next < report.out_of_date.size());
    REQUIRE(report.out_of_date[next].whose == whose);
    REQUIRE(report.out_of_date[next++].when == expected);
  };
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) try_it(RuleId{i}, policy.rules[i].when);
  for (std::uint32_t i = 0; i < policy.refusals.size(); ++i) try_it(RefusalId{i}, policy.refusals[i].when);
  for (std::uint32_t i = 0; i < policy.routes.size(); ++i) try_it(RouteId{i}, policy.routes[i].when);
  for (std::uint32_t i = 0; i < policy.guarantees.size(); ++i) try_it(GuaranteeId{i}, policy.guarantees[i].when);
  REQUIRE(next == report.out_of_date.size());
}

// --- R0523 ------------------------------------------------------------------------------------------------------------

/// What written rules exclude for requests that are not refused.
class Excluded {
 public:
  Excluded(const ir::Policy& policy, const BruteForce& truth) : policy_(policy), truth_(truth) {}

  /// Each deployment that the rule excludes for some request is excluded by one of these, too.
  auto IsCoveredBy(std::uint32_t rule, const std::vector<RuleId>& others) const -> bool {
    return ForAll([&](const ir::Request& request) {
      if (!ir::Holds(policy_.rules[rule].when, request)) return true;
      for (std::uint32_t d = 0; d < policy_.deployments.size(); ++d) {
        if (ir::Holds(policy_.rules[rule].keep, policy_, {d})) continue;
        const auto excludes = [&](RuleId other) {
          return ir::Holds(policy_.rules[other.index].when, request) && !ir::Holds(policy_.rules[other.index].keep, policy_, {d});
        };
        if (std::ranges::none_of(others, excludes)) return false;
      }
      return true;
    });
  }

  /// Some service sees some prompt without the rule, when these others are left, and does not with it.
  auto KeepsAService(RuleId rule, const std::vector<RuleId>& others, const std::vector<RefusalId>& refusals) const -> bool {
    for (std::uint32_t service = 0; service < policy_.services.size(); ++service) {
      if (ir::AskedFor(policy_, {service}).empty()) continue;
      const auto keeps = [&](RuleId id, const ir::Request& request) {
        return ir::Says(policy_.rules[id.index].keep, policy_, {service}) == ir::Said::kNo &&
               ir::Foresee(policy_.rules[id.index].when, policy_, request) != ir::Truth::kNo;
      };
      for (const ir::Request& request : truth_.requests()) {
        const auto refuses = [&](RefusalId id) {
          return ir::Foresee(policy_.refusals[id.index].when, policy_, request) == ir::Truth::kYes;
        };
        const auto other_keeps = [&](RuleId other) { return keeps(other, request); };
        if (keeps(rule, request) && std::ranges::none_of(others, other_keeps) && std::ranges::none_of(refusals, refuses)) {
          return true;
        }
      }
    }
    return false;
  }

  /// The rules and refusals that a finding names keep services from the same prompts, and none of them can be left out.
  void CompareKeepers(const verify::IdleRule& finding) const {
    REQUIRE(std::ranges::is_sorted(finding.kept_by));
    REQUIRE(std::ranges::is_sorted(finding.refusals));
    REQUIRE(!KeepsAService(finding.rule, finding.kept_by, finding.refusals));
    for (const RuleId left_out : finding.kept_by) {
      std::vector<RuleId> fewer = finding.kept_by;
      std::erase(fewer, left_out);
      REQUIRE(KeepsAService(finding.rule, fewer, finding.refusals));
    }
    for (const RefusalId left_out : finding.refusals) {
      std::vector<RefusalId> fewer = finding.refusals;
      std::erase(fewer, left_out);
      REQUIRE(KeepsAService(finding.rule, finding.kept_by, fewer));
    }
  }

  auto EverApplies(std::uint32_t rule) const -> bool {
    return !ForAll([&](const ir::Request& request) { return !ir::Holds(policy_.rules[rule].when, request); });
  }

 private:
  template <typename Does>
  auto ForAll(const Does& does) const -> bool {
    for (std::size_t i = 0; i < truth_.requests().size(); ++i) {
      if (truth_.decisions()[i].outcome != Outcome::kRefused && !does(truth_.requests()[i])) return false;
    }
    return true;
  }

  const ir::Policy& policy_;
  const BruteForce& truth_;
};

void CompareIdleRules(const ir::Policy& policy, const BruteForce& truth, const VerifyReport& report) {
  const Excluded excluded(policy, truth);
  std::vector<RuleId> staying;
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    if (policy.rules[i].origin == ir::Rule::Origin::kWritten) staying.push_back({i});
  }
  std::vector<RefusalId> refusals;
  for (std::uint32_t i = 0; i < policy.refusals.size(); ++i) refusals.push_back({i});
  std::size_t left = report.idle_rules.size();  // the findings are made from the last rule to the first
  for (const RuleId rule : std::vector<RuleId>(staying.rbegin(), staying.rend())) {
    CAPTURE(rule.index);
    const auto is_no_other = [&](RuleId id) {
      return id == rule || policy.rules[id.index].layer != policy.rules[rule.index].layer;
    };
    std::vector<RuleId> others = staying;
    std::erase_if(others, is_no_other);
    const bool is_idle = excluded.EverApplies(rule.index) && excluded.IsCoveredBy(rule.index, others) &&
                         !excluded.KeepsAService(rule, others, refusals);
    const bool is_reported = left > 0 && report.idle_rules[left - 1].rule == rule;
    REQUIRE(is_reported == is_idle);
    if (!is_idle) continue;
    const verify::IdleRule& finding = report.idle_rules[--left];
    excluded.CompareKeepers(finding);
    REQUIRE(std::ranges::includes(others, finding.kept_by));
    const std::vector<RuleId>& covered_by = finding.covered_by;
    REQUIRE(std::ranges::includes(others, covered_by));
    REQUIRE(excluded.IsCoveredBy(rule.index, covered_by));
    for (const RuleId left_out : covered_by) {
      std::vector<RuleId> fewer = covered_by;
      std::erase(fewer, left_out);
      REQUIRE(!excluded.IsCoveredBy(rule.index, fewer));
    }
    std::erase(staying, rule);
  }
  REQUIRE(left == 0);
}

TEST_CASE("what a policy hardly means is found as by trying every request") {
  std::map<std::string, std::size_t> found;
  std::size_t kept = 0;
  for (const std::uint64_t seed : Seeds()) {
    CAPTURE(seed);
    const ir::Policy policy = PolicyWithBudgets(seed);
    const BruteForce truth(policy);
    const Date today{20'666 + static_cast<std::int32_t>(seed % 7)};
    const VerifyReport report = verify::Verify(policy, {.depth = verify::Limits::Depth::kAudit, .today = today});
    REQUIRE(report.unanswered.empty());
    CompareDearerSpills(policy, truth, report);
    CompareDeadMembers(policy, truth, report);
    CompareCutShort(policy, truth, report);
    CompareIdleParts(policy, truth, report);
    CompareOutOfDate(policy, truth, report, today);
    CompareIdleRules(policy, truth, report);
    found["dearer spills"] += report.dearer_spills.size();
    found["tiers with dead members"] += report.dead_members.size();
    for (const verify::CutShort& finding : report.cut_short) {
      ++found["cut short " + std::to_string(static_cast<int>(finding.by))];
    }
    for (const verify::IdlePart& finding : report.idle_parts) {
      ++found["idle parts " + std::to_string(static_cast<int>(finding.how))];
    }
    for (const verify::OutOfDate& finding : report.out_of_date) {
      ++found["out of date " + std::to_string(static_cast<int>(finding.when))];
    }
    for (const verify::IdleRule& finding : report.idle_rules) {
      kept += finding.kept_by.empty() && finding.refusals.empty() ? 0 : 1;
      ++found[finding.covered_by.empty() ? "rules that exclude nothing" : "rules that others cover"];
    }
  }
  MESSAGE(kept << " idle rules whose services others keep from the same prompts");
  for (const auto& [what, count] : found) MESSAGE(count << " " << what);
  if (std::getenv("ROUTE_SEED") != nullptr) return;
  CHECK(found.size() == 12);
  CHECK(kept >= 2);
  for (const auto& [what, count] : found) CHECK_MESSAGE(count >= 2, what);
}

}  // namespace
}  // namespace route::differential
