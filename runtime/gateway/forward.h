#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "runtime/gateway/decided_request.h"
#include "runtime/gateway/loop_log.h"
#include "runtime/gateway/state.h"
#include "runtime/upstream/client.h"

/// Serves one decided request: records, attempts, answer.
///
/// A note for whoever changes coroutines here: g++ 12 copies temporaries inside a `co_await` expression byte by byte
/// (GCC bug 99576 and its kin), which breaks strings. So coroutines take references, and callers give them named
/// objects.
namespace route {

struct Reply {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string_view, std::string>> headers;  ///< the names are literals
  std::string body;
};

/// The error in the form of this API.
auto ErrorReply(Api api, const ApiError& error) -> Reply;

/// The way back to the caller.
class Responder {
 public:
  enum class Sent : std::uint8_t { kYes, kCallerGone };

  virtual ~Responder() = default;
  virtual auto Send(const Reply& reply) -> boost::asio::awaitable<Sent> = 0;

  /// Headers now, then a body piece by piece. `reply.body` is ignored. Each call returns when the piece is handed on.
  virtual auto Begin(const Reply& reply) -> boost::asio::awaitable<Sent> = 0;
  virtual auto Write(std::string_view piece) -> boost::asio::awaitable<Sent> = 0;
  virtual auto End() -> boost::asio::awaitable<Sent> = 0;
};

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
