#include <doctest/doctest.h>

#include "compiler/ir/text.h"
#include "tests/ir/build.h"
#include "tests/random_policy/random_policy.h"

namespace route::ir {
namespace {

using namespace build;

auto Given(std::string_view text) -> std::vector<GivenValue> {
  const Policy policy = SmallPolicy();
  auto given = ParseGiven(policy, text);
  REQUIRE_MESSAGE(given.has_value(), given.error());
  return *given;
}

auto Problem(std::string_view text) -> std::string {
  const Policy policy = SmallPolicy();
  const auto given = ParseGiven(policy, text);
  REQUIRE(!given.has_value());
  return given.error();
}

TEST_CASE("values are written as policy text writes them") {
  const Policy policy = SmallPolicy();
  const auto format = [&](std::uint32_t attribute, const Value& value) {
    return FormatValue(policy.attributes[attribute], value);
  };
  CHECK(format(kTier, OneOfValue{2}) == "gold");
  CHECK(format(kData, AnyOfValue{0b11}) == "personal, health");
  CHECK(format(kData, AnyOfValue{}) == "nothing");
  CHECK(format(kUrgent, YesNoValue{true}) == "yes");
  CHECK(format(kPrompt, Decimal::FromInteger(128'000)) == "128000 tokens");
  CHECK(format(kModel, "gpt-5") == "\"gpt-5\"");
  CHECK(format(kModel, "a \"b\" \\") == "\"a \\\"b\\\" \\\\\"");
  CHECK(format(kOrigin, ParseCountry("FR").value()) == "FR");
  CHECK(format(kToday, ParseDate("2026-08-02").value()) == "2026-08-02");
}

TEST_CASE("given values are read in every form") {
  CHECK(Given("").empty());
  CHECK(Given("  ").empty());
  const auto given = Given(
      "tier=gold  data=personal,health urgent=true prompt=128k asked_model=\"gpt 5\" origin=FR "
      "today=2026-08-02");
  REQUIRE(given.size() == 7);
  CHECK(given[0].attribute == AttributeId{kTier});
  CHECK(given[0].value == Value{OneOfValue{2}});
  CHECK(given[1].value == Value{AnyOfValue{0b11}});
  CHECK(given[2].value == Value{YesNoValue{true}});
  CHECK(given[3].value == Value{Decimal::FromInteger(128'000)});
  CHECK(given[4].value == Value{"gpt 5"});
  CHECK(given[5].value == Value{ParseCountry("FR").value()});
  CHECK(given[6].value == Value{ParseDate("2026-08-02").value()});

  CHECK(Given("data=\"health, personal\"")[0].value == Value{AnyOfValue{0b11}});
  CHECK(Given("data=health,health")[0].value == Value{AnyOfValue{0b10}});
  CHECK(Given("data=nothing")[0].value == Value{AnyOfValue{}});
  CHECK(Given("data=")[0].value == Value{AnyOfValue{}});
  CHECK(Given("prompt=\"128k tokens\"")[0].value == Value{Decimal::FromInteger(128'000)});
  CHECK(Given("asked_model=")[0].value == Value{""});
  CHECK(Given("asked_model=a=b")[0].value == Value{"a=b"});
  CHECK(Given("asked_model=\"a \\\"b\\\" \\\\\"")[0].value == Value{"a \"b\" \\"});
}

TEST_CASE("what does not fit is refused with a hint") {
  CHECK(Problem("tier=golden") == "`golden` is not a value of `tier`; did you mean `gold`?");
  CHECK(Problem("tier=platinum") == "`platinum` is not a value of `tier`; expected `free`, `silver` or `gold`");
  CHECK(Problem("tier=gold tier=free") == "`tier` is given twice");
  CHECK(Problem("teir=gold") == "`teir` is not an attribute; did you mean `tier`?");
  CHECK(Problem("colour=red") ==
        "`colour` is not an attribute; the policy has `tier`, `data`, `urgent`, `prompt`, `asked_model`, `origin` and "
        "`today`");
  CHECK(Problem("tier") == "`tier` has no value; write `attribute=value`");
  CHECK(Problem("tier gold") == "`tier` has no value; write `attribute=value`");
  CHECK(Problem("data=personal,,health") == "expected a value of `data` on each side of `,`");
  CHECK(Problem("data=personal,") == "expected a value of `data` on each side of `,`");
  CHECK(Problem("data=helth") == "`helth` is not a value of `data`; did you mean `health`?");
  CHECK(Problem("urgent=maybe") == "`maybe` does not fit `urgent`: expected `yes` or `no`");
  CHECK(Problem("prompt=2s") ==
        "`2s` does not fit `prompt`: expected a number of tokens such as `8000` or `128k tokens`");
  CHECK(Problem("prompt=-1") == "`-1` does not fit `prompt`: the least value is 0");
  CHECK(Problem("prompt=3M") == "`3M` does not fit `prompt`: the greatest value is 2000000 tokens");
  CHECK(Problem("prompt=2000000.000001") == "`2000000.000001` does not fit `prompt`: expected a whole number of tokens");
  CHECK(Problem("prompt=2000001") == "`2000001` does not fit `prompt`: the greatest value is 2000000 tokens");
  CHECK(Problem("origin=France") ==
        "`France` does not fit `origin`: expected a country's ISO 3166-1 code such as `FR`");
  CHECK(Problem("today=2026-02-30") == "`2026-02-30` does not fit `today`: expected a date such as `2026-08-02`");
  CHECK(Problem("asked_model=\"gpt") == "the value of `asked_model` lacks its closing quote");
  CHECK(Problem("asked_model=\"gpt\"x") == "the value of `asked_model` goes on after its closing quote");
}

TEST_CASE("a set may declare the word for an empty set as a name of its own") {
  Policy policy = SmallPolicy();
  policy.attributes[kData].values = {"nothing", "health"};
  CHECK(ParseGiven(policy, "data=nothing").value()[0].value == Value{AnyOfValue{0b1}});
  const Request request = PlainRequest();
  CHECK(FormatRequest(policy, request).find("data=\"\"") != std::string::npos);
  CHECK(ParseGiven(policy, FormatRequest(policy, request)).value()[kData].value == Value{AnyOfValue{}});
}

TEST_CASE("a request is written as it is given") {
  const Policy policy = SmallPolicy();
  CHECK(FormatRequest(policy, PlainRequest()) ==
        "tier=free data=nothing urgent=no prompt=0 asked_model=\"\" origin=FR today=2026-08-02");
}

TEST_CASE("requests read back as they were, in many random policies") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Policy policy = random_policy::MakeRandomPolicy(seed, {});
    random_policy::Random random(seed);
    for (int i = 0; i < 20; ++i) {
      const Request request = random_policy::MakeRandomRequest(policy, random);
      const std::string text = FormatRequest(policy, request);
      const auto given = ParseGiven(policy, text);
      REQUIRE_MESSAGE(given.has_value(), text);
      REQUIRE_MESSAGE(CompleteRequest(policy, *given, Date{}) == request, text);
    }
  }
}

}  // namespace
}  // namespace route::ir
