#pragma once

#include <string>
#include <vector>

#include "compiler/ir/evaluate.h"
#include "compiler/ir/policy.h"

/// Short names for building conditions, tests of deployments and a small policy by hand.
namespace route::ir::build {

auto True() -> Condition;
auto False() -> Condition;
auto All(std::vector<Condition> children) -> Condition;
auto Any(std::vector<Condition> children) -> Condition;
auto Not(Condition child) -> Condition;
auto Is(std::uint32_t attribute, std::vector<std::uint32_t> values) -> Condition;
auto Includes(std::uint32_t attribute, std::uint32_t member) -> Condition;
auto Yes(std::uint32_t attribute) -> Condition;
auto InRange(std::uint32_t attribute, std::int64_t low, std::int64_t high) -> Condition;
auto TextIs(std::uint32_t attribute, std::string text) -> Condition;
auto StartsWith(std::uint32_t attribute, std::string prefix) -> Condition;
auto InCountries(std::uint32_t attribute, const std::vector<std::string>& codes) -> Condition;

auto AnyDeployment() -> DeploymentTest;
auto Deployments(std::vector<std::uint32_t> indexes) -> DeploymentTest;
auto Among(DeploymentTest::Kind kind, std::vector<std::uint32_t> values) -> DeploymentTest;
auto TestOn(DeploymentTest::Kind kind, std::string text) -> DeploymentTest;
auto TestOn(DeploymentTest::Kind kind, std::int64_t low, std::int64_t high) -> DeploymentTest;
auto Combine(DeploymentTest::Kind kind, std::vector<DeploymentTest> children) -> DeploymentTest;
auto CountryIndex(std::string_view code) -> std::uint32_t;

auto MakeAttribute(std::string name, AttributeKind kind, std::vector<std::string> values, Source source) -> Attribute;
auto MakeRule(std::string name, Condition when, DeploymentTest keep) -> Rule;
auto MakeRefusal(std::string name, Condition when) -> Refusal;
auto MakeRoute(std::string name, Condition when, std::vector<Tier> tiers) -> Route;
auto MakeTier(TierOrder order, const std::vector<std::uint32_t>& deployments) -> Tier;

// The attributes of the small policy, in its order.
inline constexpr std::uint32_t kTier = 0;    // one of free, silver, gold; from tenant; default free
inline constexpr std::uint32_t kData = 1;    // any of personal, health; from header and detector
inline constexpr std::uint32_t kUrgent = 2;  // yes/no; from header; default no
inline constexpr std::uint32_t kPrompt = 3;  // tokens up to 2,000,000; from request
inline constexpr std::uint32_t kModel = 4;   // text; from request
inline constexpr std::uint32_t kOrigin = 5;  // country; from tenant
inline constexpr std::uint32_t kToday = 6;   // date; from clock

/// Those attributes and five deployments of three vendors:
///   0 paris     mistral  FR  price 2 + 6    first token 400 ms
///   1 dublin    claude   IE  price 3 + 15   first token 600 ms
///   2 virginia  claude   US  price 3 + 15   first token 300 ms
///   3 mumbai    llama    IN  price 1 + 1    first token unknown, preview
///   4 berlin    mistral  DE  price 2 + 6    first token 500 ms
/// No rules, no refusals, no routes.
auto SmallPolicy() -> Policy;

/// tier free, data nothing, not urgent, no tokens, model "", from France, on 2026-08-02.
auto PlainRequest() -> Request;

}  // namespace route::ir::build
