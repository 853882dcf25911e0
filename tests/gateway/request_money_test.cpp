// What one request sets aside, spends and gives back.

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "runtime/gateway/request_money.h"
#include "tests/gateway/one_request.h"

namespace asio = boost::asio;

namespace {

using namespace route;
using namespace route::tests;

constexpr std::uint32_t kBerlin = 1;

/// The most that an answer can cost.
auto Worst() -> NanoUsd {
  OneRequest one;
  RequestMoney money(*one.state, *one.request, *one.inbox);
  REQUIRE(money.SetAside(kParis).has_value());
  return one.Sums().reserved;
}

auto Capped(NanoUsd amount) -> OneRequest::Options {
  OneRequest::Options options;
  options.caps = {{amount, Period::kTotal, AtCap::kRefuse}};
  return options;
}

}  // namespace

TEST_CASE("money: what is set aside counts until it is given back") {
  OneRequest one;
  RequestMoney money(*one.state, *one.request, *one.inbox);
  REQUIRE(money.SetAside(kParis).has_value());
  const NanoUsd worst = one.Sums().reserved;
  CHECK(worst.amount > 1000 * 6'000);  // the answer alone
  SUBCASE("given back") {
    money.GiveBack();
    CHECK(one.Sums().reserved.amount == 0);
    money.GiveBack();
  }
  SUBCASE("another deployment's takes its place") {
    REQUIRE(money.SetAside(kBerlin).has_value());
    CHECK(one.Sums().reserved.amount * 2 == worst.amount);
    money.GiveBack();
  }
  CHECK(one.Sums().reserved.amount == 0);
  CHECK(one.Sums().total.amount == 0);
}

TEST_CASE("money: a request that ends in an exception gives back what it has set aside") {
  OneRequest one;
  const auto fails = [&]() -> asio::awaitable<void> {
    RequestMoney money(*one.state, *one.request, *one.inbox);
    REQUIRE(money.SetAside(kParis).has_value());
    money.Begin();
    CHECK(one.Sums().reserved.amount > 0);
    throw std::runtime_error("by way of example");
    co_return;
  };
  CHECK_THROWS_WITH(one.Run(fails), "by way of example");
  CHECK(one.Sums().reserved.amount == 0);
  CHECK(one.Sums().total.amount == 0);
}

TEST_CASE("money: a served answer is charged, once, and the rest of what was set aside is free again") {
  OneRequest one;
  RequestMoney money(*one.state, *one.request, *one.inbox);
  REQUIRE(money.SetAside(kParis).has_value());
  money.Begin();
  const auto settled = money.Settle({TokenUsage{10, 20}, ""}, 5000);
  CHECK(settled.entry.amount.amount == 10 * 2'000 + 20 * 6'000);
  CHECK(settled.entry.tenant == "acme");
  CHECK(settled.entry.day == *ParseDate("2026-11-24"));
  CHECK(settled.note.empty());
  CHECK(one.Sums().total == settled.entry.amount);
  CHECK(one.Sums().reserved.amount == 0);
  money.GiveBack();
  CHECK(one.Sums().total == settled.entry.amount);
  CHECK(one.Sums().reserved.amount == 0);
}

TEST_CASE("money: without usage the prompt and the answer that was seen are charged by estimate") {
  OneRequest one;
  RequestMoney money(*one.state, *one.request, *one.inbox);
  REQUIRE(money.SetAside(kParis).has_value());
  const auto settled = money.Settle({}, 300);
  CHECK(settled.entry.amount.amount > 100 * 6'000);
  CHECK(settled.note.starts_with("no usage was reported; charged by estimate: "));
  CHECK(settled.note.ends_with(" and 100 completion tokens"));
}

TEST_CASE("money: a cap refuses what would pass it and takes what just fits") {
  const NanoUsd worst = Worst();
  OneRequest fits(Capped(worst));
  RequestMoney money(*fits.state, *fits.request, *fits.inbox);
  REQUIRE(money.SetAside(kParis).has_value());
  RequestMoney other(*fits.state, *fits.request, *fits.inbox);
  const auto refused = other.SetAside(kParis);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason == SkipReason::kBudget);
  CHECK(refused.error().detail.ends_with("in total of the tenant `acme`"));
  CHECK(fits.Sums().reserved == worst);
  money.GiveBack();
  CHECK(other.SetAside(kParis).has_value());

  OneRequest too_small(Capped({worst.amount - 1}));
  CHECK_FALSE(RequestMoney(*too_small.state, *too_small.request, *too_small.inbox).SetAside(kParis).has_value());
  CHECK(too_small.Sums().reserved.amount == 0);
}

TEST_CASE("money: attempts that have begun count towards the limit of a request at their worst, others do not") {
  OneRequest::Options options;
  const NanoUsd worst = Worst();
  options.cost_hundredth_cents = static_cast<std::uint32_t>(worst.amount * 2 / 100'000 + 1);  // two attempts
  options.caps = {};
  OneRequest one(options);
  RequestMoney money(*one.state, *one.request, *one.inbox);
  for (int attempt = 0; attempt < 2; ++attempt) {
    REQUIRE(money.SetAside(kParis).has_value());
    money.GiveBack();  // passed over
    REQUIRE(money.SetAside(kParis).has_value());
    money.Begin();
    money.GiveBack();  // failed
  }
  const auto refused = money.SetAside(kParis);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason == SkipReason::kCostLimit);
  CHECK(refused.error().detail.ends_with(" USD for a request"));
}

TEST_CASE("money: without a cap nothing is set aside and nothing is kept") {
  OneRequest::Options options;
  options.caps = {};
  OneRequest one(options);
  one.store->Fall();
  RequestMoney money(*one.state, *one.request, *one.inbox);
  CHECK(money.CanSpend());
  money.Prepare();
  REQUIRE(money.SetAside(kParis).has_value());
  CHECK(one.Sums().reserved.amount == 0);
  const auto settled = money.Settle({TokenUsage{1, 1}, ""}, 0);
  CHECK_FALSE(money.Keep(settled.entry, one.loop->get_executor()).has_value());
  CHECK(one.store->entries.empty());
}

TEST_CASE("money: with a cap nothing is spent while spend cannot be kept") {
  OneRequest one;
  RequestMoney money(*one.state, *one.request, *one.inbox);
  CHECK(money.CanSpend());
  one.store->Fall();
  CHECK_FALSE(money.CanSpend());
}

TEST_CASE("money: whoever waits for the store has its answer, whenever it comes") {
  for (const auto kept : {SpendStore::Kept::kYes, SpendStore::Kept::kNo}) {
    for (const bool is_held : {false, true}) {
      OneRequest one;
      if (is_held) {
        one.store->at_once.reset();
      } else {
        one.store->at_once = kept;
      }
      std::optional<SpendStore::Kept> told;
      one.Run([&]() -> asio::awaitable<void> {
        RequestMoney money(*one.state, *one.request, *one.inbox);
        REQUIRE(money.SetAside(kParis).has_value());
        const auto settled = money.Settle({TokenUsage{1, 1}, ""}, 0);
        const auto executor = co_await asio::this_coro::executor;
        std::optional<Keeping> keeping = money.Keep(settled.entry, executor);
        REQUIRE(keeping.has_value());
        if (is_held) asio::post(executor, [&] { one.store->Answer(kept); });
        told = co_await keeping->Wait();
      });
      CHECK(told == kept);
      REQUIRE(one.store->entries.size() == 1);
      CHECK(one.store->entries[0].amount == one.Sums().total);
    }
  }
}

TEST_CASE("money: a request may end before the store has answered") {
  OneRequest one;
  one.store->at_once.reset();
  one.Start([&]() -> asio::awaitable<void> {
    RequestMoney money(*one.state, *one.request, *one.inbox);
    REQUIRE(money.SetAside(kParis).has_value());
    const auto settled = money.Settle({TokenUsage{1, 1}, ""}, 0);
    const auto executor = co_await asio::this_coro::executor;
    std::optional<Keeping> keeping = money.Keep(settled.entry, executor);
    co_await keeping->Wait();
  });
  one.RunUntil([&] { return !one.store->entries.empty(); });
  CHECK_FALSE(one.has_ended);
  one.Drop();
  CHECK(one.Sums().reserved.amount == 0);
  CHECK(one.Sums().total == one.store->entries[0].amount);
}
