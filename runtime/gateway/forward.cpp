#include "runtime/gateway/forward.h"

#include <algorithm>
#include <optional>
#include <variant>

#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "runtime/dialect/carry.h"
#include "runtime/dialect/errors.h"
#include "runtime/dialect/fields.h"
#include "runtime/dialect/plain_answer.h"
#include "runtime/dialect/stream_carrier.h"
#include "runtime/upstream/answer.h"
#include "runtime/upstream/async_token.h"

namespace asio = boost::asio;

namespace route {
namespace {

constexpr std::size_t kMostAnswerBytes = std::size_t{64} << 20U;
constexpr std::size_t kMostErrorBytes = std::size_t{1} << 20U;
constexpr std::chrono::seconds kStreamSilence{120};  // between two pieces of a stream
constexpr std::chrono::seconds kAfterDone{1};        // from `[DONE]` to the end of the upstream's message
constexpr std::string_view kAnthropicVersion = "2023-06-01";
constexpr unsigned kCallerGoneStatus = 499;          // recorded, never sent

/// Waits until the lines are on disk or are known not to be.
auto Append(LogWriter& log, std::string_view lines) -> asio::awaitable<Durability> {
  auto initiate = [&log, lines](auto handler) {
    auto executor = asio::prefer(asio::get_associated_executor(handler), asio::execution::outstanding_work.tracked);
    log.Append(std::string(lines), [executor, handler = std::move(handler)](Durability result) mutable {
      asio::post(executor, [handler = std::move(handler), result]() mutable { std::move(handler)(result); });
    });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Durability)>(initiate,
                                                                                           asio::use_awaitable);
}

auto MillisecondsBetween(TimePoint from, TimePoint to) -> std::int64_t {
  return std::chrono::duration_cast<Milliseconds>(to - from).count();
}

/// Visible ASCII only: policies may use any letters in texts, headers may not.
auto HeaderSafe(std::string_view text) -> std::string {
  std::string safe(text);
  std::ranges::replace_if(
      safe, [](char c) { return c < ' ' || c > '~'; }, '?');
  return safe;
}

// How an attempt ended.
struct AttemptFailed {
  FailedAttempt failed;
  unsigned status = 0;
  std::string detail;
};
struct CallerErrorAnswer {
  unsigned status = 400;
  std::string content_type;
  std::string body;
};
struct PlainServed {
  unsigned status = 200;
  std::string body;
  ReportedUsage usage;
};
struct StreamServed {
  unsigned status = 200;
  std::unique_ptr<Exchange> exchange;
  StreamCarrier carrier;
};
using AttemptEnd = std::variant<AttemptFailed, CallerErrorAnswer, PlainServed, StreamServed>;

auto Fail(const TransportFailure& failure, unsigned status) -> AttemptFailed {
  return {{failure.failure, std::nullopt}, status, failure.detail};
}

auto Garbage(unsigned status, std::string detail) -> AttemptFailed {
  return {{Failure::kGarbage, std::nullopt}, status, std::move(detail)};
}

/// One request being served.
class RequestServer {
 public:
  RequestServer(GatewayState& state, ServingThread thread, DecidedRequest& request,
             const std::vector<ForwardedHeader>& headers, TimePoint accepted, Responder& responder,
             Cancellation& cancellation)
      : state_(state),
        thread_(thread),
        request_(request),
        headers_(headers),
        accepted_(accepted),
        responder_(responder),
        cancellation_(cancellation),
        carrier_(request.asked),
        context_{request.asked.body, request.id,
                 std::chrono::duration_cast<std::chrono::seconds>(state.clock().time_since_epoch()).count()} {}

  auto Run() -> asio::awaitable<void> {
    std::string lines = DecisionLineOf(state_, request_, state_.clock());
    if (const auto refusal = RefusalOf(request_)) {
      lines += OutcomeLine(request_.policy->table, MakeOutcome(StatusOf(refusal->code), CodeName(refusal->code)));
      if (!co_await Record(lines)) co_return;
      const Reply reply = WithHeaders(ErrorReply(request_.asked.api, *refusal));
      co_await responder_.Send(reply);
      co_return;
    }
    if (!co_await Record(lines)) co_return;
    co_await Attempt();
  }

 private:
  auto Attempt() -> asio::awaitable<void> {
    const std::vector<DrawnTier> tiers = LeaveOutWhoCannotBeAsked();
    const AttemptSettings settings{request_.policy->table.limits(), Milliseconds(state_.config.backoff_ms)};
    AttemptLoop loop(request_.decision, tiers, settings, thread_.random, accepted_);
    for (;;) {
      if (cancellation_.cancelled()) co_return co_await AnswerCancelled();
      const AttemptStep step = loop.Next(TimePoint::clock::now());
      if (const auto* wait = std::get_if<WaitUntil>(&step)) {
        co_await Wait(wait->time);
        continue;
      }
      if (const auto* stop = std::get_if<StopAttempts>(&step)) co_return co_await AnswerStopped(stop->reason);

      const auto& start = std::get<StartAttempt>(step);
      const TimePoint started = TimePoint::clock::now();
      AttemptEnd end = co_await Try(start);
      const TimePoint ended = TimePoint::clock::now();
      AttemptRecord& record = attempts_.emplace_back();
      record.deployment = start.deployment;
      record.endpoint = request_.policy->deployments[start.deployment].endpoint.base_url;
      record.started_ms = MillisecondsBetween(accepted_, started);
      record.took_ms = MillisecondsBetween(started, ended);
      if (auto* failed = std::get_if<AttemptFailed>(&end)) {
        record.result = cancellation_.cancelled() ? "cancelled" : FailureName(failed->failed.failure);
        record.http_status = failed->status;
        record.detail = std::move(failed->detail);
        loop.Failed(failed->failed, ended);
      } else if (auto* mistake = std::get_if<CallerErrorAnswer>(&end)) {
        record.result = "caller_error";
        record.http_status = mistake->status;
        co_return co_await AnswerCallerError(*mistake);
      } else if (auto* plain = std::get_if<PlainServed>(&end)) {
        record.result = "served";
        record.http_status = plain->status;
        co_return co_await AnswerPlain(start.deployment, *plain);
      } else {
        auto& stream = std::get<StreamServed>(end);
        record.result = "served";
        record.http_status = stream.status;
        co_return co_await AnswerStream(start.deployment, stream);
      }
    }
  }

  /// The plan without the deployments that the request cannot be put to in an API that they speak. They are recorded as
  /// attempts that came to nothing, but the policy's limits do not count them.
  auto LeaveOutWhoCannotBeAsked() -> std::vector<DrawnTier> {
    std::vector<DrawnTier> tiers = request_.drawn;
    for (DrawnTier& tier : tiers) {
      std::erase_if(tier.deployments, [&](std::uint32_t deployment) {
        const ReachableDeployment& target = request_.policy->deployments[deployment];
        const auto way = carrier_.WayTo(target.speaks);
        if (way) return false;
        AttemptRecord& record = attempts_.emplace_back();
        record.deployment = deployment;
        record.endpoint = target.endpoint.base_url;
        record.result = "not_translatable";
        record.detail = way.error();
        return true;
      });
    }
    left_out_ = attempts_.size();
    return tiers;
  }

  /// What the upstream is sent besides the body.
  void SetHeaders(const ReachableDeployment& target) {
    sending_.headers.clear();
    bool has_version = false;
    for (const ForwardedHeader& header : headers_) {
      if (header.name.starts_with("anthropic-") && sent_in_ != Api::kMessages) continue;
      // What is translated is written for the version below, whatever the caller's.
      const bool is_version = header.name == "anthropic-version";
      if (is_version && request_.asked.api != Api::kMessages) continue;
      has_version = has_version || is_version;
      sending_.headers.push_back(header);
    }
    if (sent_in_ == Api::kMessages) {
      if (!has_version) sending_.headers.push_back({"anthropic-version", std::string(kAnthropicVersion)});
      if (!target.key.empty()) sending_.headers.push_back({"x-api-key", target.key});
    }
    sending_.authorization = sent_in_ == Api::kMessages || target.key.empty() ? "" : "Bearer " + target.key;
  }

  auto Try(const StartAttempt& start) -> asio::awaitable<AttemptEnd> {
    const ReachableDeployment& target = request_.policy->deployments[start.deployment];
    sent_in_ = carrier_.WayTo(target.speaks).value();
    sending_.endpoint = &target.endpoint;
    sending_.path = ApiPath(sent_in_);
    SetHeaders(target);
    sending_.body = carrier_.Body(sent_in_, request_.policy->table.deployments()[start.deployment].upstream_model);
    auto opened = co_await thread_.client.Post(sending_, start.answer_by, cancellation_);
    if (!opened) co_return Fail(opened.error(), 0);
    std::unique_ptr<Exchange> exchange = std::move(*opened);
    const unsigned status = exchange->status();
    const StatusMeaning meaning = MeaningOf(status);
    if (const auto* failure = std::get_if<Failure>(&meaning)) {
      const bool may_wait = status == 429 || status == 503;
      const auto after = may_wait ? ParseRetryAfter(exchange->retry_after()) : std::nullopt;
      co_return AttemptFailed{{*failure, after}, status, ""};
    }
    if (std::holds_alternative<CallerMistake>(meaning)) {
      auto body = co_await ReadAll(*exchange, start.answer_by, kMostErrorBytes);
      if (!body) co_return Fail(body.error(), status);
      if (sent_in_ == request_.asked.api) {
        co_return CallerErrorAnswer{status, std::string(exchange->content_type()), std::move(*body)};
      }
      co_return CallerErrorAnswer{status, "application/json",
                                  ToText(ErrorJson(request_.asked.api, ReadErrorBody(status, *body)))};
    }
    if (request_.asked.stream) co_return co_await TryStream(start, exchange);

    auto body = co_await ReadAll(*exchange, start.answer_by, kMostAnswerBytes);
    if (!body) co_return Fail(body.error(), status);
    const auto answer = ReadPlainAnswer(sent_in_, *body);
    if (!answer) co_return Garbage(status, answer.error());
    if (sent_in_ == request_.asked.api) co_return PlainServed{status, std::move(*body), answer->usage};
    const auto translated = TranslateAnswer(sent_in_, answer->body, request_.asked.api, context_);
    if (!translated) co_return Garbage(status, translated.error());
    co_return PlainServed{status, ToText(*translated), answer->usage};
  }

  auto TryStream(const StartAttempt& start, std::unique_ptr<Exchange>& exchange) -> asio::awaitable<AttemptEnd> {
    const unsigned status = exchange->status();
    if (!IsEventStream(exchange->content_type())) {
      co_return Garbage(status, "the content type of a stream is `" + std::string(exchange->content_type()) + "`");
    }
    StreamServed served{status, std::move(exchange), StreamCarrier(sent_in_, request_.asked.api, context_)};
    while (served.carrier.state() == StreamCarrier::State::kWaiting) {
      const auto bytes = co_await served.exchange->Read(start.answer_by);
      if (!bytes) co_return Fail(bytes.error(), status);
      if (bytes->empty()) co_return Garbage(status, "the stream ended before its first event");
      served.carrier.Feed(*bytes);
    }
    if (served.carrier.state() == StreamCarrier::State::kGarbage) {
      co_return Garbage(status, "the first event of the stream is no part of an answer");
    }
    co_return AttemptEnd(std::move(served));
  }

  /// A whole body. The caller sees nothing of it before its last byte, so all of it has the time of the tier.
  auto ReadAll(Exchange& exchange, TimePoint until, std::size_t most)
      -> asio::awaitable<std::expected<std::string, TransportFailure>> {
    std::string body;
    for (;;) {
      auto bytes = co_await exchange.Read(until);
      if (!bytes) co_return std::unexpected(bytes.error());
      if (bytes->empty()) co_return body;
      body += *bytes;
      if (body.size() > most) co_return std::unexpected(TransportFailure{Failure::kGarbage, "the answer is too long"});
    }
  }

  auto Wait(TimePoint until) -> asio::awaitable<void> {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, until);
    cancellation_.OnCancel([&timer] { timer.cancel(); });
    boost::system::error_code ignored;
    if (!cancellation_.cancelled()) co_await timer.async_wait(Token(ignored));
    cancellation_.OnCancel({});
  }

  auto AnswerPlain(std::uint32_t deployment, PlainServed& served) -> asio::awaitable<void> {
    const auto cost = Settle(deployment, served.usage.tokens);
    OutcomeRecord record = MakeOutcome(served.status, "");
    record.served_by = deployment;
    record.usage = served.usage.tokens;
    record.usage_note = served.usage.problem;
    record.cost = cost;
    const std::string line = OutcomeLine(request_.policy->table, record);
    if (!co_await Record(line)) co_return;
    Reply reply;
    reply.status = served.status;
    reply.body = std::move(served.body);
    reply = WithHeaders(std::move(reply), deployment);
    co_await responder_.Send(reply);
  }

  auto AnswerStream(std::uint32_t deployment, StreamServed& served) -> asio::awaitable<void> {
    OutcomeRecord record = MakeOutcome(served.status, "");
    record.served_by = deployment;
    const std::string line = OutcomeLine(request_.policy->table, record);
    if (!co_await Record(line)) co_return;
    Reply reply;
    reply.status = served.status;
    reply.content_type = "text/event-stream; charset=utf-8";
    reply.headers.emplace_back("cache-control", "no-cache");
    reply = WithHeaders(std::move(reply), deployment);
    const auto begun = co_await responder_.Begin(reply);
    StreamEnd end = StreamEnd::kCallerGone;
    if (begun == Responder::Sent::kYes) end = co_await Relay(*served.exchange, served.carrier);
    served.exchange.reset();
    UsageRecord usage;
    usage.id = request_.id;
    usage.time = state_.clock();
    usage.deployment = deployment;
    usage.end = end;
    usage.usage = served.carrier.usage().tokens;
    usage.usage_note = served.carrier.usage().problem;
    usage.cost = Settle(deployment, usage.usage);
    const std::string usage_line = UsageLine(request_.policy->table, usage);
    co_await Append(*state_.log, usage_line);
  }

  /// Hands events on as they become complete, until the stream ends one way or another.
  auto Relay(Exchange& exchange, StreamCarrier& carrier) -> asio::awaitable<StreamEnd> {
    for (;;) {
      const std::string events = carrier.TakeComplete();
      const auto written = co_await responder_.Write(events);
      if (written != Responder::Sent::kYes) co_return StreamEnd::kCallerGone;
      if (carrier.state() == StreamCarrier::State::kDone) {
        const auto ended = co_await responder_.End();
        // The end of the message makes the upstream's connection fit for the next request.
        const auto rest = co_await exchange.Read(TimePoint::clock::now() + kAfterDone);
        static_cast<void>(rest);
        co_return ended == Responder::Sent::kYes ? StreamEnd::kCompleted : StreamEnd::kCallerGone;
      }
      if (carrier.state() == StreamCarrier::State::kGarbage) co_return co_await Interrupt();
      const auto bytes = co_await exchange.Read(TimePoint::clock::now() + kStreamSilence);
      if (cancellation_.cause() == Cancellation::Cause::kCallerGone) co_return StreamEnd::kCallerGone;
      if (!bytes || bytes->empty()) co_return co_await Interrupt();
      carrier.Feed(*bytes);
    }
  }

  auto Interrupt() -> asio::awaitable<StreamEnd> {
    const ApiError error{ApiCode::kUpstreamInterrupted, "the upstream broke off its answer", ""};
    const std::string event = ErrorEvent(request_.asked.api, error);
    const auto written = co_await responder_.Write(event);
    if (written == Responder::Sent::kYes) co_await responder_.End();
    co_return StreamEnd::kInterrupted;
  }

  auto AnswerCallerError(CallerErrorAnswer& answer) -> asio::awaitable<void> {
    const std::uint32_t deployment = attempts_.back().deployment;
    const std::string line = OutcomeLine(request_.policy->table, MakeOutcome(answer.status, ""));
    if (!co_await Record(line)) co_return;
    Reply reply;
    reply.status = answer.status;
    if (!answer.content_type.empty()) reply.content_type = HeaderSafe(answer.content_type);
    reply.body = std::move(answer.body);
    reply = WithHeaders(std::move(reply), deployment);
    co_await responder_.Send(reply);
  }

  auto AnswerStopped(StopAttempts::Reason reason) -> asio::awaitable<void> {
    const ApiError error = ErrorOf(reason);
    co_await AnswerError(error);
  }

  auto ErrorOf(StopAttempts::Reason reason) const -> ApiError {
    switch (reason) {
      case StopAttempts::Reason::kExhausted:
        if (left_out_ > 0 && left_out_ == attempts_.size()) {
          return {ApiCode::kNotTranslatable, "no deployment of the plan can be sent this request: " + attempts_.front().detail, ""};
        }
        return {ApiCode::kUpstreamUnavailable, "no deployment of the plan gave an answer", ""};
      case StopAttempts::Reason::kDeadline: {
        const std::string limit = std::to_string(request_.policy->table.limits().deadline_ms);
        return {ApiCode::kDeadlineExceeded, "no deployment of the plan gave an answer within " + limit + " ms", ""};
      }
      case StopAttempts::Reason::kNotAllowed:
        return {ApiCode::kInternalError, "the plan held a deployment that the decision does not allow", ""};
    }
    std::abort();
  }

  auto AnswerCancelled() -> asio::awaitable<void> {
    if (cancellation_.cause() == Cancellation::Cause::kCallerGone) {
      const std::string line = OutcomeLine(request_.policy->table, MakeOutcome(kCallerGoneStatus, "caller_gone"));
      co_await Append(*state_.log, line);
      co_return;
    }
    const ApiError error{ApiCode::kUpstreamUnavailable, "the gateway is stopping", ""};
    co_await AnswerError(error);
  }

  auto AnswerError(const ApiError& error) -> asio::awaitable<void> {
    const std::string line = OutcomeLine(request_.policy->table, MakeOutcome(StatusOf(error.code), CodeName(error.code)));
    if (!co_await Record(line)) co_return;
    const Reply reply = WithHeaders(ErrorReply(request_.asked.api, error));
    co_await responder_.Send(reply);
  }

  /// False when the lines are not durable: the caller has been told, and nothing more may be done for the request.
  auto Record(const std::string& lines) -> asio::awaitable<bool> {
    const Durability result = co_await Append(*state_.log, lines);
    if (result == Durability::kDurable) co_return true;
    const ApiError error{ApiCode::kLogUnavailable,
                         "the decision log cannot be written, and nothing is answered without it", ""};
    const Reply reply = WithHeaders(ErrorReply(request_.asked.api, error));
    co_await responder_.Send(reply);
    co_return false;
  }

  auto MakeOutcome(unsigned status, std::string_view code) -> OutcomeRecord {
    OutcomeRecord record;
    record.id = request_.id;
    record.time = state_.clock();
    record.status = status;
    record.code = code;
    record.attempts = attempts_;
    record.stream = request_.asked.stream;
    return record;
  }

  auto Settle(std::uint32_t deployment, const std::optional<TokenUsage>& usage) -> std::optional<NanoUsd> {
    if (!usage) return std::nullopt;
    const DeploymentView& view = request_.policy->table.deployments()[deployment];
    const NanoUsd cost = CostOf(*usage, view.price_in, view.price_out);
    state_.spend.Add(request_.tenant, cost);
    return cost;
  }

  auto WithHeaders(Reply reply, std::optional<std::uint32_t> deployment = std::nullopt) -> Reply {
    const Table& table = request_.policy->table;
    auto& headers = reply.headers;
    headers.emplace_back("x-route-decision-id", request_.id);
    headers.emplace_back("x-route-policy",
                         HeaderSafe(std::string(table.policy_name()) + "@" + std::string(table.policy_version())));
    if (request_.decision.route != kNone) {
      headers.emplace_back("x-route-rule", HeaderSafe(table.routes()[request_.decision.route].name));
    } else if (request_.decision.refusal != kNone) {
      headers.emplace_back("x-route-rule", HeaderSafe(table.refusals()[request_.decision.refusal].name));
    }
    if (deployment) {
      const DeploymentView& view = table.deployments()[*deployment];
      headers.emplace_back("x-route-deployment", HeaderSafe(view.name));
      headers.emplace_back("x-route-vendor", HeaderSafe(view.vendor));
      headers.emplace_back("x-route-jurisdiction", std::string(CountryCode(view.processed_in)));
    }
    headers.emplace_back("x-route-attempts", std::to_string(attempts_.size()));
    return reply;
  }

  GatewayState& state_;
  ServingThread thread_;
  DecidedRequest& request_;
  const std::vector<ForwardedHeader>& headers_;
  TimePoint accepted_;
  Responder& responder_;
  Cancellation& cancellation_;
  RequestCarrier carrier_;
  AnswerContext context_;
  Api sent_in_ = Api::kChat;  // of the attempt being made
  UpstreamRequest sending_;
  std::size_t left_out_ = 0;  // of attempts_: deployments that could not be asked at all
  std::vector<AttemptRecord> attempts_;
};

}  // namespace

auto ErrorReply(Api api, const ApiError& error) -> Reply {
  Reply reply;
  reply.status = StatusOf(error.code);
  reply.body = ErrorBody(api, error);
  if (error.code == ApiCode::kUpstreamUnavailable || error.code == ApiCode::kLogUnavailable) {
    reply.headers.emplace_back("retry-after", "1");
  }
  return reply;
}

auto ServeRequest(GatewayState& state, ServingThread thread, DecidedRequest& request,
                  const std::vector<ForwardedHeader>& headers, TimePoint accepted, Responder& responder,
                  Cancellation& cancellation) -> asio::awaitable<void> {
  RequestServer server(state, thread, request, headers, accepted, responder, cancellation);
  co_await server.Run();
}

}  // namespace route
