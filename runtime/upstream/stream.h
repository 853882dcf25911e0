#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "runtime/upstream/attempts.h"

namespace boost::asio::ssl {
class context;
}

namespace route {

/// A connection's bytes, plain or encrypted, for `client.cpp` alone.
///
/// It hides the kind of stream behind virtual coroutines, because Asio's operations are templates over the stream: each
/// kind is then compiled once, in a file of its own, and the HTTP code not at all for either.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  using Addresses = boost::asio::ip::tcp::resolver::results_type;
  using Error = boost::system::error_code;

  /// Whatever is waiting or comes later ends with `beast::error::timeout` at this time.
  virtual void ExpireAt(TimePoint deadline) = 0;
  virtual void NeverExpire() = 0;

  /// Ends what is waiting.
  virtual void Close() = 0;

  virtual auto Connect(const Addresses& addresses) -> boost::asio::awaitable<Error> = 0;

  /// For TLS: shows `host` to the other side and checks that its certificate is for `host`. Plain streams do nothing.
  virtual auto Handshake(const std::string& host) -> boost::asio::awaitable<Error> = 0;

  /// Writes all of the bytes.
  virtual auto Write(boost::asio::const_buffer bytes) -> boost::asio::awaitable<Error> = 0;

  /// At least one byte, or an error, which at the end of the stream is `asio::error::eof`.
  virtual auto ReadSome(boost::asio::mutable_buffer into) -> boost::asio::awaitable<std::expected<std::size_t, Error>> = 0;

  /// The socket, to look whether anything has come in.
  virtual auto native_handle() -> int = 0;
};

auto MakePlainStream(const boost::asio::any_io_executor& executor) -> std::unique_ptr<ByteStream>;
auto MakeTlsStream(const boost::asio::any_io_executor& executor, boost::asio::ssl::context& context)
    -> std::unique_ptr<ByteStream>;

}  // namespace route
