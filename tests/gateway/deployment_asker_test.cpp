// What deployments are asked and how their answers are read, over real connections.

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>
#include <boost/asio/post.hpp>

#include "runtime/gateway/deployment_asker.h"
#include "tests/gateway/one_request.h"
#include "tests/gateway/scripted_upstream.h"

namespace asio = boost::asio;

namespace {

using namespace route;
using namespace route::tests;
using After = ScriptedUpstream::After;
using Reads = ScriptedUpstream::Reads;
using Turns = std::vector<ScriptedUpstream::Turn>;

constexpr std::chrono::seconds kPatience{60};  // until a test fails
constexpr std::string_view kAnswer = R"({"choices":[{}],"usage":{"prompt_tokens":1,"completion_tokens":2}})";
constexpr std::string_view kEvent = "data: {\"choices\":[]}\n\n";

auto Streaming() -> OneRequest::Options {
  OneRequest::Options options;
  options.body = R"({"model":"m","stream":true,"messages":[{"role":"user","content":"hello"}]})";
  return options;
}

auto Message(std::string_view first, std::string_view body, std::string_view more = "") -> std::string {
  return std::string(first) + "\r\n" + std::string(more) + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}
auto Ok(std::string_view body = kAnswer, std::string_view more = "") -> std::string {
  return Message("HTTP/1.1 200 OK", body, more);
}
auto Stream(std::string_view body) -> std::string {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + std::string(body);
}

/// A request and the upstream that it is sent to.
class Asking {
 public:
  explicit Asking(Turns turns, OneRequest::Options options = {}) : one(std::move(options)) {
    upstream.emplace(*one.loop, std::move(turns));
    for (auto& deployment : one.state->policies[0].deployments) {
      deployment.endpoint = *ParseEndpoint(upstream->base_url());
    }
  }
  Asking(const Asking&) = delete;
  auto operator=(const Asking&) -> Asking& = delete;
  ~Asking() {
    upstream.reset();
    asker.reset();
    one.Drop();
  }

  auto Ask(std::chrono::milliseconds patience = kPatience) -> AttemptEnd {
    Start(patience);
    one.RunUntil([&] { return one.has_ended; });
    if (one.thrown) std::rethrow_exception(one.thrown);
    return std::move(*end);
  }

  void Start(std::chrono::milliseconds patience) {
    asker.emplace(*one.process, *one.client, one.loop->get_executor(), *one.request, one.headers, one.cancellation);
    StartAttempt start;
    start.deployment = kParis;
    start.answer_by = start.deadline = TimePoint::clock::now() + patience;
    REQUIRE(asker->WayTo(kParis).has_value());
    one.Start([this, start]() -> asio::awaitable<void> { end.emplace(co_await asker->Ask(start)); });
  }

  /// Several times, each of which must be served. How many connections that took.
  auto Connections(int requests) -> std::size_t {
    for (int i = 0; i < requests; ++i) CHECK(std::holds_alternative<PlainServed>(Ask()));
    CHECK(upstream->requests.size() == static_cast<std::size_t>(requests));
    return upstream->connections;
  }

  OneRequest one;
  std::optional<ScriptedUpstream> upstream;
  std::optional<DeploymentAsker> asker;
  std::optional<AttemptEnd> end;
};

/// How it failed, and why in words.
auto Failed(const AttemptEnd& end) -> std::string {
  const auto* failed = std::get_if<AttemptFailed>(&end);
  if (failed == nullptr) return "it did not";
  return std::string(FailureName(failed->failed.failure)) + " " + std::to_string(failed->status) + " " + failed->detail;
}

/// The value of a header in what the upstream got.
auto Header(const std::string& request, const std::string& name) -> std::string {
  const std::size_t at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "none";
  const std::size_t value = at + name.size() + 4;
  return request.substr(value, request.find("\r\n", value) - value);
}

}  // namespace

TEST_CASE("asker: an answer is read whole, with what it says of its tokens") {
  Asking a(Turns{{Ok()}});
  const AttemptEnd end = a.Ask();
  const auto* served = std::get_if<PlainServed>(&end);
  REQUIRE(served != nullptr);
  CHECK(served->body == kAnswer);
  CHECK(served->usage.tokens == TokenUsage{1, 2});
  const std::string& request = a.upstream->requests.at(0);
  CHECK(request.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"));
  CHECK(Header(request, "Authorization") == "Bearer secret");
  CHECK(request.contains(R"("model":"paris-large")"));
}

TEST_CASE("asker: headers of Anthropic's API go only where it is spoken, and so does its way to show a key") {
  const std::vector<ForwardedHeader> sent = {
      {"traceparent", "00-1"}, {"anthropic-version", "2026-10-21"}, {"anthropic-beta", "b"}};
  OneRequest::Options options;
  SUBCASE("to another") {
    options.api = Api::kMessages;
    Asking a(Turns{{Ok()}}, options);
    a.one.headers = sent;
    a.Ask();
    const std::string& request = a.upstream->requests.at(0);
    CHECK(Header(request, "traceparent") == "00-1");
    CHECK(Header(request, "anthropic-version") == "none");
    CHECK(Header(request, "anthropic-beta") == "none");
    CHECK(Header(request, "x-api-key") == "none");
    CHECK(Header(request, "Authorization") == "Bearer secret");
  }
  SUBCASE("to one that speaks it") {
    options.api = Api::kMessages;
    options.speaks = {Api::kMessages};
    Asking a(Turns{{Ok()}}, options);
    a.one.headers = sent;
    a.Ask();
    const std::string& request = a.upstream->requests.at(0);
    CHECK(request.starts_with("POST /v1/messages HTTP/1.1\r\n"));
    CHECK(Header(request, "anthropic-version") == "2026-10-21");
    CHECK(Header(request, "anthropic-beta") == "b");
    CHECK(Header(request, "x-api-key") == "secret");
    CHECK(Header(request, "Authorization") == "none");
  }
  SUBCASE("of a translated request: the version that the translation is written for") {
    options.speaks = {Api::kMessages};
    Asking a(Turns{{Ok()}}, options);
    a.one.headers = sent;
    a.Ask();
    CHECK(Header(a.upstream->requests.at(0), "anthropic-version") == "2023-06-01");
  }
}

TEST_CASE("asker: what is no answer is garbage") {
  CHECK(Failed(Asking(Turns{{Ok("{}")}}).Ask()) == "garbage 200 the answer has no array `choices`");
  CHECK(Failed(Asking(Turns{{Ok(kAnswer, "Content-Type: text/html\r\n")}}).Ask()) ==
        "garbage 200 the content type of an answer is `text/html`");
  CHECK(Failed(Asking(Turns{{"SSH-2.0-OpenSSH_9.2\r\n"}}).Ask()).starts_with("garbage 0 not HTTP: "));
  CHECK(Failed(Asking(Turns{{"HTTP/1.1 101 Switching Protocols\r\n\r\n"}}).Ask()) == "garbage 101 ");
  CHECK(Failed(Asking(Turns{{"HTTP/1.1 204 No Content\r\n\r\n"}}).Ask()).starts_with("garbage 204 "));
  CHECK(Failed(Asking(Turns{{"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{", After::kClose}}).Ask())
            .starts_with("connection_reset 200 "));
}

TEST_CASE("asker: a refusal that passes may name its time, as a number or as a date by the process's clock") {
  const auto wait = [](const std::string& status, const std::string& value) {
    Asking a(Turns{{Message("HTTP/1.1 " + status, "", "Retry-After: " + value + "\r\n")}});
    const AttemptEnd end = a.Ask();
    return std::get<AttemptFailed>(end).failed.retry_after;
  };
  CHECK(wait("429 X", "7") == Milliseconds(7000));
  CHECK(wait("503 X", "Tue, 24 Nov 2026 00:00:09 GMT") == Milliseconds(9000));
  CHECK(wait("500 X", "7") == std::nullopt);
}

TEST_CASE("asker: what is said against the request is an answer, or a reason to try another model") {
  Asking plain(
      Turns{{Message("HTTP/1.1 422 X", R"({"error":{"message":"no"}})", "Content-Type: application/json\r\n")}});
  AttemptEnd end = plain.Ask();
  REQUIRE(std::holds_alternative<CallerErrorAnswer>(end));
  CHECK(std::get<CallerErrorAnswer>(end).status == 422);
  CHECK(std::get<CallerErrorAnswer>(end).body == R"({"error":{"message":"no"}})");

  Asking too_long(Turns{{Message("HTTP/1.1 400 X", R"({"error":{"message":"m","code":"context_length_exceeded"}})")}});
  end = too_long.Ask();
  REQUIRE(std::holds_alternative<AttemptFailed>(end));
  CHECK(std::get<AttemptFailed>(end).failed.failure == Failure::kTooLong);
  REQUIRE(std::get<AttemptFailed>(end).refusal.has_value());
  CHECK(std::get<AttemptFailed>(end).refusal->status == 400);

  OneRequest::Options options;
  options.api = Api::kMessages;
  Asking translated(Turns{{Message("HTTP/1.1 422 X", R"({"error":{"message":"no"}})")}}, options);
  end = translated.Ask();
  REQUIRE(std::holds_alternative<CallerErrorAnswer>(end));
  CHECK(std::get<CallerErrorAnswer>(end).body.starts_with(R"({"type":"error","error":{"type":)"));
}

TEST_CASE("asker: a stream is served from its first event on, and loses none of its bytes") {
  const std::string text = ": hello\n\n" + std::string(kEvent) + "data: {\"cho";
  Asking a(Turns{{Stream(text), After::kHold}}, Streaming());
  AttemptEnd end = a.Ask();
  auto* served = std::get_if<StreamServed>(&end);
  REQUIRE(served != nullptr);
  CHECK(served->carrier.state() == StreamCarrier::State::kStreaming);
  CHECK(served->carrier.TakeComplete() == ": hello\n\n" + std::string(kEvent));
}

TEST_CASE("asker: events that came whole are given before what breaks off behind them") {
  const auto chunk = [](std::string_view text) {
    std::ostringstream size;
    size << std::hex << text.size();
    return size.str() + "\r\n" + std::string(text) + "\r\n";
  };
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string three = chunk(kEvent) + chunk(kEvent.substr(0, 11)) + chunk(kEvent);
  Asking a(Turns{{head + three + "zz\r\n", After::kHold}}, Streaming());
  AttemptEnd end = a.Ask();
  auto* served = std::get_if<StreamServed>(&end);
  REQUIRE(served != nullptr);
  std::optional<TransportFailure> failure;
  a.one.Start([&]() -> asio::awaitable<void> {
    while (!failure) {
      const auto more = co_await served->exchange->Read(TimePoint::clock::now() + kPatience);
      if (!more) failure = more.error();
      if (more) served->carrier.Feed(*more);
    }
  });
  a.one.RunUntil([&] { return a.one.has_ended; });
  REQUIRE(failure.has_value());
  CHECK(failure->failure == Failure::kGarbage);
  CHECK(served->carrier.TakeComplete() ==
        std::string(kEvent) + std::string(kEvent.substr(0, 11)) + std::string(kEvent));
  served->exchange.reset();
}

TEST_CASE("asker: a stream that does not begin as one leaves room for the next deployment") {
  CHECK(Failed(Asking(Turns{{Ok()}}, Streaming()).Ask()) == "garbage 200 the content type of a stream is ``");
  CHECK(Failed(Asking(Turns{{Stream("data: {}\n\n"), After::kHold}}, Streaming()).Ask()) ==
        "garbage 200 the first event of the stream is no part of an answer");
  CHECK(Failed(Asking(Turns{{Stream(": nothing\n\n"), After::kClose}}, Streaming()).Ask()) ==
        "garbage 200 the stream ended before its first event");
  CHECK(Failed(Asking(Turns{{Stream("data: {\"cho"), After::kReset}}, Streaming()).Ask())
            .starts_with("connection_reset 200 "));
}

TEST_CASE("asker: time that is used up and callers that go away end the wait for each part of an answer") {
  for (const std::string& sent : {std::string(), std::string("HTTP/1.1 200 OK\r\n"), Ok().substr(0, 60),
                                  Stream(": x\n\n"), std::string("HTTP/1.1 100 Continue\r\n\r\n")}) {
    const auto options = sent == Stream(": x\n\n") ? Streaming() : OneRequest::Options{};
    Asking late(Turns{{sent, After::kHold}}, options);
    CHECK(Failed(late.Ask(std::chrono::milliseconds(20))).starts_with("timeout "));

    Asking gone(Turns{{sent, After::kHold}}, options);
    gone.Start(kPatience);
    gone.one.RunUntil([&] { return !gone.upstream->requests.empty(); });
    gone.one.cancellation.Cancel(Cancellation::Cause::kCallerGone);
    gone.one.RunUntil([&] { return gone.one.has_ended; });
    CHECK(std::holds_alternative<AttemptFailed>(*gone.end));
  }
  Asking before(Turns{{Ok()}});
  before.one.cancellation.Cancel(Cancellation::Cause::kCallerGone);
  CHECK(std::holds_alternative<AttemptFailed>(before.Ask()));
  CHECK(before.upstream->requests.empty());
}

TEST_CASE("asker: interim answers are read over") {
  const std::string interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
  CHECK(Asking(Turns{{interim + Ok()}, {Ok()}}).Connections(2) == 1);
}

TEST_CASE("asker: a connection is used again only when nothing speaks against it") {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string("42\r\n") +
                              std::string(kAnswer).substr(0, 66) + "\r\n0\r\nX: y\r\n\r\n";
  REQUIRE(kAnswer.size() == 66);
  CHECK(Asking(Turns{{Ok()}, {Ok()}, {Ok()}}).Connections(3) == 1);
  CHECK(Asking(Turns{{chunked}, {chunked}}).Connections(2) == 1);
  CHECK(Asking(Turns{{Ok(kAnswer, "Connection: close\r\n")}, {Ok()}}).Connections(2) == 2);
  CHECK(Asking(Turns{{Ok() + "left"}, {Ok()}}).Connections(2) == 2);
  CHECK(Asking(Turns{{Ok() + Ok()}, {Ok()}}).Connections(2) == 2);
  CHECK(Asking(Turns{{"HTTP/1.1 200 OK\r\n\r\n" + std::string(kAnswer), After::kClose}, {Ok()}}).Connections(2) == 2);
  CHECK(Asking(Turns{{Message("HTTP/1.0 200 OK", kAnswer)}, {Ok()}}).Connections(2) == 2);
  // Closed between two requests, which is found out before or after the second is sent.
  CHECK(Asking(Turns{{Ok(), After::kClose}, {Ok()}}).Connections(2) == 2);
  CHECK(Asking(Turns{{Ok(), After::kReset}, {Ok()}}).Connections(2) == 2);
}

TEST_CASE("asker: connections that are kept too long are closed, also where nobody asks any more") {
  asio::io_context loop(1);
  ScriptedUpstream once(loop, Turns{{Ok()}}), other(loop, Turns{{Ok()}});
  UpstreamClient client(loop.get_executor(), {.idle = Milliseconds(0)});
  Cancellation cancellation;
  for (const ScriptedUpstream* upstream : {&once, &other}) {
    asio::co_spawn(
        loop,
        [&]() -> asio::awaitable<void> {
          const Endpoint endpoint = *ParseEndpoint(upstream->base_url());
          UpstreamRequest request;
          request.endpoint = &endpoint;
          auto exchange = co_await client.Post(request, TimePoint::clock::now() + kPatience, cancellation);
          REQUIRE(exchange.has_value());
          const auto body = co_await ReadBody(**exchange, TimePoint::clock::now() + kPatience, 1000);
          CHECK(body == std::string(kAnswer));
          loop.stop();
        },
        asio::detached);
    loop.restart();
    loop.run();
  }
  loop.restart();
  while (once.left == 0 && loop.run_one() > 0) {
  }
  CHECK(once.left == 1);
}

TEST_CASE("asker: a connection out of the pool that dies without a word is replaced once, any other never") {
  Asking pooled(Turns{{Ok()}, {"", After::kClose}, {Ok()}});
  CHECK(std::holds_alternative<PlainServed>(pooled.Ask()));
  CHECK(std::holds_alternative<PlainServed>(pooled.Ask()));
  CHECK(pooled.upstream->requests.size() == 3);

  Asking twice(Turns{{Ok()}, {"", After::kClose}, {"", After::kClose}, {Ok()}});
  CHECK(std::holds_alternative<PlainServed>(twice.Ask()));
  CHECK(Failed(twice.Ask()).starts_with("connection_reset 0 "));
  CHECK(twice.upstream->requests.size() == 3);

  Asking begun(Turns{{Ok()}, {"HTTP/1.1 100 Continue\r\n\r\n", After::kClose}, {Ok()}});
  CHECK(std::holds_alternative<PlainServed>(begun.Ask()));
  CHECK(Failed(begun.Ask()) == "connection_reset 0 end of stream");
  CHECK(begun.upstream->requests.size() == 2);
}

TEST_CASE("asker: an upstream may answer before it has read the request, and close") {
  OneRequest::Options options;
  options.body.insert(1, R"("metadata":{"x":")" + std::string(std::size_t{8} << 20U, 'x') + "\"},");
  const std::string answer = Message("HTTP/1.1 413 X", R"({"error":{"message":"too large"}})", "Connection: close\r\n");
  Asking a(Turns{{answer, After::kClose, Reads::kHead}}, options);
  const AttemptEnd end = a.Ask();
  REQUIRE_MESSAGE(std::holds_alternative<CallerErrorAnswer>(end), Failed(end));
  CHECK(std::get<CallerErrorAnswer>(end).status == 413);
}
