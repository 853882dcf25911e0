#include "runtime/upstream/stream_over.h"

namespace asio = boost::asio;

namespace route {
namespace {

class PlainStream final : public StreamOver<boost::beast::tcp_stream> {
 public:
  using StreamOver::StreamOver;

  auto Handshake(const std::string&) -> asio::awaitable<Error> override { co_return Error(); }
};

}  // namespace

auto MakePlainStream(const asio::any_io_executor& executor) -> std::unique_ptr<ByteStream> {
  return std::make_unique<PlainStream>(executor);
}

}  // namespace route
