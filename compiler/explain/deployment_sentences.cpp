#include "compiler/explain/sentences.h"
#include "compiler/ir/words.h"
#include "runtime/values/value_text.h"

namespace route::explain {
namespace {

auto PlaceText(Country country) -> std::string {
  const std::string_view name = CountryName(country);
  const bool takes_article = name.starts_with("United ") || name == "Netherlands" || name == "Philippines";
  return (takes_article ? "the " : "") + std::string(name) + " (" + std::string(CountryCode(country)) + ")";
}

auto SeenText(const ir::Policy& policy, const ir::Recipient& recipient) -> std::string {
  if (!recipient.seen_by) return "Who can see the data is not stated.";
  if (recipient.seen_by->empty()) return "Nobody can see the data.";
  std::vector<std::string> observers;
  for (VendorId id : *recipient.seen_by) {
    const ir::Vendor& vendor = policy.vendors.at(id.index);
    observers.push_back(ir::Quoted(vendor.name) + " (" + std::string(CountryCode(vendor.headquarters)) + ")");
  }
  return "The data can be seen by " + ir::Enumerate(observers) + ".";
}

auto RetentionText(Decimal days) -> std::string {
  return "data kept for " + FormatDecimal(days) + (days == Decimal::FromInteger(1) ? " day" : " days");
}

/// ` Also stated: …; ….`
auto AlsoStated(const std::vector<std::string>& facts) -> std::string {
  std::string text;
  for (std::size_t i = 0; i < facts.size(); ++i) text += (i == 0 ? " Also stated: " : "; ") + facts[i];
  return text.empty() ? text : text + ".";
}

auto ProvenanceText(const ir::Provenance& from) -> std::string {
  if (!from.as_of && from.source.empty()) return "";
  std::string text = " These facts are";
  if (from.as_of) text += " of " + FormatDate(*from.as_of);
  if (!from.source.empty()) text += std::string(from.as_of ? "," : "") + " from " + from.source;
  return text + ".";
}

/// Where the data is processed, by whom, and who sees it.
auto ProcessingText(const ir::Policy& policy, const ir::Recipient& recipient) -> std::string {
  const ir::Vendor& vendor = policy.vendors.at(recipient.vendor.index);
  return "The data is processed in " + PlaceText(recipient.processed_in) + " by " + ir::Quoted(vendor.name) +
         ", which has its headquarters in " + PlaceText(vendor.headquarters) + ". " + SeenText(policy, recipient);
}

/// The facts that may be left out, as "quality 84".
auto OtherFacts(const ir::Policy& policy, const ir::Deployment& deployment) -> std::vector<std::string> {
  const ir::Model& model = policy.models.at(deployment.model.index);
  const ir::Vendor& vendor = policy.vendors.at(deployment.vendor.index);
  std::vector<std::string> facts;
  if (deployment.status != "live") facts.push_back("status " + ir::Quoted(deployment.status));
  if (deployment.first_token_ms) {
    facts.push_back("first token after " + FormatQuantity(*deployment.first_token_ms, Unit::kMilliseconds));
  }
  if (deployment.retention_days) facts.push_back(RetentionText(*deployment.retention_days));
  if (model.quality) facts.push_back("quality " + FormatDecimal(*model.quality));
  for (const auto& [work, quality] : model.quality_by_work) {
    facts.push_back("quality for " + ir::Quoted(work) + " " + FormatDecimal(quality));
  }
  if (model.context_tokens) facts.push_back("a context window of " + FormatQuantity(*model.context_tokens, Unit::kTokens));
  if (!model.capabilities.empty()) facts.push_back("capable of " + ir::Enumerate(model.capabilities));
  if (!vendor.certifications.empty()) facts.push_back("vendor certified " + ir::Enumerate(vendor.certifications));
  std::vector<std::string> tags = model.tags;
  tags.insert(tags.end(), deployment.tags.begin(), deployment.tags.end());
  if (!tags.empty()) facts.push_back("tagged " + ir::Enumerate(ir::Distinct(tags)));
  for (const auto& [name, fact] : deployment.own) facts.push_back(ir::Quoted(name) + " " + ir::OwnFactText(policy, name, fact));
  return facts;
}

}  // namespace

auto DeploymentSentences(const ir::Policy& policy, const ir::Deployment& deployment) -> std::string {
  return ir::Quoted(deployment.name) + " serves " + ir::Quoted(policy.models.at(deployment.model.index).name) + ". " +
         ProcessingText(policy, deployment) + " A million tokens cost " + FormatQuantity(deployment.price_in, Unit::kUsd) +
         " in and " + FormatQuantity(deployment.price_out, Unit::kUsd) + " out." + AlsoStated(OtherFacts(policy, deployment)) +
         ProvenanceText(deployment.provenance);
}

auto ServiceSentences(const ir::Policy& policy, ServiceId id) -> std::string {
  const ir::Service& service = policy.services.at(id.index);
  std::vector<std::string> asked;
  for (const AttributeId attribute : ir::AskedFor(policy, id)) asked.push_back(ir::Quoted(policy.attributes.at(attribute.index).name));
  std::string text = ir::Quoted(service.name) +
                     (asked.empty() ? " is asked by no attribute."
                                    : " reads the prompt and says " + ir::Enumerate(asked) + ", within " +
                                          FormatDuration(service.within_ms) + ".") +
                     " " + ProcessingText(policy, service);
  std::vector<std::string> facts;
  if (service.status != "live") facts.push_back("status " + ir::Quoted(service.status));
  if (service.retention_days) facts.push_back(RetentionText(*service.retention_days));
  const ir::Vendor& vendor = policy.vendors.at(service.vendor.index);
  if (!vendor.certifications.empty()) facts.push_back("vendor certified " + ir::Enumerate(vendor.certifications));
  if (!service.tags.empty()) facts.push_back("tagged " + ir::Enumerate(service.tags));
  for (const auto& [name, fact] : service.own) facts.push_back(ir::Quoted(name) + " " + ir::OwnFactText(policy, name, fact));
  return text + AlsoStated(facts) + ProvenanceText(service.provenance);
}

}  // namespace route::explain
