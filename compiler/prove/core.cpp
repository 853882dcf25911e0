#include "compiler/prove/core.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "compiler/ir/classes.h"
#include "compiler/ir/json.h"
#include "compiler/ir/text.h"
#include "runtime/values/value_text.h"

namespace route::prove {
namespace {

using Json = nlohmann::json;

template <typename T>
auto Optional(const std::optional<T>& value) -> Json {
  return value ? Json(*value) : Json();
}

/// The fact that the loss of such a unit is counted by.
auto FactOf(ir::SurvivesLoss::Unit unit) -> const char* {
  switch (unit) {
    case ir::SurvivesLoss::Unit::kDeployment:
      return "name";
    case ir::SurvivesLoss::Unit::kVendor:
      return "vendor";
    case ir::SurvivesLoss::Unit::kCountry:
      return "processed_in";
  }
  std::abort();  // every unit is handled above
}

class Writer {
 public:
  explicit Writer(const ir::Policy& policy) : policy_(policy), classes_(policy) {}

  auto WritePolicy() const -> Json {
    Json attributes = Json::array();
    for (std::uint32_t i = 0; i < policy_.attributes.size(); ++i) attributes.push_back(AttributeToJson({i}));
    Json deployments = Json::array();
    for (std::uint32_t i = 0; i < policy_.deployments.size(); ++i) deployments.push_back(DeploymentToJson({i}));
    return {{"policy", policy_.name},
            {"version", policy_.version},
            {"layers", WriteAll(policy_.layers)},
            {"limits",
             {{"attempts", policy_.limits.attempts},
              {"deadline_ms", policy_.limits.deadline_ms},
              {"answer_tokens", policy_.limits.answer_tokens},
              {"cost_hundredth_cents", policy_.limits.cost_hundredth_cents}}},
            {"properties", WriteAll(policy_.properties)},
            {"own_tags", OwnTags()},
            {"attributes", std::move(attributes)},
            {"dimensions", WriteAll(classes_.dimensions())},
            {"deployments", std::move(deployments)},
            {"services", WriteAll(policy_.services)},
            {"rules", WriteAll(policy_.rules)},
            {"refusals", WriteAll(policy_.refusals)},
            {"routes", WriteAll(policy_.routes)},
            {"guarantees", WriteAll(policy_.guarantees)}};
  }

  auto operator()(const ir::EveryDeploymentReached& promise) const -> Json {
    return {{"every_deployment_reached", WriteForBoth(promise.test)}};
  }

  auto operator()(const ir::FirstChoice& promise) const -> Json { return {{"first_choice", Write(promise.test)}}; }

  auto operator()(const ir::Served& promise) const -> Json {
    Json refusals = Json::array();
    for (const RefusalId id : promise.unless_refused_by) refusals.push_back(id.index);
    return {{"served", {{"unless_refused_by", std::move(refusals)}}}};
  }

  auto operator()(const ir::SurvivesLoss& promise) const -> Json {
    return {{"survives_loss", {{"of", FactOf(promise.unit)}, {"count", promise.count}}}};
  }

  auto operator()(const ir::Bounded& promise) const -> Json {
    return {{"bounded", {{"attempts", Optional(promise.attempts)}, {"within_ms", Optional(promise.within_ms)}}}};
  }

  auto operator()(const ir::CostsAtMost& promise) const -> Json { return {{"costs_at_most", {{"usd", promise.usd.micros}}}}; }

  auto operator()(const ir::Compared& promise) const -> Json {
    Json json = {{"what", ComparedName(promise.what)},
                 {"attribute", promise.attribute.index},
                 {"value", ClassesOf(promise.attribute, promise.value)},
                 {"than", ClassesOf(promise.attribute, promise.than)}};
    if (promise.what == ir::Compared::What::kFirstChoiceAtLeast || promise.what == ir::Compared::What::kFirstChoiceAtMost) {
      json["fact"] = Write(promise.number).at("fact");
    }
    return {{"compared", std::move(json)}};
  }

 private:
  /// The class of a value of the attribute in each of its dimensions.
  auto ClassesOf(AttributeId attribute, const ir::Value& value) const -> Json {
    ir::Request request = classes_.Representative(std::vector<std::uint16_t>(classes_.dimensions().size()));
    request.at(attribute.index) = value;
    const std::vector<std::uint16_t> all = classes_.Classify(request);
    Json classes = Json::array();
    for (std::size_t d = 0; d < all.size(); ++d) {
      if (classes_.dimensions()[d].attribute == attribute) classes.push_back(all[d]);
    }
    return classes;
  }

  auto Write(const ir::Condition& condition) const -> Json {
    using Kind = ir::Condition::Kind;
    switch (condition.kind) {
      case Kind::kTrue:
      case Kind::kAll:
        return {{"all", WriteAll(condition.children)}};
      case Kind::kFalse:
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
        return {{"dimension", classes_.DimensionOf(condition).index}, {"classes", Runs(classes_.Satisfying(condition))}};
    }
    std::abort();  // every kind is handled above
  }

  /// [[first, end], …]: the runs of classes that are in a set.
  static auto Runs(const std::vector<bool>& classes) -> Json {
    Json runs = Json::array();
    for (std::size_t c = 0; c < classes.size(); ++c) {
      if (!classes[c]) continue;
      if (runs.empty() || runs.back()[1] != c) runs.push_back({c, c});
      runs.back()[1] = c + 1;
    }
    return runs;
  }

  auto Write(const ir::DeploymentTest& test) const -> Json {
    using Kind = ir::DeploymentTest::Kind;
    switch (test.kind) {
      case Kind::kTrue:
      case Kind::kAll:
        return {{"all", WriteAll(test.children)}};
      case Kind::kAny:
        return {{"any", WriteAll(test.children)}};
      case Kind::kNot:
        return {{"not", Write(test.children.at(0))}};
      case Kind::kProcessedIn:
        return {{"fact", "processed_in"}, {"in", test.values}};
      case Kind::kHeadquarteredIn:
        return {{"fact", "headquarters"}, {"in", test.values}};
      case Kind::kVendorIs:
        return {{"fact", "vendor"}, {"in", Names(policy_.vendors, test)}};
      case Kind::kModelIs:
        return {{"fact", "model"}, {"in", Names(policy_.models, test)}};
      case Kind::kDeploymentIs:
        return {{"fact", "name"}, {"in", Names(policy_.deployments, test)}};
      case Kind::kServiceIs:
        return {{"fact", "service"}, {"in", Names(policy_.services, test)}};
      case Kind::kCertified:
        return {{"fact", "certified"}, {"in", {test.text}}};
      case Kind::kStatusIs:
        return {{"fact", "status"}, {"in", {test.text}}};
      case Kind::kCapable:
        return {{"fact", "capabilities"}, {"in", {test.text}}};
      case Kind::kTagged:
        return {{"fact", "tags"}, {"in", {test.text}}};
      case Kind::kPriceIn:
        return Range("price_in", test);
      case Kind::kPriceOut:
        return Range("price_out", test);
      case Kind::kFirstToken:
        return Range("first_token_ms", test);
      case Kind::kRetention:
        return Range("retention_days", test);
      case Kind::kQuality:
        return Range(test.text.empty() ? "quality" : "quality " + test.text, test);
      case Kind::kContext:
        return Range("context_tokens", test);
      case Kind::kSeenBy:
        return {{"fact", "seen_by"}, {"in", Names(policy_.vendors, test)}};
      case Kind::kSeenOnlyBy:
        return {{"fact", "seen_by"}, {"only_in", Names(policy_.vendors, test)}};
      case Kind::kSeenFrom:
        return {{"fact", "seen_from"}, {"in", test.values}};
      case Kind::kSeenOnlyFrom:
        return {{"fact", "seen_from"}, {"only_in", test.values}};
      case Kind::kOwnIs:
        return {{"fact", "own " + test.property}, {"in", {test.text}}};
      case Kind::kOwnRange:
        return Range("own " + test.property, test, IsDate(test.property));
    }
    std::abort();  // every kind is handled above
  }

  /// What must hold of a deployment, and of a service: the same without what says nothing of services.
  auto WriteForBoth(const ir::DeploymentTest& test) const -> Json {
    Json both = {{"deployments", Write(test)}};
    if (!policy_.services.empty()) both["services"] = WriteForServices(test).value_or(Json{{"all", Json::array()}});
    return both;
  }

  /// Nothing if the test says nothing of services.
  auto WriteForServices(const ir::DeploymentTest& test) const -> std::optional<Json> {
    using Kind = ir::DeploymentTest::Kind;
    Json parts = Json::array();
    for (const ir::DeploymentTest& child : test.children) {
      if (auto part = WriteForServices(child)) parts.push_back(std::move(*part));
    }
    if (test.kind == Kind::kDeploymentIs) return Json{{"any", Json::array()}};
    if (test.kind == Kind::kServiceIs) return Json{{"fact", "name"}, {"in", Names(policy_.services, test)}};
    const bool has_parts = test.kind == Kind::kAll || test.kind == Kind::kAny || test.kind == Kind::kNot;
    if (has_parts ? parts.empty() : test.kind != Kind::kTrue && !ir::BindsServices(test, policy_)) return std::nullopt;
    if (!has_parts) return Write(test);
    if (test.kind == Kind::kNot) return Json{{"not", std::move(parts[0])}};
    return Json{{test.kind == Kind::kAll ? "all" : "any", std::move(parts)}};
  }

  template <typename Entry>
  static auto Names(const std::vector<Entry>& entries, const ir::DeploymentTest& test) -> Json {
    Json names = Json::array();
    for (const std::uint32_t index : test.values) names.push_back(entries.at(index).name);
    return names;
  }

  auto IsDate(const std::string& property) const -> bool {
    return std::ranges::any_of(policy_.properties, [&](const ir::Property& each) {
      return each.name == property && each.kind == AttributeKind::kDate;
    });
  }

  /// An end that excludes nothing is left out.
  static auto Range(const std::string& fact, const ir::DeploymentTest& test, bool is_date = false) -> Json {
    Json json = {{"fact", fact}};
    if (test.low > (is_date ? kFirstDate.days : std::numeric_limits<std::int64_t>::min())) json["at_least"] = test.low;
    if (test.high <= (is_date ? kLastDate.days : std::numeric_limits<std::int64_t>::max() - 1)) json["below"] = test.high;
    if (json.size() == 1) json["at_least"] = std::numeric_limits<std::int64_t>::min();  // whatever it is, if it is stated
    return json;
  }

  auto AttributeToJson(AttributeId id) const -> Json {
    const ir::Attribute& attribute = policy_.attributes.at(id.index);
    const bool is_set = attribute.kind == AttributeKind::kAnyOf, is_number = attribute.kind == AttributeKind::kNumber;
    const ir::DimensionId first = classes_.FirstDimension(id);
    const ir::Dimension classes = is_set ? ir::Dimension{} : classes_.dimensions().at(first.index);
    Json sources = Json::array();
    for (const ir::Source& source : attribute.sources) {
      sources.push_back({{"kind", std::string(SourceName(source.kind))}, {"argument", source.argument}});
    }
    return {{"name", attribute.name},
            {"kind", std::string(KindName(attribute.kind))},
            {"unit", is_number ? std::string(ir::UnitWords(attribute.unit)) : ""},
            {"maximum", is_number ? attribute.maximum.micros : 0},
            {"default", attribute.fallback ? ir::PlainValue(attribute, *attribute.fallback) : ""},
            {"has_default", attribute.fallback.has_value()},
            {"first_dimension", first.index},
            {"sources", std::move(sources)},
            {"values", attribute.values},
            {"prefixes", classes.prefixes},
            {"texts", classes.texts},
            {"cuts", classes.cuts},
            {"countries", classes.country_class}};
  }

  /// The tags that deployments carry themselves. A service can be asked for these, and not for one that only models carry.
  auto OwnTags() const -> std::set<std::string> {
    std::set<std::string> tags;
    for (const ir::Deployment& deployment : policy_.deployments) tags.insert(deployment.tags.begin(), deployment.tags.end());
    return tags;
  }

  auto DeploymentToJson(DeploymentId id) const -> Json {
    const ir::Deployment& deployment = policy_.deployments.at(id.index);
    const ir::Model& model = policy_.models.at(deployment.model.index);
    const ir::Vendor& vendor = policy_.vendors.at(deployment.vendor.index);
    std::set<std::string> tags(deployment.tags.begin(), deployment.tags.end());
    tags.insert(model.tags.begin(), model.tags.end());
    Json json = {{"name", deployment.name},
                 {"model", model.name},
                 {"vendor", vendor.name},
                 {"endpoint", deployment.endpoint},
                 {"upstream_model", deployment.upstream_model.empty() ? model.name : deployment.upstream_model},
                 {"key_env", deployment.key_env},
                 {"price_in", deployment.price_in.micros},
                 {"price_out", deployment.price_out.micros},
                 {"processed_in", deployment.processed_in.index},
                 {"headquarters", vendor.headquarters.index},
                 {"certified", vendor.certifications},
                 {"status", deployment.status},
                 {"capabilities", model.capabilities},
                 {"tags", tags}};
    const auto add = [&](const std::string& name, const std::optional<Decimal>& fact) {
      if (fact) json[name] = fact->micros;
    };
    add("first_token_ms", deployment.first_token_ms);
    add("quality", model.quality);
    add("context_tokens", model.context_tokens);
    for (const auto& [work, quality] : model.quality_by_work) add("quality " + work, quality);
    json.update(FactsOf(deployment));
    return json;
  }

  /// What deployments and services have alike and need not state.
  auto FactsOf(const ir::Recipient& recipient) const -> Json {
    Json json = Json::object();
    if (recipient.retention_days) json["retention_days"] = recipient.retention_days->micros;
    if (recipient.seen_by) {
      json["seen_by"] = json["seen_from"] = Json::array();
      for (const VendorId who : *recipient.seen_by) {
        json["seen_by"].push_back(policy_.vendors.at(who.index).name);
        json["seen_from"].push_back(policy_.vendors.at(who.index).headquarters.index);
      }
    }
    for (const auto& [property, fact] : recipient.own) {
      std::visit([&](const auto& value) { json["own " + property] = value; }, fact);
    }
    return json;
  }

  static auto Write(const ir::Layer& layer) -> Json { return {{"name", layer.name}, {"version", layer.version}}; }

  static auto Write(const ir::Property& property) -> Json {
    return {{"name", property.name},
            {"kind", std::string(KindName(property.kind))},
            {"unit", std::string(ir::UnitWords(property.unit))},
            {"of_models", property.owner == ir::Property::Owner::kModel}};
  }

  auto Write(const ir::Service& service) const -> Json {
    const ir::Vendor& vendor = policy_.vendors.at(service.vendor.index);
    Json json = {{"name", service.name},
                 {"vendor", vendor.name},
                 {"endpoint", service.endpoint},
                 {"key_env", service.key_env},
                 {"kind", std::string(SourceName(service.answers.kind))},
                 {"question", service.answers.argument},
                 {"processed_in", service.processed_in.index},
                 {"headquarters", vendor.headquarters.index},
                 {"certified", vendor.certifications},
                 {"status", service.status},
                 {"tags", std::set<std::string>(service.tags.begin(), service.tags.end())},
                 {"within_ms", service.within_ms}};
    json.update(FactsOf(service));
    return json;
  }

  static auto Write(const ir::Dimension& dimension) -> Json {
    return {{"attribute", dimension.attribute.index}, {"member", dimension.member}, {"classes", dimension.classes}};
  }

  auto Write(const ir::Rule& rule) const -> Json {
    return {{"name", rule.name},
            {"because", rule.because},
            {"implied", rule.origin != ir::Rule::Origin::kWritten},
            {"when", Write(rule.when)},
            {"keep", WriteForBoth(rule.keep)},
            {"layer", rule.layer}};
  }

  auto Write(const ir::Refusal& refusal) const -> Json {
    return {{"name", refusal.name}, {"reason", refusal.reason}, {"when", Write(refusal.when)}, {"layer", refusal.layer}};
  }

  static auto Write(const ir::Candidate& candidate) -> Json {
    return {{"deployment", candidate.deployment.index}, {"weight", candidate.weight}};
  }

  auto Write(const ir::Tier& tier) const -> Json {
    return {{"label", tier.label},
            {"order", std::string(ir::OrderName(tier.order))},
            {"candidates", WriteAll(tier.candidates)},
            {"limit", Optional(tier.limit)},
            {"within_ms", Optional(tier.within_ms)},
            {"retries", Optional(tier.retries)}};
  }

  auto Write(const ir::Route& route) const -> Json {
    return {{"name", route.name}, {"when", Write(route.when)}, {"tiers", WriteAll(route.tiers)}, {"layer", route.layer}};
  }

  auto Write(const ir::Guarantee& guarantee) const -> Json {
    return {{"name", guarantee.name},
            {"text", guarantee.text},
            {"when", Write(guarantee.when)},
            {"promise", std::visit(*this, guarantee.promise)},
            {"layer", guarantee.layer}};
  }

  template <typename Entry>
  auto WriteAll(const std::vector<Entry>& entries) const -> Json {
    Json list = Json::array();
    for (const Entry& entry : entries) list.push_back(Write(entry));
    return list;
  }

  const ir::Policy& policy_;
  ir::ValueClasses classes_;
};

}  // namespace

auto ComparedName(ir::Compared::What what) -> const char* {
  switch (what) {
    case ir::Compared::What::kAllowed:
      return "allowed";
    case ir::Compared::What::kServed:
      return "served";
    case ir::Compared::What::kFirstChoiceAtLeast:
      return "first_choice_at_least";
    case ir::Compared::What::kFirstChoiceAtMost:
      return "first_choice_at_most";
  }
  std::abort();  // everything that is compared is handled above
}

auto CoreOf(const ir::Policy& policy) -> nlohmann::json { return Writer(policy).WritePolicy(); }

}  // namespace route::prove
