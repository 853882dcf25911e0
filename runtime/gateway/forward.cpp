#include "runtime/gateway/forward.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <boost/asio/async_result.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "runtime/gateway/answerer.h"
#include "runtime/gateway/cost.h"
#include "runtime/gateway/delivery.h"
#include "runtime/gateway/deployment_asker.h"
#include "runtime/gateway/deployment_turns.h"
#include "runtime/gateway/pool.h"
#include "runtime/gateway/request_money.h"
#include "runtime/gateway/tried.h"
#include "runtime/net/async_token.h"
#include "runtime/signals/json_writer.h"

namespace asio = boost::asio;

namespace route {
namespace {

constexpr unsigned kCallerGoneStatus = 499;  // recorded, never sent
constexpr unsigned kDryRunStatus = 200;

auto MillisecondsBetween(TimePoint from, TimePoint to) -> std::int64_t {
  return std::chrono::duration_cast<Milliseconds>(to - from).count();
}

/// Takes one request from its decision to its answer: what is done in which order. How each step is done, its parts
/// know.
class RequestServer {
 public:
  RequestServer(const GatewayState& state, const ServingThread& thread, DecidedRequest& request,
                const std::vector<ForwardedHeader>& headers, TimePoint accepted, Responder& responder,
                Cancellation& cancellation)
      : state_(state),
        thread_(thread),
        request_(request),
        accepted_(accepted),
        cancellation_(cancellation),
        limits_(request.policy->table.limits()),
        tried_(limits_),
        money_(state, request, thread.inbox),
        asker_(*state.process, thread.client, thread.pool, request, headers, cancellation),
        turns_(state, request, cancellation, asker_, money_, tried_),
        answerer_(*state.process, request, tried_, thread.log, responder),
        delivery_(state, request, cancellation, responder, money_, turns_, answerer_) {}

  auto Run() -> asio::awaitable<void> {
    std::string lines = DecisionLineOf(state_, request_, state_.process->clock());
    if (const auto refusal = RefusalOf(request_)) {
      lines += answerer_.OutcomeText(StatusOf(refusal->code), CodeName(refusal->code));
      if (!co_await answerer_.Record(lines)) co_return;
      co_return co_await answerer_.SendError(*refusal);
    }
    if (state_.enforcement == Enforcement::kDryRun) {
      lines += answerer_.OutcomeText(kDryRunStatus, "dry_run");
      if (!co_await answerer_.Record(lines)) co_return;
      const Reply reply = DryRunReply();
      co_await answerer_.Send(reply, std::nullopt);
      co_return;
    }
    if (!co_await answerer_.Record(lines)) co_return;
    if (!money_.CanSpend()) {
      const ApiError error{ApiCode::kLogUnavailable, "spend cannot be kept, and nothing is spent without that", ""};
      co_return co_await answerer_.AnswerError(error);
    }
    if (limits_.answer_tokens > 0) {
      if (const auto limited = LimitAnswer(request_.asked, limits_.answer_tokens); !limited) {
        const ApiError error{ApiCode::kInvalidRequest, limited.error().message, limited.error().param};
        co_return co_await answerer_.AnswerError(error);
      }
    }
    co_await Attempt();
  }

 private:
  auto Attempt() -> asio::awaitable<void> {
    if (request_.body_bytes > kInlineBytes) {
      auto prepare = [this] { Prepare(); };
      co_await RunOnPool(thread_.pool, prepare);
    }
    const AttemptSettings settings{limits_, Milliseconds(state_.config.backoff_ms)};
    AttemptLoop loop(request_.decision, request_.drawn, settings, thread_.random, accepted_);
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
      if (turns_.PassOver(start, started)) {
        loop.PassedOver();
        continue;
      }
      AttemptEnd end = co_await asker_.Ask(start);
      const TimePoint ended = TimePoint::clock::now();
      turns_.Judge(start.deployment, end, ended,
                   std::chrono::duration_cast<std::chrono::microseconds>(ended - started));
      tried_.Attempted(RecordOf(start, started, ended, end));
      if (auto* plain = std::get_if<PlainServed>(&end)) {
        co_return co_await delivery_.SendPlain(start.deployment, *plain);
      }
      if (auto* stream = std::get_if<StreamServed>(&end)) {
        co_return co_await delivery_.SendStream(start.deployment, *stream);
      }
      money_.GiveBack();
      if (auto* mistake = std::get_if<CallerErrorAnswer>(&end)) co_return co_await delivery_.SendCallerError(*mistake);
      auto& failed = std::get<AttemptFailed>(end);
      if (failed.refusal) tried_.Refused(std::move(*failed.refusal));
      loop.Failed(failed.failed, ended);
    }
  }

  /// Works out what the attempts may need and what a long request takes long for.
  void Prepare() {
    for (const DrawnTier& tier : request_.drawn) {
      for (const std::uint32_t deployment : tier.deployments) {
        static_cast<void>(asker_.WayTo(deployment));  // keeps the translation
      }
    }
    money_.Prepare();
  }

  /// Takes the detail of a failure.
  auto RecordOf(const StartAttempt& start, TimePoint started, TimePoint ended, AttemptEnd& end) const -> AttemptRecord {
    AttemptRecord record;
    record.deployment = start.deployment;
    record.endpoint = request_.policy->deployments[start.deployment].endpoint.base_url;
    record.started_ms = MillisecondsBetween(accepted_, started);
    record.took_ms = MillisecondsBetween(started, ended);
    record.http_status = std::visit([](const auto& any) { return any.status; }, end);
    if (auto* failed = std::get_if<AttemptFailed>(&end)) {
      record.result = cancellation_.cancelled() ? "cancelled" : FailureName(failed->failed.failure);
      record.detail = std::move(failed->detail);
    } else {
      record.result = std::holds_alternative<CallerErrorAnswer>(end) ? "caller_error" : "served";
    }
    return record;
  }

  auto Wait(TimePoint until) -> asio::awaitable<void> {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, until);
    cancellation_.OnCancel([&timer] { timer.cancel(); });
    boost::system::error_code ignored;
    if (!cancellation_.cancelled()) co_await timer.async_wait(Token(ignored));
    cancellation_.OnCancel({});
  }

  auto AnswerStopped(StopAttempts::Reason reason) -> asio::awaitable<void> {
    if (reason == StopAttempts::Reason::kExhausted) {
      if (CallerErrorAnswer* refusal = tried_.Refusal()) co_return co_await delivery_.SendCallerError(*refusal);
    }
    const ApiError error = tried_.ErrorOf(reason);
    co_await answerer_.AnswerError(error);
  }

  auto AnswerCancelled() -> asio::awaitable<void> {
    if (cancellation_.cause() == Cancellation::Cause::kCallerGone) {
      const std::string line = answerer_.OutcomeText(kCallerGoneStatus, "caller_gone");
      co_await answerer_.RecordLast(line);
      co_return;
    }
    const ApiError error{ApiCode::kUpstreamUnavailable, "the gateway is stopping", ""};
    co_await answerer_.AnswerError(error);
  }

  auto DryRunReply() const -> Reply {
    Reply reply;
    reply.status = kDryRunStatus;
    reply.body = ToText(ToJson(ReportOf(request_)));
    reply.headers.emplace_back("x-route-dry-run", "true");
    return answerer_.WithHeaders(std::move(reply));
  }

  const GatewayState& state_;
  const ServingThread& thread_;
  DecidedRequest& request_;
  TimePoint accepted_;
  Cancellation& cancellation_;
  Limits limits_;
  Tried tried_;
  RequestMoney money_;
  DeploymentAsker asker_;
  DeploymentTurns turns_;
  Answerer answerer_;
  Delivery delivery_;
};

}  // namespace

auto ServeRequest(const GatewayState& state, ServingThread thread, DecidedRequest& request,
                  const std::vector<ForwardedHeader>& headers, TimePoint accepted, Responder& responder,
                  Cancellation& cancellation) -> asio::awaitable<void> {
  RequestServer server(state, thread, request, headers, accepted, responder, cancellation);
  co_await server.Run();
}

}  // namespace route
