#pragma once

#include <chrono>
#include <exception>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "runtime/gateway/decided_request.h"
#include "runtime/gateway/inbox.h"
#include "runtime/gateway/loop_log.h"
#include "runtime/gateway/reply.h"
#include "runtime/gateway/session.h"
#include "runtime/gateway/state.h"
#include "runtime/gateway/tried.h"
#include "runtime/spend/store.h"
#include "runtime/upstream/client.h"
#include "tests/gateway/log_folder.h"

/// One decided request and what its parts need of the process and the thread, without a server.
namespace route::tests {

inline constexpr std::uint32_t kParis = 0;  // of the sample policy; a million tokens cost 2 USD in and 6 USD out

/// A store that answers when it is told to.
class HeldStore final : public SpendStore {
 public:
  void Add(SpendEntry entry, Done done) override;
  auto healthy() const -> bool override { return healthy_; }

  /// Answers all that was added.
  void Answer(Kept kept);
  void Fall() { healthy_ = false; }

  std::vector<SpendEntry> entries;
  std::optional<Kept> at_once = Kept::kYes;  // nothing: each answer is held back

 private:
  std::vector<Done> held_;
  bool healthy_ = true;
};

/// The caller's side: notes what it is sent.
class Caller final : public Responder {
 public:
  auto Send(const Reply& reply) -> boost::asio::awaitable<Sent> override;
  auto Begin(const Reply& reply) -> boost::asio::awaitable<Sent> override;
  auto Write(std::string_view piece) -> boost::asio::awaitable<Sent> override;
  auto End() -> boost::asio::awaitable<Sent> override;

  /// `send 200`, `begin 200`, `write data: 1\n\n`, `end`, in order. Writes of nothing are left out.
  std::vector<std::string> calls;
  Reply reply;  // of the last Send or Begin

  /// Runs before a call is noted, with what will be noted. Says whether the caller is still there.
  std::function<Sent(std::string_view call)> on_call = [](std::string_view) { return Sent::kYes; };

 private:
  auto Note(std::string call) -> Sent;
};

/// A request of the tenant `acme` to the sample policy.
class OneRequest {
 public:
  struct Options {
    std::vector<Cap> caps = {{{1'000'000'000}, Period::kTotal, AtCap::kRefuse}};  // a dollar
    std::uint32_t cost_hundredth_cents = 0;
    Api api = Api::kChat;
    std::string body = R"({"model":"m","max_tokens":1000,"messages":[{"role":"user","content":"hello"}]})";
    std::string base_url = "http://127.0.0.1:1/v1";  // of every deployment
    ApiSet speaks = kOpenAiCompatible;
  };

  explicit OneRequest(Options options);
  OneRequest() : OneRequest(Options{}) {}
  OneRequest(const OneRequest&) = delete;
  auto operator=(const OneRequest&) -> OneRequest& = delete;
  ~OneRequest();

  /// Runs the work on the loop until nothing is left to do, and throws what it throws.
  void Run(std::function<boost::asio::awaitable<void>()> work);

  /// Begins the work; nothing of it happens until the loop runs.
  void Start(std::function<boost::asio::awaitable<void>()> work);

  /// Runs the loop until `done` says so.
  void RunUntil(const std::function<bool()>& done);

  /// Ends the loop with all that waits on it, as a process does that stops.
  void Drop();

  /// What the log holds, line by line, each as `decision`, `outcome 200` or `usage completed`.
  auto Records() const -> std::vector<std::string>;

  /// From now on no record becomes durable.
  void BreakLog() const;

  /// Of the tenant.
  auto Sums() const -> SpendSums;

  /// How many answers were counted under this code, `ok` for an upstream's.
  auto Answered(std::string_view code) const -> std::string;

  const Folder folder;
  HeldStore* store = nullptr;  // the process has it
  std::shared_ptr<GatewayProcess> process;
  std::shared_ptr<GatewayState> state;
  std::optional<DecidedRequest> request;
  std::vector<ForwardedHeader> headers;
  Tried tried{Limits{}};
  Cancellation cancellation;
  Caller caller;
  std::unique_ptr<boost::asio::io_context> loop = std::make_unique<boost::asio::io_context>(1);
  std::optional<LoopInbox> inbox;
  std::optional<LoopLog> log;
  std::optional<UpstreamClient> client;
  bool has_ended = false;     // what was started
  std::exception_ptr thrown;  // by it
};

/// What a session needs of its thread, as far as one request has it.
class OneHost final : public SessionHost {
 public:
  explicit OneHost(OneRequest& one) : one_(one) {}

  auto state() -> std::shared_ptr<const GatewayState> override { return one_.state; }
  auto times() const -> const ServerTimes& override { return own_times; }
  auto client() -> UpstreamClient& override { return *one_.client; }
  auto inbox() -> LoopInbox& override { return *one_.inbox; }
  auto log() -> LoopLog& override { return *one_.log; }
  auto random() -> Random& override { return random_; }
  auto pool() -> boost::asio::any_io_executor override { return one_.loop->get_executor(); }
  auto draining() const -> bool override { return false; }
  void Add(Session*) override {}
  void Remove(Session*) override {}

  ServerTimes own_times;

 private:
  OneRequest& one_;
  SystemRandom random_;
};

/// An upstream's stream whose head has come: gives its pieces one after another.
class ReadyExchange final : public Exchange {
 public:
  using Got = std::expected<std::string, TransportFailure>;
  using Piece = std::optional<Got>;  // none: the read waits for ever

  /// `is_open` is true until the exchange is dropped.
  ReadyExchange(std::vector<Piece> pieces, std::shared_ptr<bool> is_open)
      : pieces_(std::move(pieces)), is_open_(std::move(is_open)) {}
  ReadyExchange(const ReadyExchange&) = delete;
  auto operator=(const ReadyExchange&) -> ReadyExchange& = delete;
  ~ReadyExchange() override { *is_open_ = false; }

  auto status() const -> unsigned override { return 200; }
  auto content_type() const -> std::string_view override { return "text/event-stream"; }
  auto retry_after() const -> std::string_view override { return ""; }

  /// After the last piece comes the proper end.
  auto Read(TimePoint deadline) -> boost::asio::awaitable<Got> override;

 private:
  std::vector<Piece> pieces_;
  std::shared_ptr<bool> is_open_;
  std::size_t next_ = 0;
};

}  // namespace route::tests
