#include "runtime/gateway/forward.h"

#include <algorithm>
#include <optional>
#include <variant>

#include <boost/asio/async_result.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "runtime/dialect/carry.h"
#include "runtime/dialect/errors.h"
#include "runtime/dialect/fields.h"
#include "runtime/dialect/plain_answer.h"
#include "runtime/dialect/stream_carrier.h"
#include "runtime/gateway/append.h"
#include "runtime/gateway/cost.h"
#include "runtime/gateway/pool.h"
#include "runtime/signals/clock.h"
#include "runtime/signals/json_writer.h"
#include "runtime/signals/request_contents.h"
#include "runtime/upstream/answer.h"
#include "runtime/net/async_token.h"
#include "runtime/net/signal.h"
#include "runtime/upstream/caller_error.h"
#include "runtime/upstream/content_meter.h"

namespace asio = boost::asio;

namespace route {
namespace {

constexpr std::size_t kMostAnswerBytes = std::size_t{64} << 20U;
constexpr std::size_t kMostErrorBytes = std::size_t{1} << 20U;
constexpr std::chrono::seconds kAfterDone{1};        // from `[DONE]` to the end of the upstream's message
constexpr std::string_view kAnthropicVersion = "2023-06-01";
constexpr unsigned kCallerGoneStatus = 499;          // recorded, never sent
constexpr unsigned kDryRunStatus = 200;
constexpr std::int64_t kNanoUsdInHundredthCent = 100'000;

/// An entry on its way into the spend store.
class Keeping {
 public:
  Keeping(SpendStore& store, LoopInbox& inbox, SpendEntry entry, const asio::any_io_executor& executor)
      : state_(std::make_shared<State>(executor)) {
    inbox.Expect();
    store.Add(std::move(entry), [&inbox, state = state_](SpendStore::Kept kept) mutable {
      inbox.Put([state = std::move(state), kept] {
        state->kept = kept;
        state->done.Give();
      });
    });
  }

  /// Waits for the end of it.
  auto Wait() -> asio::awaitable<SpendStore::Kept> {
    while (!state_->kept) co_await state_->done.Wait();
    co_return *state_->kept;
  }

 private:
  struct State {
    explicit State(const asio::any_io_executor& executor) : done(executor) {}
    Signal done;
    std::optional<SpendStore::Kept> kept;
  };
  std::shared_ptr<State> state_;
};

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
  std::uint32_t deployment = 0;
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
  ContentMeter meter;
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
  RequestServer(const GatewayState& state, ServingThread thread, DecidedRequest& request,
             const std::vector<ForwardedHeader>& headers, TimePoint accepted, Responder& responder,
             Cancellation& cancellation)
      : state_(state),
        process_(*state.process),
        account_(*state.accounts[request.caller]),
        thread_(thread),
        request_(request),
        headers_(headers),
        accepted_(accepted),
        responder_(responder),
        cancellation_(cancellation),
        carrier_(request.asked),
        context_{request.asked.body, request.id,
                 std::chrono::duration_cast<std::chrono::seconds>(process_.clock().time_since_epoch()).count()} {}

  auto Run() -> asio::awaitable<void> {
    std::string lines = DecisionLineOf(state_, request_, process_.clock());
    if (const auto refusal = RefusalOf(request_)) {
      lines += OutcomeLine(request_.policy->table, MakeOutcome(StatusOf(refusal->code), CodeName(refusal->code)));
      if (!co_await Record(lines)) co_return;
      const Reply reply = WithHeaders(ErrorReply(request_.asked.api, *refusal));
      co_await Answer(reply, refusal->code);
      co_return;
    }
    if (state_.enforcement == Enforcement::kDryRun) {
      lines += OutcomeLine(request_.policy->table, MakeOutcome(kDryRunStatus, "dry_run"));
      if (!co_await Record(lines)) co_return;
      const Reply reply = DryRunReply();
      co_await Answer(reply, std::nullopt);
      co_return;
    }
    if (!co_await Record(lines)) co_return;
    if (account_.has_caps() && process_.store && !process_.store->healthy()) {
      const ApiError error{ApiCode::kLogUnavailable, "spend cannot be kept, and nothing is spent without that", ""};
      co_return co_await AnswerError(error);
    }
    if (const std::uint32_t most = PolicyLimits().answer_tokens; most > 0) {
      if (const auto limited = LimitAnswer(request_.asked, most); !limited) {
        const ApiError error{ApiCode::kInvalidRequest, limited.error().message, limited.error().param};
        co_return co_await AnswerError(error);
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
    const AttemptSettings settings{request_.policy->table.limits(), Milliseconds(state_.config.backoff_ms)};
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
      if (PassOver(start, started)) {
        loop.PassedOver();
        continue;
      }
      AttemptEnd end = co_await Try(start);
      const TimePoint ended = TimePoint::clock::now();
      Judge(start.deployment, end, ended, std::chrono::duration_cast<std::chrono::microseconds>(ended - started));
      AttemptRecord& record = attempts_.emplace_back();
      record.deployment = start.deployment;
      record.endpoint = Target(start.deployment).endpoint.base_url;
      record.started_ms = MillisecondsBetween(accepted_, started);
      record.took_ms = MillisecondsBetween(started, ended);
      if (auto* failed = std::get_if<AttemptFailed>(&end)) {
        record.result = cancellation_.cancelled() ? "cancelled" : FailureName(failed->failed.failure);
        record.http_status = failed->status;
        record.detail = std::move(failed->detail);
        reservation_.reset();
        loop.Failed(failed->failed, ended);
      } else if (auto* mistake = std::get_if<CallerErrorAnswer>(&end)) {
        record.result = "caller_error";
        record.http_status = mistake->status;
        reservation_.reset();
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

  /// Works out what the attempts may need and what a long request takes long for.
  void Prepare() {
    for (const DrawnTier& tier : request_.drawn) {
      for (const std::uint32_t deployment : tier.deployments) {
        static_cast<void>(carrier_.WayTo(Target(deployment).speaks));  // keeps the translation
      }
    }
    if (account_.has_caps() || PolicyLimits().cost_hundredth_cents != 0) static_cast<void>(PromptBound());
  }

  /// Leaves the deployment out if asking it would be in vain or would cost more than there is left; else sets the money
  /// for it aside.
  auto PassOver(const StartAttempt& start, TimePoint now) -> bool {
    const DeploymentView& view = request_.policy->table.deployments()[start.deployment];
    if (auto way = carrier_.WayTo(Target(start.deployment).speaks); !way) {
      return Skip(start, SkipReason::kNotTranslatable, std::move(way.error()), Milliseconds(0));
    }
    if (std::ranges::find(too_small_, view.model) != too_small_.end()) {
      return Skip(start, SkipReason::kSameModel, std::string(view.model), Milliseconds(0));
    }
    const NanoUsd worst = WorstCost(view);
    if (!FitsCostLimit(worst)) {
      return Skip(start, SkipReason::kCostLimit, FormatUsd(CostLimit()) + " USD for a request", Milliseconds(0));
    }
    auto reserved = account_.Reserve(worst, Today());
    if (!reserved) return Skip(start, SkipReason::kBudget, std::move(reserved.error()), Milliseconds(0));
    reservation_ = std::move(*reserved);
    const Company company = start.alone ? Company::kAlone : Company::kOthers;
    admission_ = Target(start.deployment).health->Admit(company, now, start.answer_by);
    if (!admission_.skip) {
      if (PolicyLimits().cost_hundredth_cents > 0) begun_cost_.amount += worst.amount;
      return false;
    }
    reservation_.reset();
    soonest_ = std::min(soonest_.value_or(Milliseconds::max()), admission_.skip->left);
    return Skip(start, SkipReason::kCooldown, std::string(CooldownCauseName(admission_.skip->cause)),
                admission_.skip->left);
  }

  auto Skip(const StartAttempt& start, SkipReason reason, std::string detail, Milliseconds left) -> bool {
    Target(start.deployment).metrics->PassedOver(reason);
    skipped_.push_back({start.deployment, request_.drawn[start.tier].tier, SkipReasonName(reason), std::move(detail),
                        left.count(), static_cast<std::uint32_t>(attempts_.size())});
    return true;
  }

  /// Tells the deployment's health and counters how an attempt ended.
  void Judge(std::uint32_t deployment, const AttemptEnd& end, TimePoint now, std::chrono::microseconds took) {
    DeploymentHealth& health = *Target(deployment).health;
    DeploymentMetrics& metrics = *Target(deployment).metrics;
    const auto* failed = std::get_if<AttemptFailed>(&end);
    if (failed == nullptr) {
      if (std::holds_alternative<StreamServed>(end)) {
        health.Began();
      } else {
        health.Succeeded(now);
      }
      const bool mistake = std::holds_alternative<CallerErrorAnswer>(end);
      return metrics.Attempted(mistake ? AttemptResult::kCallerError : AttemptResult::kServed, took);
    }
    if (cancellation_.cancelled()) {
      health.GaveUp(admission_, now);
      return metrics.Attempted(AttemptResult::kCancelled, took);
    }
    const Failure failure = failed->failed.failure;
    if (failure == Failure::kTooLong || failure == Failure::kContent) {
      health.Succeeded(now);  // it is the request that it cannot serve
    } else {
      health.Failed(failed->failed, failed->status, Settings(), now);
    }
    metrics.Attempted(failure, took);
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
    const ReachableDeployment& target = Target(start.deployment);
    sent_in_ = carrier_.WayTo(target.speaks).value();
    sending_.endpoint = &target.endpoint;
    sending_.path = ApiPath(sent_in_);
    SetHeaders(target);
    auto write = [&] {
      sending_.body = carrier_.Body(sent_in_, request_.policy->table.deployments()[start.deployment].upstream_model);
    };
    co_await RunBySize(thread_.pool, request_.body_bytes, write);
    auto opened = co_await thread_.client.Post(sending_, start.answer_by, cancellation_);
    if (!opened) co_return Fail(opened.error(), 0);
    std::unique_ptr<Exchange> exchange = std::move(*opened);
    const unsigned status = exchange->status();
    const StatusMeaning meaning = MeaningOf(status);
    if (const auto* failure = std::get_if<Failure>(&meaning)) {
      const bool may_wait = status == 429 || status == 503;
      const auto after = may_wait ? ParseRetryAfter(exchange->retry_after(),
                                                    std::chrono::floor<std::chrono::seconds>(process_.clock()))
                                  : std::nullopt;
      co_return AttemptFailed{{*failure, after}, status, ""};
    }
    if (std::holds_alternative<CallerMistake>(meaning)) {
      auto body = co_await ReadAll(*exchange, start.answer_by, kMostErrorBytes);
      if (!body) co_return Fail(body.error(), status);
      const auto about_model = RecogniseCallerError(status, *body);
      CallerErrorAnswer answer{start.deployment, status, std::string(exchange->content_type()), std::move(*body)};
      if (sent_in_ != request_.asked.api) {
        answer.content_type = "application/json";
        answer.body = ToText(ErrorJson(request_.asked.api, ReadErrorBody(status, answer.body)));
      }
      if (!about_model) co_return answer;
      if (*about_model == Failure::kTooLong) {
        too_small_.push_back(request_.policy->table.deployments()[start.deployment].model);
      }
      if (!held_) held_ = std::move(answer);
      co_return AttemptFailed{{*about_model, std::nullopt}, status, ""};
    }
    if (request_.asked.stream) co_return co_await TryStream(start, exchange);

    if (!IsJson(exchange->content_type())) {
      co_return Garbage(status, "the content type of an answer is `" + std::string(exchange->content_type()) + "`");
    }
    auto body = co_await ReadAll(*exchange, start.answer_by, kMostAnswerBytes);
    if (!body) co_return Fail(body.error(), status);
    std::expected<PlainServed, std::string> served;
    auto read = [&] { served = ReadServed(status, std::move(*body)); };
    const std::size_t size = body->size();
    co_await RunBySize(thread_.pool, size, read);
    if (!served) co_return Garbage(status, served.error());
    co_return std::move(*served);
  }

  /// The answer as the caller gets it, or why it is none.
  auto ReadServed(unsigned status, std::string body) const -> std::expected<PlainServed, std::string> {
    if (sent_in_ == request_.asked.api) {
      auto usage = CheckPlainAnswer(sent_in_, body);
      if (!usage) return std::unexpected(std::move(usage.error()));
      return PlainServed{status, std::move(body), std::move(*usage)};
    }
    const auto answer = ReadPlainAnswer(sent_in_, body);
    if (!answer) return std::unexpected(answer.error());
    const auto translated = TranslateAnswer(sent_in_, answer->body, request_.asked.api, context_);
    if (!translated) return std::unexpected(translated.error());
    return PlainServed{status, ToText(*translated), answer->usage};
  }

  auto TryStream(const StartAttempt& start, std::unique_ptr<Exchange>& exchange) -> asio::awaitable<AttemptEnd> {
    const unsigned status = exchange->status();
    if (!IsEventStream(exchange->content_type())) {
      co_return Garbage(status, "the content type of a stream is `" + std::string(exchange->content_type()) + "`");
    }
    StreamServed served{status, std::move(exchange), StreamCarrier(sent_in_, request_.asked.api, context_), {}};
    while (served.carrier.state() == StreamCarrier::State::kWaiting) {
      const auto bytes = co_await served.exchange->Read(start.answer_by);
      if (!bytes) co_return Fail(bytes.error(), status);
      if (bytes->empty()) co_return Garbage(status, "the stream ended before its first event");
      served.carrier.Feed(*bytes);
      served.meter.Feed(*bytes);
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
    std::uint64_t seen = 0;
    if (!served.usage.tokens) {
      ContentMeter meter;
      meter.Feed(served.body);
      seen = meter.bytes();
    }
    const Settled settled = Settle(deployment, served.usage, seen);
    std::optional<Keeping> keeping;
    const auto executor = co_await asio::this_coro::executor;
    Keep(keeping, settled.entry, executor);
    OutcomeRecord record = MakeOutcome(served.status, "");
    record.served_by = deployment;
    record.usage = served.usage.tokens;
    record.usage_note = settled.note;
    record.cost = settled.entry.amount;
    const std::string line = OutcomeLine(request_.policy->table, record);
    if (!co_await Record(line)) co_return;
    if (keeping && co_await keeping->Wait() != SpendStore::Kept::kYes) {
      const ApiError error{ApiCode::kLogUnavailable,
                           "what the answer cost cannot be kept, and nothing is answered without that", ""};
      const Reply reply = WithHeaders(ErrorReply(request_.asked.api, error));
      co_await Answer(reply, error.code);
      co_return;
    }
    Reply reply;
    reply.status = served.status;
    reply.body = std::move(served.body);
    reply = WithHeaders(std::move(reply), deployment);
    co_await Answer(reply, std::nullopt);
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
    process_.metrics.Answered(std::nullopt);
    const auto begun = co_await responder_.Begin(reply);
    StreamEnd end = StreamEnd::kCallerGone;
    if (begun == Responder::Sent::kYes) end = co_await Relay(*served.exchange, served);
    served.exchange.reset();
    JudgeStream(deployment, end);
    const Settled settled = Settle(deployment, served.carrier.usage(), served.meter.bytes());
    std::optional<Keeping> keeping;
    const auto executor = co_await asio::this_coro::executor;
    Keep(keeping, settled.entry, executor);
    UsageRecord usage;
    usage.id = request_.id;
    usage.time = process_.clock();
    usage.deployment = deployment;
    usage.end = end;
    usage.usage = served.carrier.usage().tokens;
    usage.usage_note = settled.note;
    usage.cost = settled.entry.amount;
    const std::string usage_line = UsageLine(request_.policy->table, usage);
    co_await Append(thread_.log, usage_line);
    if (keeping) co_await keeping->Wait();
  }

  void JudgeStream(std::uint32_t deployment, StreamEnd end) {
    DeploymentHealth& health = *Target(deployment).health;
    if (end == StreamEnd::kCompleted) health.Succeeded(TimePoint::clock::now());
    if (end == StreamEnd::kInterrupted && !cancellation_.cancelled()) {
      health.Failed({Failure::kReset, std::nullopt}, 0, Settings(), TimePoint::clock::now());
    }
  }

  /// Hands events on as they become complete, until the stream ends one way or another.
  auto Relay(Exchange& exchange, StreamServed& served) -> asio::awaitable<StreamEnd> {
    StreamCarrier& carrier = served.carrier;
    const Milliseconds silence(state_.config.stream_silence_ms);
    const Milliseconds idle(state_.config.stream_idle_ms);
    std::uint64_t seen = 0;
    TimePoint idle_until = TimePoint::clock::now() + idle;
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
      const TimePoint now = TimePoint::clock::now();
      // Comments and pings keep a connection open, not a request.
      if (seen != carrier.events()) idle_until = now + idle;
      seen = carrier.events();
      const auto bytes = co_await exchange.Read(std::min(now + silence, idle_until));
      if (cancellation_.cause() == Cancellation::Cause::kCallerGone) co_return StreamEnd::kCallerGone;
      if (!bytes || bytes->empty()) co_return co_await Interrupt();
      carrier.Feed(*bytes);
      served.meter.Feed(*bytes);
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
    const std::string line = OutcomeLine(request_.policy->table, MakeOutcome(answer.status, ""));
    if (!co_await Record(line)) co_return;
    Reply reply;
    reply.status = answer.status;
    if (!answer.content_type.empty()) reply.content_type = HeaderSafe(answer.content_type);
    reply.body = std::move(answer.body);
    reply = WithHeaders(std::move(reply), answer.deployment);
    co_await Answer(reply, std::nullopt);
  }

  auto AnswerStopped(StopAttempts::Reason reason) -> asio::awaitable<void> {
    if (reason == StopAttempts::Reason::kExhausted && held_ && OnlyModelsRefused()) {
      co_return co_await AnswerCallerError(*held_);
    }
    const ApiError error = ErrorOf(reason);
    co_await AnswerError(error);
  }

  /// Did every deployment say that its model cannot serve this request? Then that is the answer. Else another try may
  /// help.
  auto OnlyModelsRefused() const -> bool {
    const auto about_model = [](const AttemptRecord& attempt) {
      return attempt.result == FailureName(Failure::kTooLong) || attempt.result == FailureName(Failure::kContent);
    };
    return std::ranges::all_of(attempts_, about_model) && !Skipped(SkipReason::kCooldown) &&
           !Skipped(SkipReason::kBudget);
  }

  auto OnlyUntranslatable() const -> bool {
    return std::ranges::all_of(skipped_, [](const SkipRecord& skip) {
      return skip.reason == SkipReasonName(SkipReason::kNotTranslatable);
    });
  }

  auto Skipped(SkipReason reason) const -> bool {
    return std::ranges::find(skipped_, SkipReasonName(reason), &SkipRecord::reason) != skipped_.end();
  }

  auto ErrorOf(StopAttempts::Reason reason) const -> ApiError {
    switch (reason) {
      case StopAttempts::Reason::kExhausted:
        if (attempts_.empty() && !skipped_.empty() && OnlyUntranslatable()) {
          return {ApiCode::kNotTranslatable,
                  "no deployment of the plan can be sent this request: " + skipped_.front().detail, ""};
        }
        if (attempts_.empty() && Skipped(SkipReason::kCostLimit) && !Skipped(SkipReason::kCooldown)) {
          return {ApiCode::kPolicyUnservable,
                  "the request could cost more than the policy allows for one, " + FormatUsd(CostLimit()) + " USD", ""};
        }
        // Whatever money forbids, a deployment that failed or cools down may answer the next time.
        if (attempts_.empty() && Skipped(SkipReason::kBudget) && !Skipped(SkipReason::kCooldown)) {
          return {ApiCode::kBudgetExhausted, "the request could cost more than is left of " + skipped_.front().detail,
                  ""};
        }
        if (attempts_.empty() && Skipped(SkipReason::kCooldown)) {
          return {ApiCode::kUpstreamUnavailable, "every deployment of the plan is cooling down after failures", ""};
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
      co_await Append(thread_.log, line);
      co_return;
    }
    const ApiError error{ApiCode::kUpstreamUnavailable, "the gateway is stopping", ""};
    co_await AnswerError(error);
  }

  auto AnswerError(const ApiError& error) -> asio::awaitable<void> {
    const std::string line =
        OutcomeLine(request_.policy->table, MakeOutcome(StatusOf(error.code), CodeName(error.code)));
    if (!co_await Record(line)) co_return;
    Reply reply = WithHeaders(ErrorReply(request_.asked.api, error));
    if (soonest_ && error.code == ApiCode::kUpstreamUnavailable) SetRetryAfter(reply, *soonest_);
    co_await Answer(reply, error.code);
  }

  auto Answer(const Reply& reply, std::optional<ApiCode> code) -> asio::awaitable<void> {
    process_.metrics.Answered(code);
    co_await responder_.Send(reply);
  }

  /// False when the lines are not durable: the caller has been told, and nothing more may be done for the request.
  auto Record(const std::string& lines) -> asio::awaitable<bool> {
    const Durability result = co_await Append(thread_.log, lines);
    if (result == Durability::kDurable) co_return true;
    const ApiError error{ApiCode::kLogUnavailable,
                         "the decision log cannot be written, and nothing is answered without it", ""};
    const Reply reply = WithHeaders(ErrorReply(request_.asked.api, error));
    co_await Answer(reply, error.code);
    co_return false;
  }

  auto MakeOutcome(unsigned status, std::string_view code) -> OutcomeRecord {
    OutcomeRecord record;
    record.id = request_.id;
    record.time = process_.clock();
    record.status = status;
    record.code = code;
    record.attempts = attempts_;
    record.skipped = skipped_;
    record.stream = request_.asked.stream;
    return record;
  }

  struct Settled {
    SpendEntry entry;
    std::string note;
  };

  /// Charges the answer of a deployment to the money that was set aside for it.
  auto Settle(std::uint32_t deployment, const ReportedUsage& usage, std::uint64_t answer_bytes) -> Settled {
    const DeploymentView& view = request_.policy->table.deployments()[deployment];
    DeploymentMetrics& metrics = *Target(deployment).metrics;
    Charge charge = ChargeFor(usage, usage.tokens ? 0 : PromptBound(), answer_bytes);
    const NanoUsd cost = CostOf(charge.usage, view.price_in, view.price_out);
    if (usage.tokens) metrics.Used(*usage.tokens);
    metrics.Cost(cost);
    SpendEntry entry = reservation_->Settle(cost, Today());
    reservation_.reset();
    return {std::move(entry), std::move(charge.note)};
  }

  /// Only what counts towards a cap has to survive.
  void Keep(std::optional<Keeping>& keeping, const SpendEntry& entry, const asio::any_io_executor& executor) {
    if (process_.store && account_.has_caps()) keeping.emplace(*process_.store, thread_.inbox, entry, executor);
  }

  auto PolicyLimits() const -> Limits { return request_.policy->table.limits(); }
  auto CostLimit() const -> NanoUsd { return {std::int64_t{PolicyLimits().cost_hundredth_cents} * kNanoUsdInHundredthCent}; }

  /// Whether the attempts that were begun, each at its worst, leave room for one more under the policy's limit.
  auto FitsCostLimit(NanoUsd worst) const -> bool {
    return PolicyLimits().cost_hundredth_cents == 0 || worst.amount <= CostLimit().amount - begun_cost_.amount;
  }

  /// The most that an answer of this deployment can cost; nothing where neither a cap nor a limit asks for it.
  auto WorstCost(const DeploymentView& view) -> NanoUsd {
    if (!account_.has_caps() && PolicyLimits().cost_hundredth_cents == 0) return {};
    if (!worst_usage_) {
      worst_usage_ = {PromptBound(), AnswerBound()};
    }
    return CostOf(*worst_usage_, view.price_in, view.price_out);
  }

  auto PromptBound() -> std::int64_t {
    if (!prompt_bound_) prompt_bound_ = ReadContents(request_.asked).prompt_tokens;
    return *prompt_bound_;
  }

  /// Embeddings are no answer in tokens.
  auto AnswerBound() const -> std::int64_t {
    if (request_.asked.api == Api::kEmbeddings) return 0;
    return AnswerTokenBound(request_.asked.body, state_.config.assumed_answer_tokens);
  }

  auto Today() const -> Date { return DayIn(request_.policy->zone, process_.clock()); }
  auto Target(std::uint32_t deployment) const -> const ReachableDeployment& {
    return request_.policy->deployments[deployment];
  }
  auto Settings() const -> HealthSettings { return {Milliseconds(state_.config.cooldown_ms)}; }

  auto DryRunReply() -> Reply {
    Reply reply;
    reply.status = kDryRunStatus;
    reply.body = ToText(ToJson(ReportOf(request_)));
    reply.headers.emplace_back("x-route-dry-run", "true");
    return WithHeaders(std::move(reply));
  }

  static void SetRetryAfter(Reply& reply, Milliseconds left) {
    const auto seconds = std::max<std::int64_t>(1, (left.count() + 999) / 1000);
    for (auto& [name, value] : reply.headers) {
      if (name == "retry-after") value = std::to_string(seconds);
    }
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

  const GatewayState& state_;
  GatewayProcess& process_;
  SpendAccount& account_;
  ServingThread thread_;
  DecidedRequest& request_;
  const std::vector<ForwardedHeader>& headers_;
  TimePoint accepted_;
  Responder& responder_;
  Cancellation& cancellation_;
  RequestCarrier carrier_;
  AnswerContext context_;
  Api sent_in_ = Api::kChat;  // of the attempt that is running
  UpstreamRequest sending_;
  std::vector<AttemptRecord> attempts_;
  std::vector<SkipRecord> skipped_;
  NanoUsd begun_cost_;                      // of all attempts, each at its worst; counted under a cost limit
  std::optional<Reservation> reservation_;  // for the attempt that is running or has served
  Admission admission_;                     // of the attempt that is running
  std::optional<std::int64_t> prompt_bound_;
  std::optional<TokenUsage> worst_usage_;
  std::vector<std::string_view> too_small_;  // models whose context window the prompt exceeds
  std::optional<CallerErrorAnswer> held_;    // of the first deployment whose model cannot serve the request
  std::optional<Milliseconds> soonest_;      // until the first of the cooldowns that were met ends
};

}  // namespace

auto ErrorReply(Api api, const ApiError& error) -> Reply {
  Reply reply;
  reply.status = StatusOf(error.code);
  reply.body = ErrorBody(api, error);
  switch (error.code) {
    case ApiCode::kUpstreamUnavailable:
    case ApiCode::kLogUnavailable:
    case ApiCode::kOverloaded:
    case ApiCode::kTooManyRequests:
      reply.headers.emplace_back("retry-after", "1");
      break;
    case ApiCode::kBudgetExhausted:
      reply.headers.emplace_back("x-should-retry", "false");  // OpenAI's clients would try a 429 again
      break;
    case ApiCode::kInvalidApiKey:
    case ApiCode::kInvalidRequest:
    case ApiCode::kRequestTooLarge:
    case ApiCode::kHeadersTooLarge:
    case ApiCode::kNotTranslatable:
    case ApiCode::kNotFound:
    case ApiCode::kMethodNotAllowed:
    case ApiCode::kPolicyRefused:
    case ApiCode::kPolicyUnservable:
    case ApiCode::kPolicyUncovered:
    case ApiCode::kDeadlineExceeded:
    case ApiCode::kUpstreamInterrupted:
    case ApiCode::kInternalError:
      break;
  }
  return reply;
}

auto ServeRequest(const GatewayState& state, ServingThread thread, DecidedRequest& request,
                  const std::vector<ForwardedHeader>& headers, TimePoint accepted, Responder& responder,
                  Cancellation& cancellation) -> asio::awaitable<void> {
  RequestServer server(state, thread, request, headers, accepted, responder, cancellation);
  co_await server.Run();
}

}  // namespace route
