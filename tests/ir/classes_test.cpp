#include <doctest/doctest.h>

#include <functional>
#include <limits>

#include "compiler/ir/classes.h"
#include "compiler/ir/evaluate.h"
#include "tests/ir/build.h"
#include "tests/random_policy/random_policy.h"

namespace route::ir {
namespace {

using namespace build;
using Classes = std::vector<std::uint16_t>;

constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();

auto WithRoute(Condition when) -> Policy {
  Policy policy = SmallPolicy();
  policy.routes.push_back(MakeRoute("all", std::move(when), {MakeTier(TierOrder::kAsListed, {0})}));
  return policy;
}

auto DimensionAt(const ValueClasses& classes, std::uint32_t attribute) -> const Dimension& {
  return classes.dimensions()[classes.FirstDimension({attribute}).index];
}

// The representative value of one class of one attribute, everything else in class 0.
auto ValueOf(const ValueClasses& classes, std::uint32_t attribute, std::uint16_t number) -> Value {
  Classes combination(classes.dimensions().size(), 0);
  combination[classes.FirstDimension({attribute}).index] = number;
  return classes.Representative(combination)[attribute];
}

TEST_CASE("an any-of attribute has a dimension for each member, any other has one") {
  const Policy policy = WithRoute(True());
  const ValueClasses classes(policy);
  REQUIRE(classes.dimensions().size() == 8);
  CHECK(classes.FirstDimension({kTier}).index == 0);
  CHECK(classes.FirstDimension({kData}).index == 1);
  CHECK(classes.FirstDimension({kUrgent}).index == 3);
  CHECK(classes.dimensions()[2].attribute == AttributeId{kData});
  CHECK(classes.dimensions()[2].member == 1);
  CHECK(classes.dimensions()[0].classes == 3);
  CHECK(classes.dimensions()[1].classes == 2);
  CHECK(classes.dimensions()[3].classes == 2);
  // What no condition tells apart is one class.
  CHECK(DimensionAt(classes, kPrompt).classes == 1);
  CHECK(DimensionAt(classes, kModel).classes == 1);
  CHECK(DimensionAt(classes, kOrigin).classes == 1);
  CHECK(DimensionAt(classes, kToday).classes == 1);
  CHECK(classes.CountRequests() == 3 * 2 * 2 * 2);
  CHECK(classes.DimensionOf(Includes(kData, 1)) == DimensionId{2});
  CHECK(classes.Satisfying(Includes(kData, 1)) == std::vector<bool>{false, true});
  CHECK(classes.Satisfying(Is(kTier, {0, 2})) == std::vector<bool>{true, false, true});
}

TEST_CASE("numbers are cut at the thresholds inside their bounds") {
  const std::int64_t most = Decimal::FromInteger(2'000'000).micros;
  const Policy policy = WithRoute(Any({InRange(kPrompt, 0, 100), InRange(kPrompt, 50, most + 1),
                                       InRange(kPrompt, most, kHighest), InRange(kPrompt, -5, most + 2)}));
  const ValueClasses classes(policy);
  CHECK(DimensionAt(classes, kPrompt).cuts == std::vector<std::int64_t>{50, 100, most});
  CHECK(DimensionAt(classes, kPrompt).classes == 4);
  CHECK(classes.Satisfying(InRange(kPrompt, 0, 100)) == std::vector<bool>{true, true, false, false});
  CHECK(classes.Satisfying(InRange(kPrompt, 50, most + 1)) == std::vector<bool>{false, true, true, true});
  CHECK(classes.Satisfying(InRange(kPrompt, most, kHighest)) == std::vector<bool>{false, false, false, true});
  CHECK(ValueOf(classes, kPrompt, 0) == Value{Decimal{0}});
  CHECK(ValueOf(classes, kPrompt, 1) == Value{Decimal{50}});
  CHECK(ValueOf(classes, kPrompt, 3) == Value{Decimal{most}});
}

TEST_CASE("dates are cut like numbers, from the first day there is") {
  const std::int32_t day = ParseDate("2026-08-02").value().days;
  const Policy policy = WithRoute(Any({InRange(kToday, day, kLastDate.days + 1), InRange(kToday, kFirstDate.days, 0)}));
  const ValueClasses classes(policy);
  CHECK(DimensionAt(classes, kToday).cuts == std::vector<std::int64_t>{0, day});
  CHECK(ValueOf(classes, kToday, 0) == Value{kFirstDate});
  CHECK(ValueOf(classes, kToday, 2) == Value{Date{day}});
}

TEST_CASE("a text belongs to its name, else to its longest named prefix, else to the others") {
  const Policy policy = WithRoute(Any({StartsWith(kModel, "gpt"), StartsWith(kModel, "gpt-4"), TextIs(kModel, "gpt-4o"),
                                       TextIs(kModel, "claude"), TextIs(kModel, "")}));
  const ValueClasses classes(policy);
  const std::uint32_t at = classes.FirstDimension({kModel}).index;
  CHECK(classes.dimensions()[at].prefixes == std::vector<std::string>{"gpt", "gpt-4"});
  CHECK(classes.dimensions()[at].texts == std::vector<std::string>{"", "claude", "gpt-4o"});
  const auto class_of = [&](const std::string& text) {
    Request request = PlainRequest();
    request[kModel] = text;
    return classes.Classify(request)[at];
  };
  CHECK(class_of("mistral") == 0);
  CHECK(class_of("gp") == 0);
  CHECK(class_of("claude-3") == 0);
  CHECK(class_of("gpt") == 1);
  CHECK(class_of("gpt-5") == 1);
  CHECK(class_of("gpt-4") == 2);
  CHECK(class_of("gpt-4o-mini") == 2);
  CHECK(class_of("") == 3);
  CHECK(class_of("claude") == 4);
  CHECK(class_of("gpt-4o") == 5);
  CHECK(classes.Satisfying(StartsWith(kModel, "gpt")) == std::vector<bool>{false, true, true, false, false, true});
  CHECK(classes.Satisfying(StartsWith(kModel, "gpt-4")) == std::vector<bool>{false, false, true, false, false, true});
  CHECK(classes.Satisfying(TextIs(kModel, "gpt-4o")) == std::vector<bool>{false, false, false, false, false, true});
  CHECK(ValueOf(classes, kModel, 0) == Value{"other"});
  CHECK(ValueOf(classes, kModel, 1) == Value{"gpt"});
  CHECK(ValueOf(classes, kModel, 5) == Value{"gpt-4o"});
}

TEST_CASE("the word for every other text avoids what conditions name") {
  const auto other = [](std::vector<Condition> conditions) {
    const Policy policy = WithRoute(Any(std::move(conditions)));
    return std::get<std::string>(ValueOf(ValueClasses(policy), kModel, 0));
  };
  CHECK(other({TextIs(kModel, "x")}) == "other");
  CHECK(other({TextIs(kModel, "other")}) == "other1");
  CHECK(other({TextIs(kModel, "other"), TextIs(kModel, "other1"), StartsWith(kModel, "other2")}) == "other3");
  CHECK(other({StartsWith(kModel, "o")}) == "a");
  CHECK(other({StartsWith(kModel, "o"), StartsWith(kModel, "a"), TextIs(kModel, "b")}) == "b1");
  std::vector<Condition> whole_alphabet;
  for (char letter = 'a'; letter <= 'z'; ++letter) whole_alphabet.push_back(StartsWith(kModel, std::string(1, letter)));
  CHECK(other(whole_alphabet) == "\xC2\xA1");
}

TEST_CASE("the text of a prefix avoids longer prefixes and named texts") {
  const auto of_prefix = [](std::vector<Condition> conditions) {
    const Policy policy = WithRoute(Any(std::move(conditions)));
    return std::get<std::string>(ValueOf(ValueClasses(policy), kModel, 1));
  };
  CHECK(of_prefix({StartsWith(kModel, "gpt")}) == "gpt");
  CHECK(of_prefix({StartsWith(kModel, "gpt"), TextIs(kModel, "gpt")}) == "gpt-other");
  CHECK(of_prefix({StartsWith(kModel, "gpt"), TextIs(kModel, "gpt"), TextIs(kModel, "gpt-other")}) == "gpt-other1");
  CHECK(of_prefix({StartsWith(kModel, "gpt"), TextIs(kModel, "gpt"), StartsWith(kModel, "gpt-")}) == "gpta");
}

TEST_CASE("countries in the same sets are one class, numbered by the first of them") {
  const Policy policy = WithRoute(Any({InCountries(kOrigin, {"DE", "FR", "IE"}), InCountries(kOrigin, {"DE", "AD"})}));
  const ValueClasses classes(policy);
  const Dimension& dimension = DimensionAt(classes, kOrigin);
  CHECK(dimension.classes == 4);
  CHECK(dimension.country_class[CountryIndex("AD")] == 0);  // only the second set
  CHECK(dimension.country_class[CountryIndex("AE")] == 1);  // neither
  CHECK(dimension.country_class[CountryIndex("DE")] == 2);  // both
  CHECK(dimension.country_class[CountryIndex("FR")] == 3);  // only the first
  CHECK(dimension.country_class[CountryIndex("IE")] == 3);
  CHECK(dimension.country_class[CountryIndex("US")] == 1);
  CHECK(classes.Satisfying(InCountries(kOrigin, {"DE", "FR", "IE"})) == std::vector<bool>{false, false, true, true});
  CHECK(ValueOf(classes, kOrigin, 3) == Value{ParseCountry("FR").value()});
}

TEST_CASE("conditions of every part of a policy count") {
  Policy policy = WithRoute(InRange(kPrompt, 0, 10));
  policy.rules.push_back(MakeRule("rule", Not(InRange(kPrompt, 0, 20)), AnyDeployment()));
  policy.refusals.push_back(MakeRefusal("refusal", All({InRange(kPrompt, 0, 30)})));
  Guarantee guarantee;
  guarantee.when = Any({InRange(kPrompt, 40, kHighest)});
  policy.guarantees.push_back(guarantee);
  const ValueClasses classes(policy);
  CHECK(DimensionAt(classes, kPrompt).cuts == std::vector<std::int64_t>{10, 20, 30, 40});
}

TEST_CASE("the number of requests stops at the largest number there is") {
  Policy policy = WithRoute(True());
  std::vector<std::string> members;
  for (int i = 0; i < 64; ++i) members.push_back("m" + std::to_string(i));
  policy.attributes.push_back(MakeAttribute("many", AttributeKind::kAnyOf, members, {SourceKind::kHeader, "x"}));
  const ValueClasses classes(policy);
  CHECK(classes.CountRequests() == std::numeric_limits<std::uint64_t>::max());
  // All 64 members fit in a value.
  Classes all(classes.dimensions().size(), 1);
  for (std::uint32_t i = 0; i < 8; ++i) all[i] = 0;
  const Request request = classes.Representative(all);
  CHECK(std::get<AnyOfValue>(request.back()).members == std::numeric_limits<std::uint64_t>::max());
  CHECK(classes.Classify(request) == all);
}

// --- Random policies --------------------------------------------------------------------------------------------

constexpr std::uint64_t kPolicies = 400;

void VisitConditions(const Condition& condition, const std::function<void(const Condition&)>& visit) {
  visit(condition);
  for (const Condition& child : condition.children) VisitConditions(child, visit);
}

void VisitConditions(const Policy& policy, const std::function<void(const Condition&)>& visit) {
  for (const Rule& rule : policy.rules) VisitConditions(rule.when, visit);
  for (const Refusal& refusal : policy.refusals) VisitConditions(refusal.when, visit);
  for (const Route& route : policy.routes) VisitConditions(route.when, visit);
  for (const Guarantee& guarantee : policy.guarantees) VisitConditions(guarantee.when, visit);
}

auto IsAtom(const Condition& condition) -> bool {
  return condition.children.empty() && condition.kind != Condition::Kind::kTrue &&
         condition.kind != Condition::Kind::kFalse;
}

TEST_CASE("every class is that of its representative, in many random policies") {
  for (std::uint64_t seed = 0; seed < kPolicies; ++seed) {
    const Policy policy = random_policy::MakeRandomPolicy(seed, {});
    const ValueClasses classes(policy);
    const std::vector<Request> requests = random_policy::AllRequests(policy);
    REQUIRE(requests.size() == classes.CountRequests());
    REQUIRE(requests.size() <= 1500);
    Classes before;
    for (const Request& request : requests) {
      const Classes now = classes.Classify(request);
      REQUIRE(classes.Representative(now) == request);
      REQUIRE((before.empty() || before < now));
      before = now;
    }
  }
}

TEST_CASE("requests of equal classes satisfy the same conditions, in many random policies") {
  for (std::uint64_t seed = 0; seed < kPolicies; ++seed) {
    const Policy policy = random_policy::MakeRandomPolicy(seed, {});
    const ValueClasses classes(policy);
    random_policy::Random random(seed);
    for (int i = 0; i < 40; ++i) {
      const Request request = random_policy::MakeRandomRequest(policy, random);
      const Classes numbers = classes.Classify(request);
      const Request smallest = classes.Representative(numbers);
      REQUIRE(classes.Classify(smallest) == numbers);
      VisitConditions(policy, [&](const Condition& condition) {
        REQUIRE(Holds(condition, request) == Holds(condition, smallest));
        if (!IsAtom(condition)) return;
        const DimensionId dimension = classes.DimensionOf(condition);
        REQUIRE(classes.dimensions()[dimension.index].attribute == condition.attribute);
        REQUIRE(classes.Satisfying(condition).at(numbers[dimension.index]) == Holds(condition, request));
      });
      REQUIRE(Evaluate(policy, request) == Evaluate(policy, smallest));
    }
  }
}

TEST_CASE("random policies are the same for the same seed and differ for others") {
  const auto shape_of = [](const Policy& policy) {
    return std::vector<std::size_t>{policy.attributes.size(), policy.deployments.size(), policy.rules.size(),
                                    policy.routes.size(),     policy.guarantees.size(),  policy.limits.deadline_ms};
  };
  CHECK(shape_of(random_policy::MakeRandomPolicy(7, {})) == shape_of(random_policy::MakeRandomPolicy(7, {})));
  CHECK(shape_of(random_policy::MakeRandomPolicy(7, {})) != shape_of(random_policy::MakeRandomPolicy(8, {})));
}

}  // namespace
}  // namespace route::ir
