#include "runtime/gateway/server.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <functional>
#include <set>
#include <thread>
#include <vector>

#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "runtime/gateway/session.h"
#include "runtime/upstream/async_token.h"

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace route {
namespace {

constexpr std::chrono::milliseconds kAcceptPause{100};  // after the system gave no connection, mostly for want of files
constexpr std::chrono::seconds kLastChance{3};          // from ending requests to ending the loop

/// One thread's part of the server.
class Worker final : public SessionHost {
 public:
  Worker(GatewayState& state, ServerTimes times, asio::any_io_executor pool)
      : state_(state),
        times_(times),
        pool_(std::move(pool)),
        loop_(1),
        acceptor_(loop_),
        drain_(loop_),
        client_(loop_.get_executor(),
                UpstreamClient::Options{std::chrono::milliseconds(state.config.connect_timeout_ms)}) {}

  Worker(const Worker&) = delete;
  auto operator=(const Worker&) -> Worker& = delete;
  ~Worker() override { draining_ = false; }  // sessions that end with the loop find no timer any more

  void Listen(const tcp::endpoint& endpoint) {
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.set_option(asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>(true));
    acceptor_.bind(endpoint);
    acceptor_.listen();
  }

  auto endpoint() const -> tcp::endpoint { return acceptor_.local_endpoint(); }

  void Run() {
    asio::co_spawn(loop_, Accept(), asio::detached);
    loop_.run();
  }

  /// From any thread.
  void Stop() {
    asio::post(loop_, [this] {
      if (draining_) return EndAll();
      draining_ = true;
      acceptor_.close();
      for (Session* session : std::set(sessions_)) session->CloseIfIdle();
      if (sessions_.empty()) return;
      drain_.expires_after(times_.drain);
      drain_.async_wait([this](const boost::system::error_code& error) {
        if (!error) EndAll();
      });
    });
  }

  void Add(Session* session) override { sessions_.insert(session); }
  void Remove(Session* session) override {
    sessions_.erase(session);
    if (draining_ && sessions_.empty()) drain_.cancel();
  }

  auto state() -> GatewayState& override { return state_; }
  auto times() const -> const ServerTimes& override { return times_; }
  auto client() -> UpstreamClient& override { return client_; }
  auto random() -> Random& override { return random_; }
  auto pool() -> asio::any_io_executor override { return pool_; }
  auto draining() const -> bool override { return draining_; }

 private:
  auto Accept() -> asio::awaitable<void> {
    while (acceptor_.is_open()) {
      boost::system::error_code error;
      tcp::socket socket = co_await acceptor_.async_accept(Token(error));
      if (!acceptor_.is_open()) co_return;
      if (error) {
        asio::steady_timer pause(loop_, kAcceptPause);
        co_await pause.async_wait(Token(error));
        continue;
      }
      socket.set_option(tcp::no_delay(true), error);
      auto session = Session::Make(*this, std::move(socket));
      asio::co_spawn(loop_, Hold(session), [](const std::exception_ptr& failure) {
        if (!failure) return;
        try {
          std::rethrow_exception(failure);
        } catch (const std::exception& exception) {
          std::fprintf(stderr, "routegate: a connection was dropped: %s\n", exception.what());
        }
      });
    }
  }

  static auto Hold(std::shared_ptr<Session> session) -> asio::awaitable<void> { co_await session->Run(); }

  /// No more waiting: requests get their last answer, and soon after the loop ends whatever is left.
  void EndAll() {
    if (sessions_.empty()) return;
    for (Session* session : std::set(sessions_)) session->EndRequest();
    drain_.expires_after(kLastChance);
    drain_.async_wait([this](const boost::system::error_code& error) {
      if (!error) loop_.stop();
    });
  }

  GatewayState& state_;
  ServerTimes times_;
  asio::any_io_executor pool_;
  std::set<Session*> sessions_;  // outlives the loop, whose coroutines hold the sessions
  SystemRandom random_;
  bool draining_ = false;
  asio::io_context loop_;
  tcp::acceptor acceptor_;
  asio::steady_timer drain_;
  UpstreamClient client_;
};

class ThreadedServer final : public Server {
 public:
  ThreadedServer(GatewayState& state, ServerTimes times) : pool_(ThreadsOf(state.config)) {
    for (std::uint32_t i = 0; i < ThreadsOf(state.config); ++i) {
      workers_.push_back(std::make_unique<Worker>(state, times, pool_.get_executor()));
    }
    tcp::endpoint endpoint(asio::ip::make_address(state.config.listen_host), state.config.listen_port);
    for (const auto& worker : workers_) {
      worker->Listen(endpoint);
      endpoint = worker->endpoint();  // the others share the port that the first was given
    }
    endpoint_ = endpoint;
  }

  auto address() const -> std::string override {
    const std::string host = endpoint_.address().to_string();
    return (endpoint_.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint_.port());
  }

  void Run() override {
    asio::io_context control(1);
    asio::signal_set signals(control, SIGTERM, SIGINT);
    std::function<void()> wait = [&] {
      signals.async_wait([&](const boost::system::error_code& error, int) {
        if (error) return;
        Stop();
        wait();
      });
    };
    wait();
    std::atomic<std::size_t> running = workers_.size();
    std::vector<std::jthread> threads;
    for (const auto& worker : workers_) {
      threads.emplace_back([&worker, &running, &control, &signals] {
        worker->Run();
        if (--running == 0) asio::post(control, [&signals] { signals.cancel(); });
      });
    }
    control.run();
  }

  void Stop() override {
    for (const auto& worker : workers_) worker->Stop();
  }

 private:
  static auto ThreadsOf(const GatewayConfig& config) -> std::uint32_t {
    return config.threads != 0 ? config.threads : std::max(1U, std::thread::hardware_concurrency());
  }

  std::vector<std::unique_ptr<Worker>> workers_;
  tcp::endpoint endpoint_;
  asio::thread_pool pool_;  // ends before the loops, to which its work returns
};

}  // namespace

auto Server::Start(GatewayState& state, ServerTimes times) -> std::expected<std::unique_ptr<Server>, std::string> {
  try {
    return std::make_unique<ThreadedServer>(state, times);
  } catch (const boost::system::system_error& error) {
    return std::unexpected("the gateway cannot listen on " + state.config.listen_host + ":" +
                           std::to_string(state.config.listen_port) + ": " + error.code().message());
  }
}

}  // namespace route
