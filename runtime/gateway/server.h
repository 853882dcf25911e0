#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "runtime/gateway/state.h"

namespace route {

/// How long the server waits for others. Fixed for users; tests shorten them.
struct ServerTimes {
  std::chrono::milliseconds idle{60'000};    ///< for the next request on a kept connection
  std::chrono::milliseconds header{10'000};  ///< for all headers, from their first byte
  std::chrono::milliseconds body{60'000};    ///< for a whole body
  std::chrono::milliseconds write{30'000};   ///< for the caller to take a piece of the answer
  std::chrono::milliseconds drain{30'000};   ///< for running requests, after a stop was asked for
};

/// The HTTP server: one thread, one event loop and one listening socket for each of `config.threads`.
class Server {
 public:
  /// Binds and listens. The error is one sentence fit for a user. `state` must outlive the server, but its log may be
  /// closed once `Run` has returned.
  static auto Start(GatewayState& state, ServerTimes times) -> std::expected<std::unique_ptr<Server>, std::string>;

  virtual ~Server() = default;

  /// `127.0.0.1:43211`, with the real port.
  virtual auto address() const -> std::string = 0;

  /// Serves until SIGTERM, SIGINT or `Stop`. Then takes no more connections, lets running requests finish for at most
  /// `times.drain`, ends the rest and returns. A second signal shortens the wait to nothing.
  virtual void Run() = 0;

  /// From any thread.
  virtual void Stop() = 0;
};

}  // namespace route
