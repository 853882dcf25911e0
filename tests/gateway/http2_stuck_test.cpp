// HTTP/2 over a connection that takes nothing: what waits for it ends by its own time.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>
#include <boost/asio/error.hpp>

#include "runtime/gateway/protocol.h"
#include "runtime/net/signal.h"
#include "tests/gateway/one_request.h"

namespace asio = boost::asio;

namespace {

using namespace route;
using namespace route::tests;

constexpr std::chrono::seconds kPatience{60};  // until a test fails

/// Takes no byte and has none until it is closed.
class StuckStream final : public ByteStream {
 public:
  explicit StuckStream(const asio::any_io_executor& executor) : reading_(executor), writing_(executor) {}

  void ExpireAt(Time) override {}
  void NeverExpire() override {}
  void Close() override {
    open_ = false;
    reading_.Give();
    writing_.Give();
  }
  auto is_open() const -> bool override { return open_; }
  void EndSending() override {}
  auto Connect(const Addresses&) -> asio::awaitable<Error> override { co_return Error(); }
  auto Handshake(const std::string&) -> asio::awaitable<Error> override { co_return Error(); }
  auto Accept() -> asio::awaitable<Error> override { co_return Error(); }
  auto protocol() const -> std::string_view override { return "h2"; }
  auto Peek() -> Incoming override { return Incoming::kNothing; }
  auto TryRead(asio::mutable_buffer) -> std::size_t override { return 0; }
  void WatchOnce(std::move_only_function<void(Error)>) override {}
  void StopWatching() override {}
  auto TryWrite(asio::const_buffer) -> std::expected<std::size_t, Error> override { return 0; }
  auto Write(asio::const_buffer) -> asio::awaitable<Error> override {
    has_written = true;
    while (open_) co_await writing_.Wait();
    co_return asio::error::operation_aborted;
  }
  auto ReadSome(asio::mutable_buffer) -> asio::awaitable<std::expected<std::size_t, Error>> override {
    while (open_) co_await reading_.Wait();
    co_return std::unexpected(asio::error::operation_aborted);
  }

  bool has_written = false;

 private:
  Signal reading_;
  Signal writing_;
  bool open_ = true;
};

auto Frame(std::uint8_t kind, std::uint8_t flags, std::uint8_t stream, std::string_view payload) -> std::string {
  const auto byte = [](std::size_t value) { return static_cast<char>(value & 0xFFU); };
  std::string frame{byte(payload.size() >> 16U), byte(payload.size() >> 8U), byte(payload.size())};
  frame += {byte(kind), byte(flags), 0, 0, 0, byte(stream)};
  return frame.append(payload);
}

auto Field(std::string_view name, std::string_view value) -> std::string {
  std::string field{'\0'};  // a literal that enters no table
  field.append(1, static_cast<char>(name.size())).append(name);
  return field.append(1, static_cast<char>(value.size())).append(value);
}

}  // namespace

TEST_CASE("http2: an answer that nobody takes is given up, even if what says so has to wait, too") {
  constexpr std::uint8_t kData = 0, kHeaders = 1, kSettings = 4, kEndStream = 1, kEndHeaders = 4;
  const std::string body = R"({"model":"m","messages":[{"role":"user","content":"hello"}]})";
  const std::string head = Field(":method", "POST") + Field(":scheme", "http") + Field(":path", "/v1/route/decide") +
                           Field(":authority", "x") + Field("authorization", "Bearer key");
  const std::string sent = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(kSettings, 0, 0, "") +
                           Frame(kHeaders, kEndHeaders, 1, head) + Frame(kData, kEndStream, 1, body);
  OneRequest one;
  OneHost host(one);
  host.own_times.write = std::chrono::milliseconds(10);
  auto stream = std::make_unique<StuckStream>(one.loop->get_executor());
  StuckStream& stuck = *stream;
  const auto protocol = MakeHttp2(host, std::move(stream), sent);
  const auto in_flight = [&] { return one.process->metrics.Value(Metrics::Gauge::kInFlight); };
  one.Start([&] { return protocol->Run(); });
  one.RunUntil([&] { return stuck.has_written; });
  CHECK(in_flight() == 1);
  const TimePoint until = TimePoint::clock::now() + kPatience;
  one.RunUntil([&] { return in_flight() == 0 || TimePoint::clock::now() > until; });
  CHECK(in_flight() == 0);
  CHECK(stuck.is_open());
  stuck.Close();
  one.RunUntil([&] { return one.has_ended; });
}
