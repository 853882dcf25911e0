#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

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

/// What the server needs of the program around it.
struct ServerHooks {
  /// Reads bundle and configuration anew. Fails with what is wrong. Called on the thread of `Server::Run`.
  std::function<std::expected<std::shared_ptr<const GatewayState>, std::vector<std::string>>()> reload;

  /// Tells whoever supervises the process. Called on that thread too.
  std::function<void(const nlohmann::ordered_json& event)> announce;
};

/// The HTTP server: one thread, one event loop and one listening socket for each of `config.threads`; and the
/// administrator's socket, if the configuration has one.
class Server {
 public:
  /// Binds and listens. The error is one sentence fit for a user.
  static auto Start(std::shared_ptr<const GatewayState> state, ServerTimes times, ServerHooks hooks)
      -> std::expected<std::unique_ptr<Server>, std::string>;

  virtual ~Server() = default;

  /// `127.0.0.1:43211`, with the real port.
  virtual auto address() const -> std::string = 0;

  /// The same for the administrator's socket, `unix:PATH` for a Unix socket; empty if there is none.
  virtual auto admin_address() const -> std::string = 0;

  /// Serves until SIGTERM, SIGINT or `Stop`. Then takes no more connections, lets running requests finish for at most
  /// `times.drain`, ends the rest and returns. A second signal shortens the wait to nothing. SIGHUP reloads.
  virtual void Run() = 0;

  /// From any thread.
  virtual void Stop() = 0;
};

}  // namespace route
