#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "runtime/upstream/stream.h"

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace route {
namespace {

auto Token(boost::system::error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

class TlsStream final : public ByteStream {
 public:
  TlsStream(const asio::any_io_executor& executor, asio::ssl::context& context) : stream_(executor, context) {}

  void ExpireAt(TimePoint deadline) override { stream_.next_layer().expires_at(deadline); }
  void NeverExpire() override { stream_.next_layer().expires_never(); }
  void Close() override { stream_.next_layer().close(); }
  auto native_handle() -> int override { return stream_.next_layer().socket().native_handle(); }

  auto Connect(const Addresses& addresses) -> asio::awaitable<Error> override {
    Error error;
    co_await stream_.next_layer().async_connect(addresses, Token(error));
    if (!error) stream_.next_layer().socket().set_option(asio::ip::tcp::no_delay(true), error);
    co_return error;
  }

  auto Handshake(const std::string& host) -> asio::awaitable<Error> override {
    Error error;
    asio::ip::make_address(host, error);
    const bool is_name = static_cast<bool>(error);
    if (is_name && SSL_set_tlsext_host_name(stream_.native_handle(), host.c_str()) != 1) {
      co_return asio::error::invalid_argument;
    }
    error = {};
    stream_.set_verify_callback(asio::ssl::host_name_verification(host), error);
    if (!error) co_await stream_.async_handshake(asio::ssl::stream_base::client, Token(error));
    co_return error;
  }

  auto Write(asio::const_buffer bytes) -> asio::awaitable<Error> override {
    Error error;
    co_await asio::async_write(stream_, bytes, Token(error));
    co_return error;
  }

  auto ReadSome(asio::mutable_buffer into) -> asio::awaitable<std::expected<std::size_t, Error>> override {
    Error error;
    const std::size_t count = co_await stream_.async_read_some(into, Token(error));
    if (error) co_return std::unexpected(error);
    co_return count;
  }

 private:
  asio::ssl::stream<beast::tcp_stream> stream_;
};

}  // namespace

auto MakeTlsStream(const asio::any_io_executor& executor, asio::ssl::context& context) -> std::unique_ptr<ByteStream> {
  return std::make_unique<TlsStream>(executor, context);
}

}  // namespace route
