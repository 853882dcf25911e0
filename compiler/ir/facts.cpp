#include "compiler/ir/facts.h"

#include <cstdlib>
#include <optional>

#include "compiler/ir/words.h"
#include "runtime/values/value_text.h"

namespace route::ir {
namespace {

auto Fact(const std::string& what, const std::optional<Decimal>& value, Unit unit) -> std::string {
  if (!value) return "whose " + what + " the catalogue does not state";
  return "whose " + what + " is " + FormatQuantity(*value, unit);
}

/// Who can see the data while it is processed.
auto Observers(const Policy& policy, const Recipient& recipient) -> std::string {
  if (!recipient.seen_by) return "of which the catalogue does not state who can see the data";
  if (recipient.seen_by->empty()) return "whose data nobody can see";
  std::vector<std::string> observers;
  for (const VendorId id : *recipient.seen_by) {
    const Vendor& vendor = policy.vendors.at(id.index);
    observers.push_back(Quoted(vendor.name) + " (" + std::string(CountryCode(vendor.headquarters)) + ")");
  }
  return "whose data " + Enumerate(observers) + " can see";
}

/// Of a comparison on a fact that every recipient has.
auto FactsOfRecipient(const Policy& policy, const DeploymentTest& test, const Recipient& recipient, bool is_true)
    -> std::vector<std::string> {
  using Kind = DeploymentTest::Kind;
  const Vendor& vendor = policy.vendors.at(recipient.vendor.index);
  switch (test.kind) {
    case Kind::kProcessedIn:
      return {"which is processed in " + std::string(CountryCode(recipient.processed_in))};
    case Kind::kHeadquarteredIn:
      return {"whose vendor " + Quoted(vendor.name) + " has its headquarters in " +
              std::string(CountryCode(vendor.headquarters))};
    case Kind::kVendorIs:
      return {"whose vendor is " + Quoted(vendor.name)};
    case Kind::kCertified:
      return {"whose vendor " + Quoted(vendor.name) + (is_true ? " is" : " is not") + " certified " +
              Quoted(test.text)};
    case Kind::kStatusIs:
      return {"whose status is " + Quoted(recipient.status)};
    case Kind::kTagged:
      return {(is_true ? "which is tagged " : "which is not tagged ") + Quoted(test.text)};
    case Kind::kRetention:
      return {Fact("retention in days", recipient.retention_days, Unit::kNone)};
    case Kind::kSeenBy:
    case Kind::kSeenOnlyBy:
    case Kind::kSeenFrom:
    case Kind::kSeenOnlyFrom:
      return {Observers(policy, recipient)};
    case Kind::kOwnIs:
    case Kind::kOwnRange: {
      const auto fact = recipient.own.find(test.property);
      if (fact == recipient.own.end()) return {"whose " + Quoted(test.property) + " the catalogue does not state"};
      return {"whose " + Quoted(test.property) + " is " + OwnFactText(policy, test.property, fact->second)};
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
      return {};
  }
  std::abort();  // every kind is handled above
}

/// Of those children that went as a connective did. One false child makes `all` false, one true child makes `any` true; the
/// other way round it takes every child.
template <typename Id, typename WentSo>
auto FactsOfChildren(const Policy& policy, const DeploymentTest& test, Id id, Went went, WentSo went_so)
    -> std::vector<std::string> {
  const bool one_is_enough = (test.kind == DeploymentTest::Kind::kAny) == (went == Went::kTrue);
  std::vector<std::string> facts;
  for (const DeploymentTest& child : test.children) {
    if (!went_so(child)) continue;
    for (std::string& fact : Facts(policy, child, id, went)) facts.push_back(std::move(fact));
    if (one_is_enough) break;
  }
  return Distinct(facts);
}

auto Opposite(Went went) -> Went { return went == Went::kTrue ? Went::kFalse : Went::kTrue; }

}  // namespace

auto Facts(const Policy& policy, const DeploymentTest& test, DeploymentId id, Went went)
    -> std::vector<std::string> {
  using Kind = DeploymentTest::Kind;
  const Deployment& deployment = policy.deployments.at(id.index);
  const Model& model = policy.models.at(deployment.model.index);
  const bool is_true = went == Went::kTrue;
  switch (test.kind) {
    case Kind::kTrue:
    case Kind::kDeploymentIs:
    case Kind::kServiceIs:
      return {};
    case Kind::kAll:
    case Kind::kAny:
      return FactsOfChildren(policy, test, id, went,
                             [&](const DeploymentTest& child) { return Holds(child, policy, id) == is_true; });
    case Kind::kNot:
      return Facts(policy, test.children.at(0), id, Opposite(went));
    case Kind::kModelIs:
      return {"which serves " + Quoted(model.name)};
    case Kind::kCapable:
      return {(is_true ? "which is capable of " : "which is not capable of ") + Quoted(test.text)};
    case Kind::kPriceIn:
      return {Fact("price in", deployment.price_in, Unit::kUsd)};
    case Kind::kPriceOut:
      return {Fact("price out", deployment.price_out, Unit::kUsd)};
    case Kind::kFirstToken:
      return {Fact("time to the first token", deployment.first_token_ms, Unit::kMilliseconds)};
    case Kind::kQuality: {
      if (test.text.empty()) return {Fact("quality", model.quality, Unit::kNone)};
      const auto quality = model.quality_by_work.find(test.text);
      return {Fact("quality for " + Quoted(test.text),
                   quality == model.quality_by_work.end() ? std::nullopt : std::optional(quality->second),
                   Unit::kNone)};
    }
    case Kind::kContext:
      return {Fact("context window", model.context_tokens, Unit::kTokens)};
    case Kind::kProcessedIn:
    case Kind::kHeadquarteredIn:
    case Kind::kVendorIs:
    case Kind::kCertified:
    case Kind::kStatusIs:
    case Kind::kTagged:
    case Kind::kRetention:
    case Kind::kSeenBy:
    case Kind::kSeenOnlyBy:
    case Kind::kSeenFrom:
    case Kind::kSeenOnlyFrom:
    case Kind::kOwnIs:
    case Kind::kOwnRange:
      return FactsOfRecipient(policy, test, deployment, is_true);
  }
  std::abort();  // every kind is handled above
}

auto Facts(const Policy& policy, const DeploymentTest& test, ServiceId id, Went went) -> std::vector<std::string> {
  using Kind = DeploymentTest::Kind;
  const bool is_true = went == Went::kTrue;
  if (test.kind == Kind::kNot) return Facts(policy, test.children.at(0), id, Opposite(went));
  if (test.kind != Kind::kAll && test.kind != Kind::kAny) {
    return FactsOfRecipient(policy, test, policy.services.at(id.index), is_true);
  }
  return FactsOfChildren(policy, test, id, went, [&](const DeploymentTest& child) {
    return Says(child, policy, id) == (is_true ? Said::kYes : Said::kNo);
  });
}

}  // namespace route::ir
