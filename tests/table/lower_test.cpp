#include "compiler/lower/lower.h"

#include <doctest/doctest.h>

#include "compiler/ir/classes.h"
#include "compiler/ir/evaluate.h"
#include "compiler/ir/report.h"
#include "runtime/decide/decide.h"
#include "runtime/decide/report.h"
#include "runtime/table/sha256.h"
#include "tests/random_policy/random_policy.h"
#include "tests/table/families.h"

namespace route::lower {
namespace {

using namespace table_families;
using ir::Condition;

auto ProvenReport(const ir::Policy& policy) -> verify::VerifyReport {
  verify::VerifyReport report;
  report.scope = verify::VerifyReport::Scope::kEverythingAsked;
  for (std::uint32_t i = 0; i < policy.guarantees.size(); ++i) {
    verify::GuaranteeResult result;
    result.guarantee = {i};
    result.verdict = Verdict::kProved;
    report.guarantees.push_back(result);
  }
  return report;
}

auto LowerAndLoad(const ir::Policy& policy, const SourceSet& sources) -> Table {
  auto bytes = Lower(policy, ProvenReport(policy), {"0.1.0", &sources});
  REQUIRE(bytes.has_value());
  auto table = Table::FromBytes(std::move(*bytes));
  REQUIRE(table.has_value());
  return std::move(*table);
}

TEST_CASE("the table reports of every request what the evaluator does") {
  const SourceSet sources = random_policy::Sources();
  for (std::uint64_t seed = 1000; seed < 1040; ++seed) {
    const ir::Policy policy = random_policy::MakeRandomPolicy(seed, random_policy::Shape{.requests = 300});
    const Table table = LowerAndLoad(policy, sources);
    const ir::ValueClasses classes(policy);
    for (const auto& request : random_policy::AllRequests(policy)) {
      const auto vector = classes.Classify(request);
      const Decision decision = Decide(table, vector);
      REQUIRE(Report(table, vector, decision) == ir::Report(policy, sources, ir::Evaluate(policy, request)));
    }
  }
}

TEST_CASE("values read from text fall into the classes that the compiler gave them") {
  const SourceSet sources = random_policy::Sources();
  random_policy::Random random(5);
  for (std::uint64_t seed = 2000; seed < 2040; ++seed) {
    const ir::Policy policy = random_policy::MakeRandomPolicy(seed, random_policy::Shape{});
    const Table table = LowerAndLoad(policy, sources);
    const ir::ValueClasses classes(policy);
    for (int i = 0; i < 50; ++i) {
      const ir::Request request = random_policy::MakeRandomRequest(policy, random);
      Values values(table);
      for (std::uint32_t a = 0; a < request.size(); ++a) {
        std::expected<void, std::string> done;
        switch (policy.attributes[a].kind) {
          case AttributeKind::kOneOf:
            done = values.SetText(a, policy.attributes[a].values.at(std::get<ir::OneOfValue>(request[a]).index));
            break;
          case AttributeKind::kAnyOf:
            done = values.SetText(a, "");
            for (std::size_t k = 0; k < policy.attributes[a].values.size(); ++k) {
              if (((std::get<ir::AnyOfValue>(request[a]).members >> k) & 1U) == 0) continue;
              done = values.SetText(a, policy.attributes[a].values[k]);
            }
            break;
          case AttributeKind::kYesNo:
            done = values.SetText(a, std::get<ir::YesNoValue>(request[a]).yes ? "yes" : "no");
            break;
          case AttributeKind::kNumber:
            done = values.SetNumber(a, std::get<Decimal>(request[a]));
            break;
          case AttributeKind::kText:
            done = values.SetRawText(a, std::get<std::string>(request[a]));
            break;
          case AttributeKind::kCountry:
            done = values.SetText(a, CountryCode(std::get<Country>(request[a])));
            break;
          case AttributeKind::kDate:
            done = values.SetDate(a, std::get<Date>(request[a]));
            break;
        }
        REQUIRE(done.has_value());
      }
      const auto expected = classes.Classify(request);
      REQUIRE(std::ranges::equal(values.classes(), expected));
    }
  }
}

TEST_CASE("what is not given is completed as the evaluator completes it") {
  const SourceSet sources = random_policy::Sources();
  const Date today{20'454};
  for (std::uint64_t seed = 3000; seed < 3200; ++seed) {
    const ir::Policy policy = random_policy::MakeRandomPolicy(seed, random_policy::Shape{});
    const Table table = LowerAndLoad(policy, sources);
    const auto request = ir::CompleteRequest(policy, {}, today);
    Values values(table);
    const auto missing = values.CompleteAsMeasured(today);
    REQUIRE(missing.has_value() == !request.has_value());
    if (missing) {
      REQUIRE(*missing == request.error().index);
    } else {
      const auto expected = ir::ValueClasses(policy).Classify(*request);
      REQUIRE(std::ranges::equal(values.classes(), expected));
    }
  }
}

TEST_CASE("the same policy gives the same bytes") {
  const SourceSet sources = random_policy::Sources();
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const ir::Policy policy = random_policy::MakeRandomPolicy(seed, random_policy::Shape{});
    const ir::Policy again = random_policy::MakeRandomPolicy(seed, random_policy::Shape{});
    CHECK(Lower(policy, ProvenReport(policy), {"0.1.0", &sources}).value() ==
          Lower(again, ProvenReport(again), {"0.1.0", &sources}).value());
  }
}

TEST_CASE("a condition whose normal form would explode is built of definitions, and decides as before") {
  const Condition pairs = AllOfPairs(5);
  const Condition nested = Join(
      Condition::Kind::kAny,
      {Join(Condition::Kind::kAll, {pairs, Join(Condition::Kind::kNot, {Join(Condition::Kind::kAll, {IsYes(0), IsYes(9)})})}),
       Join(Condition::Kind::kNot, {Join(Condition::Kind::kAny, {pairs, IsYes(3)})})});
  for (const Condition& when : {pairs, Join(Condition::Kind::kNot, {pairs}), nested}) {
    ir::Policy policy = PolicyWithRule(10, when);
    policy.rules.push_back(policy.rules[0]);
    policy.rules[1].when = Join(Condition::Kind::kAll, {pairs, IsYes(1)});
    const Table table = Table::FromBytes(Lower(policy, {}, {"0.1.0", nullptr}).value()).value();
    for (std::uint32_t bits = 0; bits < 1024; ++bits) {
      std::vector<std::uint16_t> classes;
      ir::Request request;
      for (std::uint32_t i = 0; i < 10; ++i) {
        classes.push_back((bits >> i) & 1U);
        request.emplace_back(ir::YesNoValue{((bits >> i) & 1U) != 0});
      }
      std::vector<std::uint32_t> expected;
      for (std::uint32_t i = 0; i < 2; ++i) {
        if (ir::Holds(policy.rules[i].when, request)) expected.push_back(i);
      }
      REQUIRE(MatchedRules(table, classes) == expected);
    }
  }
}

/// The size of the bundle for n of something.
auto BundleBytes(const ir::Policy& policy) -> double {
  return static_cast<double>(Lower(policy, {}, {"0.1.0", nullptr}).value().size());
}

/// How much larger the bundle gets by four times as many; 4 is linear.
template <typename Make>
auto Growth(Make make, std::uint32_t n) -> double {
  return BundleBytes(make(4 * n)) / BundleBytes(make(n));
}

TEST_CASE("the bundle grows in proportion to the policy, also where normal forms and rows for each class would not") {
  for (const Family& family : AllFamilies()) {
    CAPTURE(family.name);
    CHECK(Growth(family.make, family.largest / 4) < 4.4);
  }
}

TEST_CASE("limits of the format are errors that say the figure") {
  ir::Policy policy = PolicyWithRule(1, {});
  policy.vendors.resize(1);
  policy.vendors[0].name = "v";
  policy.models.resize(1);
  policy.models[0].name = "m";
  policy.deployments.resize(kMaxDeployments + 1);
  for (std::size_t i = 0; i < policy.deployments.size(); ++i) policy.deployments[i].name = "d" + std::to_string(i);
  CHECK(Lower(policy, {}, {"0.1.0", nullptr}).error().message ==
        "the policy has 1025 deployments, and a bundle holds at most 1024");
  policy.deployments.pop_back();
  const auto bytes = Lower(policy, {}, {"0.1.0", nullptr});
  REQUIRE(bytes.has_value());
  const auto table = Table::FromBytes(*bytes);
  CHECK(table->deployments()[1023].upstream_model == "m");
  CHECK(Lower(PolicyWithRule(kMaxDimensions + 1, {}), {}, {"0.1.0", nullptr}).error().message ==
        "the policy has 4097 attributes and members of sets, and a bundle holds at most 4096");
}

TEST_CASE("a bundle is verified only by a report that passed and proved every guarantee") {
  ir::Policy policy = PolicyWithRule(1, {});
  const auto lowered = [&](const verify::VerifyReport& report) {
    return Table::FromBytes(Lower(policy, report, {"0.1.0", nullptr}).value()).value();
  };
  CHECK_FALSE(lowered({}).verified());  // nothing was asked
  CHECK(lowered(ProvenReport(policy)).verified());
  verify::VerifyReport uncovered = ProvenReport(policy);
  uncovered.uncovered.push_back({});
  CHECK_FALSE(lowered(uncovered).verified());

  ir::Guarantee guarantee;
  guarantee.name = "g";
  guarantee.text = "every request is served";
  guarantee.promise = ir::Served{};
  policy.guarantees.push_back(guarantee);
  verify::VerifyReport unproven;
  unproven.scope = verify::VerifyReport::Scope::kEverythingAsked;
  CHECK_FALSE(lowered(unproven).verified());
  CHECK(lowered({}).guarantees()[0].verdict == Verdict::kUnknown);
  CHECK(lowered(ProvenReport(policy)).verified());
  CHECK(lowered(ProvenReport(policy)).guarantees()[0].verdict == Verdict::kProved);
}

TEST_CASE("provenance: files with their hashes, places with their lines") {
  ir::Policy policy = PolicyWithRule(1, {});
  SourceSet sources;
  sources.Add("base.route", "policy p\n");
  sources.Add("acme.route", "\n\nrule r\n");
  policy.rules[0].span = {{1}, 2, 6};
  auto bytes = Lower(policy, {}, {"0.1.0", &sources});
  REQUIRE(bytes.has_value());
  const auto table = Table::FromBytes(std::move(*bytes));
  REQUIRE(table->sources().size() == 2);
  CHECK(table->sources()[0].path == "base.route");
  CHECK(table->sources()[1].sha256 == Sha256Hex("\n\nrule r\n"));
  CHECK(table->rules()[0].place.file == "acme.route");
  CHECK(table->rules()[0].place.line == 3);
  CHECK(table->tool_version() == "0.1.0");
}

}  // namespace
}  // namespace route::lower
