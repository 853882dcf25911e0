#include "runtime/gateway/stream_relay.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

#include "runtime/gateway/api_error.h"

namespace asio = boost::asio;

namespace route {
namespace {

// From `[DONE]` to the end of the upstream's message, which mostly comes with it. The caller's next request on its connection waits
// that long, so it is not worth more than a new connection would cost.
constexpr std::chrono::milliseconds kAfterDone{100};

auto Interrupt(Responder& responder, Api api) -> asio::awaitable<StreamEnd> {
  const ApiError error{ApiCode::kUpstreamInterrupted, "the upstream broke off its answer", ""};
  const std::string event = ErrorEvent(api, error);
  const auto written = co_await responder.Write(event);
  if (written == Responder::Sent::kYes) co_await responder.End();
  co_return StreamEnd::kInterrupted;
}

}  // namespace

auto RelayStream(StreamServed& served, Responder& responder, Api api, const StreamTimes& times,
                 const Cancellation& cancellation) -> asio::awaitable<StreamEnd> {
  StreamCarrier& carrier = served.carrier;
  Exchange& exchange = *served.exchange;
  std::uint64_t seen = 0;
  TimePoint idle_until = TimePoint::clock::now() + times.idle;
  for (;;) {
    const std::string events = carrier.TakeComplete();
    if (!events.empty()) {
      const auto written = co_await responder.Write(events);
      if (written != Responder::Sent::kYes) co_return StreamEnd::kCallerGone;
    }
    if (carrier.state() == StreamCarrier::State::kDone) {
      const auto ended = co_await responder.End();
      // The end of the message makes the upstream's connection fit for the next request.
      const auto rest = co_await exchange.Read(TimePoint::clock::now() + kAfterDone);
      static_cast<void>(rest);
      co_return ended == Responder::Sent::kYes ? StreamEnd::kCompleted : StreamEnd::kCallerGone;
    }
    if (carrier.state() == StreamCarrier::State::kGarbage) co_return co_await Interrupt(responder, api);
    const TimePoint now = TimePoint::clock::now();
    // Comments and pings keep a connection open, not a request.
    if (seen != carrier.events()) idle_until = now + times.idle;
    seen = carrier.events();
    const auto bytes = co_await exchange.Read(std::min(now + times.silence, idle_until));
    if (cancellation.cause() == Cancellation::Cause::kCallerGone) co_return StreamEnd::kCallerGone;
    if (!bytes || bytes->empty()) co_return co_await Interrupt(responder, api);
    carrier.Feed(*bytes);
    served.meter.Feed(*bytes);
  }
}

}  // namespace route
