#pragma once

#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "runtime/gateway/session.h"
#include "runtime/net/stream.h"

/// What a caller's connection speaks, once that is known: HTTP/1.1 or HTTP/2. Each is compiled apart.
namespace route {

class CallerProtocol {
 public:
  virtual ~CallerProtocol() = default;

  /// Serves until the connection and all its requests have ended.
  virtual auto Run() -> boost::asio::awaitable<void> = 0;

  /// The gateway is stopping: ends the connection if no request is being read or served.
  virtual void CloseIfIdle() = 0;

  /// Ends the requests that are being served, if there are any, else the connection.
  virtual void EndRequests() = 0;
};

/// `early` is what has been read already. The host must outlive the protocol.
auto MakeHttp1(SessionHost& host, std::unique_ptr<ByteStream> stream, std::string early)
    -> std::shared_ptr<CallerProtocol>;
auto MakeHttp2(SessionHost& host, std::unique_ptr<ByteStream> stream, std::string early)
    -> std::shared_ptr<CallerProtocol>;

}  // namespace route
