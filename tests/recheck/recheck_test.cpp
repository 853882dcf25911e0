#include "compiler/recheck/recheck.h"

#include <doctest/doctest.h>

#include <functional>

#include "compiler/ir/classes.h"
#include "compiler/ir/evaluate.h"
#include "compiler/lower/lower.h"
#include "runtime/decide/decide.h"
#include "runtime/table/collection.h"
#include "runtime/table/writer.h"
#include "tests/random_policy/random_policy.h"

namespace route::recheck {
namespace {

using Bytes = std::vector<std::byte>;
using ir::Condition;

auto Lowered(const ir::Policy& policy, const SourceSet* sources) -> Bytes {
  return lower::Lower(policy, {}, {"0.1.0", sources}).value();
}

auto StatementFor(const ir::Policy& policy, const SourceSet* sources) -> Statement {
  return {"0.1.0", sources, 0, std::vector<std::uint32_t>(policy.guarantees.size(), 2)};
}

auto Recheck(const Bytes& bytes, const ir::Policy& policy, const SourceSet* sources) -> std::optional<Mismatch> {
  return Compare(bytes, policy, StatementFor(policy, sources));
}

auto SmallPolicy() -> ir::Policy {
  return random_policy::MakeRandomPolicy(11, random_policy::Shape{.attributes = 4, .deployments = 4, .rules = 3, .refusals = 1,
                                                                  .routes = 3, .guarantees = 1, .services = 2, .requests = 200});
}

TEST_CASE("what the compiler writes is the policy, to the bit") {
  const SourceSet sources = random_policy::Sources();
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    const ir::Policy policy = random_policy::MakeRandomPolicy(seed, random_policy::Shape{.services = 2});
    const auto mismatch = Recheck(Lowered(policy, &sources), policy, &sources);
    REQUIRE_MESSAGE(!mismatch.has_value(), mismatch->message);
  }
}

TEST_CASE("every single flipped bit of a small bundle is caught") {
  const SourceSet sources = random_policy::Sources();
  const ir::Policy policy = SmallPolicy();
  const Bytes bytes = Lowered(policy, &sources);
  REQUIRE(!Recheck(bytes, policy, &sources).has_value());
  Bytes changed = bytes;
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    const auto flip = std::byte{1} << (bit % 8);
    changed[bit / 8] ^= flip;
    REQUIRE(Recheck(changed, policy, &sources).has_value());
    changed[bit / 8] ^= flip;
  }
}

/// The answers to every request there is, each with the rules that apply.
auto AllAnswers(const Table& table, const ir::Policy& policy) -> std::vector<std::vector<std::uint32_t>> {
  const ir::ValueClasses classes(policy);
  std::vector<std::vector<std::uint32_t>> answers;
  for (const ir::Request& request : random_policy::AllRequests(policy)) {
    const auto vector = classes.Classify(request);
    const Decision decision = Decide(table, vector);
    auto& answer = answers.emplace_back(MatchedRules(table, vector));
    answer.push_back(static_cast<std::uint32_t>(decision.outcome));
    answer.push_back(decision.refusal);
    answer.push_back(decision.route);
    for (const std::uint64_t word : decision.allowed) answer.push_back(static_cast<std::uint32_t>(word));
  }
  return answers;
}

TEST_CASE("behind a checksum that fits, a flipped bit is caught or changes no answer to any request") {
  const SourceSet sources = random_policy::Sources();
  const ir::Policy policy = SmallPolicy();
  const Bytes bytes = Lowered(policy, &sources);
  const auto answers = AllAnswers(Table::FromBytes(bytes).value(), policy);
  std::size_t caught = 0;
  std::size_t harmless = 0;
  for (std::size_t bit = 8 * 64; bit < 8 * bytes.size(); ++bit) {
    Bytes changed = bytes;
    changed[bit / 8] ^= std::byte{1} << (bit % 8);
    changed = Reseal(std::move(changed));
    if (Recheck(changed, policy, &sources)) {
      ++caught;
      continue;
    }
    ++harmless;  // it moved the border between two terms of one condition, which overlap there
    const auto table = Table::FromBytes(changed);
    REQUIRE(table.has_value());
    REQUIRE(AllAnswers(*table, policy) == answers);
  }
  MESSAGE(caught << " flips caught without the checksum, " << harmless << " changed nothing");
  CHECK(harmless * 100 < caught);
}

/// What is said of the bundle of `policy` when it is compared with the policy after `change`.
auto After(const ir::Policy& policy, const std::function<void(ir::Policy&)>& change) -> std::string {
  const Bytes bytes = Lowered(policy, nullptr);
  ir::Policy other = policy;
  change(other);
  const auto mismatch = Recheck(bytes, other, nullptr);
  return mismatch ? mismatch->message : "the same";
}

auto IsYes(std::uint32_t attribute) -> Condition {
  Condition condition;
  condition.kind = Condition::Kind::kIsYes;
  condition.attribute = {attribute};
  return condition;
}

auto Join(Condition::Kind kind, std::vector<Condition> children) -> Condition {
  Condition condition;
  condition.kind = kind;
  condition.children = std::move(children);
  return condition;
}

auto PolicyWithRule(std::uint32_t attributes, Condition when) -> ir::Policy {
  ir::Policy policy;
  policy.name = "p";
  policy.layers = {{policy.name, "", {}}};
  for (std::uint32_t i = 0; i < attributes; ++i) {
    ir::Attribute& attribute = policy.attributes.emplace_back();
    attribute.name = "a" + std::to_string(i);
    attribute.sources = {{SourceKind::kTenant, ""}};
  }
  policy.vendors.resize(1);
  policy.vendors[0].name = "v";
  policy.models.resize(1);
  policy.models[0].name = "m";
  for (const char* name : {"one", "two"}) policy.deployments.emplace_back().name = name;
  ir::Rule& rule = policy.rules.emplace_back();
  rule.name = "r";
  rule.when = std::move(when);
  rule.keep.kind = ir::DeploymentTest::Kind::kDeploymentIs;
  rule.keep.values = {1};
  ir::Route& route = policy.routes.emplace_back();
  route.name = "to_one";
  route.tiers.emplace_back().label = "one";
  route.tiers[0].candidates = {{{0}, 1}};
  return policy;
}

TEST_CASE("the message says what differs") {
  const ir::Policy policy = PolicyWithRule(2, Join(Condition::Kind::kAny, {IsYes(0), IsYes(1)}));
  CHECK(After(policy, [](ir::Policy&) {}) == "the same");
  CHECK(After(policy, [](ir::Policy& p) { p.rules[0].when = IsYes(0); }) ==
        "the terms of rule `r` do not hold exactly where its condition does");
  CHECK(After(policy, [](ir::Policy& p) { p.rules[0].when.kind = Condition::Kind::kAll; }) ==
        "the terms of rule `r` do not hold exactly where its condition does");
  CHECK(After(policy, [](ir::Policy& p) { p.routes[0].when = IsYes(0); }) ==
        "the terms of route `to_one` do not hold exactly where its condition does");
  CHECK(After(policy, [](ir::Policy& p) { p.rules[0].keep.values = {0}; }) == "bit 0 of mask 0 is 1 and not 0");
  CHECK(After(policy, [](ir::Policy& p) { p.deployments[1].price_out.micros = 7; }) ==
        "the price out of deployment `two` is 0 and not 7");
  CHECK(After(policy, [](ir::Policy& p) { p.routes[0].tiers[0].candidates[0].weight = 2; }) ==
        "a weight of tier `one` is 1 and not 2");
  CHECK(After(policy, [](ir::Policy& p) { p.limits.attempts += 1; }) == "the limit of attempts is 6 and not 7");
  CHECK(After(policy, [](ir::Policy& p) { p.limits.answer_tokens = 1; }) == "the limit of an answer is 0 and not 1");
  CHECK(After(policy, [](ir::Policy& p) { p.limits.cost_hundredth_cents = 1; }) == "the limit of the cost is 0 and not 1");
  CHECK(After(policy, [](ir::Policy& p) { p.name = "q"; }) == "a byte of the policy's name is 112 and not 113");
  CHECK(After(policy, [](ir::Policy& p) { p.attributes[0].fallback = ir::YesNoValue{true}; }) != "the same");
}

TEST_CASE("definitions are compared as what they stand for") {
  const auto pairs = [](std::uint32_t n) {
    std::vector<Condition> factors;
    for (std::uint32_t i = 0; i < 2 * n; i += 2) factors.push_back(Join(Condition::Kind::kAny, {IsYes(i), IsYes(i + 1)}));
    return Join(Condition::Kind::kAll, std::move(factors));
  };
  const ir::Policy policy = PolicyWithRule(600, pairs(300));
  CHECK(After(policy, [](ir::Policy&) {}) == "the same");
  CHECK(After(policy, [](ir::Policy& p) { p.rules[0].when.children[150].children.pop_back(); }) ==
        "the terms of rule `r` do not hold exactly where its condition does");
}

TEST_CASE("long lists of texts and many thresholds are compared in one pass") {
  std::vector<Condition> texts;
  for (std::uint32_t i = 0; i < 5000; ++i) {
    texts.emplace_back().kind = Condition::Kind::kTextIs;
    texts.back().text = "tenant" + std::to_string(i);
  }
  ir::Policy policy = PolicyWithRule(2, Join(Condition::Kind::kAny, std::move(texts)));
  policy.attributes[0].kind = AttributeKind::kText;
  policy.attributes[1].kind = AttributeKind::kNumber;
  policy.attributes[1].maximum = Decimal::FromInteger(10'000);
  for (std::uint32_t i = 1; i < 2000; ++i) {
    ir::Rule& rule = policy.rules.emplace_back();
    rule.name = "from" + std::to_string(i);
    rule.when.kind = Condition::Kind::kInRange;
    rule.when.attribute = {1};
    rule.when.low = Decimal::FromInteger(i).micros;
    rule.when.high = policy.attributes[1].maximum.micros + 1;
  }
  CHECK(After(policy, [](ir::Policy&) {}) == "the same");
  CHECK(After(policy, [](ir::Policy& p) { std::swap(p.rules[1000].when, p.rules[1001].when); }) ==
        "the terms of rule `from1000` do not hold exactly where its condition does");
}

TEST_CASE("a file with several policies is taken apart, and nothing may be hidden between them") {
  ir::Policy a = PolicyWithRule(1, IsYes(0));
  a.name = "a";
  ir::Policy b = PolicyWithRule(2, IsYes(1));
  b.name = "b";
  const std::vector<Bytes> bundles = {Lowered(a, nullptr), Lowered(b, nullptr)};
  Bytes file = WriteCollection(bundles);
  const auto parts = Split(file);
  REQUIRE(parts.has_value());
  REQUIRE(parts->size() == 2);
  CHECK(std::ranges::equal((*parts)[0], bundles[0]));
  CHECK(std::ranges::equal((*parts)[1], bundles[1]));
  CHECK(Split(bundles[0])->size() == 1);
  for (std::size_t bit = 64; bit < 8 * file.size(); ++bit) {
    file[bit / 8] ^= std::byte{1} << (bit % 8);
    const auto changed = Split(file);
    const bool caught = !changed || changed->size() != 2 || Recheck({(*changed)[0].begin(), (*changed)[0].end()}, a, nullptr) ||
                        Recheck({(*changed)[1].begin(), (*changed)[1].end()}, b, nullptr);
    REQUIRE(caught);
    file[bit / 8] ^= std::byte{1} << (bit % 8);
  }
}

}  // namespace
}  // namespace route::recheck
