#include "runtime/gateway/delivery.h"

#include <exception>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "runtime/gateway/stream_relay.h"
#include "runtime/ledger/record.h"

namespace asio = boost::asio;

namespace route {
namespace {

/// Of the text in the answer, where that is what it is charged by.
auto BytesToCharge(const PlainServed& served) -> std::uint64_t {
  if (served.usage.tokens) return 0;
  ContentMeter meter;
  meter.Feed(served.body);
  return meter.bytes();
}

}  // namespace

Delivery::Delivery(const GatewayState& state, const DecidedRequest& request, const Cancellation& cancellation,
                   Responder& responder, RequestMoney& money, DeploymentTurns& turns, Answerer& answerer)
    : state_(state),
      request_(request),
      cancellation_(cancellation),
      responder_(responder),
      money_(money),
      turns_(turns),
      answerer_(answerer) {}

auto Delivery::SendPlain(std::uint32_t deployment, PlainServed& served) -> asio::awaitable<void> {
  const RequestMoney::Settled settled = money_.Settle(served.usage, BytesToCharge(served));
  const auto executor = co_await asio::this_coro::executor;
  std::optional<Keeping> keeping = money_.Keep(settled.entry, executor);
  OutcomeRecord record = answerer_.Outcome(served.status, "");
  record.served_by = deployment;
  record.usage = served.usage.tokens;
  record.usage_note = settled.note;
  record.cost = settled.entry.amount;
  const std::string line = OutcomeLine(request_.policy->table, record);
  if (!co_await answerer_.Record(line)) co_return;
  if (keeping && co_await keeping->Wait() != SpendStore::Kept::kYes) {
    const ApiError error{ApiCode::kLogUnavailable,
                         "what the answer cost cannot be kept, and nothing is answered without that", ""};
    co_return co_await answerer_.SendError(error);
  }
  Reply reply;
  reply.status = served.status;
  reply.body = std::move(served.body);
  reply = answerer_.WithHeaders(std::move(reply), deployment);
  co_await answerer_.Send(reply, std::nullopt);
}

auto Delivery::SendStream(std::uint32_t deployment, StreamServed& served) -> asio::awaitable<void> {
  std::optional<StreamEnd> end;
  std::exception_ptr thrown;
  try {
    end = co_await Relay(deployment, served);
  } catch (...) {
    thrown = std::current_exception();
  }
  served.exchange.reset();
  if (end) turns_.JudgeStream(deployment, *end, TimePoint::clock::now());
  const RequestMoney::Settled settled = money_.Settle(served.carrier.usage(), served.meter.bytes());
  const auto executor = co_await asio::this_coro::executor;
  std::optional<Keeping> keeping = money_.Keep(settled.entry, executor);
  if (end || thrown) {
    UsageRecord usage;
    usage.id = request_.id;
    usage.time = state_.process->clock();
    usage.deployment = deployment;
    usage.end = end.value_or(StreamEnd::kInterrupted);
    usage.usage = served.carrier.usage().tokens;
    usage.usage_note = settled.note;
    usage.cost = settled.entry.amount;
    const std::string usage_line = UsageLine(request_.policy->table, usage);
    co_await answerer_.RecordLast(usage_line);
  }
  if (keeping) co_await keeping->Wait();
  if (thrown) std::rethrow_exception(thrown);
}

/// From the record to the stream's end. Nothing: it could not be recorded, and so was not begun.
auto Delivery::Relay(std::uint32_t deployment, StreamServed& served) -> asio::awaitable<std::optional<StreamEnd>> {
  OutcomeRecord record = answerer_.Outcome(served.status, "");
  record.served_by = deployment;
  const std::string line = OutcomeLine(request_.policy->table, record);
  if (!co_await answerer_.Record(line)) co_return std::nullopt;
  Reply reply;
  reply.status = served.status;
  reply.content_type = "text/event-stream; charset=utf-8";
  reply.headers.emplace_back("cache-control", "no-cache");
  reply = answerer_.WithHeaders(std::move(reply), deployment);
  const auto begun = co_await answerer_.Begin(reply);
  if (begun != Responder::Sent::kYes) co_return StreamEnd::kCallerGone;
  const StreamTimes times{Milliseconds(state_.config.stream_silence_ms), Milliseconds(state_.config.stream_idle_ms)};
  co_return co_await RelayStream(served, responder_, request_.asked.api, times, cancellation_);
}

auto Delivery::SendCallerError(CallerErrorAnswer& answer) -> asio::awaitable<void> {
  const std::string line = answerer_.OutcomeText(answer.status, "");
  if (!co_await answerer_.Record(line)) co_return;
  Reply reply;
  reply.status = answer.status;
  if (!answer.content_type.empty()) reply.content_type = HeaderSafe(answer.content_type);
  reply.body = std::move(answer.body);
  reply = answerer_.WithHeaders(std::move(reply), answer.deployment);
  co_await answerer_.Send(reply, std::nullopt);
}

}  // namespace route
