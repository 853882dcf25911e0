#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "runtime/gateway/api_error.h"

/// What a caller gets, and the way to it.
namespace route {

struct Reply {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string_view, std::string>> headers;  ///< the names are literals
  std::string body;
};

/// The error in the form of this API.
auto ErrorReply(Api api, const ApiError& error) -> Reply;

/// The text with `?` for everything but visible ASCII and blanks: policies may use any letters in texts, headers may
/// not.
auto HeaderSafe(std::string_view text) -> std::string;

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

}  // namespace route
