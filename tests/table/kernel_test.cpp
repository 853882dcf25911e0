// Each kernel gives the same answers: the one for any processor, and where there is one to choose, the one for wider
// registers. Both run here, whichever of them `Decide` would take.
#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "compiler/ir/classes.h"
#include "compiler/ir/evaluate.h"
#include "compiler/lower/lower.h"
#include "runtime/decide/decide.h"
#include "runtime/decide/kernel.h"
#include "runtime/decide/walk.h"
#include "runtime/table/impl.h"
#include "tests/random_policy/random_policy.h"
#include "tests/table/families.h"

namespace route {
namespace {

using random_policy::Random;

/// Those that this processor can run, the portable one first.
auto Kernels() -> std::vector<const Kernel*> {
  std::vector<const Kernel*> kernels{&kPortableKernel};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) kernels.push_back(&kAvx2Kernel);
  if (__builtin_cpu_supports("avx512f")) kernels.push_back(&kAvx512Kernel);
#endif
  return kernels;
}

/// All that a kernel says of a request.
struct Said {
  std::uint32_t refusal = 0;
  std::uint32_t route = 0;
  bool reaches = false;
  std::array<std::uint64_t, kMaxDeployments / 64> allowed{};
  std::vector<std::uint64_t> terms;
  friend auto operator==(const Said&, const Said&) -> bool = default;
};

auto SaidBy(const Kernel& kernel, const TableBits& bits, const std::vector<std::uint16_t>& classes) -> Said {
  Said said;
  Answer answer{.allowed = said.allowed.data()};
  kernel.decide(bits, classes.data(), answer);
  said.refusal = answer.refusal;
  said.route = answer.route;
  said.reaches = answer.reaches;
  said.terms.resize(bits.rules.words);
  kernel.terms(bits, classes.data(), bits.rules.first_word, bits.rules.words, said.terms.data());
  return said;
}

auto RandomClasses(const ir::ValueClasses& classes, Random& random) -> std::vector<std::uint16_t> {
  std::vector<std::uint16_t> vector;
  for (const ir::Dimension& dimension : classes.dimensions()) {
    vector.push_back(static_cast<std::uint16_t>(random.Below(dimension.classes)));
  }
  return vector;
}

void CheckThatKernelsAgree(const ir::Policy& policy, std::uint64_t seed) {
  const Table table = Table::FromBytes(lower::Lower(policy, {}, {"0.1.0", nullptr}).value()).value();
  const ir::ValueClasses classes(policy);
  Random random(seed);
  const std::vector<const Kernel*> kernels = Kernels();
  for (int i = 0; i < 60; ++i) {
    const std::vector<std::uint16_t> request = RandomClasses(classes, random);
    const Said portable = SaidBy(*kernels.front(), table.impl().bits, request);
    for (const Kernel* kernel : kernels) REQUIRE(SaidBy(*kernel, table.impl().bits, request) == portable);
  }
}

TEST_CASE("the kernels agree on random policies of every size") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    random_policy::Shape shape;
    if (seed % 3 == 0) shape = {.attributes = 9, .deployments = 700, .rules = 300, .refusals = 40, .routes = 80};
    if (seed % 3 == 1) shape = {.deployments = 70, .rules = 60, .refusals = 5, .routes = 20};
    CheckThatKernelsAgree(random_policy::MakeRandomPolicy(seed, shape), seed);
  }
}

TEST_CASE("the kernels agree on tables with definitions, many lines and many runs") {
  for (const table_families::Family& family : table_families::AllFamilies()) {
    CAPTURE(family.name);
    CheckThatKernelsAgree(family.make(family.largest / 8), 1);
  }
}

void CheckAgainstEvaluator(const ir::Policy& policy, std::uint64_t seed) {
  const Table table = Table::FromBytes(lower::Lower(policy, {}, {"0.1.0", nullptr}).value()).value();
  const ir::ValueClasses classes(policy);
  Random random(seed);
  for (int i = 0; i < 20; ++i) {
    const ir::Request request = random_policy::MakeRandomRequest(policy, random);
    const ir::Decision truth = ir::Evaluate(policy, request);
    std::array<std::uint64_t, kMaxDeployments / 64> allowed{};
    for (const DeploymentId each : ir::AllowedDeployments(policy, truth)) {
      allowed[each.index / 64] |= std::uint64_t{1} << (each.index % 64);
    }
    const Decision decision = Decide(table, classes.Classify(request));
    REQUIRE(decision.outcome == truth.outcome);
    REQUIRE(decision.allowed == allowed);
  }
}

/// Rules that apply to about every second request, so that the words of their terms are full. Those of one group exclude the
/// same; with several, groups end and begin within words.
auto CrowdedPolicy(std::uint32_t rules, std::uint32_t groups, std::uint32_t deployments) -> ir::Policy {
  ir::Policy policy = table_families::PolicyWithRule(8, table_families::IsYes(0));
  policy.vendors.resize(1);
  policy.vendors[0].name = "vendor";
  policy.models.resize(1);
  policy.models[0].name = "model";
  policy.deployments.resize(deployments);
  for (std::uint32_t d = 0; d < deployments; ++d) {
    policy.deployments[d].name = "deployment" + std::to_string(d);
    policy.deployments[d].price_out = Decimal::FromInteger(d);
  }
  policy.rules.clear();
  for (std::uint32_t r = 0; r < rules; ++r) {
    ir::Rule& rule = policy.rules.emplace_back();
    rule.name = "rule" + std::to_string(r);
    rule.when = table_families::IsYes(r % 8);
    rule.keep.kind = ir::DeploymentTest::Kind::kPriceOut;
    rule.keep.low = Decimal::FromInteger(1 + r % groups).micros;
    rule.keep.high = Decimal::FromInteger(deployments - r % groups).micros;
  }
  return policy;
}

TEST_CASE("what is allowed is what the evaluator allows, however many rules apply") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    CheckAgainstEvaluator(
        random_policy::MakeRandomPolicy(seed, {.attributes = 9, .deployments = 700, .rules = 300, .refusals = 1, .routes = 80}), seed);
    CheckAgainstEvaluator(random_policy::MakeRandomPolicy(seed, {.deployments = 70, .rules = 60, .refusals = 1, .routes = 20}), seed);
  }
  for (const std::uint32_t groups : {1U, 2U, 7U, 40U}) {
    for (const std::uint32_t rules : {1U, 63U, 64U, 65U, 300U, 700U}) {
      for (const std::uint32_t deployments : {90U, 600U}) {
        CAPTURE(groups);
        CAPTURE(rules);
        CAPTURE(deployments);
        const ir::Policy policy = CrowdedPolicy(rules, groups, deployments);
        CheckAgainstEvaluator(policy, rules);
        CheckThatKernelsAgree(policy, rules);
      }
    }
  }
}

void CheckBatch(const Table& table, const std::vector<std::vector<std::uint16_t>>& requests) {
  std::vector<std::vector<std::uint16_t>> columns(DimensionCount(table));
  std::vector<const std::uint16_t*> starts;
  for (std::size_t d = 0; d < columns.size(); ++d) {
    for (const auto& request : requests) columns[d].push_back(request[d]);
    starts.push_back(columns[d].data());
  }
  std::size_t next = 0;
  DecideColumns(table, starts, requests.size(), [&](std::size_t i, const Decision& decision) {
    REQUIRE(i == next++);
    const Decision alone = Decide(table, requests[i]);
    REQUIRE(decision.outcome == alone.outcome);
    REQUIRE(decision.refusal == alone.refusal);
    REQUIRE(decision.route == alone.route);
    REQUIRE(decision.allowed == alone.allowed);
  });
  CHECK(next == requests.size());
  starts.push_back(nullptr);
  DecideColumns(table, starts, requests.size(), [&](std::size_t, const Decision& decision) {
    REQUIRE(decision.outcome == Outcome::kRefused);
    REQUIRE_FALSE(decision.Allows(0));
  });
}

TEST_CASE("a batch is decided as its requests are one by one") {
  for (const std::uint32_t attributes : {1U, 4U, 9U}) {
    const ir::Policy policy = random_policy::MakeRandomPolicy(attributes, {.attributes = attributes, .rules = 20});
    const Table table = Table::FromBytes(lower::Lower(policy, {}, {"0.1.0", nullptr}).value()).value();
    const ir::ValueClasses classes(policy);
    Random random(attributes);
    for (const std::size_t count : {0U, 1U, 7U, 8U, 9U, 37U}) {
      CAPTURE(count);
      std::vector<std::vector<std::uint16_t>> requests;
      while (requests.size() < count) requests.push_back(RandomClasses(classes, random));
      CheckBatch(table, requests);
      for (std::size_t i = 3; i < count; i += 5) requests[i][i % requests[i].size()] = 0xFFFF;  // no such class
      CheckBatch(table, requests);
    }
  }
}

}  // namespace
}  // namespace route
