#include <boost/asio/redirect_error.hpp>
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

class PlainStream final : public ByteStream {
 public:
  explicit PlainStream(const asio::any_io_executor& executor) : stream_(executor) {}

  void ExpireAt(TimePoint deadline) override { stream_.expires_at(deadline); }
  void NeverExpire() override { stream_.expires_never(); }
  void Close() override { stream_.close(); }
  auto native_handle() -> int override { return stream_.socket().native_handle(); }

  auto Connect(const Addresses& addresses) -> asio::awaitable<Error> override {
    Error error;
    co_await stream_.async_connect(addresses, Token(error));
    if (!error) stream_.socket().set_option(asio::ip::tcp::no_delay(true), error);
    co_return error;
  }

  auto Handshake(const std::string&) -> asio::awaitable<Error> override { co_return Error(); }

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
  beast::tcp_stream stream_;
};

}  // namespace

auto MakePlainStream(const asio::any_io_executor& executor) -> std::unique_ptr<ByteStream> {
  return std::make_unique<PlainStream>(executor);
}

}  // namespace route
