#include <algorithm>

#include "compiler/base/internal_error.h"
#include "compiler/explain/phrases.h"
#include "compiler/ir/words.h"

namespace route::explain {
namespace {

using Kind = ir::DeploymentTest::Kind;

auto Opposite(Sense sense) -> Sense {
  return sense == Sense::kAffirmed ? Sense::kDenied : Sense::kAffirmed;
}

auto QuotedNames(const auto& entries, const std::vector<std::uint32_t>& indexes) -> std::vector<std::string> {
  std::vector<std::string> names;
  for (std::uint32_t index : indexes) names.push_back(ir::Quoted(entries.at(index).name));
  return names;
}

/// `is a`, `is a or b`, `is not a`, `is neither a nor b`, `is none of a, b and c`.
auto Is(const std::vector<std::string>& names, Sense sense) -> std::string {
  if (sense == Sense::kAffirmed) return "is " + ir::Enumerate(names, "or");
  if (names.size() == 1) return "is not " + names.front();
  if (names.size() == 2) return "is neither " + names[0] + " nor " + names[1];
  return "is none of " + ir::Enumerate(names);
}

auto NumberFact(const std::string& subject, const ir::DeploymentTest& test, Unit unit, Sense sense) -> std::string {
  return subject + " is " + IntervalPhrase({test.low, test.high, AttributeKind::kNumber, unit}, sense);
}

}  // namespace

auto Phrases::Test(const ir::DeploymentTest& test, Sense sense) -> std::string {
  return TestPart(test, sense).text;
}

auto Phrases::TestPart(const ir::DeploymentTest& test, Sense sense) -> Part {
  switch (test.kind) {
    case Kind::kNot: return TestPart(test.children.at(0), Opposite(sense));
    case Kind::kAll:
    case Kind::kAny: {
      std::vector<Part> parts;
      for (const ir::DeploymentTest& child : test.children) parts.push_back(TestPart(child, sense));
      const bool is_and = (test.kind == Kind::kAll) == (sense == Sense::kAffirmed);
      return Join(parts, is_and ? Part::Joined::kAnd : Part::Joined::kOr);
    }
    case Kind::kTrue:
    case Kind::kProcessedIn:
    case Kind::kHeadquarteredIn:
    case Kind::kVendorIs:
    case Kind::kModelIs:
    case Kind::kDeploymentIs:
    case Kind::kServiceIs:
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
    case Kind::kOwnRange: return {.text = FactText(test, sense)};
  }
  throw InternalError("a test of a deployment of no known kind");
}

auto Phrases::VendorNames(const ir::DeploymentTest& test) const -> std::vector<std::string> {
  return QuotedNames(policy_->vendors, test.values);
}

auto Phrases::FactText(const ir::DeploymentTest& test, Sense sense) -> std::string {
  const bool affirmed = sense == Sense::kAffirmed;
  const std::string is = affirmed ? "is" : "is not";
  switch (test.kind) {
    case Kind::kTrue: return affirmed ? "it is any deployment" : "it is no deployment at all";
    case Kind::kProcessedIn: return "it " + is + " processed in " + Places(test.values, "or");
    case Kind::kHeadquarteredIn:
      return std::string("its vendor ") + (affirmed ? "has" : "does not have") + " its headquarters in " +
             Places(test.values, "or");
    case Kind::kVendorIs: return "its vendor " + Is(VendorNames(test), sense);
    case Kind::kModelIs: return "its model " + Is(QuotedNames(policy_->models, test.values), sense);
    case Kind::kDeploymentIs: return "it " + Is(QuotedNames(policy_->deployments, test.values), sense);
    case Kind::kServiceIs: return "it " + Is(QuotedNames(policy_->services, test.values), sense) + " as a service";
    case Kind::kCertified: return "its vendor " + is + " certified " + ir::Quoted(test.text);
    case Kind::kStatusIs: return "its status " + is + " " + ir::Quoted(test.text);
    case Kind::kCapable: return "it " + is + " capable of " + ir::Quoted(test.text);
    case Kind::kTagged: return "it " + is + " tagged " + ir::Quoted(test.text);
    case Kind::kPriceIn: return NumberFact("its price for a million tokens in", test, Unit::kUsd, sense);
    case Kind::kPriceOut: return NumberFact("its price for a million tokens out", test, Unit::kUsd, sense);
    case Kind::kFirstToken: return NumberFact("its time to the first token", test, Unit::kMilliseconds, sense);
    case Kind::kRetention: return NumberFact("its retention in days", test, Unit::kNone, sense);
    case Kind::kQuality:
      return NumberFact(test.text.empty() ? "its quality" : "its quality for " + ir::Quoted(test.text), test, Unit::kNone, sense);
    case Kind::kContext: return NumberFact("its context window", test, Unit::kTokens, sense);
    case Kind::kSeenBy: {
      const std::vector<std::string> names = VendorNames(test);
      if (affirmed) return ir::Enumerate(names, "or") + " can see its data";
      if (names.size() == 1) return names.front() + " cannot see its data";
      return (names.size() == 2 ? "neither " + names[0] + " nor " + names[1] : "none of " + ir::Enumerate(names)) +
             " can see its data";
    }
    case Kind::kSeenOnlyBy:
      if (test.values.empty()) return affirmed ? "nobody can see its data" : "somebody can see its data";
      return (affirmed ? "nobody but " : "somebody other than ") + ir::Enumerate(VendorNames(test), affirmed ? "and" : "or") +
             " can see its data";
    case Kind::kSeenFrom:
      return std::string(affirmed ? "a vendor" : "no vendor") + " with headquarters in " + Places(test.values, "or") +
             " can see its data";
    case Kind::kSeenOnlyFrom:
      return affirmed ? "only vendors with headquarters in " + Places(test.values, "or") + " can see its data"
                      : "a vendor with headquarters outside " + Places(test.values, "and") + " can see its data";
    case Kind::kOwnIs: return "its " + ir::Quoted(test.property) + " " + is + " " + test.text;
    case Kind::kOwnRange: {
      const auto property = std::ranges::find(policy_->properties, test.property, &ir::Property::name);
      if (property == policy_->properties.end()) throw InternalError("a test names a property that is not declared");
      return "its " + ir::Quoted(test.property) + " is " +
             IntervalPhrase({test.low, test.high, property->kind, property->unit}, sense);
    }
    case Kind::kAll:
    case Kind::kAny:
    case Kind::kNot: break;
  }
  throw InternalError("a test that does not ask about one fact");
}

}  // namespace route::explain
