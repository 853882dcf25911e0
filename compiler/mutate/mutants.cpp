#include "compiler/mutate/mutants.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "compiler/ir/words.h"

namespace route::mutate {
namespace {

using ir::Condition;
using ir::DeploymentTest;

constexpr std::array<std::string_view, kKinds> kNames = {
    "rule", "refusal", "route", "condition", "negation", "threshold", "value", "place", "effect", "order", "tier"};

/// Where a condition stands in its tree: the child to take at each step.
using Path = std::vector<std::size_t>;

template <typename Tree>
auto At(Tree& root, const Path& path) -> Tree& {
  Tree* node = &root;
  for (const std::size_t child : path) node = &node->children.at(child);
  return *node;
}

template <typename Tree>
auto Negated(Tree tree) -> Tree {
  if (tree.kind == Tree::Kind::kNot) return std::move(tree.children.front());
  Tree negated;
  negated.kind = Tree::Kind::kNot;
  negated.span = tree.span;
  negated.children.push_back(std::move(tree));
  return negated;
}

/// One unit: a day, a minute, a token, a percent, a dollar.
auto UnitOf(const ir::Attribute& attribute) -> std::int64_t {
  return attribute.kind == AttributeKind::kDate ? 1 : Decimal::kScale;
}

auto IsBound(std::int64_t bound) -> bool {
  return bound != std::numeric_limits<std::int64_t>::min() && bound != std::numeric_limits<std::int64_t>::max();
}

/// Text on one line, shortened where it is long.
auto OneLine(std::string_view text) -> std::string {
  constexpr std::size_t kMost = 60;
  std::string line;
  for (const char c : text) {
    const bool is_blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (is_blank && (line.empty() || line.back() == ' ')) continue;
    line += is_blank ? ' ' : c;
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  if (line.size() <= kMost) return line;
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;  // not within a character
  return line.substr(0, end) + "…";
}

/// Routes or refusals `first` and the next have changed places: what names them goes along.
template <typename IdType>
void Follow(IdType& id, std::uint32_t first) {
  if (id.index == first) {
    id.index = first + 1;
  } else if (id.index == first + 1) {
    id.index = first;
  }
}

void SwapRoutes(ir::Policy& policy, std::uint32_t first) {
  std::swap(policy.routes.at(first), policy.routes.at(first + 1));
  for (ir::Test& test : policy.tests) {
    for (ir::Expectation& expectation : test.expectations) {
      if (auto* route = std::get_if<ir::ExpectRoute>(&expectation.what)) Follow(route->route, first);
    }
  }
}

void SwapRefusals(ir::Policy& policy, std::uint32_t first) {
  std::swap(policy.refusals.at(first), policy.refusals.at(first + 1));
  for (ir::Test& test : policy.tests) {
    for (ir::Expectation& expectation : test.expectations) {
      auto* outcome = std::get_if<ir::ExpectOutcome>(&expectation.what);
      if (outcome != nullptr && outcome->refusal) Follow(*outcome->refusal, first);
    }
  }
  for (ir::Guarantee& guarantee : policy.guarantees) {
    auto* served = std::get_if<ir::Served>(&guarantee.promise);
    if (served == nullptr) continue;
    for (RefusalId& refusal : served->unless_refused_by) Follow(refusal, first);
    std::ranges::sort(served->unless_refused_by);
  }
}

}  // namespace

auto KindName(Kind kind) -> std::string_view {
  return kNames.at(static_cast<std::size_t>(kind));
}

class Generator::Finder {
 public:
  Finder(const ir::Policy& policy, const SourceSet& sources, const std::vector<Kind>& only)
      : policy_(policy), sources_(sources), only_(only) {}

  auto Find() -> std::vector<Edit> {
    for (std::uint32_t i = 0; i < policy_.rules.size(); ++i) FindInRule(i);
    for (std::uint32_t i = 0; i < policy_.refusals.size(); ++i) FindInRefusal(i);
    for (std::uint32_t i = 0; i < policy_.routes.size(); ++i) FindInRoute(i);
    return std::move(edits_);
  }

 private:
  using Apply = std::function<void(ir::Policy&)>;
  using ConditionOf = std::function<Condition&(ir::Policy&)>;

  auto IsOwn(std::uint32_t layer) const -> bool { return layer + 1 >= policy_.layers.size(); }

  void Add(Kind kind, Span span, std::string what, Apply apply) {
    if (!only_.empty() && std::ranges::find(only_, kind) == only_.end()) return;
    edits_.push_back({kind, span, std::move(what), std::move(apply)});
  }

  auto Text(Span span) const -> std::string { return ir::Quoted(OneLine(sources_.Text(span))); }

  /// A member of a list says less than its span, which is that of the whole list.
  auto TextOf(const Condition& condition) const -> std::string {
    if (condition.kind != Condition::Kind::kIncludes) return Text(condition.span);
    const ir::Attribute& attribute = policy_.attributes.at(condition.attribute.index);
    return ir::Quoted(attribute.name + " includes " + attribute.values.at(condition.values.at(0)));
  }

  void FindInRule(std::uint32_t i) {
    const ir::Rule& rule = policy_.rules[i];
    if (rule.origin != ir::Rule::Origin::kWritten || !IsOwn(rule.layer)) return;
    const std::string name = "rule " + ir::Quoted(rule.name);
    Add(Kind::kRule, rule.span, name + " is left out", [i](ir::Policy& policy) { policy.rules[i].when = Never(); });
    FindInCondition(rule.when, rule.span, name, [i](ir::Policy& policy) -> Condition& { return policy.rules[i].when; });
    Add(Kind::kEffect, rule.keep.span, name + " requires the opposite",
        [i](ir::Policy& policy) { policy.rules[i].keep = Negated(policy.rules[i].keep); });
    FindInTest(rule.keep, {}, i, name);
  }

  void FindInRefusal(std::uint32_t i) {
    const ir::Refusal& refusal = policy_.refusals[i];
    if (!IsOwn(refusal.layer)) return;
    const std::string name = "refusal " + ir::Quoted(refusal.name);
    Add(Kind::kRefusal, refusal.span, name + " is left out",
        [i](ir::Policy& policy) { policy.refusals[i].when = Never(); });
    FindInCondition(refusal.when, refusal.span, name,
                    [i](ir::Policy& policy) -> Condition& { return policy.refusals[i].when; });
    if (i + 1 < policy_.refusals.size() && IsOwn(policy_.refusals[i + 1].layer)) {
      Add(Kind::kOrder, refusal.span, name + " stands below " + ir::Quoted(policy_.refusals[i + 1].name),
          [i](ir::Policy& policy) { SwapRefusals(policy, i); });
    }
  }

  void FindInRoute(std::uint32_t i) {
    const ir::Route& route = policy_.routes[i];
    if (!IsOwn(route.layer)) return;
    const std::string name = "route " + ir::Quoted(route.name);
    Add(Kind::kRoute, route.span, name + " is left out", [i](ir::Policy& policy) { policy.routes[i].when = Never(); });
    FindInCondition(route.when, route.span, name,
                    [i](ir::Policy& policy) -> Condition& { return policy.routes[i].when; });
    if (i + 1 < policy_.routes.size() && IsOwn(policy_.routes[i + 1].layer)) {
      Add(Kind::kOrder, route.span, name + " stands below " + ir::Quoted(policy_.routes[i + 1].name),
          [i](ir::Policy& policy) { SwapRoutes(policy, i); });
    }
    for (std::size_t tier = 0; tier < route.tiers.size(); ++tier) FindInTier(i, tier, name);
  }

  void FindInTier(std::uint32_t i, std::size_t tier, const std::string& name) {
    const ir::Route& route = policy_.routes[i];
    const Span span = route.tiers[tier].span;
    const std::string label = ir::Quoted(OneLine(route.tiers[tier].label));
    if (route.tiers.size() > 1) {
      Add(Kind::kTier, span, name + " has no tier " + label, [i, tier](ir::Policy& policy) {
        auto& tiers = policy.routes[i].tiers;
        tiers.erase(tiers.begin() + static_cast<std::ptrdiff_t>(tier));
      });
    }
    if (route.tiers[tier].limit) {
      Add(Kind::kTier, span, name + " takes all of " + label + " and not so many",
          [i, tier](ir::Policy& policy) { policy.routes[i].tiers[tier].limit.reset(); });
    }
    if (tier + 1 < route.tiers.size()) {
      Add(Kind::kOrder, span, name + " tries " + label + " after the next tier",
          [i, tier](ir::Policy& policy) { std::swap(policy.routes[i].tiers[tier], policy.routes[i].tiers[tier + 1]); });
    }
  }

  static auto Never() -> Condition {
    Condition never;
    never.kind = Condition::Kind::kFalse;
    return never;
  }

  // --- Conditions ---------------------------------------------------------------------------------------------------

  void FindInCondition(const Condition& condition, Span owner, const std::string& name, const ConditionOf& of) {
    if (condition.kind == Condition::Kind::kTrue || condition.kind == Condition::Kind::kFalse) return;
    Add(Kind::kNegation, owner, name + " has its condition the other way round",
        [of](ir::Policy& policy) { of(policy) = Negated(of(policy)); });
    Walk(condition, {}, name, of);
  }

  void Walk(const Condition& node, const Path& path, const std::string& name, const ConditionOf& of) {
    switch (node.kind) {
      case Condition::Kind::kTrue:
      case Condition::Kind::kFalse:
      case Condition::Kind::kIncludes:
      case Condition::Kind::kIsYes:
      case Condition::Kind::kTextIs:
      case Condition::Kind::kStartsWith:
        return;
      case Condition::Kind::kAll:
      case Condition::Kind::kAny:
      case Condition::Kind::kNot:
        for (std::size_t child = 0; child < node.children.size(); ++child) {
          if (node.children.size() > 1) DropChild(node, path, child, name, of);
          Path below = path;
          below.push_back(child);
          Walk(node.children[child], below, name, of);
        }
        return;
      case Condition::Kind::kIsOneOf:
        DropValues(node, path, name, of);
        return;
      case Condition::Kind::kInRange:
        MoveBounds(node, path, name, of);
        return;
      case Condition::Kind::kInCountries:
        for (const bool wider : {false, true}) {
          Add(Kind::kPlace, node.span,
              name + (wider ? " counts one more country as in " : " counts one country less as in ") + Text(node.span),
              [of, path, wider](ir::Policy& policy) { ChangeCountries(At(of(policy), path).values, wider); });
        }
        return;
    }
  }

  void DropChild(const Condition& node, const Path& path, std::size_t child, const std::string& name,
                 const ConditionOf& of) {
    Add(Kind::kCondition, node.children[child].span, name + " does not ask for " + TextOf(node.children[child]),
        [of, path, child](ir::Policy& policy) {
          auto& children = At(of(policy), path).children;
          children.erase(children.begin() + static_cast<std::ptrdiff_t>(child));
        });
  }

  void DropValues(const Condition& node, const Path& path, const std::string& name, const ConditionOf& of) {
    if (node.values.size() < 2) return;
    const ir::Attribute& attribute = policy_.attributes.at(node.attribute.index);
    for (std::size_t value = 0; value < node.values.size(); ++value) {
      Add(Kind::kValue, node.span,
          name + " does not count " + ir::Quoted(attribute.values.at(node.values[value])) + " in " + Text(node.span),
          [of, path, value](ir::Policy& policy) {
            auto& values = At(of(policy), path).values;
            values.erase(values.begin() + static_cast<std::ptrdiff_t>(value));
          });
    }
  }

  void MoveBounds(const Condition& node, const Path& path, const std::string& name, const ConditionOf& of) {
    const std::int64_t unit = UnitOf(policy_.attributes.at(node.attribute.index));
    for (const auto bound : {&Condition::low, &Condition::high}) {
      if (!IsBound(node.*bound)) continue;
      for (const std::int64_t step : {-unit, unit}) {
        Add(Kind::kThreshold, node.span,
            name + " has a bound one unit " + (step < 0 ? "lower" : "higher") + " in " + Text(node.span),
            [of, path, bound, step](ir::Policy& policy) { At(of(policy), path).*bound += step; });
      }
    }
  }

  /// The first country that is in it goes, or the first that is not comes.
  static void ChangeCountries(std::vector<std::uint32_t>& countries, bool wider) {
    if (!wider) {
      if (countries.size() > 1) countries.erase(countries.begin());
      return;
    }
    for (std::uint32_t country = 0; country < Countries().size(); ++country) {
      if (std::ranges::binary_search(countries, country)) continue;
      countries.insert(std::ranges::lower_bound(countries, country), country);
      return;
    }
  }

  // --- Tests on deployments -----------------------------------------------------------------------------------------

  void FindInTest(const DeploymentTest& node, const Path& path, std::uint32_t rule, const std::string& name) {
    for (std::size_t child = 0; child < node.children.size(); ++child) {
      if (node.children.size() > 1) {
        Add(Kind::kEffect, node.children[child].span, name + " does not ask for " + Text(node.children[child].span),
            [rule, path, child](ir::Policy& policy) {
              auto& children = At(policy.rules[rule].keep, path).children;
              children.erase(children.begin() + static_cast<std::ptrdiff_t>(child));
            });
      }
      Path below = path;
      below.push_back(child);
      FindInTest(node.children[child], below, rule, name);
    }
    const bool is_place =
        node.kind == DeploymentTest::Kind::kProcessedIn || node.kind == DeploymentTest::Kind::kHeadquarteredIn;
    if (is_place) WidenPlace(node, path, rule, name);
  }

  /// By the first country of the catalogue that is not in it: any other would make no difference.
  void WidenPlace(const DeploymentTest& node, const Path& path, std::uint32_t rule, const std::string& name) {
    std::optional<std::uint32_t> outside;
    const auto look = [&](const ir::Recipient& recipient) {
      const Country country = node.kind == DeploymentTest::Kind::kProcessedIn
                                  ? recipient.processed_in
                                  : policy_.vendors.at(recipient.vendor.index).headquarters;
      if (!outside && !std::ranges::binary_search(node.values, std::uint32_t{country.index})) outside = country.index;
    };
    std::ranges::for_each(policy_.deployments, look);
    std::ranges::for_each(policy_.services, look);
    if (!outside) return;
    Add(Kind::kPlace, node.span,
        name + " takes " + std::string(Countries()[*outside].code) + " for a part of " + Text(node.span),
        [rule, path, country = *outside](ir::Policy& policy) {
          auto& values = At(policy.rules[rule].keep, path).values;
          values.insert(std::ranges::lower_bound(values, country), country);
        });
  }

  const ir::Policy& policy_;
  const SourceSet& sources_;
  const std::vector<Kind>& only_;
  std::vector<Edit> edits_;
};

Generator::Generator(const ir::Policy& policy, const SourceSet& sources, const std::vector<Kind>& only)
    : policy_(policy), edits_(Finder(policy, sources, only).Find()) {}

auto Generator::Make(std::size_t index) const -> Mutant {
  const Edit& edit = edits_.at(index);
  Mutant mutant{.kind = edit.kind, .span = edit.span, .what = edit.what, .policy = policy_};
  edit.apply(mutant.policy);
  return mutant;
}

}  // namespace route::mutate
