#include <doctest/doctest.h>

#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/values/country.h"
#include "runtime/values/date.h"
#include "runtime/values/decimal.h"
#include "runtime/values/given_text.h"
#include "runtime/values/letter_case.h"
#include "runtime/values/schema.h"
#include "runtime/values/value_text.h"

namespace route {
namespace {

auto Micros(std::string_view text) -> std::int64_t {
  const auto value = ParseDecimal(text);
  REQUIRE_MESSAGE(value.has_value(), std::string(text));
  return value->micros;
}

auto Problem(std::string_view text) -> DecimalError {
  const auto value = ParseDecimal(text);
  REQUIRE_MESSAGE(!value.has_value(), std::string(text));
  return value.error();
}

TEST_CASE("decimals are read exactly") {
  CHECK(Micros("0") == 0);
  CHECK(Micros("12") == 12'000'000);
  CHECK(Micros("0.375") == 375'000);
  CHECK(Micros("0.000001") == 1);
  CHECK(Micros("-0.000001") == -1);
  CHECK(Micros("-0") == 0);
  CHECK(Micros("007") == 7'000'000);
  CHECK(Micros("2_000_000") == 2'000'000'000'000);
  CHECK(Micros("0.123_456") == 123'456);
  CHECK(Micros("128k") == 128'000'000'000);
  CHECK(Micros("1.5M") == 1'500'000'000'000);
  CHECK(Micros("0.000000001k") == 1);
  CHECK(Micros("0.000000000001M") == 1);
  CHECK(Micros("1.00000000000000000000") == 1'000'000);
}

TEST_CASE("decimals end where 64 bits of millionths end") {
  CHECK(Micros("9223372036854.775807") == std::numeric_limits<std::int64_t>::max());
  CHECK(Micros("-9223372036854.775808") == std::numeric_limits<std::int64_t>::min());
  CHECK(Problem("9223372036854.775808") == DecimalError::kOutOfRange);
  CHECK(Problem("-9223372036854.775809") == DecimalError::kOutOfRange);
  CHECK(Problem("9223372036855") == DecimalError::kOutOfRange);
  CHECK(Problem("9223372036.854775808k") == DecimalError::kOutOfRange);
  CHECK(Problem("99999999999999999999999999999999999999999") == DecimalError::kOutOfRange);
  CHECK(Micros("00000000000000000000000000000000000000001") == 1'000'000);
}

TEST_CASE("decimals that cannot be held are refused, not rounded") {
  CHECK(Problem("0.0000001") == DecimalError::kTooPrecise);
  CHECK(Problem("1.0000000000000000001") == DecimalError::kTooPrecise);
  CHECK(Problem("0.0000000001k") == DecimalError::kTooPrecise);
}

TEST_CASE("what is not a decimal is refused") {
  for (const char* text :
       {"",     "-",    "+1",   ".5", "5.",  "1..2", "1.2.3", "1e3", "0x10", " 1",  "1 ",  "1_",  "_1",
        "1__0", "1_.5", "1._5", "k",  "1kk", "1K",   "1m",    "--1", "1-",   "NaN", "inf", "1,5", "٣"}) {
    CHECK_MESSAGE(Problem(text) == DecimalError::kMalformed, std::string(text));
  }
}

TEST_CASE("a printed decimal is the shortest and reads back") {
  CHECK(FormatDecimal({15'000'000}) == "15");
  CHECK(FormatDecimal({375'000}) == "0.375");
  CHECK(FormatDecimal({-1}) == "-0.000001");
  CHECK(FormatDecimal({1'100'000}) == "1.1");
  CHECK(FormatDecimal({2'000'000'000'000}) == "2000000");
  CHECK(FormatDecimal({std::numeric_limits<std::int64_t>::max()}) == "9223372036854.775807");
  CHECK(FormatDecimal({std::numeric_limits<std::int64_t>::min()}) == "-9223372036854.775808");
  for (std::int64_t micros :
       std::vector<std::int64_t>{0, 1, -1, 10, 999'999, 1'000'000, 1'000'001, -123'456'789,
                                 std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    CHECK(Micros(FormatDecimal({micros})) == micros);
  }
}

TEST_CASE("dates follow the calendar") {
  CHECK(ParseDate("1970-01-01") == Date{0});
  CHECK(ParseDate("1969-12-31") == Date{-1});
  CHECK(ParseDate("2000-02-29") == Date{11'016});
  CHECK(ParseDate("2026-08-02") == Date{20'667});
  CHECK(ParseDate("0001-01-01") == kFirstDate);
  CHECK(ParseDate("9999-12-31") == kLastDate);
  for (const char* text : {"", "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "2026-04-31",
                           "0000-01-01", "2026-1-1", "26-01-01", "2026/01/01", "2026-01-01 ", "+026-01-01",
                           "2026-01-0a", "10000-01-01", "2026-01-01T00:00"}) {
    CHECK_MESSAGE(!ParseDate(text), std::string(text));
  }
}

TEST_CASE("every date reads back") {
  for (std::int32_t days = kFirstDate.days; days <= kLastDate.days; days += 97) {
    const std::string text = FormatDate({days});
    REQUIRE_MESSAGE(ParseDate(text) == Date{days}, text);
  }
  CHECK(FormatDate(kFirstDate) == "0001-01-01");
  CHECK(FormatDate(kLastDate) == "9999-12-31");
}

TEST_CASE("countries are those of ISO 3166-1") {
  CHECK(Countries().size() == 249);
  std::set<std::string_view> codes;
  std::set<std::string_view> names;
  for (std::uint16_t i = 0; i < Countries().size(); ++i) {
    const CountryEntry& entry = Countries()[i];
    CHECK(entry.code.size() == 2);
    CHECK(!entry.name.empty());
    CHECK(ParseCountry(entry.code) == Country{i});
    CHECK((i == 0 || Countries()[i - 1U].code < entry.code));
    codes.insert(entry.code);
    names.insert(entry.name);
  }
  CHECK(codes.size() == 249);
  CHECK(names.size() == 249);
  CHECK(CountryName(ParseCountry("FR").value()) == "France");
  CHECK(CountryCode(ParseCountry("CH").value()) == "CH");
  for (const char* text : {"", "F", "fr", "Fr", "FRA", "EU", "UK", "XK", "ZZ", "AA", "F\xC3"}) {
    CHECK_MESSAGE(!ParseCountry(text), std::string(text));
  }
}

TEST_CASE("quantities are read with or without their unit") {
  CHECK(ParseQuantity("40", Unit::kPercent) == Decimal::FromInteger(40));
  CHECK(ParseQuantity("40%", Unit::kPercent) == Decimal::FromInteger(40));
  CHECK(ParseQuantity("40 %", Unit::kPercent) == Decimal::FromInteger(40));
  CHECK(ParseQuantity("800 ms", Unit::kMilliseconds) == Decimal::FromInteger(800));
  CHECK(ParseQuantity("800ms", Unit::kMilliseconds) == Decimal::FromInteger(800));
  CHECK(ParseQuantity("2s", Unit::kMilliseconds) == Decimal::FromInteger(2000));
  CHECK(ParseQuantity("0.5 s", Unit::kMilliseconds) == Decimal::FromInteger(500));
  CHECK(ParseQuantity("128k tokens", Unit::kTokens) == Decimal::FromInteger(128'000));
  CHECK(ParseQuantity("128k", Unit::kTokens) == Decimal::FromInteger(128'000));
  CHECK(ParseQuantity("2_000_000 tokens", Unit::kTokens) == Decimal::FromInteger(2'000'000));
  CHECK(ParseQuantity("15 USD", Unit::kUsd) == Decimal::FromInteger(15));
  CHECK(ParseQuantity("0.25EUR", Unit::kEur) == Decimal{250'000});
  CHECK(ParseQuantity("7", Unit::kNone) == Decimal::FromInteger(7));
  CHECK(ParseQuantity("1.5M", Unit::kNone) == Decimal::FromInteger(1'500'000));
}

TEST_CASE("units never mix") {
  CHECK(ParseQuantity("40 USD", Unit::kPercent).error() == "expected a percentage such as `40%`");
  CHECK(ParseQuantity("15 EUR", Unit::kUsd).error() == "expected an amount such as `15 USD`");
  CHECK(ParseQuantity("15 USD", Unit::kEur).error() == "expected an amount such as `15 EUR`");
  CHECK(ParseQuantity("2s", Unit::kTokens).error() == "expected a number of tokens such as `8000` or `128k tokens`");
  CHECK(ParseQuantity("2 min", Unit::kMilliseconds).error() == "expected a time such as `800 ms` or `2s`");
  CHECK(ParseQuantity("2%", Unit::kNone).error() == "expected a number such as `12` or `0.375`");
  for (const char* text : {"", " ", "%", " 40%", "40% ", "40  %", "40 ", "40%%", "4 0%", "forty", "40 percent"}) {
    CHECK_MESSAGE(!ParseQuantity(text, Unit::kPercent), std::string(text));
  }
  CHECK(ParseQuantity("0.0000001", Unit::kNone).error() == "expected at most six digits after the point");
  CHECK(ParseQuantity("9223372036855", Unit::kNone).error() == "expected a number of at most 9223372036854");
  CHECK(ParseQuantity("9223372036855s", Unit::kMilliseconds).error() == "expected a number of at most 9223372036854");
  CHECK(ParseQuantity("9223372037s", Unit::kMilliseconds).error() == "expected a time of at most 9223372036 seconds");
}

TEST_CASE("quantities are printed with their unit and read back") {
  CHECK(FormatQuantity(Decimal::FromInteger(40), Unit::kPercent) == "40%");
  CHECK(FormatQuantity(Decimal::FromInteger(800), Unit::kMilliseconds) == "800 ms");
  CHECK(FormatQuantity(Decimal::FromInteger(128'000), Unit::kTokens) == "128000 tokens");
  CHECK(FormatQuantity(Decimal{375'000}, Unit::kUsd) == "0.375 USD");
  CHECK(FormatQuantity(Decimal::FromInteger(7), Unit::kNone) == "7");
  for (Unit unit : {Unit::kNone, Unit::kMilliseconds, Unit::kPercent, Unit::kUsd, Unit::kEur}) {
    for (std::int64_t micros : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1'500'000}, std::int64_t{12'345'678}}) {
      CHECK(ParseQuantity(FormatQuantity({micros}, unit), unit) == Decimal{micros});
    }
  }
  CHECK(ParseQuantity("12345678 tokens", Unit::kTokens) == Decimal::FromInteger(12'345'678));
  CHECK(ParseQuantity("0.5 tokens", Unit::kTokens).error() == "expected a whole number of tokens");
}

TEST_CASE("given values are taken apart at blanks outside quotes") {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  const auto split = [](std::string_view text) {
    Pairs pairs;
    const auto given = SplitGiven(text);
    REQUIRE_MESSAGE(given.has_value(), given.error());
    for (const GivenText& pair : *given) pairs.emplace_back(pair.name, pair.value);
    return pairs;
  };
  CHECK(split(" \t\n").empty());
  CHECK(split(" tier=gold\tdata=a,b ") == Pairs{{"tier", "gold"}, {"data", "a,b"}});
  CHECK(split("model=\"gpt 5\" x= y=\"\"") == Pairs{{"model", "gpt 5"}, {"x", ""}, {"y", ""}});
  CHECK(split(R"(a="say \"hi\" \\" b=a="c")") == Pairs{{"a", R"(say "hi" \)"}, {"b", "a=\"c\""}});
  CHECK(SplitGiven("tier gold").error() == "`tier` has no value; write `attribute=value`");
  CHECK(SplitGiven("a=\"b").error() == "the value of `a` lacks its closing quote");
  CHECK(SplitGiven("a=\"b\\\"").error() == "the value of `a` lacks its closing quote");
  CHECK(SplitGiven("a=\"b\"c").error() == "the value of `a` goes on after its closing quote");
  CHECK(SplitGiven("a=1 a=1").error() == "`a` is given twice");
}

TEST_CASE("yes and no have two words each") {
  CHECK(ParseYesNo("yes") == true);
  CHECK(ParseYesNo("true") == true);
  CHECK(ParseYesNo("no") == false);
  CHECK(ParseYesNo("false") == false);
  for (const char* text : {"", "Yes", "1", "0", "y", "yes "}) CHECK_MESSAGE(!ParseYesNo(text), std::string(text));
}

TEST_CASE("what the caller chooses is claimed, what the gateway establishes is measured") {
  CHECK(SourceTrust(SourceKind::kHeader, "x-tier") == Trust::kClaimed);
  CHECK(SourceTrust(SourceKind::kRequest, "model") == Trust::kClaimed);
  CHECK(SourceTrust(SourceKind::kRequest, "prompt") == Trust::kMeasured);
  CHECK(SourceTrust(SourceKind::kRequest, "needs") == Trust::kMeasured);
  for (SourceKind kind :
       {SourceKind::kTenant, SourceKind::kClassifier, SourceKind::kDetector, SourceKind::kBudget, SourceKind::kClock}) {
    CHECK(SourceTrust(kind, "") == Trust::kMeasured);
  }
}

TEST_CASE("texts are the same in any case of the letters of ASCII, and of no others") {
  CHECK(SameInAnyCase("Content-Type", "content-TYPE"));
  CHECK(SameInAnyCase("", ""));
  CHECK_FALSE(SameInAnyCase("content-type", "content-typ"));
  CHECK_FALSE(SameInAnyCase("[", "{"));
  CHECK_FALSE(SameInAnyCase("@", "`"));
  CHECK_FALSE(SameInAnyCase("\u00C4", "\u00E4"));
  CHECK(LowerCase("AZ[a@`\u00C4") == "az[a@`\u00C4");
}

}  // namespace
}  // namespace route
