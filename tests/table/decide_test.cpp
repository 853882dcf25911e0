#include "runtime/decide/decide.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "runtime/decide/report.h"
#include "runtime/table/writer.h"
#include "tests/table/sample.h"

namespace {
std::atomic<std::uint64_t> allocations{0};
}

// Every allocation of this program is counted, so that a test can say that there was none.
auto operator new(std::size_t size) -> void* {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
auto operator new(std::size_t size, const std::nothrow_t&) noexcept -> void* {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace route {
namespace {

using namespace sample;  // the names of the sample's attributes and deployments

struct Given {
  std::uint32_t attribute;
  std::string text;
};

constexpr Date kToday2026{20'454};  // 2026-01-01

auto Ask(const Table& table, const std::vector<Given>& given) -> DecisionReport {
  Values values(table);
  for (const Given& entry : given) REQUIRE(values.SetText(entry.attribute, entry.text).has_value());
  if (const auto missing = values.CompleteAsMeasured(kToday2026)) {
    return ReportMissingAttribute(table.attributes()[*missing].name);
  }
  return Report(table, values.classes(), Decide(table, values.classes()));
}

auto Names(const std::vector<DecisionReport::Rule>& rules) -> std::vector<std::string> {
  std::vector<std::string> names;
  for (const auto& rule : rules) names.push_back(rule.name);
  return names;
}

using Strings = std::vector<std::string>;

TEST_CASE("the first refusal that matches refuses, before anything else") {
  const Table table = Make();
  auto report = Ask(table, {{kOrigin, "KP"}, {kUrgent, "yes"}, {kTier, "free"}});
  CHECK(report.outcome == Outcome::kRefused);
  CHECK(report.reason == "not available in your region");
  CHECK(Names(report.rules) == Strings{"embargo"});
  CHECK(report.plan.empty());
  CHECK(report.excluded.empty());
  CHECK_FALSE(report.route.has_value());

  report = Ask(table, {{kOrigin, "FR"}, {kUrgent, "yes"}});
  CHECK(report.outcome == Outcome::kRefused);
  CHECK(report.reason == "refused by `no_reason`");
}

TEST_CASE("the first route that matches decides, and each tier is cut to what is allowed") {
  const Table table = Make();
  auto report = Ask(table, {{kTier, "gold"}, {kOrigin, "FR"}, {kData, "health"}});
  CHECK(report.outcome == Outcome::kRouted);
  CHECK(report.route == "gold");
  CHECK(Names(report.rules) == Strings{"eu_only", "notice"});
  REQUIRE(report.plan.size() == 2);
  CHECK(report.plan[0].deployments == std::vector<DecisionReport::Deployment>{{"eu_large", 3}});
  CHECK(report.plan[0].within_ms == 800);
  CHECK(report.plan[1].deployments == std::vector<DecisionReport::Deployment>{{"eu_small", 1}, {"eu_large", 1}});
  CHECK(report.excluded == std::vector<DecisionReport::Exclusion>{{"us_large", "eu_only"}, {"us_small", "eu_only"}});

  // The same without a rule that excludes anything.
  report = Ask(table, {{kTier, "gold"}, {kOrigin, "FR"}});
  CHECK(report.plan[0].deployments.size() == 2);
  CHECK(report.excluded.empty());
  CHECK(Names(report.rules) == Strings{"notice"});
}

TEST_CASE("the constraint comes before the limit") {
  const Table table = Make();
  auto report = Ask(table, {{kOrigin, "US"}});
  CHECK(report.route == "small");
  REQUIRE(report.plan.size() == 1);
  CHECK(report.plan[0].deployments == std::vector<DecisionReport::Deployment>{{"us_small", 1}});
  CHECK(report.plan[0].retries == 2);
  report = Ask(table, {{kOrigin, "US"}, {kData, "personal"}});
  CHECK(report.plan[0].deployments == std::vector<DecisionReport::Deployment>{{"eu_small", 1}});
}

TEST_CASE("uncovered and unservable") {
  const Table table = Make();
  auto report = Ask(table, {{kOrigin, "US"}, {kPrompt, "8000"}, {kData, "health"}});
  CHECK(report.outcome == Outcome::kUncovered);
  CHECK(report.reason == "no route matches this request");
  CHECK_FALSE(report.route.has_value());
  CHECK(Names(report.rules) == Strings{"eu_only", "notice"});
  CHECK(report.excluded.size() == 2);
  CHECK(report.plan.empty());

  report = Ask(table, {{kOrigin, "DE"}, {kPrompt, "8000"}, {kData, "health"}});
  CHECK(report.outcome == Outcome::kUnservable);
  CHECK(report.route == "medium");
  CHECK(report.reason == "route `medium` matches, but no deployment of its chain is allowed");
  CHECK(report.plan.empty());
  CHECK(report.excluded.size() == 2);

  // Two rules at once exclude one deployment: a row for each, by deployment and then rule.
  report = Ask(table, {{kOrigin, "DE"}, {kPrompt, "128k tokens"}, {kData, "health"}, {kToday, "2026-08-02"}});
  CHECK(report.outcome == Outcome::kUnservable);
  CHECK(report.route == "large");
  CHECK(report.excluded == std::vector<DecisionReport::Exclusion>{{"us_large", "eu_only"},
                                                                  {"us_small", "eu_only"},
                                                                  {"us_small", "small_context"},
                                                                  {"eu_small", "small_context"}});
}

TEST_CASE("classes that the table does not have are refused") {
  const Table table = Make();
  Values values(table);
  REQUIRE(values.SetText(kOrigin, "FR").has_value());
  REQUIRE_FALSE(values.CompleteAsMeasured(kToday2026).has_value());
  std::vector<std::uint16_t> classes(values.classes().begin(), values.classes().end());
  CHECK(Decide(table, classes).outcome == Outcome::kRouted);
  for (std::size_t d = 0; d < classes.size(); ++d) {
    auto wrong = classes;
    wrong[d] = 0xFFFF;
    const Decision decision = Decide(table, wrong);
    CHECK(decision.outcome == Outcome::kRefused);
    CHECK(decision.refusal == kNone);
    for (std::uint32_t i = 0; i < kMaxDeployments; ++i) REQUIRE_FALSE(decision.Allows(i));
    CHECK(MatchedRules(table, wrong).empty());
    CHECK(Report(table, wrong, decision).reason.has_value());
  }
  classes.pop_back();
  CHECK(Decide(table, classes).outcome == Outcome::kRefused);
  CHECK_FALSE(RuleExcludes(table, 99, 0));
  CHECK_FALSE(RuleExcludes(table, 0, 99));
  CHECK(RuleExcludes(table, 0, kUsLarge));
  CHECK_FALSE(RuleExcludes(table, 0, kEuLarge));
  CHECK(RuleExcludes(table, 3, kEuLarge));
}

TEST_CASE("a decision allocates nothing and many threads share one table") {
  const Table table = Make();
  Values values(table);
  REQUIRE(values.SetText(kOrigin, "FR").has_value());
  REQUIRE(values.SetText(kData, "health").has_value());
  REQUIRE_FALSE(values.CompleteAsMeasured(kToday2026).has_value());
  const std::uint64_t before = allocations;
  const Decision decision = Decide(table, values.classes());
  CHECK(allocations == before);
  CHECK(decision.outcome == Outcome::kRouted);
  static_assert(noexcept(Decide(table, std::span<const std::uint16_t>())));

  std::atomic<int> same{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 1000; ++k) {
        if (Decide(table, values.classes()).allowed == decision.allowed) ++same;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(same == 4000);
}

// --- Values ------------------------------------------------------------------------------------------------------

auto ClassOf(const Table& table, std::uint32_t attribute, std::string_view text) -> int {
  Values values(table);
  if (!values.SetText(attribute, text)) {
    CHECK_FALSE(values.IsSet(attribute));
    return -1;
  }
  CHECK(values.IsSet(attribute));
  return values.classes()[table.attributes()[attribute].first_dimension];
}

TEST_CASE("one of") {
  const Table table = Make();
  CHECK(ClassOf(table, kTier, "free") == 0);
  CHECK(ClassOf(table, kTier, "gold") == 2);
  for (const char* bad : {"", "Gold", "gold ", "bronze", "free,gold"}) CHECK(ClassOf(table, kTier, bad) == -1);
  Values values(table);
  CHECK(values.SetText(kTier, "bronze").error() ==
        "`bronze` is not a value of `tier`; expected `free`, `silver` or `gold`");
}

TEST_CASE("yes/no") {
  const Table table = Make();
  CHECK(ClassOf(table, kUrgent, "no") == 0);
  CHECK(ClassOf(table, kUrgent, "true") == 1);
  for (const char* bad : {"", "1", "YES", "maybe"}) CHECK(ClassOf(table, kUrgent, bad) == -1);
}

TEST_CASE("numbers fall between thresholds, each of which begins its class") {
  const Table table = Make();
  CHECK(ClassOf(table, kPrompt, "0") == 0);
  CHECK(ClassOf(table, kPrompt, "7999") == 0);
  CHECK(ClassOf(table, kPrompt, "8000") == 1);
  CHECK(ClassOf(table, kPrompt, "8k tokens") == 1);
  CHECK(ClassOf(table, kPrompt, "128k") == 2);
  CHECK(ClassOf(table, kPrompt, "2_000_000") == 2);
  for (const char* bad : {"", "-1", "2000001", "7999.5", "0x10", "1e3", "8000 ms", "many"}) {
    CHECK(ClassOf(table, kPrompt, bad) == -1);
  }
  Values values(table);
  CHECK(values.SetNumber(kPrompt, Decimal::FromInteger(9000)).has_value());
  CHECK(values.Text(kPrompt) == "9000 tokens");
  CHECK_FALSE(values.SetNumber(kPrompt, Decimal::FromInteger(2'000'001)).has_value());
  CHECK_FALSE(values.IsSet(kPrompt));  // a later value that does not fit leaves nothing to guess from
  CHECK_FALSE(values.SetNumber(kPrompt, Decimal{-1}).has_value());
  CHECK_FALSE(values.SetNumber(kTier, Decimal{0}).has_value());
  CHECK_FALSE(values.SetNumber(99, Decimal{0}).has_value());
}

TEST_CASE("a text has the class of its name, else of its longest prefix, else 0") {
  const Table table = Make();
  CHECK(ClassOf(table, kAsked, "") == 0);
  CHECK(ClassOf(table, kAsked, "gpt") == 0);
  CHECK(ClassOf(table, kAsked, "claude") == 0);
  CHECK(ClassOf(table, kAsked, "zzz") == 0);
  CHECK(ClassOf(table, kAsked, "gpt-") == 1);
  CHECK(ClassOf(table, kAsked, "gpt-3.5") == 1);
  CHECK(ClassOf(table, kAsked, "gpt-5") == 1);
  CHECK(ClassOf(table, kAsked, "gpt-4") == 2);
  CHECK(ClassOf(table, kAsked, "gpt-4o-mini") == 2);
  CHECK(ClassOf(table, kAsked, "gpt-4o") == 3);
  CHECK(ClassOf(table, kAsked, "mistral") == 4);
  CHECK(ClassOf(table, kAsked, "mistral ") == 0);
  Values values(table);
  const std::string odd("gpt-\0\xFF", 6);
  CHECK(values.SetRawText(kAsked, odd).has_value());
  CHECK(values.Text(kAsked) == odd);
  CHECK(values.classes()[table.attributes()[kAsked].first_dimension] == 1);
  CHECK_FALSE(values.SetRawText(kTier, "gold").has_value());
}

TEST_CASE("the longest prefix is found whatever sorts between") {
  TableSpec spec;
  TableSpec::Attribute attribute;
  attribute.name = "path";
  attribute.kind = AttributeKind::kText;
  attribute.sources = {{SourceKind::kRequest, "path"}};
  attribute.prefixes = {"a", "ab", "abb", "abbb", "abc", "ac", "b", "ba"};
  spec.attributes = {attribute};
  const auto table = Table::FromBytes(WriteTable(spec));
  REQUIRE(table.has_value());
  std::string text;
  // Every text of up to six letters out of four, against a plain search.
  for (int code = 0; code < 4 * 4 * 4 * 4 * 4 * 4; ++code) {
    for (int length = 0; length <= 6; ++length) {
      text.clear();
      for (int i = 0, rest = code; i < length; ++i, rest /= 4) text += static_cast<char>('a' + rest % 4);
      int expected = 0;
      std::size_t longest = 0;
      for (std::size_t i = 0; i < attribute.prefixes.size(); ++i) {
        if (text.starts_with(attribute.prefixes[i]) && attribute.prefixes[i].size() > longest) {
          longest = attribute.prefixes[i].size();
          expected = static_cast<int>(i) + 1;
        }
      }
      REQUIRE(ClassOf(*table, 0, text) == expected);
    }
  }
}

TEST_CASE("countries and dates") {
  const Table table = Make();
  CHECK(ClassOf(table, kOrigin, "FR") == 1);
  CHECK(ClassOf(table, kOrigin, "KP") == 2);
  CHECK(ClassOf(table, kOrigin, "US") == 0);
  for (const char* bad : {"", "fr", "XX", "FRA"}) CHECK(ClassOf(table, kOrigin, bad) == -1);
  CHECK(ClassOf(table, kToday, "2026-08-01") == 0);
  CHECK(ClassOf(table, kToday, "2026-08-02") == 1);
  for (const char* bad : {"", "2026-02-30", "2026-8-2", "today"}) CHECK(ClassOf(table, kToday, bad) == -1);
  Values values(table);
  CHECK(values.SetDate(kToday, kLastDate).has_value());
  CHECK(values.Text(kToday) == "9999-12-31");
  CHECK_FALSE(values.SetDate(kToday, {kLastDate.days + 1}).has_value());
  CHECK_FALSE(values.SetDate(kTier, kFirstDate).has_value());
}

TEST_CASE("any of: sources add up, and a bad one takes nothing away") {
  const Table table = Make();
  Values values(table);
  const std::uint32_t first = table.attributes()[kData].first_dimension;
  const auto members = [&] {
    return std::vector<std::uint16_t>{values.classes()[first], values.classes()[first + 1],
                                      values.classes()[first + 2]};
  };
  using Members = std::vector<std::uint16_t>;
  CHECK(values.SetText(kData, " financial ,personal").has_value());
  CHECK(members() == Members{1, 0, 1});
  CHECK(values.SetText(kData, "health").has_value());
  CHECK(members() == Members{1, 1, 1});
  CHECK(values.Text(kData) == "personal,health,financial");

  values.Clear();
  CHECK_FALSE(values.IsSet(kData));
  CHECK(members() == Members{0, 0, 0});
  CHECK(values.SetText(kData, "personal").has_value());
  for (const char* bad : {"secret", "health,", ",", "health,secret", "health personal"}) {
    CHECK_FALSE(values.SetText(kData, bad).has_value());
  }
  CHECK(values.IsSet(kData));
  CHECK(values.Text(kData) == "personal");
  CHECK(members() == Members{1, 0, 0});

  for (const char* empty : {"", "  ", "nothing"}) {
    values.Clear();
    CHECK(values.SetText(kData, empty).has_value());
    CHECK(values.IsSet(kData));
    CHECK(values.Text(kData).empty());
  }
}

TEST_CASE("what is not set becomes the default, an empty set, or missing") {
  const Table table = Make();
  Values values(table);
  CHECK(values.Complete() == kPrompt);  // the first of prompt, asked, origin and today
  CHECK(values.Text(kTier) == "free");
  CHECK(values.Text(kUrgent) == "no");
  CHECK(values.IsSet(kData));
  CHECK(values.Text(kData).empty());
  CHECK(values.Text(kOrigin).empty());

  values.Clear();
  CHECK(values.CompleteAsMeasured(kToday2026) == kOrigin);
  CHECK(values.Text(kPrompt) == "0 tokens");
  CHECK(values.Text(kToday) == "2026-01-01");
  CHECK(values.IsSet(kAsked));

  values.Clear();
  CHECK_FALSE(values.SetText(kTier, "bronze").has_value());
  CHECK(values.SetText(kOrigin, "FR").has_value());
  CHECK_FALSE(values.CompleteAsMeasured(kToday2026).has_value());
  CHECK(values.Text(kTier) == "free");

  CHECK(Ask(table, {}).reason == "attribute `origin` has no value and no default");
  CHECK(Ask(table, {}).outcome == Outcome::kRefused);
  CHECK_FALSE(values.SetText(kNone, "x").has_value());
  CHECK_FALSE(values.IsSet(kNone));
}

TEST_CASE("the canonical text of every value reads back to the same class") {
  const Table table = Make();
  const std::vector<Given> given = {{kTier, "silver"},     {kData, "health, personal"}, {kUrgent, "true"},
                                    {kPrompt, "128k"},     {kAsked, " gpt-4 turbo"},    {kOrigin, "DE"},
                                    {kToday, "2026-08-02"}};
  Values values(table);
  for (const Given& entry : given) REQUIRE(values.SetText(entry.attribute, entry.text).has_value());
  Values again(table);
  for (const Given& entry : given) {
    REQUIRE(again.SetText(entry.attribute, values.Text(entry.attribute)).has_value());
    CHECK(again.Text(entry.attribute) == values.Text(entry.attribute));
  }
  CHECK(std::ranges::equal(values.classes(), again.classes()));
}

// --- Reports ---------------------------------------------------------------------------------------------------

TEST_CASE("a report as text") {
  const Table table = Make();
  CHECK(ToText(Ask(table, {{kTier, "gold"}, {kOrigin, "FR"}, {kData, "health"}})) ==
        "routed by route `gold` (policy.route:30)\n"
        "  tier 1  frontier    eu_large (weight 3)   within 800 ms\n"
        "  tier 2  everything  eu_small, eu_large\n"
        "rules that apply\n"
        "  eu_only (policy.route:20)  GDPR chapter V\n"
        "  notice (caf\u00e9.route:1)\n"
        "excluded\n"
        "  us_large  by eu_only\n"
        "  us_small  by eu_only\n");
  CHECK(ToText(Ask(table, {{kOrigin, "KP"}})) ==
        "refused by `embargo` (policy.route:10)\n"
        "  not available in your region\n");
  CHECK(ToText(Ask(table, {{kOrigin, "FR"}, {kUrgent, "yes"}})) == "refused by `no_reason` (policy.route:11)\n");
  CHECK(ToText(ReportMissingAttribute("origin")) == "refused: attribute `origin` has no value and no default\n");
  CHECK(ToText(Ask(table, {{kOrigin, "US"}, {kPrompt, "8000"}})) ==
        "uncovered: no route matches this request\n"
        "rules that apply\n"
        "  notice (caf\u00e9.route:1)\n");
  CHECK(ToText(Ask(table, {{kOrigin, "DE"}, {kPrompt, "8000"}, {kData, "health"}})) ==
        "unservable: route `medium` matches, but no deployment of its chain is allowed (policy.route:32)\n"
        "rules that apply\n"
        "  eu_only (policy.route:20)  GDPR chapter V\n"
        "  notice (caf\u00e9.route:1)\n"
        "excluded\n"
        "  us_large  by eu_only\n"
        "  us_small  by eu_only\n");
}

TEST_CASE("the text of a report keeps to 100 columns where the names allow") {
  DecisionReport report;
  report.outcome = Outcome::kRouted;
  report.route = "wide";
  report.route_place = DecisionReport::Rule{"wide", "policy.route", 7, ""};
  DecisionReport::Tier tier;
  tier.label = "cheapest 12 deployments with quality >= 50 and processed in EU";
  tier.within_ms = 800;
  tier.retries = 2;
  for (int i = 0; i < 12; ++i) {
    tier.deployments.push_back({"deployment_number_" + std::to_string(i), static_cast<std::uint32_t>(i + 1)});
  }
  report.plan = {tier, {"frontier", {{"a", 1}}, std::nullopt, 1}};
  for (int i = 0; i < 12; ++i) report.excluded.push_back({"other", "rule_with_number_" + std::to_string(i)});
  const std::string text = ToText(report);
  CHECK(text ==
        "routed by route `wide` (policy.route:7)\n"
        "  tier 1  cheapest 12 deployments with quality >= 50 and processed in EU\n"
        "                    deployment_number_0 (weight 1), deployment_number_1 (weight 2),\n"
        "                    deployment_number_2 (weight 3), deployment_number_3 (weight 4),\n"
        "                    deployment_number_4 (weight 5), deployment_number_5 (weight 6),\n"
        "                    deployment_number_6 (weight 7), deployment_number_7 (weight 8),\n"
        "                    deployment_number_8 (weight 9), deployment_number_9 (weight 10),\n"
        "                    deployment_number_10 (weight 11), deployment_number_11 (weight 12)\n"
        "                    within 800 ms, retries 2\n"
        "  tier 2  frontier  a                                                                    retries 1\n"
        "excluded\n"
        "  other  by rule_with_number_0, rule_with_number_1, rule_with_number_2, rule_with_number_3,\n"
        "            rule_with_number_4, rule_with_number_5, rule_with_number_6, rule_with_number_7,\n"
        "            rule_with_number_8, rule_with_number_9, rule_with_number_10, rule_with_number_11\n");
}

TEST_CASE("a report as JSON") {
  const Table table = Make();
  CHECK(ToJson(Ask(table, {{kTier, "gold"}, {kOrigin, "FR"}, {kData, "health"}})).dump() ==
        R"({"outcome":"routed","route":"gold","rules":["eu_only","notice"],"plan":[)"
        R"({"tier":"frontier","deployments":[{"name":"eu_large","weight":3}],"within_ms":800,"retries":null},)"
        R"({"tier":"everything","deployments":[{"name":"eu_small","weight":1},{"name":"eu_large","weight":1}],)"
        R"("within_ms":null,"retries":null}],)"
        R"("excluded":[{"deployment":"us_large","by":"eu_only"},{"deployment":"us_small","by":"eu_only"}]})");
  CHECK(ToJson(ReportMissingAttribute("x")).dump() ==
        R"({"outcome":"refused","route":null,"rules":[],"plan":[],"excluded":[],)"
        R"("reason":"attribute `x` has no value and no default"})");
}

}  // namespace
}  // namespace route
