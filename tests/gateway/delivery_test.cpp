// What an upstream answered on its way to the caller: in which order it is charged, recorded and sent, and what stands
// when that goes wrong on the way.

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/gateway/answerer.h"
#include "runtime/gateway/delivery.h"
#include "runtime/gateway/deployment_asker.h"
#include "runtime/gateway/deployment_turns.h"
#include "runtime/gateway/request_money.h"
#include "tests/gateway/one_request.h"

namespace asio = boost::asio;

namespace {

using namespace route;
using namespace route::tests;
using Calls = std::vector<std::string>;
using Sent = Responder::Sent;

constexpr std::string_view kUsage = R"(data: {"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":20}})"
                                    "\n\n";
constexpr std::int64_t kUsageCost = 10 * 2'000 + 20 * 6'000;

auto Event(std::string_view text) -> std::string {
  return R"(data: {"choices":[{"index":0,"delta":{"content":")" + std::string(text) + "\"}}]}\n\n";
}

auto Streaming() -> OneRequest::Options {
  OneRequest::Options options;
  options.body = R"({"model":"m","max_tokens":1000,"stream":true,"messages":[{"role":"user","content":"hello"}]})";
  return options;
}

/// A request whose deployment is being asked: its money is set aside.
class Delivering {
 public:
  explicit Delivering(OneRequest::Options options = {})
      : one(std::move(options)),
        money(*one.state, *one.request, *one.inbox),
        asker(*one.process, *one.client, one.loop->get_executor(), *one.request, one.headers, one.cancellation),
        turns(*one.state, *one.request, one.cancellation, asker, money, one.tried),
        answerer(*one.process, *one.request, one.tried, *one.log, one.caller),
        delivery(*one.state, *one.request, one.cancellation, one.caller, money, turns, answerer) {
    StartAttempt start;
    start.deployment = kParis;
    start.answer_by = start.deadline = TimePoint::max();
    REQUIRE_FALSE(turns.PassOver(start, TimePoint::clock::now()));
    REQUIRE(one.Sums().reserved.amount > 0);
  }
  Delivering(const Delivering&) = delete;
  auto operator=(const Delivering&) -> Delivering& = delete;
  ~Delivering() { one.Drop(); }

  /// The stream, of which the asker has read so much. Then come the pieces.
  auto Stream(std::string_view begun, std::vector<ReadyExchange::Piece> pieces, Api from = Api::kChat) -> StreamServed {
    StreamServed served{200,
                        std::make_unique<ReadyExchange>(std::move(pieces), upstream_open),
                        StreamCarrier(from, one.request->asked.api, context),
                        {}};
    served.carrier.Feed(begun);
    served.meter.Feed(begun);
    return served;
  }

  void Send(StreamServed served) {
    one.Run([&]() -> asio::awaitable<void> { co_await delivery.SendStream(kParis, served); });
  }

  void Send(PlainServed served) {
    one.Run([&]() -> asio::awaitable<void> { co_await delivery.SendPlain(kParis, served); });
  }

  OneRequest one;
  RequestMoney money;
  DeploymentAsker asker;
  DeploymentTurns turns;
  Answerer answerer;
  Delivery delivery;
  AnswerContext context{one.request->asked.body, one.request->id, 0};
  std::shared_ptr<bool> upstream_open = std::make_shared<bool>(true);
};

auto Answer() -> PlainServed {
  return {200, "the answer", {TokenUsage{10, 20}, ""}};
}

/// All that was written, as one text.
auto Written(const Caller& caller) -> std::string {
  std::string text;
  for (const std::string& call : caller.calls) {
    if (call.starts_with("write ")) text += call.substr(6);
  }
  return text;
}

}  // namespace

TEST_CASE("delivery: a plain answer is sent when it is charged, recorded and its cost kept") {
  Delivering d;
  d.one.store->at_once.reset();
  PlainServed served = Answer();
  d.one.Start([&]() -> asio::awaitable<void> { co_await d.delivery.SendPlain(kParis, served); });
  d.one.RunUntil([&] { return d.one.Records() == Calls{"outcome 200"}; });
  CHECK(d.one.caller.calls.empty());
  CHECK(d.one.Sums().total.amount == kUsageCost);
  CHECK(d.one.Sums().reserved.amount == 0);
  d.one.store->Answer(SpendStore::Kept::kYes);
  d.one.RunUntil([&] { return d.one.has_ended; });
  CHECK(d.one.caller.calls == Calls{"send 200"});
  CHECK(d.one.caller.reply.body == "the answer");
  REQUIRE(d.one.store->entries.size() == 1);
  CHECK(d.one.store->entries[0].amount.amount == kUsageCost);
}

TEST_CASE("delivery: a plain answer that cannot be recorded or kept is not sent, and charged all the same") {
  Delivering d;
  SUBCASE("recorded") {
    d.one.BreakLog();
  }
  SUBCASE("kept") {
    d.one.store->at_once = SpendStore::Kept::kNo;
  }
  d.Send(Answer());
  CHECK(d.one.caller.calls == Calls{"send 503"});
  CHECK(d.one.caller.reply.body.contains("log_unavailable"));
  CHECK(d.one.Sums().total.amount == kUsageCost);
  CHECK(d.one.Sums().reserved.amount == 0);
  CHECK(d.one.Answered("ok") == "0");
}

TEST_CASE("delivery: a plain answer for a caller that has gone away costs what it cost") {
  Delivering d;
  d.one.caller.on_call = [](std::string_view) { return Sent::kCallerGone; };
  d.Send(Answer());
  CHECK(d.one.Records() == Calls{"outcome 200"});
  CHECK(d.one.Sums().total.amount == kUsageCost);
  CHECK(d.one.Sums().reserved.amount == 0);
}

TEST_CASE("delivery: what an upstream says against the request is passed on and costs nothing") {
  Delivering d;
  d.money.GiveBack();  // as for every attempt that served nothing
  CallerErrorAnswer answer{kParis, 422, "text/plain\r\nx-evil: 1", "no"};
  d.one.Run([&]() -> asio::awaitable<void> { co_await d.delivery.SendCallerError(answer); });
  CHECK(d.one.Records() == Calls{"outcome 422"});
  CHECK(d.one.caller.calls == Calls{"send 422"});
  CHECK(d.one.caller.reply.content_type == "text/plain??x-evil: 1");
  CHECK(d.one.caller.reply.body == "no");
  CHECK(d.one.Sums().total.amount == 0);
}

TEST_CASE("delivery: a stream's head goes out once, after its record; its cost is known at its end") {
  Delivering d(Streaming());
  Calls at_head;
  d.one.caller.on_call = [&](std::string_view call) {
    if (call.starts_with("begin")) at_head = d.one.Records();
    if (call.starts_with("write")) CHECK(d.one.Sums().reserved.amount > 0);
    return Sent::kYes;
  };
  const std::string half = Event("second");
  d.Send(d.Stream(Event("first") + half.substr(0, 9), {half.substr(9), std::string(kUsage), "data: [DONE]\n\n"}));
  CHECK(at_head == Calls{"outcome 200"});
  CHECK(d.one.caller.calls == Calls{"begin 200", "write " + Event("first"), "write " + half,
                                    "write " + std::string(kUsage), "write data: [DONE]\n\n", "end"});
  CHECK(d.one.caller.reply.content_type == "text/event-stream; charset=utf-8");
  CHECK(d.one.Records() == Calls{"outcome 200", "usage completed"});
  CHECK(d.one.Sums().total.amount == kUsageCost);
  CHECK(d.one.Sums().reserved.amount == 0);
  CHECK(d.one.Answered("ok") == "1");
  CHECK_FALSE(*d.upstream_open);
}

TEST_CASE("delivery: a stream that cannot be recorded is not begun, and charged like a plain answer") {
  Delivering d(Streaming());
  d.one.BreakLog();
  d.Send(d.Stream(Event("first"), {Event("second")}));
  CHECK(d.one.caller.calls == Calls{"send 503"});
  CHECK(d.one.Sums().total.amount > 0);
  CHECK(d.one.Sums().reserved.amount == 0);
  CHECK(d.one.store->entries.size() == 1);
  CHECK_FALSE(*d.upstream_open);
}

TEST_CASE("delivery: a caller that goes away is sent nothing more, and charged what was seen") {
  Delivering d(Streaming());
  std::string last;
  SUBCASE("before the head") {
    last = "begin 200";
  }
  SUBCASE("in the middle") {
    last = "write " + Event("second");
  }
  SUBCASE("at the end") {
    last = "end";
  }
  d.one.caller.on_call = [&](std::string_view call) { return call == last ? Sent::kCallerGone : Sent::kYes; };
  d.Send(d.Stream(Event("first"), {Event("second"), "data: [DONE]\n\n"}));
  CHECK(d.one.caller.calls.back() == last);
  CHECK(d.one.Records() == Calls{"outcome 200", "usage caller_gone"});
  CHECK(d.one.Sums().total.amount > 0);
  CHECK(d.one.Sums().reserved.amount == 0);
  CHECK(d.one.store->entries.size() == 1);
  CHECK_FALSE(*d.upstream_open);
  CHECK_FALSE(d.one.state->policies[0].deployments[kParis].health->Cooldown(TimePoint::clock::now()).has_value());
}

TEST_CASE("delivery: a caller is told when its stream breaks off, whatever breaks it") {
  Delivering d(Streaming());
  std::vector<ReadyExchange::Piece> pieces;
  SUBCASE("an error") {
    pieces.emplace_back(std::unexpected(TransportFailure{Failure::kReset, "gone"}));
  }
  SUBCASE("an end before its time") {
    pieces.emplace_back(Event("second").substr(0, 20));
  }
  SUBCASE("the gateway's own end") {
    d.one.cancellation.Cancel(Cancellation::Cause::kStopping);
    pieces.emplace_back(std::unexpected(TransportFailure{Failure::kReset, "closed"}));
  }
  d.Send(d.Stream(Event("first"), std::move(pieces)));
  REQUIRE(d.one.caller.calls.size() == 4);
  CHECK(d.one.caller.calls[1] == "write " + Event("first"));
  CHECK(d.one.caller.calls[2].starts_with("write data: {\"error\":"));
  CHECK(d.one.caller.calls[2].contains("upstream_interrupted"));
  CHECK(d.one.caller.calls[3] == "end");
  CHECK(d.one.Records() == Calls{"outcome 200", "usage interrupted"});
  CHECK(d.one.Sums().reserved.amount == 0);
  CHECK(d.one.Sums().total.amount > 0);
}

TEST_CASE("delivery: an answer that cannot be translated breaks off like any other") {
  auto options = Streaming();
  options.api = Api::kMessages;
  Delivering d(options);
  SUBCASE("a choice that is no object") {
    d.Send(d.Stream("data: {\"choices\":[7]}\n\n", {}));
  }
  SUBCASE("a second choice") {
    d.Send(d.Stream("data: {\"choices\":[{},{}]}\n\n", {}));
  }
  CHECK(d.one.caller.calls.size() == 3);
  CHECK(Written(d.one.caller).starts_with("event: error\n"));
  CHECK(d.one.Records() == Calls{"outcome 200", "usage interrupted"});
  CHECK(d.one.Sums().reserved.amount == 0);
}

TEST_CASE("delivery: an exception on the way to the caller leaves the stream charged and recorded") {
  Delivering d(Streaming());
  std::string last;
  SUBCASE("at the head") {
    last = "begin 200";
  }
  SUBCASE("in the middle") {
    last = "write " + Event("second");
  }
  d.one.caller.on_call = [&](std::string_view call) {
    if (call == last) throw std::runtime_error("by way of example");
    return Sent::kYes;
  };
  CHECK_THROWS_WITH(d.Send(d.Stream(Event("first"), {Event("second"), std::string(kUsage)})), "by way of example");
  CHECK(d.one.Records() == Calls{"outcome 200", "usage interrupted"});
  CHECK(d.one.Sums().total.amount > 0);
  CHECK(d.one.Sums().reserved.amount == 0);
  CHECK(d.one.store->entries.size() == 1);
  CHECK_FALSE(*d.upstream_open);
}

TEST_CASE("delivery: a stream that goes down with the process gives its money back") {
  auto d = std::make_unique<Delivering>(Streaming());
  const std::shared_ptr<GatewayProcess> process = d->one.process;
  StreamServed served = d->Stream(Event("first"), {std::nullopt});
  d->one.Start([&]() -> asio::awaitable<void> { co_await d->delivery.SendStream(kParis, served); });
  d->one.RunUntil([&] { return d->one.caller.calls.size() == 2; });
  CHECK(d->one.Sums().reserved.amount > 0);
  d.reset();
  for (const SpendBook::Row& row : process->spend.Rows()) {
    CHECK(row.sums.reserved.amount == 0);
    CHECK(row.sums.total.amount == 0);
  }
}
