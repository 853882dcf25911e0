#include "compiler/ir/json.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>

#include "runtime/values/value_text.h"

namespace route::ir {
namespace {

using Json = nlohmann::ordered_json;

auto NumberToJson(Decimal value) -> Json {
  if (value.micros % Decimal::kScale == 0) return value.micros / Decimal::kScale;
  return FormatDecimal(value);
}

template <typename T>
auto OptionalToJson(const std::optional<T>& value) -> Json {
  return value ? Json(*value) : Json(nullptr);
}

auto OptionalToJson(const std::optional<Decimal>& value) -> Json {
  return value ? NumberToJson(*value) : Json(nullptr);
}

auto ValueToJson(const Attribute& attribute, const Value& value) -> Json {
  switch (attribute.kind) {
    case AttributeKind::kOneOf:
      return attribute.values.at(std::get<OneOfValue>(value).index);
    case AttributeKind::kAnyOf: {
      Json members = Json::array();
      for (std::size_t i = 0; i < attribute.values.size(); ++i) {
        if (((std::get<AnyOfValue>(value).members >> i) & 1U) != 0) members.push_back(attribute.values[i]);
      }
      return members;
    }
    case AttributeKind::kYesNo:
      return std::get<YesNoValue>(value).yes;
    case AttributeKind::kNumber: {
      const auto number = std::get<Decimal>(value);
      return attribute.unit == Unit::kTimeOfDay ? Json(FormatQuantity(number, attribute.unit)) : NumberToJson(number);
    }
    case AttributeKind::kText:
      return std::get<std::string>(value);
    case AttributeKind::kCountry:
      return std::string(CountryCode(std::get<Country>(value)));
    case AttributeKind::kDate:
      return FormatDate(std::get<Date>(value));
  }
  std::abort();  // every kind is handled above
}

auto UnitToJson(Unit unit) -> Json {
  return unit == Unit::kNone ? Json(nullptr) : Json(std::string(UnitWords(unit)));
}

auto CountriesToJson(const std::vector<std::uint32_t>& indexes) -> Json {
  Json codes = Json::array();
  for (std::uint32_t index : indexes) {
    codes.push_back(std::string(CountryCode({static_cast<std::uint16_t>(index)})));
  }
  return codes;
}

// The names of the entries of a list that an index list points at.
template <typename Entry>
auto NamesToJson(const std::vector<Entry>& entries, const std::vector<std::uint32_t>& indexes) -> Json {
  Json names = Json::array();
  for (std::uint32_t index : indexes) names.push_back(entries.at(index).name);
  return names;
}

// Adds the ends of a half-open range; an end that excludes nothing is left out.
void AddRange(Json& json, std::int64_t low, std::int64_t high) {
  if (low != std::numeric_limits<std::int64_t>::min()) json["at_least"] = NumberToJson({low});
  if (high != std::numeric_limits<std::int64_t>::max()) json["below"] = NumberToJson({high});
}

auto ProvenanceToJson(const Provenance& provenance) -> Json {
  return {{"as_of", provenance.as_of ? Json(FormatDate(*provenance.as_of)) : Json()}, {"source", provenance.source}};
}

void AddDateRange(Json& json, std::int64_t low, std::int64_t high) {
  if (low > kFirstDate.days) json["at_least"] = FormatDate({static_cast<std::int32_t>(low)});
  if (high <= kLastDate.days) json["below"] = FormatDate({static_cast<std::int32_t>(high)});
}

class Writer {
 public:
  explicit Writer(const Policy& policy) : policy_(policy) {}

  auto Write(const Condition& condition) const -> Json {
    using Kind = Condition::Kind;
    switch (condition.kind) {
      case Kind::kTrue:
        return true;
      case Kind::kFalse:
        return false;
      case Kind::kAll:
        return {{"all", WriteAll(condition.children)}};
      case Kind::kAny:
        return {{"any", WriteAll(condition.children)}};
      case Kind::kNot:
        return {{"not", Write(condition.children.at(0))}};
      case Kind::kIsOneOf:
      case Kind::kIncludes:
      case Kind::kIsYes:
      case Kind::kInRange:
      case Kind::kTextIs:
      case Kind::kStartsWith:
      case Kind::kInCountries:
        break;
    }
    const Attribute& attribute = policy_.attributes.at(condition.attribute.index);
    Json json = {{"attribute", attribute.name}};
    switch (condition.kind) {
      case Kind::kIsOneOf: {
        Json names = Json::array();
        for (std::uint32_t index : condition.values) names.push_back(attribute.values.at(index));
        json["is"] = std::move(names);
        return json;
      }
      case Kind::kIncludes:
        json["includes"] = attribute.values.at(condition.values.at(0));
        return json;
      case Kind::kIsYes:
        json["is"] = true;
        return json;
      case Kind::kInRange:
        if (attribute.kind == AttributeKind::kDate) {
          AddDateRange(json, condition.low, condition.high);
        } else {
          AddRange(json, condition.low, condition.high);
        }
        return json;
      case Kind::kTextIs:
        json["is"] = condition.text;
        return json;
      case Kind::kStartsWith:
        json["starts_with"] = condition.text;
        return json;
      case Kind::kInCountries:
        json["in"] = CountriesToJson(condition.values);
        return json;
      case Kind::kTrue:
      case Kind::kFalse:
      case Kind::kAll:
      case Kind::kAny:
      case Kind::kNot:
        break;
    }
    std::abort();  // every kind is handled above
  }

  auto Write(const DeploymentTest& test) const -> Json {
    using Kind = DeploymentTest::Kind;
    const auto range = [&](const char* fact) -> Json {
      Json json = {{"fact", fact}};
      if (!test.text.empty()) json["work"] = test.text;
      AddRange(json, test.low, test.high);
      return json;
    };
    switch (test.kind) {
      case Kind::kTrue:
        return true;
      case Kind::kAll:
        return {{"all", WriteAll(test.children)}};
      case Kind::kAny:
        return {{"any", WriteAll(test.children)}};
      case Kind::kNot:
        return {{"not", Write(test.children.at(0))}};
      case Kind::kProcessedIn:
        return {{"processed_in", CountriesToJson(test.values)}};
      case Kind::kHeadquarteredIn:
        return {{"headquartered_in", CountriesToJson(test.values)}};
      case Kind::kVendorIs:
        return {{"vendor", NamesToJson(policy_.vendors, test.values)}};
      case Kind::kModelIs:
        return {{"model", NamesToJson(policy_.models, test.values)}};
      case Kind::kDeploymentIs:
        return {{"deployment", NamesToJson(policy_.deployments, test.values)}};
      case Kind::kServiceIs:
        return {{"service", NamesToJson(policy_.services, test.values)}};
      case Kind::kCertified:
        return {{"certified", test.text}};
      case Kind::kStatusIs:
        return {{"status", test.text}};
      case Kind::kCapable:
        return {{"capability", test.text}};
      case Kind::kTagged:
        return {{"tag", test.text}};
      case Kind::kPriceIn:
        return range("price_in");
      case Kind::kPriceOut:
        return range("price_out");
      case Kind::kFirstToken:
        return range("first_token_ms");
      case Kind::kRetention:
        return range("retention_days");
      case Kind::kQuality:
        return range("quality");
      case Kind::kContext:
        return range("context_tokens");
      case Kind::kSeenBy:
        return {{"seen_by", NamesToJson(policy_.vendors, test.values)}};
      case Kind::kSeenOnlyBy:
        return {{"seen_only_by", NamesToJson(policy_.vendors, test.values)}};
      case Kind::kSeenFrom:
        return {{"seen_from", CountriesToJson(test.values)}};
      case Kind::kSeenOnlyFrom:
        return {{"seen_only_from", CountriesToJson(test.values)}};
      case Kind::kOwnIs:
        return {{"property", test.property}, {"is", test.text}};
      case Kind::kOwnRange: {
        Json json = {{"property", test.property}};
        if (IsDate(test.property)) {
          AddDateRange(json, test.low, test.high);
        } else {
          AddRange(json, test.low, test.high);
        }
        return json;
      }
    }
    std::abort();  // every kind is handled above
  }

  auto Write(const Attribute& attribute) const -> Json {
    Json json = {{"name", attribute.name}, {"kind", std::string(KindName(attribute.kind))}};
    switch (attribute.kind) {
      case AttributeKind::kOneOf:
      case AttributeKind::kAnyOf:
        json["values"] = attribute.values;
        break;
      case AttributeKind::kNumber:
        json["unit"] = UnitToJson(attribute.unit);
        json["maximum"] = NumberToJson(attribute.maximum);
        break;
      case AttributeKind::kYesNo:
      case AttributeKind::kText:
      case AttributeKind::kCountry:
      case AttributeKind::kDate:
        break;
    }
    Json sources = Json::array();
    for (const Source& source : attribute.sources) {
      Json entry = {{"kind", std::string(SourceName(source.kind))}};
      if (!source.argument.empty()) entry["argument"] = source.argument;
      entry["trust"] = SourceTrust(source.kind, source.argument) == Trust::kClaimed ? "claimed" : "measured";
      sources.push_back(std::move(entry));
    }
    json["sources"] = std::move(sources);
    if (attribute.fallback) json["default"] = ValueToJson(attribute, *attribute.fallback);
    return json;
  }

  auto Write(const Property& property) const -> Json {
    return {{"name", property.name}, {"kind", std::string(KindName(property.kind))}, {"unit", UnitToJson(property.unit)}};
  }

  auto Write(const Vendor& vendor) const -> Json {
    return {{"name", vendor.name},
            {"headquarters", std::string(CountryCode(vendor.headquarters))},
            {"certifications", vendor.certifications},
            {"provenance", ProvenanceToJson(vendor.provenance)}};
  }

  auto Write(const Model& model) const -> Json {
    Json by_work = Json::object();
    for (const auto& [work, quality] : model.quality_by_work) by_work[work] = NumberToJson(quality);
    return {{"name", model.name},
            {"quality", OptionalToJson(model.quality)},
            {"quality_by_work", std::move(by_work)},
            {"context_tokens", OptionalToJson(model.context_tokens)},
            {"capabilities", model.capabilities},
            {"tags", model.tags},
            {"provenance", ProvenanceToJson(model.provenance)}};
  }

  auto ObserversToJson(const Recipient& recipient) const -> Json {
    if (!recipient.seen_by) return nullptr;
    Json names = Json::array();
    for (VendorId id : *recipient.seen_by) names.push_back(policy_.vendors.at(id.index).name);
    return names;
  }

  auto OwnToJson(const Recipient& recipient) const -> Json {
    Json own = Json::object();
    for (const auto& [property, fact] : recipient.own) own[property] = OwnFactToJson(property, fact);
    return own;
  }

  auto Write(const Service& service) const -> Json {
    return {{"name", service.name},
            {"answers", {{"kind", std::string(SourceName(service.answers.kind))}, {"argument", service.answers.argument}}},
            {"vendor", policy_.vendors.at(service.vendor.index).name},
            {"processed_in", std::string(CountryCode(service.processed_in))},
            {"retention_days", OptionalToJson(service.retention_days)},
            {"status", service.status},
            {"tags", service.tags},
            {"endpoint", service.endpoint},
            {"key_env", service.key_env},
            {"within_ms", service.within_ms},
            {"seen_by", ObserversToJson(service)},
            {"own", OwnToJson(service)},
            {"provenance", ProvenanceToJson(service.provenance)}};
  }

  auto Write(const Deployment& deployment) const -> Json {
    return {{"name", deployment.name},
            {"model", policy_.models.at(deployment.model.index).name},
            {"vendor", policy_.vendors.at(deployment.vendor.index).name},
            {"processed_in", std::string(CountryCode(deployment.processed_in))},
            {"price_in", NumberToJson(deployment.price_in)},
            {"price_out", NumberToJson(deployment.price_out)},
            {"first_token_ms", OptionalToJson(deployment.first_token_ms)},
            {"retention_days", OptionalToJson(deployment.retention_days)},
            {"status", deployment.status},
            {"tags", deployment.tags},
            {"endpoint", deployment.endpoint},
            {"upstream_model", deployment.upstream_model},
            {"key_env", deployment.key_env},
            {"seen_by", ObserversToJson(deployment)},
            {"own", OwnToJson(deployment)},
            {"provenance", ProvenanceToJson(deployment.provenance)}};
  }

  auto Write(const Rule& rule) const -> Json {
    return {{"name", rule.name},
            {"origin", OriginName(rule.origin)},
            {"when", Write(rule.when)},
            {"keep", Write(rule.keep)},
            {"because", rule.because},
            {"layer", LayerName(rule.layer)}};
  }

  auto Write(const Refusal& refusal) const -> Json {
    return {{"name", refusal.name}, {"when", Write(refusal.when)}, {"reason", refusal.reason}, {"layer", LayerName(refusal.layer)}};
  }

  auto Write(const Candidate& candidate) const -> Json {
    return {{"deployment", policy_.deployments.at(candidate.deployment.index).name}, {"weight", candidate.weight}};
  }

  auto Write(const Tier& tier) const -> Json {
    return {{"label", tier.label},
            {"order", OrderName(tier.order)},
            {"candidates", WriteAll(tier.candidates)},
            {"limit", OptionalToJson(tier.limit)},
            {"within_ms", OptionalToJson(tier.within_ms)},
            {"retries", OptionalToJson(tier.retries)}};
  }

  auto Write(const Route& route) const -> Json {
    return {{"name", route.name}, {"when", Write(route.when)}, {"tiers", WriteAll(route.tiers)}, {"layer", LayerName(route.layer)}};
  }

  auto operator()(const EveryDeploymentReached& promise) const -> Json {
    return {{"every_deployment_reached", Write(promise.test)}};
  }

  auto operator()(const FirstChoice& promise) const -> Json { return {{"first_choice", Write(promise.test)}}; }

  auto operator()(const Served& promise) const -> Json {
    Json names = Json::array();
    for (RefusalId id : promise.unless_refused_by) names.push_back(policy_.refusals.at(id.index).name);
    return {{"served", {{"unless_refused_by", std::move(names)}}}};
  }

  auto operator()(const SurvivesLoss& promise) const -> Json {
    return {{"survives_loss", {{"unit", LossUnitName(promise.unit)}, {"count", promise.count}}}};
  }

  auto operator()(const Bounded& promise) const -> Json {
    return {{"bounded",
             {{"attempts", OptionalToJson(promise.attempts)}, {"within_ms", OptionalToJson(promise.within_ms)}}}};
  }

  auto operator()(const CostsAtMost& promise) const -> Json {
    return {{"costs_at_most", {{"usd", NumberToJson(promise.usd)}}}};
  }

  auto operator()(const Compared& promise) const -> Json {
    const Attribute& attribute = policy_.attributes.at(promise.attribute.index);
    Json json = {{"what", ComparedName(promise.what)},
                 {"attribute", attribute.name},
                 {"value", ValueToJson(attribute, promise.value)},
                 {"than", ValueToJson(attribute, promise.than)}};
    const bool is_number = promise.what == Compared::What::kFirstChoiceAtLeast ||
                           promise.what == Compared::What::kFirstChoiceAtMost;
    if (is_number) json["number"] = Write(promise.number);
    return {{"compared", std::move(json)}};
  }

  auto operator()(const ExpectOutcome& expectation) const -> Json {
    Json json = {{"outcome", std::string(OutcomeName(expectation.outcome))}};
    if (expectation.refusal) json["refusal"] = policy_.refusals.at(expectation.refusal->index).name;
    return json;
  }

  auto operator()(const ExpectRoute& expectation) const -> Json {
    return {{"route", policy_.routes.at(expectation.route.index).name}};
  }

  auto Write(const Guarantee& guarantee) const -> Json {
    return {{"name", guarantee.name},
            {"text", guarantee.text},
            {"when", Write(guarantee.when)},
            {"promise", std::visit(*this, guarantee.promise)},
            {"layer", LayerName(guarantee.layer)}};
  }

  auto Write(const NamedCondition& named) const -> Json {
    return {{"name", named.name}, {"when", Write(named.condition)}, {"layer", LayerName(named.layer)}};
  }

  auto Write(const Jurisdiction& jurisdiction) const -> Json {
    return {{"name", jurisdiction.name},
            {"title", jurisdiction.title},
            {"provenance", ProvenanceToJson(jurisdiction.provenance)},
            {"countries", CountriesToJson(jurisdiction.countries)}};
  }

  auto Write(const Expectation& expectation) const -> Json {
    return {{"text", expectation.text}, {"expect", std::visit(*this, expectation.what)}};
  }

  auto Write(const Test& test) const -> Json {
    Json given = Json::object();
    for (const auto& [id, value] : test.given) {
      const Attribute& attribute = policy_.attributes.at(id.index);
      given[attribute.name] = ValueToJson(attribute, value);
    }
    return {{"name", test.name}, {"given", std::move(given)}, {"expectations", WriteAll(test.expectations)}};
  }

  /// Services are named only where there are any, so that what reads a core without them need not know them.
  auto WritePolicy() const -> Json {
    Json json = {{"policy", policy_.name},
            {"version", policy_.version},
            {"layers", WriteAll(policy_.layers)},
            {"limits", Write(policy_.limits)},
            {"attributes", WriteAll(policy_.attributes)},
            {"conditions", WriteAll(policy_.conditions)},
            {"jurisdictions", WriteAll(policy_.jurisdictions)},
            {"properties", WriteAll(policy_.properties)},
            {"vendors", WriteAll(policy_.vendors)},
            {"models", WriteAll(policy_.models)},
            {"deployments", WriteAll(policy_.deployments)},
            {"rules", WriteAll(policy_.rules)},
            {"refusals", WriteAll(policy_.refusals)},
            {"routes", WriteAll(policy_.routes)},
            {"guarantees", WriteAll(policy_.guarantees)},
            {"tests", WriteAll(policy_.tests)}};
    if (!policy_.services.empty()) json["services"] = WriteAll(policy_.services);
    return json;
  }

  auto Write(const Limits& limits) const -> Json {
    Json json = {{"attempts", limits.attempts}, {"deadline_ms", limits.deadline_ms}};
    if (limits.answer_tokens > 0) json["answer_tokens"] = limits.answer_tokens;
    if (limits.cost_hundredth_cents > 0) json["cost_usd"] = NumberToJson({std::int64_t{limits.cost_hundredth_cents} * 100});
    return json;
  }

  auto Write(const Layer& layer) const -> Json { return {{"name", layer.name}, {"version", layer.version}}; }

 private:
  auto IsDate(const std::string& property) const -> bool {
    return std::ranges::any_of(policy_.properties, [&](const Property& each) {
      return each.name == property && each.kind == AttributeKind::kDate;
    });
  }

  /// As ranges write it, so that the two can be compared: a number without its unit, minutes for a time of day.
  auto OwnFactToJson(const std::string& property, const OwnFact& fact) const -> Json {
    const auto* number = std::get_if<std::int64_t>(&fact);
    return number == nullptr || IsDate(property) ? Json(OwnFactText(policy_, property, fact)) : NumberToJson({*number});
  }

  auto LayerName(std::uint32_t layer) const -> const std::string& { return policy_.layers.at(layer).name; }

  template <typename Entry>
  auto WriteAll(const std::vector<Entry>& entries) const -> Json {
    Json list = Json::array();
    for (const Entry& entry : entries) list.push_back(Write(entry));
    return list;
  }

  static auto OriginName(Rule::Origin origin) -> std::string {
    switch (origin) {
      case Rule::Origin::kWritten:
        return "written";
      case Rule::Origin::kCapability:
        return "implied by a capability";
      case Rule::Origin::kContext:
        return "implied by the prompt's length";
      case Rule::Origin::kCost:
        return "implied by the limit of the cost";
    }
    std::abort();  // every origin is handled above
  }

  static auto ComparedName(Compared::What what) -> std::string {
    switch (what) {
      case Compared::What::kAllowed:
        return "allowed";
      case Compared::What::kServed:
        return "served";
      case Compared::What::kFirstChoiceAtLeast:
        return "first_choice_at_least";
      case Compared::What::kFirstChoiceAtMost:
        return "first_choice_at_most";
    }
    std::abort();  // everything that is compared is handled above
  }

  static auto LossUnitName(SurvivesLoss::Unit unit) -> std::string {
    switch (unit) {
      case SurvivesLoss::Unit::kDeployment:
        return "deployment";
      case SurvivesLoss::Unit::kVendor:
        return "vendor";
      case SurvivesLoss::Unit::kCountry:
        return "country";
    }
    std::abort();  // every unit is handled above
  }

  const Policy& policy_;
};

}  // namespace

auto OrderName(TierOrder order) -> std::string_view {
  switch (order) {
    case TierOrder::kAsListed:
      return "as listed";
    case TierOrder::kByWeight:
      return "by weight";
    case TierOrder::kCheapest:
      return "cheapest";
    case TierOrder::kFastest:
      return "fastest";
    case TierOrder::kQuality:
      return "quality";
  }
  std::abort();  // every order is handled above
}

auto UnitWords(Unit unit) -> std::string_view { return unit == Unit::kTimeOfDay ? "time of day" : UnitName(unit); }

auto ToJson(const Policy& policy) -> nlohmann::ordered_json {
  return Writer(policy).WritePolicy();
}

auto RequestToJson(const Policy& policy, const Request& request) -> nlohmann::ordered_json {
  Json json = Json::object();
  for (std::size_t i = 0; i < policy.attributes.size(); ++i) {
    json[policy.attributes[i].name] = ValueToJson(policy.attributes[i], request.at(i));
  }
  return json;
}

}  // namespace route::ir
