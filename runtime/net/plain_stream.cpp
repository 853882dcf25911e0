#include <cerrno>

#include <sys/socket.h>

#include "runtime/net/socket_stream.h"

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace route {
namespace {

auto LastError() -> boost::system::error_code {
  return {errno, boost::system::system_category()};
}

class PlainStream final : public SocketStream {
 public:
  explicit PlainStream(const asio::any_io_executor& executor) : SocketStream(executor) {}
  explicit PlainStream(tcp::socket accepted) : SocketStream(std::move(accepted)) {}

  auto Handshake(const std::string&) -> asio::awaitable<Error> override { co_return Error(); }
  auto Accept() -> asio::awaitable<Error> override { co_return Error(); }
  auto protocol() const -> std::string_view override { return {}; }

  void EndSending() override {
    Error ignored;
    socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  auto Peek() -> Incoming override {
    char byte = 0;
    const auto got = ::recv(socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got > 0) return Incoming::kBytes;
    const bool waiting = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    return waiting ? Incoming::kNothing : Incoming::kEnd;
  }

  auto TryRead(asio::mutable_buffer into) -> std::size_t override {
    const auto got = ::recv(socket().native_handle(), into.data(), into.size(), MSG_DONTWAIT);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }

  auto ReadSome(asio::mutable_buffer into) -> asio::awaitable<std::expected<std::size_t, Error>> override {
    return Receive(into);
  }

 protected:
  auto WriteStep(asio::const_buffer bytes) -> Step override {
    for (;;) {
      const auto sent = ::send(socket().native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) return {static_cast<std::size_t>(sent), Need::kNothing, {}};
      if (errno == EAGAIN || errno == EWOULDBLOCK) return {0, Need::kWritable, {}};
      if (errno != EINTR) return {0, Need::kNothing, LastError()};
    }
  }

  void Attach(int) override {}
};

}  // namespace

auto MakePlainStream(const asio::any_io_executor& executor) -> std::unique_ptr<ByteStream> {
  return std::make_unique<PlainStream>(executor);
}

auto MakePlainStream(tcp::socket socket) -> std::unique_ptr<ByteStream> {
  return std::make_unique<PlainStream>(std::move(socket));
}

}  // namespace route
