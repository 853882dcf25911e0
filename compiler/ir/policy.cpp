#include "compiler/ir/policy.h"

#include <algorithm>
#include <cstdlib>

#include "runtime/values/value_text.h"

namespace route::ir {
namespace {

auto IsAmong(const std::vector<std::uint32_t>& values, std::uint32_t value) -> bool {
  return std::ranges::find(values, value) != values.end();
}

auto IsAmong(const std::vector<std::string>& words, const std::string& word) -> bool {
  return std::ranges::find(words, word) != words.end();
}

auto IsInRange(const DeploymentTest& test, const std::optional<Decimal>& fact) -> bool {
  return fact.has_value() && test.low <= fact->micros && fact->micros < test.high;
}

auto Quality(const Model& model, const std::string& work) -> std::optional<Decimal> {
  if (work.empty()) return model.quality;
  const auto found = model.quality_by_work.find(work);
  if (found == model.quality_by_work.end()) return std::nullopt;
  return found->second;
}

/// A comparison on one of the facts that every recipient has.
auto HoldsOfRecipient(const DeploymentTest& test, const Policy& policy, const Recipient& facts) -> bool {
  using Kind = DeploymentTest::Kind;
  const Vendor& vendor = policy.vendors.at(facts.vendor.index);
  const auto is_meant = [&](VendorId id) {
    const bool by_place = test.kind == Kind::kSeenFrom || test.kind == Kind::kSeenOnlyFrom;
    return IsAmong(test.values, by_place ? policy.vendors.at(id.index).headquarters.index : id.index);
  };

  switch (test.kind) {
    case Kind::kProcessedIn:
      return IsAmong(test.values, facts.processed_in.index);
    case Kind::kHeadquarteredIn:
      return IsAmong(test.values, vendor.headquarters.index);
    case Kind::kVendorIs:
      return IsAmong(test.values, facts.vendor.index);
    case Kind::kCertified:
      return IsAmong(vendor.certifications, test.text);
    case Kind::kStatusIs:
      return facts.status == test.text;
    case Kind::kTagged:
      return IsAmong(facts.tags, test.text);
    case Kind::kRetention:
      return IsInRange(test, facts.retention_days);
    case Kind::kSeenBy:
    case Kind::kSeenFrom:
      return facts.seen_by && std::ranges::any_of(*facts.seen_by, is_meant);
    case Kind::kSeenOnlyBy:
    case Kind::kSeenOnlyFrom:
      return facts.seen_by && std::ranges::all_of(*facts.seen_by, is_meant);
    case Kind::kOwnIs: {
      const auto fact = facts.own.find(test.property);
      return fact != facts.own.end() && fact->second == OwnFact{test.text};
    }
    case Kind::kOwnRange: {
      const auto fact = facts.own.find(test.property);
      if (fact == facts.own.end()) return false;
      const std::int64_t number = std::get<std::int64_t>(fact->second);
      return test.low <= number && number < test.high;
    }
    case Kind::kTrue:
    case Kind::kAll:
    case Kind::kAny:
    case Kind::kNot:
    case Kind::kModelIs:
    case Kind::kDeploymentIs:
    case Kind::kServiceIs:
    case Kind::kCapable:
    case Kind::kPriceIn:
    case Kind::kPriceOut:
    case Kind::kFirstToken:
    case Kind::kQuality:
    case Kind::kContext:
      break;
  }
  std::abort();  // the callers handle every other kind
}

}  // namespace

auto Holds(const DeploymentTest& test, const Policy& policy, DeploymentId deployment) -> bool {
  using Kind = DeploymentTest::Kind;
  const Deployment& facts = policy.deployments.at(deployment.index);
  const Model& model = policy.models.at(facts.model.index);
  const auto child_holds = [&](const DeploymentTest& child) { return Holds(child, policy, deployment); };
  switch (test.kind) {
    case Kind::kTrue:
      return true;
    case Kind::kAll:
      return std::ranges::all_of(test.children, child_holds);
    case Kind::kAny:
      return std::ranges::any_of(test.children, child_holds);
    case Kind::kNot:
      return !child_holds(test.children.at(0));
    case Kind::kModelIs:
      return IsAmong(test.values, facts.model.index);
    case Kind::kDeploymentIs:
      return IsAmong(test.values, deployment.index);
    case Kind::kServiceIs:
      return false;
    case Kind::kCapable:
      return IsAmong(model.capabilities, test.text);
    case Kind::kTagged:
      return IsAmong(model.tags, test.text) || HoldsOfRecipient(test, policy, facts);
    case Kind::kPriceIn:
      return IsInRange(test, facts.price_in);
    case Kind::kPriceOut:
      return IsInRange(test, facts.price_out);
    case Kind::kFirstToken:
      return IsInRange(test, facts.first_token_ms);
    case Kind::kQuality:
      return IsInRange(test, Quality(model, test.text));
    case Kind::kContext:
      return IsInRange(test, model.context_tokens);
    case Kind::kProcessedIn:
    case Kind::kHeadquarteredIn:
    case Kind::kVendorIs:
    case Kind::kCertified:
    case Kind::kStatusIs:
    case Kind::kRetention:
    case Kind::kSeenBy:
    case Kind::kSeenOnlyBy:
    case Kind::kSeenFrom:
    case Kind::kSeenOnlyFrom:
    case Kind::kOwnIs:
    case Kind::kOwnRange:
      return HoldsOfRecipient(test, policy, facts);
  }
  std::abort();  // every kind is handled above
}

auto BindsServices(const DeploymentTest& comparison, const Policy& policy) -> bool {
  using Kind = DeploymentTest::Kind;
  switch (comparison.kind) {
    case Kind::kModelIs:
    case Kind::kCapable:
    case Kind::kPriceIn:
    case Kind::kPriceOut:
    case Kind::kFirstToken:
    case Kind::kQuality:
    case Kind::kContext:
      return false;
    case Kind::kTagged: {
      const auto carries = [&](const Recipient& recipient) { return IsAmong(recipient.tags, comparison.text); };
      return std::ranges::any_of(policy.deployments, carries) || std::ranges::any_of(policy.services, carries);
    }
    case Kind::kOwnIs:
    case Kind::kOwnRange: {
      const auto property = std::ranges::find(policy.properties, comparison.property, &Property::name);
      return property == policy.properties.end() || property->owner != Property::Owner::kModel;
    }
    case Kind::kTrue:
    case Kind::kAll:
    case Kind::kAny:
    case Kind::kNot:
    case Kind::kProcessedIn:
    case Kind::kHeadquarteredIn:
    case Kind::kVendorIs:
    case Kind::kDeploymentIs:
    case Kind::kServiceIs:
    case Kind::kCertified:
    case Kind::kStatusIs:
    case Kind::kRetention:
    case Kind::kSeenBy:
    case Kind::kSeenOnlyBy:
    case Kind::kSeenFrom:
    case Kind::kSeenOnlyFrom:
      return true;
  }
  std::abort();  // every kind is handled above
}

auto Says(const DeploymentTest& test, const Policy& policy, ServiceId service) -> Said {
  using Kind = DeploymentTest::Kind;
  const auto child_says = [&](Said said) {
    return std::ranges::any_of(test.children,
                               [&](const DeploymentTest& child) { return Says(child, policy, service) == said; });
  };
  const auto answer = [](bool holds) { return holds ? Said::kYes : Said::kNo; };
  switch (test.kind) {
    case Kind::kAll:
      return child_says(Said::kNo) ? Said::kNo : child_says(Said::kYes) ? Said::kYes : Said::kNothing;
    case Kind::kAny:
      return child_says(Said::kYes) ? Said::kYes : child_says(Said::kNo) ? Said::kNo : Said::kNothing;
    case Kind::kNot:
      return child_says(Said::kYes) ? Said::kNo : child_says(Said::kNo) ? Said::kYes : Said::kNothing;
    case Kind::kTrue:
      return Said::kYes;
    case Kind::kDeploymentIs:
      return Said::kNo;
    case Kind::kServiceIs:
      return answer(IsAmong(test.values, service.index));
    case Kind::kProcessedIn:
    case Kind::kHeadquarteredIn:
    case Kind::kVendorIs:
    case Kind::kModelIs:
    case Kind::kCertified:
    case Kind::kStatusIs:
    case Kind::kCapable:
    case Kind::kTagged:
    case Kind::kPriceIn:
    case Kind::kPriceOut:
    case Kind::kFirstToken:
    case Kind::kRetention:
    case Kind::kQuality:
    case Kind::kContext:
    case Kind::kSeenBy:
    case Kind::kSeenOnlyBy:
    case Kind::kSeenFrom:
    case Kind::kSeenOnlyFrom:
    case Kind::kOwnIs:
    case Kind::kOwnRange:
      break;
  }
  if (!BindsServices(test, policy)) return Said::kNothing;
  return answer(HoldsOfRecipient(test, policy, policy.services.at(service.index)));
}

auto AskedFor(const Policy& policy, ServiceId service) -> std::vector<AttributeId> {
  std::vector<AttributeId> asked;
  const Source& answers = policy.services.at(service.index).answers;
  for (std::uint32_t i = 0; i < policy.attributes.size(); ++i) {
    const std::vector<Source>& sources = policy.attributes[i].sources;
    if (std::ranges::find(sources, answers) != sources.end()) asked.push_back({i});
  }
  return asked;
}

auto IsAnswered(const Policy& policy, AttributeId attribute) -> bool {
  return std::ranges::any_of(policy.services, [&](const Service& service) {
    const std::vector<Source>& sources = policy.attributes.at(attribute.index).sources;
    return std::ranges::find(sources, service.answers) != sources.end();
  });
}

auto NumberOf(const DeploymentTest& test, const Policy& policy, DeploymentId deployment) -> std::optional<Decimal> {
  using Kind = DeploymentTest::Kind;
  const Deployment& facts = policy.deployments.at(deployment.index);
  const Model& model = policy.models.at(facts.model.index);
  if (test.kind == Kind::kPriceIn) return facts.price_in;
  if (test.kind == Kind::kPriceOut) return facts.price_out;
  if (test.kind == Kind::kFirstToken) return facts.first_token_ms;
  if (test.kind == Kind::kRetention) return facts.retention_days;
  if (test.kind == Kind::kQuality) return Quality(model, test.text);
  if (test.kind == Kind::kContext) return model.context_tokens;
  std::abort();  // CheckWellFormed says that it is one of these
}

auto PromptAttribute(const Policy& policy) -> std::optional<AttributeId> {
  for (std::uint32_t i = 0; i < policy.attributes.size(); ++i) {
    const Attribute& attribute = policy.attributes[i];
    const auto measures = [](const Source& source) {
      return source.kind == SourceKind::kRequest && source.argument == "prompt";
    };
    if (attribute.kind == AttributeKind::kNumber && std::ranges::any_of(attribute.sources, measures)) return AttributeId{i};
  }
  return std::nullopt;
}

auto PolicyOfFile(const Policy& policy, FileId file) -> const std::string& {
  return file.index < policy.file_layers.size() ? policy.layers.at(policy.file_layers[file.index]).name
                                                : policy.layers.back().name;
}

auto OwnFactText(const Policy& policy, const std::string& name, const OwnFact& fact) -> std::string {
  if (const auto* word = std::get_if<std::string>(&fact)) return *word;
  const std::int64_t number = std::get<std::int64_t>(fact);
  const auto property = std::ranges::find(policy.properties, name, &Property::name);
  if (property == policy.properties.end()) std::abort();  // CheckWellFormed says that it is declared
  if (property->kind == AttributeKind::kDate) return FormatDate({static_cast<std::int32_t>(number)});
  return FormatQuantity({number}, property->unit);
}

}  // namespace route::ir
