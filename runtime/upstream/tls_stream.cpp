#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "runtime/upstream/stream_over.h"

namespace asio = boost::asio;

namespace route {
namespace {

class TlsStream final : public StreamOver<asio::ssl::stream<boost::beast::tcp_stream>> {
 public:
  using StreamOver::StreamOver;

  auto Handshake(const std::string& host) -> asio::awaitable<Error> override {
    Error error;
    asio::ip::make_address(host, error);
    const bool is_name = static_cast<bool>(error);
    if (is_name && SSL_set_tlsext_host_name(stream().native_handle(), host.c_str()) != 1) {
      co_return asio::error::invalid_argument;
    }
    error = {};
    stream().set_verify_callback(asio::ssl::host_name_verification(host), error);
    if (!error) co_await stream().async_handshake(asio::ssl::stream_base::client, Token(error));
    co_return error;
  }
};

}  // namespace

auto MakeTlsStream(const asio::any_io_executor& executor, asio::ssl::context& context) -> std::unique_ptr<ByteStream> {
  return std::make_unique<TlsStream>(executor, context);
}

}  // namespace route
