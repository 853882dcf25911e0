#include "runtime/gateway/admin.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "runtime/table/sha256.h"
#include "runtime/net/async_token.h"

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using local = asio::local::stream_protocol;

namespace route {
namespace {

using Json = nlohmann::ordered_json;
using Stream = beast::basic_stream<asio::generic::stream_protocol>;
using Request = http::request<http::string_body>;

constexpr std::chrono::seconds kPatience{10};  // with a request and with its answer
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr int kMostConnections = 32;
constexpr std::uint32_t kHeaderBytes = 8 * 1024;
constexpr std::uint32_t kBodyBytes = 1024;

struct Page {
  unsigned status = 200;
  std::string body;
  std::string_view type = "application/json";
};

auto JsonPage(unsigned status, const Json& json) -> Page {
  return {status, json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"};
}

auto Wrong(unsigned status, std::string_view message) -> Page {
  return JsonPage(status, {{"error", message}});
}

auto View(beast::string_view text) -> std::string_view {
  return {text.data(), text.size()};
}

auto CauseWord(const CooldownView& cooldown) -> std::string_view {
  return CooldownCauseName(cooldown.cause);
}

auto Status(const GatewayState& state) -> Json {
  const GatewayProcess& process = *state.process;
  Json policies = Json::array();
  for (std::size_t i = 0; i < state.policies.size(); ++i) {
    const Table& table = state.policies[i].table;
    const Table* shadow = i < state.shadows.size() && state.shadows[i] ? &*state.shadows[i] : nullptr;
    policies.push_back({{"policy", table.policy_name()},
                        {"version", table.policy_version()},
                        {"bundle", table.hash()},
                        {"shadow", shadow == nullptr ? Json(nullptr) : Json(shadow->hash())}});
  }
  return {{"policies", std::move(policies)},
          {"tenants", state.tenants.tenants().size()},
          {"dry_run", state.enforcement == Enforcement::kDryRun},
          {"draining", process.draining.load()},
          {"log_healthy", process.log->healthy()},
          {"spend_healthy", !process.store || process.store->healthy()},
          {"open_connections", process.metrics.Value(Metrics::Gauge::kOpenConnections)},
          {"in_flight", process.metrics.Value(Metrics::Gauge::kInFlight)},
          {"body_bytes_in_flight", process.metrics.Value(Metrics::Gauge::kBodyBytes)},
          {"reloads", process.metrics.Value(Metrics::Counter::kReloads)},
          {"reloads_refused", process.metrics.Value(Metrics::Counter::kReloadsRefused)},
          {"shadow_same", process.metrics.Value(Metrics::Counter::kShadowSame)},
          {"shadow_different", process.metrics.Value(Metrics::Counter::kShadowDifferent)}};
}

auto Cooldowns(const GatewayState& state) -> Json {
  Json list = Json::array();
  for (const auto& [deployment, cooldown] : state.process->health.Cooldowns(TimePoint::clock::now())) {
    list.push_back({{"deployment", deployment.name},
                    {"endpoint", deployment.base_url},
                    {"model", deployment.model},
                    {"cause", CauseWord(cooldown)},
                    {"left_ms", cooldown.left.count()},
                    {"probing", cooldown.probing}});
  }
  Json services = Json::array();
  for (const auto& [service, cooldown] : state.process->service_health.Cooldowns(TimePoint::clock::now())) {
    services.push_back({{"service", service.name},
                        {"endpoint", service.base_url},
                        {"cause", CauseWord(cooldown)},
                        {"left_ms", cooldown.left.count()},
                        {"probing", cooldown.probing}});
  }
  return {{"cooldowns", std::move(list)}, {"services", std::move(services)}};
}

auto Spend(const GatewayState& state) -> Json {
  Json list = Json::array();
  for (const SpendBook::Row& row : state.process->spend.Rows()) {
    list.push_back({{"tenant", row.tenant},
                    {"key", row.key ? Json(*row.key) : Json(nullptr)},
                    {"day", FormatDate(row.day)},
                    {"day_usd", FormatUsd(row.sums.day)},
                    {"month_usd", FormatUsd(row.sums.month)},
                    {"total_usd", FormatUsd(row.sums.total)},
                    {"reserved_usd", FormatUsd(row.sums.reserved)}});
  }
  return {{"spend", std::move(list)}};
}

auto MetricsPage(const GatewayState& state) -> Page {
  const GatewayProcess& process = *state.process;
  Metrics::Now now;
  now.log_healthy = process.log->healthy();
  now.spend_healthy = !process.store || process.store->healthy();
  now.ready = now.log_healthy && now.spend_healthy && !process.draining;
  now.cooling = process.health.Cooldowns(TimePoint::clock::now()).size();
  now.cooling_services = process.service_health.Cooldowns(TimePoint::clock::now()).size();
  return {200, process.metrics.Render(now), "text/plain; version=0.0.4; charset=utf-8"};
}

/// The name in `?deployment=NAME` or `?service=NAME`. Names need no escapes.
auto NameIn(std::string_view query, std::string_view key) -> std::optional<std::string_view> {
  if (!query.starts_with(key)) return std::nullopt;
  return query.substr(key.size());
}

/// Ends the cooldowns that the query names, or all.
auto ClearCooldowns(GatewayProcess& process, std::string_view query) -> Page {
  const auto deployment = NameIn(query, "deployment=");
  const auto service = NameIn(query, "service=");
  if (!deployment && !service && !query.empty()) {
    return Wrong(400, "the query must be `deployment=NAME` or `service=NAME`, or be left out for all");
  }
  const TimePoint now = TimePoint::clock::now();
  std::size_t cleared = 0;
  if (!service) cleared += process.health.Clear(deployment, now);
  if (!deployment) cleared += process.service_health.Clear(service, now);
  return JsonPage(200, {{"cleared", cleared}});
}

auto Answer(Administered& gateway, const Request& request) -> Page {
  const std::string_view target = View(request.target());
  const std::size_t mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  const std::string_view query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  const http::verb verb = request.method();
  GatewayProcess& process = *gateway.state().process;
  if (path == "/metrics" && verb == http::verb::get) return MetricsPage(gateway.state());
  if (path == "/admin/status" && verb == http::verb::get) return JsonPage(200, Status(gateway.state()));
  if (path == "/admin/spend" && verb == http::verb::get) return JsonPage(200, Spend(gateway.state()));
  if (path == "/admin/cooldowns" && verb == http::verb::get) return JsonPage(200, Cooldowns(gateway.state()));
  if (path == "/admin/cooldowns" && verb == http::verb::delete_) return ClearCooldowns(process, query);
  if (path == "/admin/reload" && verb == http::verb::post) {
    const auto problems = gateway.Reload();
    return JsonPage(problems.empty() ? 200 : 409, {{"reloaded", problems.empty()}, {"problems", problems}});
  }
  if (path == "/admin/drain" && (verb == http::verb::post || verb == http::verb::delete_)) {
    process.draining = verb == http::verb::post;
    return JsonPage(200, {{"draining", process.draining.load()}});
  }
  return Wrong(404,
               "there are GET /metrics, GET /admin/status, GET /admin/spend, GET and DELETE /admin/cooldowns, POST "
               "/admin/reload, "
               "POST and DELETE /admin/drain");
}

auto Message(const Page& page, bool keep) -> std::string {
  const auto reason = http::obsolete_reason(http::int_to_status(page.status));
  return "HTTP/1.1 " + std::to_string(page.status) + " " + std::string(View(reason)) +
         "\r\ncontent-type: " + std::string(page.type) + "\r\ncontent-length: " + std::to_string(page.body.size()) +
         (keep ? "" : "\r\nconnection: close") + "\r\n\r\n" + page.body;
}

/// A socket file that nobody listens at any more is removed, so that a crash does not keep the next start from it.
void RemoveStale(asio::io_context& loop, const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  local::socket probe(loop);
  boost::system::error_code error;
  probe.connect(local::endpoint(path), error);
  if (error == asio::error::connection_refused) ::unlink(path.c_str());
}

template <typename Protocol>
class Listening final : public AdminServer {
 public:
  Listening(asio::io_context& loop, const typename Protocol::endpoint& endpoint, const AdminConfig& config,
            Administered& gateway)
      : loop_(loop), acceptor_(loop), config_(config), gateway_(gateway) {
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(typename Protocol::acceptor::reuse_address(true));
    // The mode of a Unix socket must be right from its first moment.
    const auto mask = ::umask(0177);
    boost::system::error_code error;
    acceptor_.bind(endpoint, error);
    ::umask(mask);
    if (error) throw boost::system::system_error(error);
    bound_ = true;
    acceptor_.listen();
    asio::co_spawn(loop_, Accept(), asio::detached);
  }
  Listening(const Listening&) = delete;
  auto operator=(const Listening&) -> Listening& = delete;
  ~Listening() override {
    if (bound_ && !config_.listen.unix_path.empty()) ::unlink(config_.listen.unix_path.c_str());
  }

  auto address() const -> std::string override {
    if (!config_.listen.unix_path.empty()) return "unix:" + config_.listen.unix_path;
    if constexpr (std::is_same_v<Protocol, tcp>) {
      const auto endpoint = acceptor_.local_endpoint();
      const std::string host = endpoint.address().to_string();
      return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port());
    }
    return {};
  }

 private:
  auto Accept() -> asio::awaitable<void> {
    for (;;) {
      boost::system::error_code error;
      asio::generic::stream_protocol::socket socket(loop_);
      co_await acceptor_.async_accept(socket, Token(error));
      if (error || open_ >= kMostConnections) {
        asio::steady_timer pause(loop_, kAcceptPause);
        if (error) co_await pause.async_wait(Token(error));
        continue;
      }
      ++open_;
      asio::co_spawn(loop_, Serve(Stream(std::move(socket))), [this](const std::exception_ptr& failure) {
        --open_;
        if (failure) std::fputs("routegate: a request of the administrator failed\n", stderr);
      });
    }
  }

  auto Serve(Stream stream) -> asio::awaitable<void> {
    beast::flat_buffer buffer;
    for (;;) {
      http::request_parser<http::string_body> parser;
      parser.header_limit(kHeaderBytes);
      parser.body_limit(kBodyBytes);
      boost::system::error_code error;
      stream.expires_after(kPatience);
      co_await http::async_read(stream, buffer, parser, Token(error));
      if (error) co_return;
      const Page page = IsAdministrator(parser.get())
                            ? Answer(gateway_, parser.get())
                            : Wrong(401, "send the administrator's token as `Authorization: Bearer TOKEN`");
      const std::string message = Message(page, parser.keep_alive());
      stream.expires_after(kPatience);
      co_await asio::async_write(stream, asio::buffer(message), Token(error));
      if (error || !parser.keep_alive()) co_return;
    }
  }

  /// By the token's hash, which tells nothing about the token however long comparing takes; and in constant time all
  /// the same.
  auto IsAdministrator(const Request& request) const -> bool {
    constexpr std::string_view kBearer = "Bearer ";
    if (request.count(http::field::authorization) != 1) return false;
    const std::string_view value = View(request[http::field::authorization]);
    if (!value.starts_with(kBearer)) return false;
    const std::string hash = Sha256Hex(value.substr(kBearer.size()));
    const std::string& expected = config_.token_sha256;
    return hash.size() == expected.size() && CRYPTO_memcmp(hash.data(), expected.data(), hash.size()) == 0;
  }

  asio::io_context& loop_;
  typename Protocol::acceptor acceptor_;
  AdminConfig config_;
  Administered& gateway_;
  int open_ = 0;
  bool bound_ = false;
};

}  // namespace

auto AdminServer::Start(asio::io_context& loop, const AdminConfig& config, Administered& gateway)
    -> std::expected<std::unique_ptr<AdminServer>, std::string> {
  const ListenAddress& listen = config.listen;
  const std::string where =
      listen.unix_path.empty() ? listen.host + ":" + std::to_string(listen.port) : listen.unix_path;
  try {
    if (!listen.unix_path.empty()) {
      RemoveStale(loop, listen.unix_path);
      return std::make_unique<Listening<local>>(loop, local::endpoint(listen.unix_path), config, gateway);
    }
    const tcp::endpoint endpoint(asio::ip::make_address(listen.host), listen.port);
    return std::make_unique<Listening<tcp>>(loop, endpoint, config, gateway);
  } catch (const boost::system::system_error& error) {
    return std::unexpected("the administrator's interface cannot listen on " + where + ": " + error.code().message());
  }
}

}  // namespace route
