#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "runtime/gateway/state.h"

/// The administrator's HTTP interface, on a socket of its own.
namespace route {

/// What an administrator looks after. Called on the thread of the loop alone.
class Administered {
 public:
  virtual ~Administered() = default;

  virtual auto state() const -> const GatewayState& = 0;

  /// Takes over bundle and configuration as they are on disk now. Gives what is wrong with them; then nothing has
  /// changed.
  virtual auto Reload() -> std::vector<std::string> = 0;
};

class AdminServer {
 public:
  /// Listens. Both must outlive the server; `loop` has to end before it. The error is one sentence fit for a user.
  static auto Start(boost::asio::io_context& loop, const AdminConfig& config, Administered& gateway)
      -> std::expected<std::unique_ptr<AdminServer>, std::string>;

  /// Removes its Unix socket.
  virtual ~AdminServer() = default;

  /// `127.0.0.1:9901` with the real port, or `unix:PATH`.
  virtual auto address() const -> std::string = 0;
};

}  // namespace route
