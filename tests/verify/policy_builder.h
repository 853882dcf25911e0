#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/ir/policy.h"

/// Small policies by hand, for the verifier's tests. Numbers are whole; a name that is used twice is a mistake.
namespace route::verify {

// --- Conditions -------------------------------------------------------------------------------------------

auto Always() -> ir::Condition;
auto All(std::vector<ir::Condition> children) -> ir::Condition;
auto Any(std::vector<ir::Condition> children) -> ir::Condition;
auto Not(ir::Condition child) -> ir::Condition;
auto Is(AttributeId attribute, std::vector<std::uint32_t> values) -> ir::Condition;
auto Includes(AttributeId attribute, std::uint32_t member) -> ir::Condition;
auto IsYes(AttributeId attribute) -> ir::Condition;
auto Below(AttributeId number, std::int64_t bound) -> ir::Condition;    ///< value < bound
auto AtLeast(AttributeId number, std::int64_t bound) -> ir::Condition;  ///< value >= bound
auto TextIs(AttributeId attribute, std::string text) -> ir::Condition;
auto StartsWith(AttributeId attribute, std::string text) -> ir::Condition;
auto InCountries(AttributeId attribute, const std::vector<std::string>& codes) -> ir::Condition;

// --- Questions about deployments ----------------------------------------------------------------------------

auto ProcessedIn(const std::vector<std::string>& codes) -> ir::DeploymentTest;
auto VendorIs(VendorId vendor) -> ir::DeploymentTest;
auto Among(std::vector<DeploymentId> deployments) -> ir::DeploymentTest;
auto PriceOutAtMost(std::int64_t usd) -> ir::DeploymentTest;
auto NotTest(ir::DeploymentTest child) -> ir::DeploymentTest;
auto AllTests(std::vector<ir::DeploymentTest> children) -> ir::DeploymentTest;

// --- The policy -----------------------------------------------------------------------------------------------

auto MakeTier(std::string label, const std::vector<DeploymentId>& deployments) -> ir::Tier;

class PolicyBuilder {
 public:
  PolicyBuilder();

  auto AddOneOf(std::string name, std::vector<std::string> values) -> AttributeId;
  auto AddAnyOf(std::string name, std::vector<std::string> values) -> AttributeId;
  auto AddYesNo(std::string name) -> AttributeId;
  auto AddNumber(std::string name, std::int64_t maximum) -> AttributeId;
  auto AddText(std::string name) -> AttributeId;
  auto AddCountry(std::string name) -> AttributeId;
  auto AddVendor(std::string name, const std::string& headquarters) -> VendorId;
  auto AddDeployment(std::string name, VendorId vendor, const std::string& country, std::int64_t price_out = 1)
      -> DeploymentId;
  auto AddRule(std::string name, ir::Condition when, ir::DeploymentTest keep) -> RuleId;
  auto AddRefusal(std::string name, ir::Condition when) -> RefusalId;
  auto AddRoute(std::string name, ir::Condition when, std::vector<ir::Tier> tiers) -> RouteId;

  template <typename Promise>
  auto AddGuarantee(std::string name, ir::Condition when, Promise promise) -> GuaranteeId {
    policy.guarantees.push_back({.name = std::move(name),
                                 .when = std::move(when),
                                 .promise = std::move(promise),
                                 .text = "as written",
                                 .span = {}});
    return {static_cast<std::uint32_t>(policy.guarantees.size() - 1)};
  }

  /// Aborts the test case if the policy is not well formed.
  auto Build() const -> const ir::Policy&;

  ir::Policy policy;

 private:
  auto AddAttribute(ir::Attribute attribute) -> AttributeId;
};

}  // namespace route::verify
