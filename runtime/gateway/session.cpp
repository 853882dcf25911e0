#include "runtime/gateway/session.h"

#include <string_view>
#include <utility>

#include "runtime/gateway/protocol.h"

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace route {
namespace {

/// What every connection of HTTP/2 begins with (RFC 9113, 3.4), and no request of HTTP/1 does.
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::size_t kReadBytes = 4 * 1024;

/// Finds out what the caller speaks, by TLS or by its first bytes, and hands the connection on.
class CallerSession final : public Session {
 public:
  CallerSession(SessionHost& host, tcp::socket socket)
      : host_(host), state_(host.state()), stream_(MakeStream(*state_, std::move(socket))) {
    host_.Add(this);
    state_->process->metrics.Change(Metrics::Gauge::kOpenConnections, 1);
  }
  CallerSession(const CallerSession&) = delete;
  auto operator=(const CallerSession&) -> CallerSession& = delete;
  ~CallerSession() override {
    state_->process->metrics.Change(Metrics::Gauge::kOpenConnections, -1);
    host_.Remove(this);
  }

  auto Run() -> asio::awaitable<void> override {
    if (state_->tls) {
      stream_->ExpireAt(TimePoint::clock::now() + host_.times().header);
      if (const auto error = co_await stream_->Accept()) co_return;
    }
    if (host_.draining()) co_return;
    std::string early;
    bool is_http2 = stream_->protocol() == "h2";
    if (stream_->protocol().empty()) {
      stream_->ExpireAt(TimePoint::clock::now() + host_.times().idle);
      while (early.size() < kPreface.size() && kPreface.starts_with(early)) {
        const std::size_t had = early.size();
        early.resize(had + kReadBytes);
        const auto got = co_await stream_->ReadSome(asio::buffer(early.data() + had, kReadBytes));
        if (!got) co_return;
        early.resize(had + *got);
        stream_->ExpireAt(TimePoint::clock::now() + host_.times().header);
      }
      is_http2 = early.starts_with(kPreface);
    }
    protocol_ = is_http2 ? MakeHttp2(host_, std::move(stream_), std::move(early))
                         : MakeHttp1(host_, std::move(stream_), std::move(early));
    co_await protocol_->Run();
  }

  void CloseIfIdle() override {
    if (protocol_) return protocol_->CloseIfIdle();
    stream_->Close();
  }

  void EndRequest() override {
    if (protocol_) return protocol_->EndRequests();
    stream_->Close();
  }

 private:
  static auto MakeStream(const GatewayState& state, tcp::socket socket) -> std::unique_ptr<ByteStream> {
    return state.tls ? MakeTlsStream(std::move(socket), *state.tls) : MakePlainStream(std::move(socket));
  }

  SessionHost& host_;
  std::shared_ptr<const GatewayState> state_;  // that the connection began with
  std::unique_ptr<ByteStream> stream_;         // until it is known what it speaks
  std::shared_ptr<CallerProtocol> protocol_;
};

}  // namespace

auto Session::Make(SessionHost& host, tcp::socket socket) -> std::shared_ptr<Session> {
  return std::make_shared<CallerSession>(host, std::move(socket));
}

}  // namespace route
