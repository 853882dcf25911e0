#pragma once

#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "runtime/gateway/chat.h"
#include "runtime/gateway/state.h"
#include "runtime/upstream/client.h"

/// Asks services what a request is, before it is decided.
namespace route {

/// Asks those services of the request that it may be shown to, all at once, and waits until each has answered, failed or used
/// up its time, or until `deadline`. The caller must have recorded that they are asked. Fills in what became of each.
/// Redirects are not followed; an answer of more than 64 KiB, or other than `{"value": …}`, is no answer. A
/// cancellation ends it as soon as possible. Everything referred to must outlive the coroutine.
auto AskServices(const ServedPolicy& policy, PreparedRequest& prepared, UpstreamClient& client, TimePoint deadline,
                 Cancellation& cancellation) -> boost::asio::awaitable<std::vector<ServiceAnswer>>;

}  // namespace route
