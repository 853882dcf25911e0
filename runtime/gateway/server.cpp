#include "runtime/gateway/server.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "runtime/gateway/admin.h"
#include "runtime/gateway/session.h"
#include "runtime/net/async_token.h"

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace route {
namespace {

constexpr std::chrono::milliseconds kAcceptPause{100};  // after the system gave no connection, mostly for want of files
constexpr std::chrono::seconds kLastChance{3};          // from ending requests to ending the loop

/// Callers leave half of the files that the process may open to upstreams, or they could keep everybody from being served.
auto MostConnections(const GatewayConfig& config) -> std::int64_t {
  const auto configured = static_cast<std::int64_t>(config.max_connections);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return configured;
  return std::min(configured, static_cast<std::int64_t>(files.rlim_cur / 2));
}

/// One thread's part of the server.
class Worker final : public SessionHost {
 public:
  Worker(std::shared_ptr<const GatewayState> state, ServerTimes times, asio::any_io_executor pool)
      : state_(std::move(state)),
        times_(times),
        pool_(std::move(pool)),
        most_connections_(MostConnections(state_->config)),
        loop_(1),
        acceptor_(loop_),
        drain_(loop_),
        inbox_(loop_.get_executor()),
        log_(inbox_, *state_->process->log),
        client_(loop_.get_executor(),
                UpstreamClient::Options{std::chrono::milliseconds(state_->config.connect_timeout_ms)}) {}

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
    log_.Run(loop_);
  }

  /// From any thread.
  void Stop() {
    asio::post(loop_, [this] {
      if (draining_) return EndAll();
      draining_ = true;
      acceptor_.close();
      for (Session* session : std::set(sessions_)) session->CloseIfIdle();
      if (sessions_.empty()) return client_.Close();
      drain_.expires_after(times_.drain);
      drain_.async_wait([this](const boost::system::error_code& error) {
        if (!error) EndAll();
      });
    });
  }

  /// From any thread. Requests that have begun keep the generation that they began with.
  void Use(std::shared_ptr<const GatewayState> state) {
    asio::post(loop_, [this, state = std::move(state)]() mutable { state_ = std::move(state); });
  }

  void Add(Session* session) override { sessions_.insert(session); }
  void Remove(Session* session) override {
    sessions_.erase(session);
    if (!draining_ || !sessions_.empty()) return;
    drain_.cancel();
    client_.Close();  // nothing else keeps the loop
  }

  auto state() -> std::shared_ptr<const GatewayState> override { return state_; }
  auto times() const -> const ServerTimes& override { return times_; }
  auto client() -> UpstreamClient& override { return client_; }
  auto inbox() -> LoopInbox& override { return inbox_; }
  auto log() -> LoopLog& override { return log_; }
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
      Metrics& metrics = state_->process->metrics;
      metrics.Count(Metrics::Counter::kConnections);
      if (metrics.Value(Metrics::Gauge::kOpenConnections) >= most_connections_) {
        metrics.Count(Metrics::Counter::kConnectionsRefused);
        continue;  // closes it
      }
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

  std::shared_ptr<const GatewayState> state_;  // of the loop's thread alone
  ServerTimes times_;
  asio::any_io_executor pool_;
  std::int64_t most_connections_;  // of all threads
  std::set<Session*> sessions_;  // outlives the loop, whose coroutines hold the sessions
  SystemRandom random_;
  bool draining_ = false;
  asio::io_context loop_;
  tcp::acceptor acceptor_;
  asio::steady_timer drain_;
  LoopInbox inbox_;
  LoopLog log_;
  UpstreamClient client_;
};

class ThreadedServer final : public Server, private Administered {
 public:
  ThreadedServer(std::shared_ptr<const GatewayState> state, ServerTimes times, ServerHooks hooks)
      : hooks_(std::move(hooks)),
        state_(std::move(state)),
        control_(1),
        signals_(control_),
        pool_(ThreadsOf(state_->config)) {
    for (std::uint32_t i = 0; i < ThreadsOf(state_->config); ++i) {
      workers_.push_back(std::make_unique<Worker>(state_, times, pool_.get_executor()));
    }
    const ListenAddress& listen = state_->config.listen;
    tcp::endpoint endpoint(asio::ip::make_address(listen.host), listen.port);
    for (const auto& worker : workers_) {
      worker->Listen(endpoint);
      endpoint = worker->endpoint();  // the others share the port that the first was given
    }
    endpoint_ = endpoint;
    // From now on, and so before anybody is told of the server: a signal that came earlier would end the process.
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) signals_.add(signal);
  }

  /// What is wrong with the administrator's socket, or nothing.
  auto StartAdmin() -> std::optional<std::string> {
    if (!state_->config.admin) return std::nullopt;
    auto admin = AdminServer::Start(control_, *state_->config.admin, *this);
    if (!admin) return std::move(admin.error());
    admin_ = std::move(*admin);
    return std::nullopt;
  }

  auto address() const -> std::string override {
    const std::string host = endpoint_.address().to_string();
    return (endpoint_.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint_.port());
  }

  auto admin_address() const -> std::string override { return admin_ ? admin_->address() : ""; }

  void Run() override {
    WaitForSignal();
    std::atomic<std::size_t> running = workers_.size();
    std::vector<std::jthread> threads;
    for (const auto& worker : workers_) {
      threads.emplace_back([this, &worker, &running] {
        worker->Run();
        if (--running == 0) asio::post(control_, [this] { control_.stop(); });
      });
    }
    control_.run();
  }

  void Stop() override {
    for (const auto& worker : workers_) worker->Stop();
  }

 private:
  void WaitForSignal() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      if (signal == SIGHUP) {
        Reload();
      } else {
        Stop();
      }
      WaitForSignal();
    });
  }

  // What the administrator may do. On the thread of Run.

  auto state() const -> const GatewayState& override { return *state_; }

  auto Reload() -> std::vector<std::string> override {
    Metrics& metrics = state_->process->metrics;
    auto next = hooks_.reload();
    if (!next) {
      metrics.Count(Metrics::Counter::kReloadsRefused);
      hooks_.announce({{"event", "reload_refused"}, {"problems", next.error()}});
      return next.error();
    }
    state_ = std::move(*next);
    for (const auto& worker : workers_) worker->Use(state_);
    metrics.Count(Metrics::Counter::kReloads);
    nlohmann::ordered_json policies = nlohmann::ordered_json::array();
    for (const ServedPolicy& policy : state_->policies) {
      policies.push_back({{"policy", policy.table.policy_name()},
                          {"version", policy.table.policy_version()},
                          {"bundle", policy.table.hash()}});
    }
    hooks_.announce({{"event", "reloaded"}, {"policies", std::move(policies)}});
    return {};
  }

  static auto ThreadsOf(const GatewayConfig& config) -> std::uint32_t {
    return config.threads != 0 ? config.threads : std::max(1U, std::thread::hardware_concurrency());
  }

  ServerHooks hooks_;
  std::shared_ptr<const GatewayState> state_;  // of the thread of Run alone
  asio::io_context control_;
  asio::signal_set signals_;
  std::unique_ptr<AdminServer> admin_;
  std::vector<std::unique_ptr<Worker>> workers_;
  tcp::endpoint endpoint_;
  asio::thread_pool pool_;  // ends before the loops, to which its work returns
};

}  // namespace

auto Server::Start(std::shared_ptr<const GatewayState> state, ServerTimes times, ServerHooks hooks)
    -> std::expected<std::unique_ptr<Server>, std::string> {
  const ListenAddress listen = state->config.listen;
  try {
    auto server = std::make_unique<ThreadedServer>(std::move(state), times, std::move(hooks));
    if (auto problem = server->StartAdmin()) return std::unexpected(std::move(*problem));
    return server;
  } catch (const boost::system::system_error& error) {
    return std::unexpected("the gateway cannot listen on " + listen.host + ":" + std::to_string(listen.port) + ": " +
                           error.code().message());
  }
}

}  // namespace route
