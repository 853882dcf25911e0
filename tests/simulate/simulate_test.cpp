#include "runtime/simulate/simulate.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "compiler/ir/text.h"
#include "compiler/lower/lower.h"
#include "runtime/simulate/record.h"
#include "runtime/simulate/report.h"
#include "runtime/simulate/trace.h"
#include "runtime/table/writer.h"
#include "tests/random_policy/random_policy.h"
#include "tests/table/sample.h"

namespace route {
namespace {

constexpr Date kToday{20'454};

auto Run(const Table& table, const std::string& trace, const Table* other = nullptr) -> Simulation {
  std::istringstream in(trace);
  return Simulate({.table = &table, .other = other, .now = kToday}, in).value();
}

TEST_CASE("money is exact") {
  CHECK(Money().Text() == "0");
  CHECK(Money::Of(1, Decimal{1}).Text() == "0.000000000001");
  CHECK(Money::Of(1'000'000, Decimal::FromInteger(3)).Text() == "3");
  CHECK((Money::Of(1'500'000, Decimal{250'000}) + Money::Of(1, Decimal{1})).Text() == "0.375000000001");
  CHECK((Money() - Money::Of(2'000'000, Decimal::FromInteger(5))).Text() == "-10");
  Money sum;
  for (int i = 0; i < 1000; ++i) sum += Money::Of(4'000'000'000, Decimal::FromInteger(1'000'000));
  CHECK(sum.Text() == "4000000000000");
}

TEST_CASE("records are flat JSON objects") {
  std::vector<Member> members;
  REQUIRE(ReadRecord(R"( {"a" : "x\"y", "b":12.5e3,"c":true , "d":null,"e":["p","q\n"],"f":[]} )", members).has_value());
  REQUIRE(members.size() == 6);
  CHECK(TextOf(members[0]).value() == "x\"y");
  CHECK(members[1].raw == "12.5e3");
  CHECK(TextOf(members[2]).value() == "true");
  CHECK(members[3].kind == Member::Kind::kNull);
  CHECK(TextOf(members[4]).value() == "p,q\n");
  CHECK(TextOf(members[5]).value().empty());
  CHECK(ReadRecord("{}", members).has_value());
  CHECK(members.empty());
  for (const char* bad : {"", "[]", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1}x", "{\"a\":{}}", "{\"a\":[1]}", "{\"a\":\"x}",
                          "{\"a\":tru}", "{\"a\":\"\\\"}", "{\"a\":[\"x\"", "{a:1}"}) {
    CHECK_FALSE(ReadRecord(bad, members).has_value());
  }
  CHECK(ReadRecord("{\"a\":}", members).error() ==
        "expected a text, a number, true, false, null or a list of texts at column 6");
  CHECK_FALSE(TextOf({"a", Member::Kind::kText, "\\x"}).has_value());
}

TEST_CASE("requests go where the table sends them, at the price of the first deployment") {
  const Table table = sample::Make();
  const Simulation result = Run(table,
                                R"({"tier":"gold","origin":"FR","input_tokens":1000,"output_tokens":500}
{"origin":"KP"}

{"origin":"US","data":["personal"],"input_tokens":7}
{"tier":"gold"}
not JSON
{"origin":"DE","prompt":8000,"data":"health"}
{"origin":"FR","tier":"bronze"}
)");
  CHECK(result.requests == 6);
  CHECK(result.unreadable == 1);
  CHECK(result.first_unreadable_line == 6);
  CHECK(result.policy.outcomes == std::array<std::uint64_t, 4>{3, 2, 0, 1});
  CHECK(result.policy.refusals == std::vector<std::uint64_t>{1, 0});
  CHECK(result.policy.missing[sample::kOrigin] == 1);
  CHECK(result.policy.routes == std::vector<std::uint64_t>{1, 2, 1, 0});
  CHECK(result.policy.deployments[sample::kEuLarge].requests == 1);
  CHECK(result.policy.deployments[sample::kEuLarge].cost.Text() == "0.02");  // 1000 at 8 USD and 500 at 24 USD a million
  CHECK(result.policy.deployments[sample::kEuSmall].input_tokens == 7);
  CHECK(result.policy.deployments[sample::kUsSmall].requests == 1);
  CHECK(result.policy.cost.Text() == "0.020014");
  CHECK(result.policy.misfits == 1);
  CHECK(result.policy.first_misfit_line == 8);
  CHECK(result.policy.first_misfit.starts_with("`bronze` is not a value of `tier`"));
}

TEST_CASE("what another bundle changes") {
  const Table table = sample::Make();
  TableSpec spec = sample::Spec();
  spec.policy_version = "2026.12";
  spec.routes[0].tiers[0].candidates = {{sample::kUsLarge, 1}};       // gold: another first choice
  spec.routes[1].tiers[0].limit = 2;                                  // small: a longer plan behind the same
  spec.refusals[0].name = "sanctions";                                // the same rule under another name
  const Table other = Table::FromBytes(WriteTable(spec)).value();
  const std::string trace = R"({"tier":"gold","origin":"FR","input_tokens":1000000}
{"origin":"US"}
{"origin":"KP"}
{"tier":"gold","origin":"FR","input_tokens":1000000}
)";
  const Simulation result = Run(table, trace, &other);
  REQUIRE(result.other.has_value());
  CHECK(result.plans_changed == 1);
  REQUIRE(result.changes.size() == 2);
  const Change& moved = result.changes.at({"eu_large", "us_large"});
  CHECK(moved.requests == 2);
  CHECK(moved.first_line == 1);
  CHECK(moved.cost_before.Text() == "16");
  CHECK(moved.cost_after.Text() == "12");
  CHECK(result.changes.at({"(refused by embargo)", "(refused by sanctions)"}).requests == 1);
  CHECK(Run(table, trace, &table).changes.empty());

  const SimulationInput input{.table = &table, .other = &other, .now = kToday};
  const auto document = ToJson(result, input);
  CHECK(document["schema"] == "route.simulate/1");
  CHECK(document["requests_changed"] == 3);
  CHECK(document["simulated"]["cost_usd"] == "16");
  CHECK(document["changes"][1]["from"] == "eu_large");
  const std::string text = ToText(result, input);
  CHECK(text.find("3 requests go elsewhere, 1 more have another plan behind the same first choice; 12 USD, -4 USD more") !=
        std::string::npos);
  CHECK(text.find("  eu_large              us_large                       2          16         12              1\n") !=
        std::string::npos);
  CHECK(ToMarkdown(result, input).find("| eu_large | us_large | 2 | 16 | 12 | 1 |") != std::string::npos);
}

TEST_CASE("a line of more than 1 MiB is an error, also where the trace does not end with a line end") {
  const Table table = sample::Make();
  std::istringstream in("{\"tier\":\"gold\"}\n{\"tier\":\"" + std::string(std::size_t{3} << 20U, 'x') + "\"}\n");
  const auto result = Simulate({.table = &table, .now = kToday}, in);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().starts_with("line 2 is longer than 1 MiB"));
  CHECK(Run(table, "{\"origin\":\"FR\"}").requests == 1);
}

TEST_CASE("a trace of many pieces is read whole") {
  const Table table = sample::Make();
  std::string trace;
  for (int i = 0; i < 60'000; ++i) trace += "{\"origin\":\"FR\",\"n\":" + std::to_string(i) + ",\"pad\":\"" + std::string(37, 'x') + "\"}\n";
  const Simulation result = Run(table, trace);
  CHECK(result.requests == 60'000);
  CHECK(result.unreadable == 0);
}

/// The value as a member of a record, and its text for Values.
auto MemberOf(const ir::Attribute& attribute, const ir::Value& value) -> std::pair<nlohmann::ordered_json, std::string> {
  std::string text = ir::FormatValue(attribute, value);
  if (const auto* set = std::get_if<ir::AnyOfValue>(&value)) {
    auto list = nlohmann::ordered_json::array();
    text.clear();
    for (std::size_t i = 0; i < attribute.values.size(); ++i) {
      if (((set->members >> i) & 1U) == 0) continue;
      list.push_back(attribute.values[i]);
      text += (text.empty() ? "" : ",") + attribute.values[i];
    }
    return {list, text};
  }
  if (const auto* name = std::get_if<std::string>(&value)) return {*name, *name};
  if (const auto* number = std::get_if<Decimal>(&value); number != nullptr && number->micros % 1'000'000 == 0 &&
                                                         attribute.unit != Unit::kTimeOfDay) {
    return {number->micros / 1'000'000, text};
  }
  return {text, text};
}

TEST_CASE("a prompt that is too long for its attribute is none, as at a gateway, whichever member says its length") {
  const Table table = sample::Make();
  const std::uint32_t prompt = table.FindAttribute("prompt");
  for (const char* lengths : {R"("prompt":3000000)", R"("prompt":3000000,"input_tokens":7)", R"("input_tokens":3000000)"}) {
    CAPTURE(lengths);
    const Simulation result = Run(table, R"({"tier":"gold","origin":"FR",)" + std::string(lengths) + "}\n");
    CHECK(result.policy.missing[prompt] == 1);
    CHECK(result.policy.misfits == 1);
    CHECK(result.policy.cost.Text() == "0");
  }
  CHECK(Run(table, R"({"tier":"gold","origin":"FR","input_tokens":2000000})" "\n").policy.missing[prompt] == 0);
}

TEST_CASE("remembered values come to the same classes as values that are read each time") {
  const SourceSet sources = random_policy::Sources();
  random_policy::Random random(3);
  for (std::uint64_t seed = 4000; seed < 4060; ++seed) {
    CAPTURE(seed);
    const ir::Policy policy = random_policy::MakeRandomPolicy(seed, random_policy::Shape{});
    const Table table = Table::FromBytes(lower::Lower(policy, {}, {"test", &sources}).value()).value();
    TraceReader reader(table, kToday);
    std::vector<Member> members;
    for (int i = 0; i < 60; ++i) {
      const ir::Request request = random_policy::MakeRandomRequest(policy, random);
      nlohmann::ordered_json record = nlohmann::ordered_json::object();
      Values values(table);
      for (std::uint32_t a = 0; a < request.size(); ++a) {
        if (random.Chance(20)) continue;
        const auto* words = std::get_if<std::string>(&request[a]);
        if (words != nullptr && !std::ranges::all_of(*words, [](unsigned char c) { return c < 0x80; })) continue;  // JSON is UTF-8
        const auto [member, text] = MemberOf(policy.attributes[a], request[a]);
        record[policy.attributes[a].name] = member;
        REQUIRE(values.SetText(a, text).has_value());
      }
      const auto missing = values.CompleteAsMeasured(kToday);
      const std::string line = record.dump();
      REQUIRE(ReadRecord(line, members).has_value());
      const TraceRequest read = reader.Read(members);
      CAPTURE(line);
      REQUIRE(read.missing == missing);
      if (!missing) REQUIRE(std::ranges::equal(read.classes, values.classes()));
    }
  }
}

}  // namespace
}  // namespace route
