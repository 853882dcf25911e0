#pragma once

#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "runtime/gateway/decided_request.h"
#include "runtime/gateway/inbox.h"
#include "runtime/gateway/loop_log.h"
#include "runtime/gateway/reply.h"
#include "runtime/gateway/state.h"
#include "runtime/upstream/client.h"

/// Serves one decided request: records, attempts, answer.
///
/// A note for whoever changes coroutines of this folder: g++ 12 copies temporaries inside a `co_await` expression byte
/// by byte (GCC bug 99576 and its kin), which breaks strings. So coroutines take references, and callers give them
/// named objects.
namespace route {

/// What one thread has for serving requests.
struct ServingThread {
  UpstreamClient& client;
  LoopInbox& inbox;
  LoopLog& log;
  Random& random;
  boost::asio::any_io_executor pool;  ///< for what would hold the thread up
};

/// Records the decision, tries the plan's deployments, records the outcome and answers, in this order: nothing is sent
/// to an upstream before its decision record is durable, and no byte to the caller before the outcome record is.
/// `accepted` is when the request had been read. `headers` are those to pass on; of these the ones of
/// Anthropic's API go only to upstreams that speak it. A cancellation ends the request as
/// soon as possible. Everything referred to must live until the coroutine has ended.
auto ServeRequest(const GatewayState& state, ServingThread thread, DecidedRequest& request,
                  const std::vector<ForwardedHeader>& headers, TimePoint accepted, Responder& responder,
                  Cancellation& cancellation) -> boost::asio::awaitable<void>;

}  // namespace route
