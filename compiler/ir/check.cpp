#include "compiler/ir/check.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <set>

#include "compiler/ir/classes.h"
#include "compiler/ir/evaluate.h"

namespace route::ir {
namespace {

constexpr std::uint32_t kMaxWeight = 1'000'000;
constexpr std::size_t kMaxMembers = 64;
constexpr std::uint32_t kMaxClasses = 0x10000;

template <typename T>
auto IsSortedSet(const std::vector<T>& list) -> bool {
  return std::ranges::adjacent_find(list, std::greater_equal<>()) == list.end();
}

class Checker {
 public:
  explicit Checker(const Policy& policy) : policy_(policy) {}

  auto Run() -> std::vector<std::string> {
    CheckNames("attribute", policy_.attributes);
    CheckNames("vendor", policy_.vendors);
    CheckNames("model", policy_.models);
    CheckNames("deployment", policy_.deployments);
    CheckNames("service", policy_.services);
    CheckNames("refusal", policy_.refusals);
    CheckNames("route", policy_.routes);
    CheckNames("condition", policy_.conditions);
    CheckNames("guarantee", policy_.guarantees);
    if (policy_.layers.empty()) Add("it has no layer");
    if (policy_.limits.attempts == 0) Add("the limit of attempts is 0");
    if (policy_.limits.deadline_ms == 0) Add("the deadline is 0");
    if (policy_.limits.cost_hundredth_cents > 0 && policy_.limits.answer_tokens == 0) {
      Add("the cost is limited and the length of an answer is not");
    }

    for (const Attribute& attribute : policy_.attributes) In("attribute", attribute.name, [&] { Check(attribute); });
    for (const Vendor& vendor : policy_.vendors) In("vendor", vendor.name, [&] { Check(vendor); });
    for (const Model& model : policy_.models) In("model", model.name, [&] { Check(model); });
    for (const Deployment& deployment : policy_.deployments) {
      In("deployment", deployment.name, [&] { Check(deployment); });
    }
    std::set<std::string> answered;
    for (const Service& service : policy_.services) {
      In("service", service.name, [&] {
        Check(service);
        const std::string question = std::string(SourceName(service.answers.kind)) + " " + service.answers.argument;
        if (!answered.insert(question).second) Add("another service answers the same");
      });
    }
    bool implied = false;
    for (const Rule& rule : policy_.rules) {
      In("rule", rule.name, [&] {
        if (rule.name.empty()) Add("it has no name");
        if (implied && rule.origin == Rule::Origin::kWritten) Add("it comes after an implied rule");
        CheckLayer(rule.layer);
        implied = rule.origin != Rule::Origin::kWritten;
        Check(rule.when);
        Check(rule.keep);
      });
    }
    for (const Refusal& refusal : policy_.refusals) {
      In("refusal", refusal.name, [&] {
        CheckLayer(refusal.layer);
        Check(refusal.when);
      });
    }
    for (const Route& route : policy_.routes) {
      In("route", route.name, [&] {
        CheckLayer(route.layer);
        Check(route.when);
        if (route.tiers.empty()) Add("it has no tier");
        for (const Tier& tier : route.tiers) Check(tier);
      });
    }
    for (const NamedCondition& named : policy_.conditions) {
      In("condition", named.name, [&] {
        CheckLayer(named.layer);
        Check(named.condition);
      });
    }
    for (const Guarantee& guarantee : policy_.guarantees) In("guarantee", guarantee.name, [&] { Check(guarantee); });
    for (const Test& test : policy_.tests) In("test", test.name, [&] { Check(test); });

    // Classes are only defined where every condition fits its attribute.
    if (problems_.empty()) {
      const ValueClasses classes(policy_);
      for (const Dimension& dimension : classes.dimensions()) {
        if (dimension.classes <= kMaxClasses) continue;
        Add("attribute `" + policy_.attributes[dimension.attribute.index].name + "` has more than " +
            std::to_string(kMaxClasses) + " classes of values");
      }
    }
    return std::move(problems_);
  }

 private:
  void Add(const std::string& problem) { problems_.push_back(where_ + problem); }

  template <typename Body>
  void In(const std::string& what, const std::string& name, Body body) {
    where_ = what + " `" + name + "`: ";
    body();
    where_.clear();
  }

  template <typename Entry>
  void CheckNames(const std::string& what, const std::vector<Entry>& entries) {
    std::set<std::string> names;
    for (const Entry& entry : entries) {
      if (entry.name.empty()) Add("a " + what + " has no name");
      if (!names.insert(entry.name).second)
        Add("the name `" + entry.name + "` stands for two of the list of " + what + "s");
    }
  }

  void CheckIndexes(const std::string& what, const std::vector<std::uint32_t>& indexes, std::size_t size) {
    if (!IsSortedSet(indexes)) Add("a list of " + what + " is not sorted");
    if (std::ranges::any_of(indexes, [&](std::uint32_t index) { return index >= size; })) {
      Add("an index into the list of " + what + " is out of range");
    }
  }

  void CheckCountry(Country country) {
    if (country.index >= Countries().size()) Add("a country is out of range");
  }

  void CheckSortedWords(const std::string& what, const std::vector<std::string>& words) {
    if (!IsSortedSet(words)) Add("its " + what + " are not sorted");
  }

  void CheckNotNegative(const std::string& what, const std::optional<Decimal>& value) {
    if (value && *value < Decimal{0}) Add("its " + what + " is negative");
  }

  void CheckQuality(const std::optional<Decimal>& quality) {
    if (quality && (*quality < Decimal{0} || *quality > Decimal::FromInteger(100))) {
      Add("a quality is not between 0 and 100");
    }
  }

  void Check(const Attribute& attribute) {
    const bool has_names = attribute.kind == AttributeKind::kOneOf || attribute.kind == AttributeKind::kAnyOf;
    if (has_names && attribute.values.empty()) Add("it has no values");
    if (!has_names && !attribute.values.empty()) Add("it lists values that its kind does not have");
    if (attribute.kind == AttributeKind::kAnyOf && attribute.values.size() > kMaxMembers) {
      Add("it has more than " + std::to_string(kMaxMembers) + " values");
    }
    std::set<std::string> names(attribute.values.begin(), attribute.values.end());
    if (names.size() != attribute.values.size()) Add("two of its values have one name");
    if (names.contains("")) Add("one of its values has no name");

    if (attribute.kind == AttributeKind::kNumber) {
      CheckNotNegative("maximum", attribute.maximum);
    } else if (attribute.unit != Unit::kNone || attribute.maximum != Decimal{}) {
      Add("it has a unit or a maximum without being a number");
    }

    if (attribute.sources.empty()) Add("it has no source");
    if (attribute.sources.size() > 1 && attribute.kind != AttributeKind::kAnyOf) Add("it has several sources");
    if (attribute.fallback) CheckValue(attribute, *attribute.fallback);
  }

  void CheckValue(const Attribute& attribute, const Value& value) {
    switch (attribute.kind) {
      case AttributeKind::kOneOf: {
        const auto* held = std::get_if<OneOfValue>(&value);
        if (held == nullptr || held->index >= attribute.values.size()) AddMisfit(attribute);
        return;
      }
      case AttributeKind::kAnyOf: {
        const auto* held = std::get_if<AnyOfValue>(&value);
        const std::size_t count = attribute.values.size();
        if (held == nullptr || (count < kMaxMembers && (held->members >> count) != 0)) AddMisfit(attribute);
        return;
      }
      case AttributeKind::kYesNo:
        if (!std::holds_alternative<YesNoValue>(value)) AddMisfit(attribute);
        return;
      case AttributeKind::kNumber: {
        const auto* held = std::get_if<Decimal>(&value);
        if (held == nullptr || *held < Decimal{0} || *held > attribute.maximum ||
            held->micros % StepOf(attribute.unit) != 0) {
          AddMisfit(attribute);
        }
        return;
      }
      case AttributeKind::kText:
        if (!std::holds_alternative<std::string>(value)) AddMisfit(attribute);
        return;
      case AttributeKind::kCountry: {
        const auto* held = std::get_if<Country>(&value);
        if (held == nullptr || held->index >= Countries().size()) AddMisfit(attribute);
        return;
      }
      case AttributeKind::kDate: {
        const auto* held = std::get_if<Date>(&value);
        if (held == nullptr || *held < kFirstDate || *held > kLastDate) AddMisfit(attribute);
        return;
      }
    }
    std::abort();  // every kind is handled above
  }

  void AddMisfit(const Attribute& attribute) { Add("a value does not fit attribute `" + attribute.name + "`"); }

  void Check(const Vendor& vendor) {
    CheckCountry(vendor.headquarters);
    CheckSortedWords("certifications", vendor.certifications);
  }

  void Check(const Model& model) {
    CheckQuality(model.quality);
    for (const auto& [work, quality] : model.quality_by_work) {
      if (work.empty()) Add("a quality is for a work without a name");
      CheckQuality(quality);
    }
    CheckNotNegative("context", model.context_tokens);
    CheckSortedWords("capabilities", model.capabilities);
    CheckSortedWords("tags", model.tags);
  }

  void Check(const Deployment& deployment) {
    if (deployment.model.index >= policy_.models.size()) Add("its model is out of range");
    CheckNotNegative("price in", deployment.price_in);
    CheckNotNegative("price out", deployment.price_out);
    CheckNotNegative("time to the first token", deployment.first_token_ms);
    CheckRecipient(deployment);
  }

  void Check(const Service& service) {
    if (service.answers.kind != SourceKind::kClassifier && service.answers.kind != SourceKind::kDetector) {
      Add("it answers neither a classifier nor a detector");
    }
    if (service.within_ms == 0) Add("its time is 0");
    CheckRecipient(service);
  }

  void CheckRecipient(const Recipient& recipient) {
    if (recipient.vendor.index >= policy_.vendors.size()) Add("its vendor is out of range");
    CheckCountry(recipient.processed_in);
    CheckNotNegative("retention", recipient.retention_days);
    if (std::ranges::find(kStatuses, recipient.status) == kStatuses.end()) {
      Add("its status is `" + recipient.status + "`");
    }
    CheckSortedWords("tags", recipient.tags);
    for (const auto& [property, fact] : recipient.own) {
      if (std::ranges::find(policy_.properties, property, &Property::name) == policy_.properties.end()) {
        Add("it has a property that is not declared");
      }
    }
    if (recipient.seen_by) {
      if (!IsSortedSet(*recipient.seen_by)) Add("its list of those who see the data is not sorted");
      for (VendorId id : *recipient.seen_by) {
        if (id.index >= policy_.vendors.size()) Add("one who sees the data is out of range");
      }
    }
  }

  void Check(const Condition& condition) {
    using Kind = Condition::Kind;
    switch (condition.kind) {
      case Kind::kTrue:
      case Kind::kFalse:
        return;
      case Kind::kAll:
      case Kind::kAny:
        if (condition.children.empty()) Add("a connective has no children");
        for (const Condition& child : condition.children) Check(child);
        return;
      case Kind::kNot:
        if (condition.children.size() != 1) Add("a negation does not have exactly one child");
        for (const Condition& child : condition.children) Check(child);
        return;
      case Kind::kIsOneOf:
        CheckAtom(condition, {AttributeKind::kOneOf});
        return;
      case Kind::kIncludes:
        CheckAtom(condition, {AttributeKind::kAnyOf});
        return;
      case Kind::kIsYes:
        CheckAtom(condition, {AttributeKind::kYesNo});
        return;
      case Kind::kInRange:
        CheckAtom(condition, {AttributeKind::kNumber, AttributeKind::kDate});
        return;
      case Kind::kTextIs:
      case Kind::kStartsWith:
        CheckAtom(condition, {AttributeKind::kText});
        return;
      case Kind::kInCountries:
        CheckAtom(condition, {AttributeKind::kCountry});
        return;
    }
    std::abort();  // every kind is handled above
  }

  void CheckAtom(const Condition& atom, std::initializer_list<AttributeKind> kinds) {
    using Kind = Condition::Kind;
    if (atom.attribute.index >= policy_.attributes.size()) {
      Add("a condition's attribute is out of range");
      return;
    }
    const Attribute& attribute = policy_.attributes[atom.attribute.index];
    if (std::ranges::find(kinds, attribute.kind) == kinds.end()) {
      Add("a condition does not fit attribute `" + attribute.name + "`");
      return;
    }
    const bool has_values =
        atom.kind == Kind::kIsOneOf || atom.kind == Kind::kIncludes || atom.kind == Kind::kInCountries;
    if (has_values) {
      if (atom.values.empty()) Add("a condition on attribute `" + attribute.name + "` lists no values");
      if (atom.kind == Kind::kIncludes && atom.values.size() > 1) Add("an inclusion names several members");
      CheckIndexes("values", atom.values,
                   atom.kind == Kind::kInCountries ? Countries().size() : attribute.values.size());
    }
    const auto is_whole = [&](std::int64_t bound) {
      constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
      constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
      return bound == kLowest || bound == kHighest || bound % StepOf(attribute.unit) == 0;
    };
    if (atom.kind == Kind::kInRange && attribute.kind == AttributeKind::kNumber &&
        (!is_whole(atom.low) || !is_whole(atom.high))) {
      Add("a condition divides a token or a minute of the day");
    }
    if (atom.kind == Kind::kStartsWith && atom.text.empty()) Add("a prefix is empty");
  }

  void Check(const DeploymentTest& test) {
    using Kind = DeploymentTest::Kind;
    switch (test.kind) {
      case Kind::kTrue:
        return;
      case Kind::kAll:
      case Kind::kAny:
        if (test.children.empty()) Add("a connective has no children");
        for (const DeploymentTest& child : test.children) Check(child);
        return;
      case Kind::kNot:
        if (test.children.size() != 1) Add("a negation does not have exactly one child");
        for (const DeploymentTest& child : test.children) Check(child);
        return;
      case Kind::kProcessedIn:
      case Kind::kHeadquarteredIn:
        CheckIndexes("countries", test.values, Countries().size());
        return;
      case Kind::kVendorIs:
        CheckIndexes("vendors", test.values, policy_.vendors.size());
        return;
      case Kind::kModelIs:
        CheckIndexes("models", test.values, policy_.models.size());
        return;
      case Kind::kDeploymentIs:
        CheckIndexes("deployments", test.values, policy_.deployments.size());
        return;
      case Kind::kServiceIs:
        CheckIndexes("services", test.values, policy_.services.size());
        return;
      case Kind::kCertified:
      case Kind::kStatusIs:
      case Kind::kCapable:
      case Kind::kTagged:
        if (test.text.empty()) Add("a test of a deployment asks for a word that is empty");
        return;
      case Kind::kPriceIn:
      case Kind::kPriceOut:
      case Kind::kFirstToken:
      case Kind::kRetention:
      case Kind::kQuality:
      case Kind::kContext:
        return;
      case Kind::kSeenBy:
      case Kind::kSeenOnlyBy:
        CheckIndexes("vendors", test.values, policy_.vendors.size());
        return;
      case Kind::kSeenFrom:
      case Kind::kSeenOnlyFrom:
        CheckIndexes("countries", test.values, Countries().size());
        return;
      case Kind::kOwnIs:
      case Kind::kOwnRange:
        CheckOwnFact(test);
        return;
    }
    std::abort();  // every kind is handled above
  }

  void CheckOwnFact(const DeploymentTest& test) {
    if (std::ranges::find(policy_.properties, test.property, &Property::name) == policy_.properties.end()) {
      Add("a test names a property that is not declared");
    }
    const auto check = [&](const Recipient& recipient) {
      const auto fact = recipient.own.find(test.property);
      if (fact == recipient.own.end()) return;
      if (std::holds_alternative<std::string>(fact->second) != (test.kind == DeploymentTest::Kind::kOwnIs)) {
        Add("a test does not fit the own property `" + test.property + "`");
      }
    };
    std::ranges::for_each(policy_.deployments, check);
    std::ranges::for_each(policy_.services, check);
  }

  void CheckLayer(std::uint32_t layer) {
    if (layer >= policy_.layers.size()) Add("its layer is out of range");
  }

  void Check(const Tier& tier) {
    if (tier.candidates.empty()) Add("a tier has no candidates");
    std::set<DeploymentId> seen;
    for (const Candidate& candidate : tier.candidates) {
      if (candidate.deployment.index >= policy_.deployments.size()) Add("a candidate is out of range");
      if (candidate.weight == 0 || candidate.weight > kMaxWeight) Add("a weight is not between 1 and 1,000,000");
      if (!seen.insert(candidate.deployment).second) Add("a tier names a deployment twice");
    }
    if (tier.limit == 0U) Add("a tier's limit is 0");
    if (tier.within_ms == 0U) Add("a tier's time is 0");
  }

  void Check(const Guarantee& guarantee) {
    CheckLayer(guarantee.layer);
    Check(guarantee.when);
    if (const auto* every = std::get_if<EveryDeploymentReached>(&guarantee.promise)) Check(every->test);
    if (const auto* first = std::get_if<FirstChoice>(&guarantee.promise)) Check(first->test);
    if (const auto* served = std::get_if<Served>(&guarantee.promise)) {
      if (!IsSortedSet(served->unless_refused_by)) Add("its list of refusals is not sorted");
      for (RefusalId id : served->unless_refused_by) {
        if (id.index >= policy_.refusals.size()) Add("a refusal is out of range");
      }
    }
    if (const auto* survives = std::get_if<SurvivesLoss>(&guarantee.promise)) {
      if (survives->count == 0) Add("it speaks of the loss of nothing");
    }
    if (const auto* bounded = std::get_if<Bounded>(&guarantee.promise)) {
      if (!bounded->attempts && !bounded->within_ms) Add("it bounds nothing");
    }
    if (const auto* costs = std::get_if<CostsAtMost>(&guarantee.promise)) {
      if (costs->usd.micros < 0) Add("it bounds the cost by less than nothing");
      if (policy_.limits.answer_tokens == 0 || !PromptAttribute(policy_)) Add("the cost of a request has no bound");
    }
    if (const auto* compared = std::get_if<Compared>(&guarantee.promise)) Check(*compared, guarantee.when);
  }

  void Check(const Compared& compared, const Condition& premise) {
    if (compared.attribute.index >= policy_.attributes.size()) {
      Add("a compared attribute is out of range");
      return;
    }
    const Attribute& attribute = policy_.attributes[compared.attribute.index];
    CheckValue(attribute, compared.value);
    CheckValue(attribute, compared.than);
    if (AsksAbout(premise, compared.attribute)) Add("the premise asks about the attribute that is compared");
    if (compared.what == Compared::What::kAllowed || compared.what == Compared::What::kServed) return;
    using Kind = DeploymentTest::Kind;
    if (compared.number.kind < Kind::kPriceIn || compared.number.kind > Kind::kContext) {
      Add("a first choice is compared by what is no number");
      return;
    }
    for (std::uint32_t i = 0; i < policy_.deployments.size(); ++i) {
      if (!NumberOf(compared.number, policy_, {i})) Add("a number that is compared is not stated");
    }
  }

  void Check(const Test& test) {
    std::set<AttributeId> given;
    for (const auto& [id, value] : test.given) {
      if (!given.insert(id).second) Add("it gives an attribute twice");
      if (id.index >= policy_.attributes.size()) {
        Add("a given attribute is out of range");
      } else {
        CheckValue(policy_.attributes[id.index], value);
      }
    }
    if (test.expectations.empty()) Add("it expects nothing");
    for (const Expectation& expectation : test.expectations) {
      if (const auto* every = std::get_if<EveryDeploymentReached>(&expectation.what)) Check(every->test);
      if (const auto* first = std::get_if<FirstChoice>(&expectation.what)) Check(first->test);
      if (const auto* outcome = std::get_if<ExpectOutcome>(&expectation.what)) {
        if (outcome->refusal && outcome->refusal->index >= policy_.refusals.size()) Add("a refusal is out of range");
        if (outcome->refusal && outcome->outcome != Outcome::kRefused) Add("it names a refusal without expecting one");
      }
      if (const auto* route = std::get_if<ExpectRoute>(&expectation.what)) {
        if (route->route.index >= policy_.routes.size()) Add("a route is out of range");
      }
    }
  }

  const Policy& policy_;
  std::string where_;
  std::vector<std::string> problems_;
};

}  // namespace

auto CheckWellFormed(const Policy& policy) -> std::vector<std::string> {
  return Checker(policy).Run();
}

}  // namespace route::ir
