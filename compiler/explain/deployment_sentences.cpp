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

auto SeenText(const ir::Policy& policy, const ir::Deployment& deployment) -> std::string {
  if (!deployment.seen_by) return "Who can see the data is not stated.";
  if (deployment.seen_by->empty()) return "Nobody can see the data.";
  std::vector<std::string> observers;
  for (VendorId id : *deployment.seen_by) {
    const ir::Vendor& vendor = policy.vendors.at(id.index);
    observers.push_back(ir::Quoted(vendor.name) + " (" + std::string(CountryCode(vendor.headquarters)) + ")");
  }
  return "The data can be seen by " + ir::Enumerate(observers) + ".";
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
  if (deployment.retention_days) {
    const bool one = *deployment.retention_days == Decimal::FromInteger(1);
    facts.push_back("data kept for " + FormatDecimal(*deployment.retention_days) + (one ? " day" : " days"));
  }
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
  const ir::Vendor& vendor = policy.vendors.at(deployment.vendor.index);
  std::string text = ir::Quoted(deployment.name) + " serves " + ir::Quoted(policy.models.at(deployment.model.index).name) +
                     ". The data is processed in " + PlaceText(deployment.processed_in) + " by " + ir::Quoted(vendor.name) +
                     ", which has its headquarters in " + PlaceText(vendor.headquarters) + ". " + SeenText(policy, deployment) +
                     " A million tokens cost " + FormatQuantity(deployment.price_in, Unit::kUsd) + " in and " +
                     FormatQuantity(deployment.price_out, Unit::kUsd) + " out.";
  const std::vector<std::string> facts = OtherFacts(policy, deployment);
  for (std::size_t i = 0; i < facts.size(); ++i) text += (i == 0 ? " Also stated: " : "; ") + facts[i];
  if (!facts.empty()) text += ".";
  const ir::Provenance& from = deployment.provenance;
  if (from.as_of || !from.source.empty()) {
    text += " These facts are";
    if (from.as_of) text += " of " + FormatDate(*from.as_of);
    if (!from.source.empty()) text += std::string(from.as_of ? "," : "") + " from " + from.source;
    text += ".";
  }
  return text;
}

}  // namespace route::explain
