// Money: reservations, caps, periods, and the store that keeps what was settled.

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "runtime/gateway/cost.h"
#include "runtime/spend/account.h"
#include "runtime/spend/store.h"
#include "tests/gateway/log_folder.h"

namespace {

using namespace route;
using route::tests::Folder;

constexpr NanoUsd kDollar{1'000'000'000};
const Date kToday = *ParseDate("2026-11-24");

auto Dollars(std::int64_t amount) -> NanoUsd {
  return {amount * kDollar.amount};
}

auto Account(const std::shared_ptr<TenantSpend>& spend, std::vector<Cap> caps, std::vector<Cap> key_caps = {},
             const std::string& key = "k") -> SpendAccount {
  return {spend, "acme", key, std::move(caps), std::move(key_caps)};
}

auto AddAndWait(SpendStore& store, const SpendEntry& entry) -> SpendStore::Kept {
  std::promise<SpendStore::Kept> kept;
  store.Add(entry, [&](SpendStore::Kept result) { kept.set_value(result); });
  return kept.get_future().get();
}

}  // namespace

TEST_CASE("a cap that refuses holds for what is spent and reserved together") {
  const auto spend = std::make_shared<TenantSpend>();
  auto account = Account(spend, {{Dollars(10), Period::kTotal, AtCap::kRefuse}});
  auto first = account.Reserve(Dollars(6), kToday);
  REQUIRE(first.has_value());
  const auto second = account.Reserve(Dollars(5), kToday);
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error() == "the cap of 10 USD in total of the tenant `acme`");
  CHECK(account.Reserve(Dollars(4), kToday).has_value());  // and given back at once
  CHECK(first->Settle(Dollars(1), kToday).amount == Dollars(1));
  CHECK(account.Reserve(Dollars(9), kToday).has_value());
  CHECK_FALSE(account.Reserve({Dollars(9).amount + 1}, kToday).has_value());
  CHECK(account.Share(kToday) == Decimal::FromInteger(10));
}

TEST_CASE("what costs nothing is never refused, and a cap for the policy refuses nothing") {
  const auto spend = std::make_shared<TenantSpend>();
  auto hard = Account(spend, {{Dollars(1), Period::kTotal, AtCap::kRefuse}});
  static_cast<void>(
      hard.Reserve(Dollars(1), kToday)->Settle(Dollars(2), kToday));  // an answer that cost more than it could
  CHECK(hard.Reserve({}, kToday).has_value());
  CHECK_FALSE(hard.Reserve({1}, kToday).has_value());
  auto soft = Account(spend, {{Dollars(1), Period::kTotal, AtCap::kPolicy}});
  CHECK(soft.Reserve(Dollars(100), kToday).has_value());
  CHECK(soft.Share(kToday) == Decimal::FromInteger(200));
}

TEST_CASE("keys have caps of their own") {
  const auto spend = std::make_shared<TenantSpend>();
  auto one = Account(spend, {{Dollars(10), Period::kTotal, AtCap::kRefuse}},
                     {{Dollars(2), Period::kDay, AtCap::kRefuse}}, "one");
  auto two = Account(spend, {{Dollars(10), Period::kTotal, AtCap::kRefuse}}, {}, "two");
  CHECK(one.Reserve(Dollars(3), kToday).error() == "the cap of 2 USD a day of the key `one`");
  static_cast<void>(two.Reserve(Dollars(9), kToday)->Settle(Dollars(9), kToday));
  CHECK(one.Reserve(Dollars(2), kToday).error() == "the cap of 10 USD in total of the tenant `acme`");
  CHECK(one.Reserve(Dollars(1), kToday).has_value());
  CHECK(one.Share(kToday) == Decimal::FromInteger(90));
}

TEST_CASE("days and months begin anew, and time does not run backwards") {
  const auto spend = std::make_shared<TenantSpend>();
  auto account =
      Account(spend, {{Dollars(2), Period::kDay, AtCap::kRefuse}, {Dollars(3), Period::kMonth, AtCap::kRefuse}});
  const auto pay = [&](const char* day, std::int64_t dollars) {
    auto reserved = account.Reserve(Dollars(dollars), *ParseDate(day));
    if (!reserved) return reserved.error();
    static_cast<void>(reserved->Settle(Dollars(dollars), *ParseDate(day)));
    return std::string();
  };
  CHECK(pay("2026-11-29", 2).empty());
  CHECK(pay("2026-11-29", 1) == "the cap of 2 USD a day of the tenant `acme`");
  CHECK(pay("2026-11-30", 1).empty());
  CHECK(pay("2026-11-30", 1) == "the cap of 3 USD a month of the tenant `acme`");
  CHECK(pay("2026-12-01", 2).empty());
  CHECK(pay("2026-11-30", 1) == "the cap of 2 USD a day of the tenant `acme`");
  auto reserved = account.Reserve({}, *ParseDate("2026-12-01"));
  CHECK(reserved->Settle({}, *ParseDate("2026-11-01")).day == *ParseDate("2026-12-01"));
}

TEST_CASE("many threads never pass a cap together") {
  const auto spend = std::make_shared<TenantSpend>();
  auto account = Account(spend, {{{1000}, Period::kTotal, AtCap::kRefuse}});
  std::atomic<std::int64_t> granted{0};
  {
    std::vector<std::jthread> threads;
    for (unsigned seed = 0; seed < 4; ++seed) {
      threads.emplace_back([&, seed] {
        std::mt19937 engine(seed);
        for (int i = 0; i < 5000; ++i) {
          const std::int64_t worst = 1 + engine() % 20;
          auto reserved = account.Reserve({worst}, kToday);
          if (!reserved || engine() % 2 == 0) continue;
          const std::int64_t cost = engine() % (worst + 1);
          granted += cost;
          static_cast<void>(reserved->Settle({cost}, kToday));
        }
      });
    }
  }
  CHECK(granted <= 1000);
  CHECK(granted >= 980);
  SpendBook book;
  CHECK(book.For("acme") == book.For("acme"));
}

TEST_CASE("the store keeps sums by tenant, key and day") {
  const Folder folder;
  const std::string path = folder.File("spend");
  {
    auto opened = OpenSpendStore(path);
    REQUIRE_MESSAGE(opened.has_value(), opened.error());
    CHECK(opened->kept.empty());
    CHECK(AddAndWait(*opened->store, {"acme", "", kToday, {7}}) == SpendStore::Kept::kYes);
    opened->store->Add({"acme", "", kToday, {5}}, {});
    opened->store->Add({"acme", "it's", kToday, {1}}, {});
    CHECK(AddAndWait(*opened->store, {"acme", "", *ParseDate("2026-11-01"), {2}}) == SpendStore::Kept::kYes);
    const auto second = OpenSpendStore(path);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error() == "the spend store `" + path + "` is in use by another process: give each gateway its own");
  }
  const auto again = OpenSpendStore(path);
  REQUIRE(again.has_value());
  REQUIRE(again->kept.size() == 3);
  CHECK(again->kept[0].amount.amount == 2);
  CHECK(again->kept[1].amount.amount == 12);
  CHECK(again->kept[2].key == "it's");
}

TEST_CASE("files that are no spend store are left alone") {
  const Folder folder;
  const std::string text = folder.File("text");
  std::ofstream(text) << std::string(5000, 'x');
  CHECK_FALSE(OpenSpendStore(text).has_value());
  CHECK(std::filesystem::file_size(text) == 5000);
  CHECK_FALSE(OpenSpendStore(folder.File("missing/spend")).has_value());
}

TEST_CASE("what a request may cost") {
  const auto bound = [](const char* body) { return AnswerTokenBound(nlohmann::ordered_json::parse(body), 4096); };
  CHECK(bound("{}") == 4096);
  CHECK(bound(R"({"max_tokens":10})") == 10);
  CHECK(bound(R"({"max_tokens":10,"max_completion_tokens":20,"n":3})") == 60);
  CHECK(bound(R"({"max_tokens":-1})") == 4096);
  CHECK(bound(R"({"max_tokens":"10"})") == 4096);
  CHECK(bound(R"({"max_tokens":18446744073709551615,"n":18446744073709551615})") == (std::int64_t{1} << 31U) * 1024);
}

TEST_CASE("the policy's limit narrows what a request asks for, in the field of its API") {
  const auto limited = [](Api api, const char* body, std::uint32_t most = 1000) {
    ModelRequest request{api, nlohmann::ordered_json::parse(body), "m", false};
    const auto done = LimitAnswer(request, most);
    return done ? request.body.dump() : done.error().param + ": " + done.error().message;
  };
  CHECK(limited(Api::kChat, "{}") == R"({"max_completion_tokens":1000})");
  CHECK(limited(Api::kChat, R"({"max_tokens":null})") == R"({"max_tokens":null,"max_completion_tokens":1000})");
  CHECK(limited(Api::kChat, R"({"max_tokens":5000})") == R"({"max_tokens":1000})");
  CHECK(limited(Api::kChat, R"({"max_tokens":5})") == R"({"max_tokens":5})");
  CHECK(limited(Api::kChat, R"({"max_completion_tokens":7,"max_tokens":5000})") ==
        R"({"max_completion_tokens":7,"max_tokens":1000})");
  CHECK(limited(Api::kChat, R"({"n":3})") == R"({"n":3,"max_completion_tokens":333})");
  CHECK(limited(Api::kCompletions, R"({"n":2,"best_of":4})") == R"({"n":2,"best_of":4,"max_tokens":250})");
  CHECK(limited(Api::kResponses, "{}") == R"({"max_output_tokens":1000})");
  CHECK(limited(Api::kMessages, R"({"max_tokens":2000})") == R"({"max_tokens":1000})");
  CHECK(limited(Api::kEmbeddings, "{}") == "{}");
  CHECK(limited(Api::kChat, R"({"n":1001})") ==
        "n: the policy allows 1000 tokens for all answers together: ask for fewer answers");
  for (const char* odd : {R"({"max_tokens":"9"})", R"({"max_tokens":1e9})", R"({"max_tokens":-1})", R"({"max_tokens":0})"}) {
    CHECK(limited(Api::kChat, odd) == "max_tokens: `max_tokens` must be a whole number of 1 or more");
  }
  CHECK(limited(Api::kChat, R"({"n":"2"})") == "n: `n` must be a whole number of 1 or more");
}

TEST_CASE("an answer without usable usage is charged by estimate, and the record says so") {
  const Charge reported = ChargeFor({TokenUsage{3, 4}, ""}, 1000, 1000);
  CHECK(reported.usage == TokenUsage{3, 4});
  CHECK(reported.note.empty());
  const Charge estimated = ChargeFor({std::nullopt, "`prompt_tokens` is negative"}, 10, 7);
  CHECK(estimated.usage == TokenUsage{4, 3});
  CHECK(estimated.note == "`prompt_tokens` is negative; charged by estimate: 4 prompt and 3 completion tokens");
  CHECK(ChargeFor({}, 0, 0).note.starts_with("no usage was reported; "));
}
