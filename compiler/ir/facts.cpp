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

/// Who can see the data while a deployment processes it.
auto Observers(const Policy& policy, const Deployment& deployment) -> std::string {
  if (!deployment.seen_by) return "of which the catalogue does not state who can see the data";
  if (deployment.seen_by->empty()) return "whose data nobody can see";
  std::vector<std::string> observers;
  for (const VendorId id : *deployment.seen_by) {
    const Vendor& vendor = policy.vendors.at(id.index);
    observers.push_back(Quoted(vendor.name) + " (" + std::string(CountryCode(vendor.headquarters)) + ")");
  }
  return "whose data " + Enumerate(observers) + " can see";
}

}  // namespace

auto Facts(const Policy& policy, const DeploymentTest& test, DeploymentId id, Went went)
    -> std::vector<std::string> {
  using Kind = DeploymentTest::Kind;
  const Deployment& deployment = policy.deployments.at(id.index);
  const Model& model = policy.models.at(deployment.model.index);
  const Vendor& vendor = policy.vendors.at(deployment.vendor.index);
  const bool is_true = went == Went::kTrue;
  switch (test.kind) {
    case Kind::kTrue:
      return {};
    case Kind::kAll:
    case Kind::kAny: {
      // One false child makes `all` false, one true child makes `any` true; the other way round it takes every child.
      const bool one_is_enough = (test.kind == Kind::kAny) == is_true;
      std::vector<std::string> facts;
      for (const DeploymentTest& child : test.children) {
        if (Holds(child, policy, id) != is_true) continue;
        for (std::string& fact : Facts(policy, child, id, went)) facts.push_back(std::move(fact));
        if (one_is_enough) break;
      }
      return Distinct(facts);
    }
    case Kind::kNot:
      return Facts(policy, test.children.at(0), id, is_true ? Went::kFalse : Went::kTrue);
    case Kind::kProcessedIn:
      return {"which is processed in " + std::string(CountryCode(deployment.processed_in))};
    case Kind::kHeadquarteredIn:
      return {"whose vendor " + Quoted(vendor.name) + " has its headquarters in " +
              std::string(CountryCode(vendor.headquarters))};
    case Kind::kVendorIs:
      return {"whose vendor is " + Quoted(vendor.name)};
    case Kind::kModelIs:
      return {"which serves " + Quoted(model.name)};
    case Kind::kDeploymentIs:
      return {};
    case Kind::kCertified:
      return {"whose vendor " + Quoted(vendor.name) + (is_true ? " is" : " is not") + " certified " +
              Quoted(test.text)};
    case Kind::kStatusIs:
      return {"whose status is " + Quoted(deployment.status)};
    case Kind::kCapable:
      return {(is_true ? "which is capable of " : "which is not capable of ") + Quoted(test.text)};
    case Kind::kTagged:
      return {(is_true ? "which is tagged " : "which is not tagged ") + Quoted(test.text)};
    case Kind::kPriceIn:
      return {Fact("price in", deployment.price_in, Unit::kUsd)};
    case Kind::kPriceOut:
      return {Fact("price out", deployment.price_out, Unit::kUsd)};
    case Kind::kFirstToken:
      return {Fact("time to the first token", deployment.first_token_ms, Unit::kMilliseconds)};
    case Kind::kRetention:
      return {Fact("retention in days", deployment.retention_days, Unit::kNone)};
    case Kind::kQuality: {
      if (test.text.empty()) return {Fact("quality", model.quality, Unit::kNone)};
      const auto quality = model.quality_by_work.find(test.text);
      return {Fact("quality for " + Quoted(test.text),
                   quality == model.quality_by_work.end() ? std::nullopt : std::optional(quality->second),
                   Unit::kNone)};
    }
    case Kind::kContext:
      return {Fact("context window", model.context_tokens, Unit::kTokens)};
    case Kind::kSeenBy:
    case Kind::kSeenOnlyBy:
    case Kind::kSeenFrom:
    case Kind::kSeenOnlyFrom:
      return {Observers(policy, deployment)};
    case Kind::kOwnIs:
    case Kind::kOwnRange: {
      const auto fact = deployment.own.find(test.property);
      if (fact == deployment.own.end()) return {"whose " + Quoted(test.property) + " the catalogue does not state"};
      return {"whose " + Quoted(test.property) + " is " + OwnFactText(policy, test.property, fact->second)};
    }
  }
  std::abort();  // every kind is handled above
}

}  // namespace route::ir
