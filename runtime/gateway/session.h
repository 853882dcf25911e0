#pragma once

#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "runtime/gateway/loop_log.h"
#include "runtime/gateway/server.h"
#include "runtime/gateway/state.h"
#include "runtime/upstream/client.h"
#include "runtime/upstream/random.h"

/// One caller's connection. Apart from the server, so that the HTTP code and the event loops are compiled apart.
namespace route {

class Session;

/// What a session needs of the thread that it runs on.
class SessionHost {
 public:
  virtual ~SessionHost() = default;

  /// The current generation. A request keeps the one that it started with.
  virtual auto state() -> std::shared_ptr<const GatewayState> = 0;
  virtual auto times() const -> const ServerTimes& = 0;
  virtual auto client() -> UpstreamClient& = 0;
  virtual auto inbox() -> LoopInbox& = 0;
  virtual auto log() -> LoopLog& = 0;
  virtual auto random() -> Random& = 0;

  /// Threads for what would hold up the event loop; shared by all loops.
  virtual auto pool() -> boost::asio::any_io_executor = 0;

  /// The gateway is stopping: a session ends after the request that it is serving.
  virtual auto draining() const -> bool = 0;

  /// A session adds itself when it is made and removes itself when it ends.
  virtual void Add(Session* session) = 0;
  virtual void Remove(Session* session) = 0;
};

/// One caller's connection and the requests that come over it, one after another.
class Session {
 public:
  static auto Make(SessionHost& host, boost::asio::ip::tcp::socket socket) -> std::shared_ptr<Session>;

  virtual ~Session() = default;

  /// Serves until the connection ends.
  virtual auto Run() -> boost::asio::awaitable<void> = 0;

  /// Ends the connection if no request is being read or served.
  virtual void CloseIfIdle() = 0;

  /// Ends the request that is being served, if there is one, else the connection.
  virtual void EndRequest() = 0;
};

}  // namespace route
