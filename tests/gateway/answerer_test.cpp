// What is written and said about one request.

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "runtime/gateway/answerer.h"
#include "tests/gateway/one_request.h"

namespace asio = boost::asio;

namespace {

using namespace route;
using namespace route::tests;
using Calls = std::vector<std::string>;

auto Header(const Reply& reply, std::string_view name) -> std::string {
  std::string values;
  for (const auto& [key, value] : reply.headers) {
    if (key == name) values += "<" + value + ">";
  }
  return values;
}

/// The answerer of a request that is as far as its own test wants it.
class Answering {
 public:
  Answering() : answerer(*one.process, *one.request, one.tried, *one.log, one.caller) {}
  OneRequest one;
  Answerer answerer;
};

}  // namespace

TEST_CASE("answerer: an error is recorded before it is sent, and counted once") {
  Answering a;
  Calls records;
  a.one.caller.on_call = [&](std::string_view) {
    records = a.one.Records();
    return Responder::Sent::kYes;
  };
  const ApiError error{ApiCode::kDeadlineExceeded, "too late", ""};
  a.one.Run([&]() -> asio::awaitable<void> { co_await a.answerer.AnswerError(error); });
  CHECK(records == Calls{"outcome 504"});
  CHECK(a.one.Records() == Calls{"outcome 504"});
  CHECK(a.one.caller.calls == Calls{"send 504"});
  CHECK(a.one.Answered("deadline_exceeded") == "1");
  CHECK(a.one.caller.reply.body.contains("too late"));
}

TEST_CASE("answerer: a caller that has gone away gets its record all the same") {
  Answering a;
  a.one.caller.on_call = [](std::string_view) { return Responder::Sent::kCallerGone; };
  const ApiError error{ApiCode::kDeadlineExceeded, "too late", ""};
  a.one.Run([&]() -> asio::awaitable<void> { co_await a.answerer.AnswerError(error); });
  CHECK(a.one.Records() == Calls{"outcome 504"});
  CHECK(a.one.caller.calls == Calls{"send 504"});
}

TEST_CASE("answerer: without a durable record the caller is told that and nothing else") {
  Answering a;
  a.one.BreakLog();
  bool recorded = true;
  SUBCASE("of the records before an attempt") {
    a.one.Run([&]() -> asio::awaitable<void> {
      const std::string line = a.answerer.OutcomeText(200, "");
      recorded = co_await a.answerer.Record(line);
    });
    CHECK_FALSE(recorded);
  }
  SUBCASE("of an error") {
    const ApiError error{ApiCode::kDeadlineExceeded, "too late", ""};
    a.one.Run([&]() -> asio::awaitable<void> { co_await a.answerer.AnswerError(error); });
    CHECK(a.one.Answered("deadline_exceeded") == "0");
  }
  CHECK(a.one.caller.calls == Calls{"send 503"});
  CHECK(a.one.caller.reply.body.contains("log_unavailable"));
  CHECK(a.one.Answered("log_unavailable") == "1");
}

TEST_CASE("answerer: lines that no answer waits for tell the caller nothing") {
  Answering a;
  Durability result = Durability::kDurable;
  a.one.BreakLog();
  a.one.Run([&]() -> asio::awaitable<void> {
    const std::string line = a.answerer.OutcomeText(499, "caller_gone");
    result = co_await a.answerer.RecordLast(line);
  });
  CHECK(result == Durability::kFailed);
  CHECK(a.one.caller.calls.empty());
}

TEST_CASE("answerer: every answer names its decision, and the deployment that gave it") {
  Answering a;
  a.one.tried.Attempted({});
  const Reply own = a.answerer.WithHeaders({});
  CHECK(Header(own, "x-route-decision-id") == "<" + a.one.request->id + ">");
  CHECK(Header(own, "x-route-policy") == "<sample@2026.1>");
  CHECK(Header(own, "x-route-rule") == "<everything_else>");
  CHECK(Header(own, "x-route-attempts") == "<1>");
  CHECK(Header(own, "x-route-deployment").empty());
  Reply given;
  given.body = "kept";
  given = a.answerer.WithHeaders(std::move(given), kParis);
  CHECK(given.body == "kept");
  CHECK(Header(given, "x-route-deployment") == "<paris>");
  CHECK(Header(given, "x-route-vendor") == "<mistral>");
  CHECK(Header(given, "x-route-jurisdiction") == "<FR>");
}

TEST_CASE("answerer: a caller is asked to wait for the first cooldown's end, in whole seconds") {
  Answering a;
  const auto told = [&](ApiCode code) {
    const ApiError error{code, "", ""};
    a.one.Run([&]() -> asio::awaitable<void> { co_await a.answerer.SendError(error); });
    return Header(a.one.caller.reply, "retry-after");
  };
  CHECK(told(ApiCode::kUpstreamUnavailable) == "<1>");
  a.one.tried.PassedOver(kParis, 0, SkipReason::kCooldown, "broken", Milliseconds(7001));
  CHECK(told(ApiCode::kUpstreamUnavailable) == "<8>");
  CHECK(told(ApiCode::kLogUnavailable) == "<1>");
  CHECK(told(ApiCode::kDeadlineExceeded).empty());
  a.one.tried.PassedOver(kParis, 0, SkipReason::kCooldown, "broken", Milliseconds(0));
  CHECK(told(ApiCode::kUpstreamUnavailable) == "<1>");
}

TEST_CASE("answerer: answers of upstreams are counted as such") {
  Answering a;
  a.one.Run([&]() -> asio::awaitable<void> {
    const Reply reply;
    co_await a.answerer.Begin(reply);
    co_await a.answerer.Send(reply, std::nullopt);
  });
  CHECK(a.one.caller.calls == Calls{"begin 200", "send 200"});
  CHECK(a.one.Answered("ok") == "2");
}
