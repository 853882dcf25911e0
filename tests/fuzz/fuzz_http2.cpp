// Any bytes as what a caller sends over HTTP/2, in pieces of any size, to a gateway that decides and answers but asks no
// upstream: every request ends, and nothing is left over.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "runtime/gateway/protocol.h"
#include "runtime/table/sha256.h"
#include "tests/gateway/make_bundle.h"

namespace {

namespace asio = boost::asio;
using namespace route;

/// Gives the input in pieces, of which the first byte of each piece says the size, then ends; takes output in halves.
class MemoryStream final : public ByteStream {
 public:
  explicit MemoryStream(std::string_view input) : input_(input) {}

  void ExpireAt(Time) override {}
  void NeverExpire() override {}
  void Close() override { open_ = false; }
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

  auto TryWrite(asio::const_buffer bytes) -> std::expected<std::size_t, Error> override {
    if (!open_) return std::unexpected(asio::error::operation_aborted);
    return (bytes.size() + 1) / 2;
  }
  auto Write(asio::const_buffer) -> asio::awaitable<Error> override {
    co_return open_ ? Error() : Error(asio::error::operation_aborted);
  }
  auto ReadSome(asio::mutable_buffer into) -> asio::awaitable<std::expected<std::size_t, Error>> override {
    if (!open_ || input_.size() < 2) co_return std::unexpected(asio::error::eof);
    const auto wanted = static_cast<std::size_t>(static_cast<unsigned char>(input_[0])) * 8 + 1;
    input_.remove_prefix(1);
    const std::size_t size = asio::buffer_copy(into, asio::buffer(input_.substr(0, wanted)));
    input_.remove_prefix(size);
    co_return size;
  }

 private:
  std::string_view input_;
  bool open_ = true;
};

class Host final : public SessionHost {
 public:
  Host()
      : state_(MakeGateway()),
        inbox_(loop_.get_executor()),
        log_(inbox_, *state_->process->log),
        client_(loop_.get_executor(), {}) {}

  void Serve(std::string_view input) {
    const auto protocol = MakeHttp2(*this, std::make_unique<MemoryStream>(input), "");
    asio::co_spawn(loop_, protocol->Run(), [](const std::exception_ptr& failure) {
      if (failure) std::abort();
    });
    loop_.restart();
    log_.Run(loop_);
    if (protocol.use_count() != 1 || state_->process->metrics.Value(Metrics::Gauge::kInFlight) != 0) std::abort();
  }

  auto state() -> std::shared_ptr<const GatewayState> override { return state_; }
  auto times() const -> const ServerTimes& override { return times_; }
  auto client() -> UpstreamClient& override { return client_; }
  auto inbox() -> LoopInbox& override { return inbox_; }
  auto log() -> LoopLog& override { return log_; }
  auto random() -> Random& override { return random_; }
  auto pool() -> asio::any_io_executor override { return loop_.get_executor(); }
  auto draining() const -> bool override { return false; }
  void Add(Session*) override {}
  void Remove(Session*) override {}

 private:
  /// Dry, and with a log that was deleted, which refuses every record at once.
  static auto MakeGateway() -> std::shared_ptr<const GatewayState> {
    GatewayConfig config;
    config.decision_log =
        (std::filesystem::temp_directory_path() / ("route-fuzz-" + std::to_string(::getpid()))).string();
    config.max_body_bytes = 4096;
    config.tenants = {{"t", {{"", Sha256Hex(std::string_view("key"))}}, {}}};
    auto log = LogWriter::Open(config.decision_log);
    auto table = Table::FromBytes(route::testing::SamplePolicy(route::testing::Verified::kYes));
    if (!log || !table) std::abort();
    std::filesystem::remove(config.decision_log);
    auto process = std::make_shared<GatewayProcess>();
    process->log = std::move(log->writer);
    std::vector<ReachableDeployment> deployments(3);
    for (auto& deployment : deployments) deployment.endpoint = *ParseEndpoint("http://127.0.0.1:1/v1");
    std::vector<ServedPolicy> policies;
    policies.push_back({std::move(*table), std::move(deployments)});
    auto state = route::MakeState(std::move(policies), {0}, std::move(config), std::move(process));
    state->enforcement = Enforcement::kDryRun;
    return state;
  }

  std::shared_ptr<const GatewayState> state_;
  asio::io_context loop_{1};
  LoopInbox inbox_;
  LoopLog log_;
  UpstreamClient client_;
  SystemRandom random_;
  ServerTimes times_;
};

}  // namespace

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  static Host host;
  host.Serve({reinterpret_cast<const char*>(data), size});
  return 0;
}
