#include "compiler/prove/core_text.h"

#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "compiler/ir/json.h"
#include "compiler/ir/text.h"
#include "compiler/prove/core.h"
#include "runtime/values/value_text.h"

namespace route::prove {
namespace {

auto Quoted(const std::string& text) -> std::string { return nlohmann::json(text).dump(); }

auto Number(std::int64_t micros) -> std::string { return FormatDecimal(Decimal{micros}); }

/// A date; a day before the first or after the last of them, as its number.
auto Day(std::int64_t days) -> std::string {
  if (days < kFirstDate.days || days > kLastDate.days) return "day:" + std::to_string(days);
  return FormatDate(Date{static_cast<std::int32_t>(days)});
}

auto Code(std::uint32_t country) -> std::string {
  return std::string(CountryCode({static_cast<std::uint16_t>(country)}));
}

class Writer {
 public:
  explicit Writer(const ir::Policy& policy) : policy_(policy) {}

  auto WritePolicy() -> std::string {
    Line("core of policy " + Quoted(policy_.name) + " version " + Quoted(policy_.version));
    for (const ir::Layer& layer : policy_.layers) Line("layer " + Quoted(layer.name) + " version " + Quoted(layer.version));
    Line("limits", [&] {
      Line("attempts " + std::to_string(policy_.limits.attempts));
      Line("deadline_ms " + std::to_string(policy_.limits.deadline_ms));
      Line("answer_tokens " + std::to_string(policy_.limits.answer_tokens));
      Line("cost_hundredth_cents " + std::to_string(policy_.limits.cost_hundredth_cents));
    });
    for (const ir::Property& property : policy_.properties) {
      const std::string owner = property.owner == ir::Property::Owner::kModel ? " of models" : "";
      Line("property " + Quoted(property.name) + " " + KindAndUnit(property.kind, property.unit) + owner);
    }
    for (const ir::Attribute& attribute : policy_.attributes) Write(attribute);
    for (const ir::Vendor& vendor : policy_.vendors) Write(vendor);
    for (const ir::Model& model : policy_.models) Write(model);
    for (const ir::Deployment& deployment : policy_.deployments) Write(deployment);
    for (const ir::Service& service : policy_.services) Write(service);
    for (const ir::Refusal& refusal : policy_.refusals) Write(refusal);
    for (const ir::Rule& rule : policy_.rules) Write(rule);
    for (const ir::Route& route : policy_.routes) Write(route);
    for (const ir::Guarantee& guarantee : policy_.guarantees) Write(guarantee);
    return std::move(text_);
  }

  // The promise of a guarantee.

  void operator()(const ir::EveryDeploymentReached& promise) {
    Line("promise every_deployment_reached", [&] { Write(promise.test); });
  }

  void operator()(const ir::FirstChoice& promise) {
    Line("promise first_choice", [&] { Write(promise.test); });
  }

  void operator()(const ir::Served& promise) {
    Line("promise served", [&] {
      for (const RefusalId id : promise.unless_refused_by) Line("unless " + Quoted(policy_.refusals.at(id.index).name));
    });
  }

  void operator()(const ir::SurvivesLoss& promise) {
    using Unit = ir::SurvivesLoss::Unit;
    const char* of = promise.unit == Unit::kDeployment ? "name" : promise.unit == Unit::kVendor ? "vendor" : "processed_in";
    Line(std::string("promise survives_loss of ") + of + " count " + std::to_string(promise.count));
  }

  void operator()(const ir::Bounded& promise) {
    Line("promise bounded", [&] {
      if (promise.attempts) Line("attempts " + std::to_string(*promise.attempts));
      if (promise.within_ms) Line("within_ms " + std::to_string(*promise.within_ms));
    });
  }

  void operator()(const ir::CostsAtMost& promise) { Line("promise costs_at_most " + Number(promise.usd.micros)); }

  void operator()(const ir::Compared& promise) {
    const ir::Attribute& attribute = policy_.attributes.at(promise.attribute.index);
    using What = ir::Compared::What;
    const bool is_number = promise.what == What::kFirstChoiceAtLeast || promise.what == What::kFirstChoiceAtMost;
    Line(std::string("promise compared ") + ComparedName(promise.what) + " " + Quoted(attribute.name), [&] {
      Line("value" + Words(attribute, promise.value));
      Line("than" + Words(attribute, promise.than));
      if (is_number) Line("fact " + Quoted(FactOf(promise.number)));
    });
  }

 private:
  void Line(const std::string& words) { text_ += std::string(2 * depth_, ' ') + words + "\n"; }

  template <typename Inside>
  void Line(const std::string& words, const Inside& inside) {
    Line(words);
    ++depth_;
    inside();
    --depth_;
  }

  static auto KindAndUnit(AttributeKind kind, Unit unit) -> std::string {
    return std::string(KindName(kind)) + " unit " + Quoted(kind == AttributeKind::kNumber ? std::string(ir::UnitWords(unit)) : "");
  }

  /// A value as words, each after a blank: as many as a set has members, otherwise one.
  static auto Words(const ir::Attribute& attribute, const ir::Value& value) -> std::string {
    switch (attribute.kind) {
      case AttributeKind::kOneOf:
        return " " + Quoted(attribute.values.at(std::get<ir::OneOfValue>(value).index));
      case AttributeKind::kAnyOf: {
        std::string words;
        for (std::size_t i = 0; i < attribute.values.size(); ++i) {
          if (((std::get<ir::AnyOfValue>(value).members >> i) & 1U) != 0) words += " " + Quoted(attribute.values[i]);
        }
        return words;
      }
      case AttributeKind::kYesNo:
        return std::get<ir::YesNoValue>(value).yes ? " yes" : " no";
      case AttributeKind::kNumber:
        return " " + Number(std::get<Decimal>(value).micros);
      case AttributeKind::kText:
        return " " + Quoted(std::get<std::string>(value));
      case AttributeKind::kCountry:
        return " " + Code(std::get<Country>(value).index);
      case AttributeKind::kDate:
        return " " + Day(std::get<Date>(value).days);
    }
    std::abort();  // every kind is handled above
  }

  void Write(const ir::Attribute& attribute) {
    Line("attribute " + Quoted(attribute.name) + " " + KindAndUnit(attribute.kind, attribute.unit), [&] {
      if (attribute.kind == AttributeKind::kNumber) Line("maximum " + Number(attribute.maximum.micros));
      for (const std::string& value : attribute.values) Line("value " + Quoted(value));
      for (const ir::Source& source : attribute.sources) {
        Line("source " + std::string(SourceName(source.kind)) + " " + Quoted(source.argument));
      }
      if (attribute.fallback) Line("default " + Quoted(ir::PlainValue(attribute, *attribute.fallback)));
    });
  }

  void Write(const ir::Vendor& vendor) {
    Line("vendor " + Quoted(vendor.name), [&] {
      Line("headquarters " + Code(vendor.headquarters.index));
      for (const std::string& each : vendor.certifications) Line("certified " + Quoted(each));
    });
  }

  void Write(const ir::Model& model) {
    Line("model " + Quoted(model.name), [&] {
      if (model.quality) Line("quality " + Number(model.quality->micros));
      for (const auto& [work, quality] : model.quality_by_work) Line("quality_at " + Quoted(work) + " " + Number(quality.micros));
      if (model.context_tokens) Line("context_tokens " + Number(model.context_tokens->micros));
      for (const std::string& each : model.capabilities) Line("capable " + Quoted(each));
      for (const std::string& tag : model.tags) Line("tag " + Quoted(tag));
    });
  }

  void Write(const ir::Deployment& deployment) {
    Line("deployment " + Quoted(deployment.name), [&] {
      Line("model " + Quoted(policy_.models.at(deployment.model.index).name));
      Line("vendor " + Quoted(policy_.vendors.at(deployment.vendor.index).name));
      Line("processed_in " + Code(deployment.processed_in.index));
      Line("price_in " + Number(deployment.price_in.micros));
      Line("price_out " + Number(deployment.price_out.micros));
      if (deployment.first_token_ms) Line("first_token_ms " + Number(deployment.first_token_ms->micros));
      WriteTerms(deployment);
      Line("endpoint " + Quoted(deployment.endpoint));
      if (!deployment.upstream_model.empty()) Line("upstream_model " + Quoted(deployment.upstream_model));
      Line("key_env " + Quoted(deployment.key_env));
      WriteOwn(deployment);
    });
  }

  /// On which terms it is offered.
  void WriteTerms(const ir::Recipient& recipient) {
    if (recipient.retention_days) Line("retention_days " + Number(recipient.retention_days->micros));
    Line("status " + Quoted(recipient.status));
    for (const std::string& tag : recipient.tags) Line("tag " + Quoted(tag));
  }

  /// Who sees what it is sent, and the author's own properties.
  void WriteOwn(const ir::Recipient& recipient) {
    if (recipient.seen_by) {
      std::string names;
      for (const VendorId who : *recipient.seen_by) names += " " + Quoted(policy_.vendors.at(who.index).name);
      Line("seen_by" + names);
    }
    for (const auto& [property, fact] : recipient.own) Line("own " + Quoted(property) + " " + OwnWord(property, fact));
  }

  void Write(const ir::Service& service) {
    Line("service " + Quoted(service.name), [&] {
      Line("vendor " + Quoted(policy_.vendors.at(service.vendor.index).name));
      Line("processed_in " + Code(service.processed_in.index));
      WriteTerms(service);
      Line("answers " + std::string(SourceName(service.answers.kind)) + " " + Quoted(service.answers.argument));
      Line("endpoint " + Quoted(service.endpoint));
      Line("key_env " + Quoted(service.key_env));
      Line("within_ms " + std::to_string(service.within_ms));
      WriteOwn(service);
    });
  }

  auto IsDate(const std::string& property) const -> bool {
    for (const ir::Property& each : policy_.properties) {
      if (each.name == property) return each.kind == AttributeKind::kDate;
    }
    return false;
  }

  auto OwnWord(const std::string& property, const ir::OwnFact& fact) const -> std::string {
    if (const auto* word = std::get_if<std::string>(&fact)) return Quoted(*word);
    return IsDate(property) ? Day(std::get<std::int64_t>(fact)) : Number(std::get<std::int64_t>(fact));
  }

  void Write(const ir::Refusal& refusal) {
    Line("refusal " + Quoted(refusal.name) + " layer " + std::to_string(refusal.layer), [&] {
      Line("reason " + Quoted(refusal.reason));
      When(refusal.when);
    });
  }

  void Write(const ir::Rule& rule) {
    const bool implied = rule.origin != ir::Rule::Origin::kWritten;
    Line("rule " + Quoted(rule.name) + " layer " + std::to_string(rule.layer) + (implied ? " implied" : ""), [&] {
      Line("because " + Quoted(rule.because));
      When(rule.when);
      Line("keep", [&] { Write(rule.keep); });
    });
  }

  void Write(const ir::Route& route) {
    Line("route " + Quoted(route.name) + " layer " + std::to_string(route.layer), [&] {
      When(route.when);
      for (const ir::Tier& tier : route.tiers) Write(tier);
    });
  }

  void Write(const ir::Tier& tier) {
    Line("tier " + Quoted(tier.label) + " " + std::string(ir::OrderName(tier.order)), [&] {
      for (const ir::Candidate& candidate : tier.candidates) {
        const std::string& name = policy_.deployments.at(candidate.deployment.index).name;
        Line("candidate " + Quoted(name) + " weight " + std::to_string(candidate.weight));
      }
      if (tier.limit) Line("limit " + std::to_string(*tier.limit));
      if (tier.within_ms) Line("within_ms " + std::to_string(*tier.within_ms));
      if (tier.retries) Line("retries " + std::to_string(*tier.retries));
    });
  }

  void Write(const ir::Guarantee& guarantee) {
    Line("guarantee " + Quoted(guarantee.name) + " layer " + std::to_string(guarantee.layer), [&] {
      Line("text " + Quoted(guarantee.text));
      When(guarantee.when);
      std::visit(*this, guarantee.promise);
    });
  }

  void When(const ir::Condition& condition) {
    Line("when", [&] { Write(condition); });
  }

  void Write(const ir::Condition& condition) {
    using Kind = ir::Condition::Kind;
    const auto parts = [&] {
      for (const ir::Condition& child : condition.children) Write(child);
    };
    switch (condition.kind) {
      case Kind::kTrue:
      case Kind::kAll:
        return Line("all", parts);
      case Kind::kFalse:
      case Kind::kAny:
        return Line("any", parts);
      case Kind::kNot:
        return Line("not", parts);
      case Kind::kIsOneOf:
      case Kind::kIncludes:
      case Kind::kIsYes:
      case Kind::kInRange:
      case Kind::kTextIs:
      case Kind::kStartsWith:
      case Kind::kInCountries:
        return Line("attribute " + Quoted(policy_.attributes.at(condition.attribute.index).name) + Question(condition));
    }
    std::abort();  // every kind is handled above
  }

  auto Question(const ir::Condition& condition) const -> std::string {
    using Kind = ir::Condition::Kind;
    const ir::Attribute& attribute = policy_.attributes.at(condition.attribute.index);
    if (condition.kind == Kind::kIsYes) return " yes";
    if (condition.kind == Kind::kTextIs) return " is " + Quoted(condition.text);
    if (condition.kind == Kind::kStartsWith) return " begins " + Quoted(condition.text);
    if (condition.kind == Kind::kIncludes) return " includes " + Quoted(attribute.values.at(condition.values.at(0)));
    if (condition.kind == Kind::kInRange) {
      return Range(condition.low, condition.high, attribute.kind == AttributeKind::kDate ? Day : Number);
    }
    std::string words = condition.kind == Kind::kInCountries ? " in" : " is";
    for (const std::uint32_t value : condition.values) {
      words += " " + (condition.kind == Kind::kInCountries ? Code(value) : Quoted(attribute.values.at(value)));
    }
    return words;
  }

  /// An end that excludes nothing is left out; of dates that may be any before the first or after the last of them.
  static auto Range(std::int64_t low, std::int64_t high, std::string (*say)(std::int64_t)) -> std::string {
    const bool is_date = say == Day;
    const std::int64_t least = is_date ? kFirstDate.days : std::numeric_limits<std::int64_t>::min();
    const std::int64_t most = is_date ? kLastDate.days : std::numeric_limits<std::int64_t>::max() - 1;
    return (low <= least ? "" : " from " + say(low)) + (high > most ? "" : " below " + say(high));
  }

  void Write(const ir::DeploymentTest& test) {
    using Kind = ir::DeploymentTest::Kind;
    const auto parts = [&] {
      for (const ir::DeploymentTest& child : test.children) Write(child);
    };
    if (test.kind == Kind::kTrue || test.kind == Kind::kAll) return Line("all", parts);
    if (test.kind == Kind::kAny) return Line("any", parts);
    if (test.kind == Kind::kNot) return Line("not", parts);
    Line("fact " + Quoted(FactOf(test)) + TestWords(test));
  }

  /// The name of the fact that a test is about.
  static auto FactOf(const ir::DeploymentTest& test) -> std::string {
    using Kind = ir::DeploymentTest::Kind;
    switch (test.kind) {
      case Kind::kProcessedIn:
        return "processed_in";
      case Kind::kHeadquarteredIn:
        return "headquarters";
      case Kind::kVendorIs:
        return "vendor";
      case Kind::kModelIs:
        return "model";
      case Kind::kDeploymentIs:
        return "name";
      case Kind::kServiceIs:
        return "service";
      case Kind::kCertified:
        return "certified";
      case Kind::kStatusIs:
        return "status";
      case Kind::kCapable:
        return "capabilities";
      case Kind::kTagged:
        return "tags";
      case Kind::kPriceIn:
        return "price_in";
      case Kind::kPriceOut:
        return "price_out";
      case Kind::kFirstToken:
        return "first_token_ms";
      case Kind::kRetention:
        return "retention_days";
      case Kind::kQuality:
        return test.text.empty() ? "quality" : "quality " + test.text;
      case Kind::kContext:
        return "context_tokens";
      case Kind::kSeenBy:
      case Kind::kSeenOnlyBy:
        return "seen_by";
      case Kind::kSeenFrom:
      case Kind::kSeenOnlyFrom:
        return "seen_from";
      case Kind::kOwnIs:
      case Kind::kOwnRange:
        return "own " + test.property;
      case Kind::kTrue:
      case Kind::kAll:
      case Kind::kAny:
      case Kind::kNot:
        break;
    }
    std::abort();  // these are about no fact
  }

  auto TestWords(const ir::DeploymentTest& test) const -> std::string {
    using Kind = ir::DeploymentTest::Kind;
    const bool is_only = test.kind == Kind::kSeenOnlyBy || test.kind == Kind::kSeenOnlyFrom;
    std::string words = is_only ? " only" : " in";
    switch (test.kind) {
      case Kind::kProcessedIn:
      case Kind::kHeadquarteredIn:
      case Kind::kSeenFrom:
      case Kind::kSeenOnlyFrom:
        for (const std::uint32_t country : test.values) words += " " + Code(country);
        return words;
      case Kind::kVendorIs:
      case Kind::kSeenBy:
      case Kind::kSeenOnlyBy:
        for (const std::uint32_t vendor : test.values) words += " " + Quoted(policy_.vendors.at(vendor).name);
        return words;
      case Kind::kModelIs:
        for (const std::uint32_t model : test.values) words += " " + Quoted(policy_.models.at(model).name);
        return words;
      case Kind::kDeploymentIs:
        for (const std::uint32_t deployment : test.values) words += " " + Quoted(policy_.deployments.at(deployment).name);
        return words;
      case Kind::kServiceIs:
        for (const std::uint32_t service : test.values) words += " " + Quoted(policy_.services.at(service).name);
        return words;
      case Kind::kCertified:
      case Kind::kStatusIs:
      case Kind::kCapable:
      case Kind::kTagged:
      case Kind::kOwnIs:
        return words + " " + Quoted(test.text);
      case Kind::kOwnRange:
        return IsDate(test.property) ? Range(test.low, test.high, Day) : Range(test.low, test.high, Number);
      case Kind::kPriceIn:
      case Kind::kPriceOut:
      case Kind::kFirstToken:
      case Kind::kRetention:
      case Kind::kQuality:
      case Kind::kContext:
        return Range(test.low, test.high, Number);
      case Kind::kTrue:
      case Kind::kAll:
      case Kind::kAny:
      case Kind::kNot:
        break;
    }
    std::abort();  // these are about no fact
  }

  const ir::Policy& policy_;
  std::string text_;
  std::size_t depth_ = 0;
};

}  // namespace

auto CoreText(const ir::Policy& policy) -> std::string { return Writer(policy).WritePolicy(); }

}  // namespace route::prove
