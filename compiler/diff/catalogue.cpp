#include "compiler/diff/catalogue.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "compiler/ir/text.h"
#include "compiler/ir/words.h"
#include "runtime/values/value_text.h"

namespace route::diff {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

auto Listed(const std::vector<std::string>& names) -> std::string {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

auto Dollars(Decimal price) -> std::string {
  return FormatDecimal(price) + " USD";
}

auto Observers(const ir::Policy& policy, const ir::Recipient& recipient) -> std::string {
  if (!recipient.seen_by) return "";
  std::vector<std::string> names;
  for (const VendorId vendor : *recipient.seen_by) names.push_back(policy.vendors.at(vendor.index).name);
  std::ranges::sort(names);
  return names.empty() ? "nobody" : Listed(names);
}

auto FactsOf(const ir::Policy& policy, const ir::Deployment& deployment, Compared compared) -> Facts {
  const ir::Vendor& vendor = policy.vendors.at(deployment.vendor.index);
  const ir::Model& model = policy.models.at(deployment.model.index);
  const auto number = [](const std::optional<Decimal>& value, const std::string& unit) {
    return value ? FormatDecimal(*value) + unit : std::string();
  };
  Facts facts = {{"model", model.name},
                 {"vendor", vendor.name},
                 {"processed in", std::string(CountryCode(deployment.processed_in))},
                 {"headquarters", std::string(CountryCode(vendor.headquarters))},
                 {"price in", Dollars(deployment.price_in)},
                 {"price out", Dollars(deployment.price_out)},
                 {"endpoint", deployment.endpoint},
                 {"upstream model", deployment.upstream_model},
                 {"key env", deployment.key_env}};
  if (compared == Compared::kFactsOfBundles) return facts;
  const Facts more = {{"first token", number(deployment.first_token_ms, " ms")},
                      {"retention", number(deployment.retention_days, " days")},
                      {"status", deployment.status},
                      {"seen by", Observers(policy, deployment)},
                      {"tags", Listed(deployment.tags)},
                      {"certified", Listed(vendor.certifications)},
                      {"quality", number(model.quality, "")},
                      {"context", number(model.context_tokens, " tokens")},
                      {"capabilities", Listed(model.capabilities)},
                      {"tags of the model", Listed(model.tags)}};
  facts.insert(facts.end(), more.begin(), more.end());
  for (const auto& [work, quality] : model.quality_by_work)
    facts.emplace_back("quality " + work, FormatDecimal(quality));
  for (const auto& [name, fact] : deployment.own) facts.emplace_back(name, ir::OwnFactText(policy, name, fact));
  return facts;
}

auto FactsOf(const ir::Policy& policy, const ir::Service& service, Compared compared) -> Facts {
  const ir::Vendor& vendor = policy.vendors.at(service.vendor.index);
  Facts facts = {{"answers", std::string(SourceName(service.answers.kind)) + " `" + service.answers.argument + "`"},
                 {"vendor", vendor.name},
                 {"processed in", std::string(CountryCode(service.processed_in))},
                 {"headquarters", std::string(CountryCode(vendor.headquarters))},
                 {"within", FormatDuration(service.within_ms)},
                 {"endpoint", service.endpoint},
                 {"key env", service.key_env}};
  if (compared == Compared::kFactsOfBundles) return facts;
  const Facts more = {{"retention", service.retention_days ? FormatDecimal(*service.retention_days) + " days" : ""},
                      {"status", service.status},
                      {"seen by", Observers(policy, service)},
                      {"tags", Listed(service.tags)},
                      {"certified", Listed(vendor.certifications)}};
  facts.insert(facts.end(), more.begin(), more.end());
  for (const auto& [name, fact] : service.own) facts.emplace_back(name, ir::OwnFactText(policy, name, fact));
  return facts;
}

auto FindFact(const Facts& facts, const std::string& name) -> std::string {
  const auto found = std::ranges::find(facts, name, &Facts::value_type::first);
  return found == facts.end() ? "" : found->second;
}

auto ChangesBetween(const Facts& before, const Facts& after) -> std::vector<FactChange> {
  std::vector<FactChange> changes;
  for (const auto& [name, value] : after) {
    const std::string old_value = FindFact(before, name);
    if (old_value != value) changes.push_back({name, old_value, value});
  }
  for (const auto& [name, value] : before) {
    const bool is_stated = std::ranges::find(after, name, &Facts::value_type::first) != after.end();
    if (!is_stated) changes.push_back({name, value, ""});
  }
  return changes;
}

auto FindDeployment(const ir::Policy& policy, const std::string& name) -> const ir::Deployment* {
  const auto found = std::ranges::find(policy.deployments, name, &ir::Deployment::name);
  return found == policy.deployments.end() ? nullptr : &*found;
}

/// An attribute's declaration, but for its name.
auto Declared(const ir::Attribute& attribute) -> std::string {
  std::string text;
  switch (attribute.kind) {
    case AttributeKind::kOneOf:
      text = "one of " + Listed(attribute.values);
      break;
    case AttributeKind::kAnyOf:
      text = "any of " + Listed(attribute.values);
      break;
    case AttributeKind::kNumber:
      text = attribute.unit == Unit::kTimeOfDay ? "time"
                                                : "number up to " + FormatQuantity(attribute.maximum, attribute.unit);
      break;
    case AttributeKind::kYesNo:
    case AttributeKind::kText:
    case AttributeKind::kCountry:
    case AttributeKind::kDate:
      text = std::string(KindName(attribute.kind));
      break;
  }
  std::string sources;
  for (const ir::Source& source : attribute.sources) {
    sources += (sources.empty() ? " from " : " and ") + std::string(SourceName(source.kind));
    if (!source.argument.empty()) sources += " \"" + source.argument + "\"";
  }
  text += sources;
  if (attribute.fallback) text += " default " + ir::FormatValue(attribute, *attribute.fallback);
  return text;
}

}  // namespace

auto CompareCatalogues(const ir::Policy& before, const ir::Policy& after, Compared compared)
    -> std::vector<DeploymentChange> {
  std::vector<DeploymentChange> changes;
  for (const ir::Deployment& deployment : after.deployments) {
    const ir::Deployment* old_one = FindDeployment(before, deployment.name);
    if (old_one == nullptr) {
      changes.push_back({deployment.name, DeploymentChange::Kind::kAdded, {}});
      continue;
    }
    auto facts = ChangesBetween(FactsOf(before, *old_one, compared), FactsOf(after, deployment, compared));
    if (!facts.empty()) changes.push_back({deployment.name, DeploymentChange::Kind::kChanged, std::move(facts)});
  }
  for (const ir::Deployment& deployment : before.deployments) {
    if (FindDeployment(after, deployment.name) != nullptr) continue;
    changes.push_back({deployment.name, DeploymentChange::Kind::kRemoved, {}});
  }
  return changes;
}

auto CompareService(const ir::Policy& before, const ir::Policy& after, const std::string& name, Compared compared)
    -> DeploymentChange {
  const auto find = [&](const ir::Policy& policy) -> const ir::Service* {
    const auto found = std::ranges::find(policy.services, name, &ir::Service::name);
    return found == policy.services.end() ? nullptr : &*found;
  };
  const ir::Service* old_one = find(before);
  const ir::Service* new_one = find(after);
  if (old_one == nullptr) return {name, DeploymentChange::Kind::kAdded, {}};
  if (new_one == nullptr) return {name, DeploymentChange::Kind::kRemoved, {}};
  return {name, DeploymentChange::Kind::kChanged,
          ChangesBetween(FactsOf(before, *old_one, compared), FactsOf(after, *new_one, compared))};
}

auto CompareFrames(const ir::Policy& before, const ir::Policy& after) -> std::vector<FrameChange> {
  std::vector<FrameChange> changes;
  const auto declared = [](const ir::Policy& policy, const std::string& name) -> std::string {
    const auto found = std::ranges::find(policy.attributes, name, &ir::Attribute::name);
    return found == policy.attributes.end() ? "" : Declared(*found);
  };
  const auto compare = [&](const std::string& name) {
    std::string old_text = declared(before, name);
    std::string new_text = declared(after, name);
    if (old_text != new_text)
      changes.push_back({FrameChange::Kind::kAttribute, name, std::move(old_text), std::move(new_text)});
  };
  for (const ir::Attribute& attribute : after.attributes) compare(attribute.name);
  for (const ir::Attribute& attribute : before.attributes) {
    if (declared(after, attribute.name).empty()) compare(attribute.name);
  }
  const auto compare_limit = [&](const std::string& name, std::uint32_t old_limit, std::uint32_t new_limit,
                                 const std::string& unit) {
    if (old_limit == new_limit) return;
    changes.push_back(
        {FrameChange::Kind::kLimits, name, std::to_string(old_limit) + unit, std::to_string(new_limit) + unit});
  };
  compare_limit("attempts", before.limits.attempts, after.limits.attempts, "");
  compare_limit("deadline", before.limits.deadline_ms, after.limits.deadline_ms, " ms");
  compare_limit("answer", before.limits.answer_tokens, after.limits.answer_tokens, " tokens");
  compare_limit("cost", before.limits.cost_hundredth_cents, after.limits.cost_hundredth_cents, " hundredths of a cent");
  return changes;
}

}  // namespace route::diff
