#include "tests/diff/pairs.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "tests/random_policy/random_policy.h"

namespace route::diff {
namespace {

using ir::Condition;
using random_policy::Random;

constexpr random_policy::Shape kShape = {
    .attributes = 4, .deployments = 6, .rules = 6, .refusals = 2, .routes = 4, .guarantees = 0, .requests = 120};
constexpr random_policy::Shape kWithServices = {
    .attributes = 4, .deployments = 5, .rules = 6, .refusals = 2, .routes = 3, .guarantees = 0, .services = 3, .requests = 120};
constexpr random_policy::Shape kTiny = {
    .attributes = 2, .deployments = 4, .rules = 4, .refusals = 1, .routes = 3, .guarantees = 0, .requests = 16};

auto AllConditions(ir::Policy& policy) -> std::vector<Condition*> {
  std::vector<Condition*> all;
  for (auto& rule : policy.rules) all.push_back(&rule.when);
  for (auto& refusal : policy.refusals) all.push_back(&refusal.when);
  for (auto& route : policy.routes) all.push_back(&route.when);
  for (std::size_t i = 0; i < all.size(); ++i) {
    Condition* condition = all[i];
    for (Condition& child : condition->children) all.push_back(&child);
  }
  return all;
}

template <typename T>
void Drop(std::vector<T>& list, Random& random) {
  if (!list.empty()) list.erase(list.begin() + static_cast<std::ptrdiff_t>(random.Below(list.size())));
}

template <typename T>
void SwapNeighbours(std::vector<T>& list, Random& random) {
  if (list.size() < 2) return;
  const std::size_t i = random.Below(list.size() - 1);
  std::swap(list[i], list[i + 1]);
}

void ChangeCondition(ir::Policy& policy, Random& random) {
  const std::vector<Condition*> all = AllConditions(policy);
  if (all.empty()) return;
  Condition& condition = *random.Pick(all);
  switch (random.Below(4)) {
    case 0: {
      Condition negated;
      negated.kind = Condition::Kind::kNot;
      negated.children.push_back(condition);
      condition = std::move(negated);
      return;
    }
    case 1: {
      const Condition copy = *random.Pick(all);
      condition = copy;
      return;
    }
    case 2:
      if (condition.kind == Condition::Kind::kAll) condition.kind = Condition::Kind::kAny;
      return;
    default:
      if (condition.kind == Condition::Kind::kInRange && condition.low < 1'000'000) condition.low += 1;
      if (condition.values.size() > 1) condition.values.pop_back();
      return;
  }
}

void ChangeTier(ir::Policy& policy, Random& random) {
  ir::Route& route = policy.routes[random.Below(policy.routes.size())];
  ir::Tier& tier = route.tiers[random.Below(route.tiers.size())];
  switch (random.Below(7)) {
    case 0:
      tier.limit = 1 + static_cast<std::uint32_t>(random.Below(3));
      return;
    case 1:
      tier.limit.reset();
      return;
    case 2:
      tier.within_ms = 100 + static_cast<std::uint32_t>(random.Below(3));
      return;
    case 3:
      tier.order = tier.order == TierOrder::kByWeight ? TierOrder::kAsListed : TierOrder::kByWeight;
      return;
    case 4:
      std::ranges::reverse(tier.candidates);
      return;
    case 5:
      if (tier.candidates.size() > 1) Drop(tier.candidates, random);
      return;
    default:
      if (route.tiers.size() > 1) Drop(route.tiers, random);
      return;
  }
}

/// Values are at the end of a list, so that the indexes of the others stay what they are.
void ChangeAttribute(ir::Policy& policy, Random& random) {
  const auto index = static_cast<std::uint32_t>(random.Below(policy.attributes.size()));
  ir::Attribute& attribute = policy.attributes[index];
  switch (random.Below(4)) {
    case 0:
      attribute.fallback.reset();
      return;
    case 1:
      if (attribute.kind == AttributeKind::kAnyOf) attribute.fallback = ir::AnyOfValue{random.Below(2)};
      if (attribute.kind == AttributeKind::kOneOf) attribute.fallback = ir::OneOfValue{0};
      if (attribute.kind == AttributeKind::kYesNo) attribute.fallback = ir::YesNoValue{true};
      if (attribute.kind == AttributeKind::kNumber) attribute.fallback = Decimal{0};
      return;
    case 2:
      if (attribute.kind == AttributeKind::kOneOf) attribute.values.emplace_back("added");
      if (attribute.kind == AttributeKind::kAnyOf) attribute.values.emplace_back("added");
      if (attribute.kind == AttributeKind::kNumber) attribute.maximum.micros += 1;
      return;
    default:
      attribute.name = "renamed";
      return;
  }
}

void ChangeSomething(ir::Policy& policy, Random& random) {
  switch (random.Below(12)) {
    case 0:
      Drop(policy.rules, random);
      return;
    case 1:
      Drop(policy.refusals, random);
      return;
    case 2:
      if (policy.routes.size() > 1) Drop(policy.routes, random);
      return;
    case 3:
      SwapNeighbours(policy.routes, random);
      return;
    case 4:
      SwapNeighbours(policy.refusals, random);
      return;
    case 5:
    case 6:
      ChangeCondition(policy, random);
      return;
    case 7:
      ChangeTier(policy, random);
      return;
    case 8:
      ChangeAttribute(policy, random);
      return;
    case 9:
      policy.deployments[random.Below(policy.deployments.size())].price_out.micros += 1;
      return;
    case 10:
      policy.deployments[random.Below(policy.deployments.size())].processed_in = ParseCountry("FR").value();
      return;
    default: {
      ir::Deployment& deployment = policy.deployments[random.Below(policy.deployments.size())];
      deployment.name += "_new";
      return;
    }
  }
}

void ChangeCatalogue(ir::Policy& policy, Random& random) {
  ir::Deployment& deployment = policy.deployments[random.Below(policy.deployments.size())];
  deployment.processed_in = ParseCountry(random.Chance(50) ? "FR" : "US").value();
  deployment.price_out.micros = static_cast<std::int64_t>(random.Below(3)) * 7'500'000;
  deployment.status = random.Chance(50) ? "live" : "deprecated";
}

}  // namespace

auto MakeSteps(std::uint64_t seed) -> Steps {
  Random random(seed);
  Steps steps{.before = random_policy::MakeRandomPolicy(random.Next(), kShape), .between = {}, .after = {}};
  steps.between = steps.before;
  for (std::uint64_t changes = 1 + random.Below(3); changes > 0; --changes) ChangeCatalogue(steps.between, random);
  steps.after = steps.between;
  for (std::uint64_t changes = random.Below(3); changes > 0; --changes) ChangeSomething(steps.after, random);
  return steps;
}

auto MakePair(std::uint64_t seed) -> Pair {
  Random random(seed);
  if (random.Chance(15)) {
    return {random_policy::MakeRandomPolicy(random.Next(), kTiny),
            random_policy::MakeRandomPolicy(random.Next(), kTiny)};
  }
  const random_policy::Shape& shape = seed % 4 == 3 ? kWithServices : kShape;
  Pair pair{.before = random_policy::MakeRandomPolicy(random.Next(), shape), .after = {}};
  pair.after = pair.before;
  for (std::uint64_t changes = random.Below(4); changes > 0; --changes) ChangeSomething(pair.after, random);
  if (random.Chance(50)) std::swap(pair.before, pair.after);
  return pair;
}

}  // namespace route::diff
