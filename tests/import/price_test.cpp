#include "compiler/import/price.h"

#include <doctest/doctest.h>

#include <string>

using namespace route;
using namespace route::import;

namespace {

auto Money(std::string_view per_token) -> std::string {
  auto price = PricePerMillion(per_token);
  if (!price) return "error";
  return FormatMoney(price->usd) + (price->exactness == Price::Exactness::kExact ? "" : " rounded up");
}

}  // namespace

TEST_CASE("a price for a token is the price of a million tokens, to the last digit") {
  CHECK(Money("1.5e-07") == "0.15");
  CHECK(Money("0.0000025") == "2.50");
  CHECK(Money("0.000015") == "15.00");
  CHECK(Money("2.75E-7") == "0.275");
  CHECK(Money("0") == "0.00");
  CHECK(Money("0.0") == "0.00");
  CHECK(Money("0e999999999999999999999") == "0.00");
  CHECK(Money("1e-12") == "0.000001");
  CHECK(Money("1") == "1000000.00");
  CHECK(Money("000.000001") == "1.00");
}

TEST_CASE("what has too many digits is rounded up, never down") {
  CHECK(Money("2.9999900000000002e-06") == "2.999991 rounded up");
  CHECK(Money("1e-13") == "0.000001 rounded up");
  CHECK(Money("1e-999999999999999999999") == "0.000001 rounded up");
  CHECK(Money("1.0000000000000e-06") == "1.00");
}

TEST_CASE("what is no price is an error that says why") {
  for (const char* text : {"", "NaN", "free", "1.", ".5", "1e", "1e+", "1 ", "0x10", "1,5", "--1", "1_0"}) {
    CHECK_MESSAGE(PricePerMillion(text).error() == PriceError::kNotANumber, text);
  }
  CHECK(PricePerMillion("-1e-06").error() == PriceError::kNegative);
  CHECK(Money("-0.0") == "0.00");
  for (const char* text : {"1001", "1e999999999999999999999", "9999999999999999999999999999"}) {
    CHECK_MESSAGE(PricePerMillion(text).error() == PriceError::kTooLarge, text);
  }
}

TEST_CASE("counts of tokens") {
  CHECK(ParseTokens("128000") == 128000);
  CHECK(ParseTokens("2000000.0") == 2'000'000);
  CHECK(ParseTokens("2e6") == 2'000'000);
  CHECK(ParseTokens("0") == 0);
  CHECK_FALSE(ParseTokens("0.5").has_value());
  CHECK_FALSE(ParseTokens("-1").has_value());
  CHECK_FALSE(ParseTokens("1e30").has_value());
  CHECK_FALSE(ParseTokens("many").has_value());
}
