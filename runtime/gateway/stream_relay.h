#pragma once

#include <boost/asio/awaitable.hpp>

#include "runtime/gateway/attempt_end.h"
#include "runtime/gateway/reply.h"
#include "runtime/ledger/record.h"
#include "runtime/signals/api.h"
#include "runtime/upstream/client.h"

namespace route {

/// How long an upstream may take over a stream that has begun.
struct StreamTimes {
  Milliseconds silence;  ///< without a byte
  Milliseconds idle;     ///< without an event; comments and pings are none
};

/// Hands a stream's events on as they become complete, until the stream ends one way or another. An interruption is
/// told to the caller as an error in the form of `api`, which must be the caller's. `responder` has begun its answer.
/// Everything referred to must outlive the coroutine.
auto RelayStream(StreamServed& served, Responder& responder, Api api, const StreamTimes& times,
                 const Cancellation& cancellation) -> boost::asio::awaitable<StreamEnd>;

}  // namespace route
