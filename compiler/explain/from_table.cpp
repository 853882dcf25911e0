#include "compiler/explain/from_table.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/explain/class_conditions.h"
#include "compiler/ir/check.h"
#include "compiler/ir/classes.h"
#include "compiler/ir/text.h"
#include "runtime/decide/decide.h"
#include "runtime/table/meaning.h"

namespace route::explain {
namespace {

auto Optional(std::uint32_t number) -> std::optional<std::uint32_t> {
  return number == kNone ? std::nullopt : std::optional(number);
}

class Rebuilder {
 public:
  explicit Rebuilder(const Table& table) : table_(table) {}

  auto Run() -> std::expected<FromTable, std::string> {
    policy_.name = table_.policy_name();
    policy_.version = table_.policy_version();
    if (!AddSources()) return std::unexpected("the bundle names lines that no policy file can have");
    policy_.limits = table_.limits();
    if (auto problem = AddAttributes()) return std::unexpected(*problem);
    AddDeployments();
    AddServices();
    for (std::uint32_t i = 0; i < table_.rules().size(); ++i) AddRule(i);
    for (std::uint32_t i = 0; i < table_.refusals().size(); ++i) AddRefusal(i);
    for (std::uint32_t i = 0; i < table_.routes().size(); ++i) AddRoute(i);
    KeepClasses();
    if (!HasClassesOfTable()) return std::unexpected("the value classes of the bundle are not as routec writes them");
    if (auto problems = ir::CheckWellFormed(policy_); !problems.empty()) {
      return std::unexpected("the bundle is not as routec writes it: " + problems.front());
    }
    return std::move(result_);
  }

 private:
  /// A file of line ends for each that a place is in, and a layer for each policy that has one; the last is the bundle's own.
  /// False if those lines would not fit into files of a policy.
  auto AddSources() -> bool {
    std::map<Key, std::uint32_t> lines;
    std::vector<std::string> policies;
    const auto note = [&](const SourcePlace& place) {
      std::uint32_t& most = lines[KeyOf(place)];
      most = std::max(most, place.line);
      const std::string policy(place.policy);
      const bool is_known = policy == policy_.name || std::ranges::find(policies, policy) != policies.end();
      if (!is_known) policies.push_back(policy);
    };
    for (const RuleView& rule : table_.rules()) note(rule.place);
    for (const RefusalView& refusal : table_.refusals()) note(refusal.place);
    for (const RouteView& route : table_.routes()) note(route.place);
    for (const std::string& policy : policies) policy_.layers.push_back({policy, "", {}});
    policy_.layers.push_back({policy_.name, policy_.version, {}});
    std::uint64_t line_count = 0;
    for (const auto& [key, count] : lines) line_count += count;
    if (line_count > kMostLines) return false;
    for (const auto& [key, count] : lines) {
      files_[key] = result_.sources.Add(key.first, std::string(count, '\n'));
      policy_.file_layers.push_back(LayerOf(key.second));
    }
    if (files_.empty()) result_.sources.Add("", "");
    return true;
  }

  static constexpr std::uint64_t kMostLines = 64U << 20U;  // as many as a file has bytes at most

  using Key = std::pair<std::string, std::string>;  // a file and the policy that it belongs to
  static auto KeyOf(const SourcePlace& place) -> Key { return {std::string(place.file), std::string(place.policy)}; }

  auto LayerOf(std::string_view policy) const -> std::uint32_t {
    const auto found = std::ranges::find(policy_.layers, policy, &ir::Layer::name);
    return static_cast<std::uint32_t>(found - policy_.layers.begin());
  }

  auto SpanOf(const SourcePlace& place) const -> Span {
    const std::uint32_t begin = place.line == 0 ? 0 : place.line - 1;
    return {.file = files_.at(KeyOf(place)), .begin = begin, .end = begin};
  }

  /// What is wrong with one of them.
  auto AddAttributes() -> std::optional<std::string> {
    for (const AttributeView& view : table_.attributes()) {
      ir::Attribute attribute = AttributeOf(view);
      if (view.has_default) {
        auto value = ir::ParseValue(attribute, view.default_text);
        if (!value) return "the default of `" + attribute.name + "` does not read back: " + value.error();
        attribute.fallback = std::move(*value);
      }
      lists_.push_back(ClassListsOf(table_, static_cast<std::uint32_t>(lists_.size())));
      policy_.attributes.push_back(std::move(attribute));
    }
    return std::nullopt;
  }

  void AddDeployments() {
    for (const DeploymentView& view : table_.deployments()) {
      ir::Deployment deployment;
      deployment.name = view.name;
      deployment.model = {IndexOf(policy_.models, std::string(view.model))};
      deployment.vendor = {IndexOf(policy_.vendors, std::string(view.vendor))};
      policy_.vendors[deployment.vendor.index].headquarters = view.headquarters;
      deployment.processed_in = view.processed_in;
      deployment.price_in = view.price_in;
      deployment.price_out = view.price_out;
      policy_.deployments.push_back(std::move(deployment));
    }
  }

  void AddServices() {
    for (const ServiceView& view : table_.services()) {
      ir::Service service;
      service.name = view.name;
      service.vendor = {IndexOf(policy_.vendors, std::string(view.vendor))};
      policy_.vendors[service.vendor.index].headquarters = view.headquarters;
      service.processed_in = view.processed_in;
      service.endpoint = view.endpoint;
      service.key_env = view.key_env;
      service.answers = {view.answers.kind, std::string(view.answers.argument)};
      service.within_ms = view.within_ms;
      policy_.services.push_back(std::move(service));
    }
  }

  /// By which a rule or refusal keeps services; kNone if it keeps none.
  auto ScreenOf(ScreenView::By by, std::uint32_t index) const -> std::uint32_t {
    for (std::uint32_t i = 0; i < table_.screens().size(); ++i) {
      if (table_.screens()[i].by == by && table_.screens()[i].index == index) return i;
    }
    return kNone;
  }

  static auto NoneOf(ir::DeploymentTest::Kind kind, std::vector<std::uint32_t> indexes) -> ir::DeploymentTest {
    ir::DeploymentTest excluded;
    excluded.kind = kind;
    excluded.values = std::move(indexes);
    ir::DeploymentTest none;
    none.kind = ir::DeploymentTest::Kind::kNot;
    none.children.push_back(std::move(excluded));
    return none;
  }

  /// Of the entry with this name, which is added if there is none.
  static auto IndexOf(auto& entries, const std::string& name) -> std::uint32_t {
    for (std::uint32_t i = 0; i < entries.size(); ++i) {
      if (entries[i].name == name) return i;
    }
    entries.emplace_back().name = name;
    return static_cast<std::uint32_t>(entries.size() - 1);
  }

  auto ConditionOf(TermOwner kind, std::uint32_t index) const -> ir::Condition {
    ir::Condition any;
    any.kind = ir::Condition::Kind::kAny;
    for (const Term& term : TermsOf(table_, kind, index)) {
      ir::Condition all;
      all.kind = ir::Condition::Kind::kAll;
      for (const TermDimension& asked : term) {
        all.children.push_back(InClasses(policy_, {asked.attribute}, asked.member, lists_[asked.attribute], asked.allowed));
      }
      if (all.children.empty()) return {};  // holds of every request
      any.children.push_back(all.children.size() == 1 ? std::move(all.children.front()) : std::move(all));
    }
    if (any.children.empty()) any.kind = ir::Condition::Kind::kFalse;
    if (any.children.size() == 1) return std::move(any.children.front());
    return any;
  }

  void AddRule(std::uint32_t index) {
    const RuleView& view = table_.rules()[index];
    ir::Rule rule;
    rule.name = view.name;
    rule.origin = view.implied ? ir::Rule::Origin::kCapability : ir::Rule::Origin::kWritten;
    rule.because = view.because;
    rule.layer = LayerOf(view.place.policy);
    rule.span = SpanOf(view.place);
    rule.when = ConditionOf(TermOwner::kRule, index);
    std::vector<std::uint32_t> excluded;
    for (std::uint32_t d = 0; d < policy_.deployments.size(); ++d) {
      if (RuleExcludes(table_, index, d)) excluded.push_back(d);
    }
    if (!excluded.empty()) rule.keep = NoneOf(ir::DeploymentTest::Kind::kDeploymentIs, std::move(excluded));
    if (const std::uint32_t screen = ScreenOf(ScreenView::By::kRule, index); screen != kNone) {
      std::vector<std::uint32_t> kept;
      for (std::uint32_t s = 0; s < policy_.services.size(); ++s) {
        if (((table_.screens()[screen].services >> s) & 1U) != 0) kept.push_back(s);
      }
      ir::DeploymentTest both;
      both.kind = ir::DeploymentTest::Kind::kAll;
      both.children = {std::move(rule.keep), NoneOf(ir::DeploymentTest::Kind::kServiceIs, std::move(kept))};
      rule.keep = std::move(both);
      rule.could_apply = ConditionOf(TermOwner::kScreen, screen);
    }
    policy_.rules.push_back(std::move(rule));
  }

  void AddRefusal(std::uint32_t index) {
    const RefusalView& view = table_.refusals()[index];
    ir::Refusal refusal;
    refusal.name = view.name;
    refusal.reason = view.reason;
    refusal.layer = LayerOf(view.place.policy);
    refusal.span = SpanOf(view.place);
    refusal.when = ConditionOf(TermOwner::kRefusal, index);
    const std::uint32_t screen = ScreenOf(ScreenView::By::kRefusal, index);
    refusal.applies_in_any_case.emplace().kind = ir::Condition::Kind::kFalse;
    if (screen != kNone) refusal.applies_in_any_case = ConditionOf(TermOwner::kScreen, screen);
    policy_.refusals.push_back(std::move(refusal));
  }

  void AddRoute(std::uint32_t index) {
    const RouteView& view = table_.routes()[index];
    ir::Route route;
    route.name = view.name;
    route.layer = LayerOf(view.place.policy);
    route.span = SpanOf(view.place);
    route.when = ConditionOf(TermOwner::kRoute, index);
    for (std::uint32_t t = view.first_tier; t < view.first_tier + view.tier_count; ++t) {
      const TierView& from = table_.tiers()[t];
      ir::Tier tier;
      tier.label = from.label;
      tier.order = from.order;
      tier.limit = Optional(from.limit);
      tier.within_ms = Optional(from.within_ms);
      tier.retries = Optional(from.retries);
      for (const CandidateView& candidate : from.candidates) tier.candidates.push_back({{candidate.deployment}, candidate.weight});
      route.tiers.push_back(std::move(tier));
    }
    policy_.routes.push_back(std::move(route));
  }

  /// Premises of guarantees that hold anyway, so that the core has the classes of the table and no fewer.
  void KeepClasses() {
    for (std::uint32_t a = 0; a < policy_.attributes.size(); ++a) {
      ir::Guarantee guarantee;
      guarantee.name = policy_.attributes[a].name;
      guarantee.when = TellingApart(policy_, {a}, lists_[a]);
      guarantee.promise = ir::EveryDeploymentReached{};
      policy_.guarantees.push_back(std::move(guarantee));
    }
  }

  auto HasClassesOfTable() const -> bool {
    const ir::ValueClasses classes(policy_);
    for (std::uint32_t a = 0; a < policy_.attributes.size(); ++a) {
      const ir::Dimension& dimension = classes.dimensions().at(classes.FirstDimension({a}).index);
      const ClassLists& lists = lists_[a];
      const bool is_same = dimension.cuts == lists.cuts && dimension.prefixes == lists.prefixes &&
                           dimension.texts == lists.texts && dimension.country_class == lists.country_class;
      if (!is_same || table_.attributes()[a].first_dimension != classes.FirstDimension({a}).index) return false;
    }
    return true;
  }

  const Table& table_;
  FromTable result_;
  ir::Policy& policy_ = result_.policy;
  std::map<Key, FileId> files_;
  std::vector<ClassLists> lists_;  // by attribute
};

}  // namespace

auto AttributeOf(const AttributeView& view) -> ir::Attribute {
  ir::Attribute attribute;
  attribute.name = view.name;
  attribute.kind = view.kind;
  attribute.values.assign(view.values.begin(), view.values.end());
  attribute.unit = view.unit;
  attribute.maximum = view.maximum;
  for (const SourceView& source : view.sources) attribute.sources.push_back({source.kind, std::string(source.argument)});
  return attribute;
}

auto PolicyOf(const Table& table) -> std::expected<FromTable, std::string> {
  constexpr std::uint64_t kMostBits = 4'000'000;
  if (RowBits(table) > kMostBits) return std::unexpected("the bundle is too large to be explained without its policy");
  return Rebuilder(table).Run();
}

}  // namespace route::explain
