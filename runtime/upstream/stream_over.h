#pragma once

#include <boost/asio/write.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "runtime/upstream/async_token.h"
#include "runtime/upstream/stream.h"

namespace route {

/// What a ByteStream is over any stream of Asio that has a `beast::tcp_stream` at its bottom: all but the handshake. Each
/// kind instantiates it in a file of its own.
template <typename Stream>
class StreamOver : public ByteStream {
 public:
  template <typename... Arguments>
  explicit StreamOver(Arguments&&... arguments) : stream_(std::forward<Arguments>(arguments)...) {}

  void ExpireAt(TimePoint deadline) override { lowest().expires_at(deadline); }
  void NeverExpire() override { lowest().expires_never(); }
  void Close() override { lowest().close(); }
  auto native_handle() -> int override { return lowest().socket().native_handle(); }

  auto Connect(const Addresses& addresses) -> boost::asio::awaitable<Error> override {
    Error error;
    co_await lowest().async_connect(addresses, Token(error));
    if (!error) lowest().socket().set_option(boost::asio::ip::tcp::no_delay(true), error);
    co_return error;
  }

  auto Write(boost::asio::const_buffer bytes) -> boost::asio::awaitable<Error> override {
    Error error;
    co_await boost::asio::async_write(stream_, bytes, Token(error));
    co_return error;
  }

  auto ReadSome(boost::asio::mutable_buffer into)
      -> boost::asio::awaitable<std::expected<std::size_t, Error>> override {
    Error error;
    const std::size_t count = co_await stream_.async_read_some(into, Token(error));
    if (error) co_return std::unexpected(error);
    co_return count;
  }

 protected:
  auto stream() -> Stream& { return stream_; }

 private:
  auto lowest() -> boost::beast::tcp_stream& { return boost::beast::get_lowest_layer(stream_); }

  Stream stream_;
};

}  // namespace route
