#include "runtime/upstream/client.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>

#include "runtime/net/async_token.h"
#include "runtime/net/http1_reader.h"
#include "runtime/net/stream.h"

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

namespace route {
namespace {

constexpr std::size_t kIdlePerEndpoint = 64;
constexpr std::chrono::seconds kSweepEvery{5};  // for idle connections that are too old or closed by the other side
constexpr std::uint32_t kHeaderBytes = 64 * 1024;
constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kUsualHead = 512;

/// A connection to one endpoint, with what was read beyond the last answer.
struct Connection {
  explicit Connection(std::unique_ptr<ByteStream> the_stream) : stream(std::move(the_stream)) {}

  std::unique_ptr<ByteStream> stream;
  beast::flat_buffer buffer;
  TimePoint idle_since;
};

/// Nothing has been closed or sent by the other side while nobody was reading.
auto IsQuiet(Connection& connection) -> bool {
  if (connection.buffer.size() != 0) return false;
  return connection.stream->Peek() == ByteStream::Incoming::kNothing;
}

/// What a name lookup leaves behind for the coroutine that waits for it, if that is still there.
struct Lookup {
  explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), done(executor) {}
  tcp::resolver resolver;
  asio::steady_timer done;
  bool finished = false;
  boost::system::error_code error;
  tcp::resolver::results_type results;
};

auto Failed(Failure failure, std::string detail) -> std::unexpected<TransportFailure> {
  return std::unexpected(TransportFailure{failure, std::move(detail)});
}

auto Failed(const boost::system::error_code& error) -> std::unexpected<TransportFailure> {
  if (error == asio::error::timed_out) return Failed(Failure::kTimeout, "no answer in time");
  if (IsBadHttp(error)) {
    return Failed(Failure::kGarbage, "not HTTP: " + error.message());
  }
  return Failed(Failure::kReset, error.message());
}

}  // namespace

void Cancellation::Cancel(Cause cause) {
  if (cause_) return;
  cause_ = cause;
  if (action_) action_();
}

void Cancellation::OnCancel(std::function<void()> action) {
  action_ = std::move(action);
  if (cause_ && action_) action_();
}

struct UpstreamClient::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::any_io_executor the_executor, Options the_options)
      : executor(std::move(the_executor)), options(the_options), tls(TlsContext::ForClients()), sweep(executor) {}

  auto TakeIdle(const Endpoint& endpoint) -> std::unique_ptr<Connection> {
    const auto found = idle.find(endpoint.base_url);
    if (found == idle.end()) return nullptr;
    auto& connections = found->second;
    while (!connections.empty()) {
      auto connection = std::move(connections.back());
      connections.pop_back();
      if (IsFit(*connection, TimePoint::clock::now())) return connection;
    }
    return nullptr;
  }

  void Return(const Endpoint& endpoint, std::unique_ptr<Connection> connection) {
    if (closed) return;
    auto& connections = idle[endpoint.base_url];
    if (connections.size() >= kIdlePerEndpoint) return;
    connection->stream->NeverExpire();
    connection->idle_since = TimePoint::clock::now();
    connections.push_back(std::move(connection));
    if (!sweeping) Sweep();
  }

  auto IsFit(Connection& connection, TimePoint now) const -> bool {
    return now - connection.idle_since < options.idle && IsQuiet(connection);
  }

  /// Drops what nobody may ask for any more: an endpoint may have left the configuration.
  void Sweep() {
    sweeping = true;
    sweep.expires_after(std::min<Milliseconds>(kSweepEvery, options.idle));
    sweep.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
      const auto client = self.lock();
      if (error || !client) return;
      const TimePoint now = TimePoint::clock::now();
      for (auto& [url, connections] : client->idle) {
        std::erase_if(connections, [&](const auto& connection) { return !client->IsFit(*connection, now); });
      }
      std::erase_if(client->idle, [](const auto& of_endpoint) { return of_endpoint.second.empty(); });
      client->sweeping = false;
      if (!client->idle.empty()) client->Sweep();
    });
  }

  asio::any_io_executor executor;
  Options options;
  std::shared_ptr<TlsContext> tls;
  std::unordered_map<std::string, std::vector<std::unique_ptr<Connection>>> idle;
  asio::steady_timer sweep;
  bool sweeping = false;  // `sweep` runs
  bool closed = false;    // nothing is kept any more
};

namespace {

using Opened = std::expected<std::unique_ptr<Connection>, TransportFailure>;

auto Resolve(const asio::any_io_executor& executor, const Endpoint& endpoint, TimePoint deadline,
             Cancellation& cancellation)
    -> asio::awaitable<std::expected<tcp::resolver::results_type, TransportFailure>> {
  boost::system::error_code ignored;
  const auto address = asio::ip::make_address(endpoint.host, ignored);
  if (!ignored) {
    const auto port = static_cast<std::uint16_t>(std::stoul(endpoint.port));
    co_return tcp::resolver::results_type::create(tcp::endpoint(address, port), endpoint.host, endpoint.port);
  }
  // A lookup that has begun cannot be interrupted, so it is left to finish alone when the time is up; one that has not, behind
  // others that hang, is not made any more.
  auto lookup = std::make_shared<Lookup>(executor);
  lookup->done.expires_at(deadline);
  lookup->resolver.async_resolve(endpoint.host, endpoint.port,
                                 [lookup](const boost::system::error_code& error, tcp::resolver::results_type results) {
                                   lookup->finished = true;
                                   lookup->error = error;
                                   lookup->results = std::move(results);
                                   lookup->done.cancel();
                                 });
  cancellation.OnCancel([lookup] { lookup->done.cancel(); });
  if (!cancellation.cancelled()) co_await lookup->done.async_wait(Token(ignored));
  cancellation.OnCancel({});
  if (!lookup->finished) {
    lookup->resolver.cancel();
    co_return Failed(Failure::kTimeout, "the name was not resolved in time");
  }
  if (lookup->error) co_return Failed(Failure::kDns, lookup->error.message());
  co_return std::move(lookup->results);
}

auto Open(UpstreamClient::Impl& client, const Endpoint& endpoint, TimePoint deadline, Cancellation& cancellation)
    -> asio::awaitable<Opened> {
  deadline = std::min(deadline, TimePoint::clock::now() + client.options.connect_timeout);
  const auto addresses = co_await Resolve(client.executor, endpoint, deadline, cancellation);
  if (!addresses) co_return std::unexpected(addresses.error());

  const bool secure = endpoint.scheme == Endpoint::Scheme::kHttps;
  auto connection = std::make_unique<Connection>(secure ? MakeTlsStream(client.executor, *client.tls)
                                                        : MakePlainStream(client.executor));
  ByteStream& stream = *connection->stream;
  cancellation.OnCancel([&stream] { stream.Close(); });
  stream.ExpireAt(deadline);
  boost::system::error_code error;
  bool connected = false;
  if (!cancellation.cancelled()) {
    error = co_await stream.Connect(*addresses);
    connected = !error;
  }
  if (connected && !cancellation.cancelled()) error = co_await stream.Handshake(endpoint.host);
  cancellation.OnCancel({});
  if (error == asio::error::timed_out) co_return Failed(Failure::kTimeout, "no connection in time");
  if (error) co_return Failed(connected ? Failure::kTls : Failure::kRefused, error.message());
  co_return connection;
}

class HttpExchange final : public Exchange {
 public:
  HttpExchange(std::shared_ptr<UpstreamClient::Impl> client, const Endpoint& endpoint, Cancellation& cancellation,
               std::unique_ptr<Connection> connection)
      : client_(std::move(client)),
        endpoint_(endpoint),
        cancellation_(cancellation),
        connection_(std::move(connection)) {
    cancellation_.OnCancel([this] {
      if (connection_) connection_->stream->Close();
    });
  }
  HttpExchange(const HttpExchange&) = delete;
  auto operator=(const HttpExchange&) -> HttpExchange& = delete;
  ~HttpExchange() override { cancellation_.OnCancel({}); }

  /// Whether the answer had begun when an error came up.
  auto begun() const -> bool { return begun_; }

  auto SendAndReadHeader(const UpstreamRequest& request, TimePoint deadline)
      -> asio::awaitable<std::expected<void, boost::system::error_code>> {
    const std::string message = Message(request);
    connection_->stream->ExpireAt(deadline);
    // Who does not want all of a request may answer and close without reading it, and that answer is still there.
    const boost::system::error_code unsent = co_await connection_->stream->Write(asio::buffer(message));
    if (unsent && !connection_->stream->is_open()) co_return std::unexpected(unsent);
    do {  // interim answers (1xx) come before the real one
      answer_.emplace(kHeaderBytes);
      if (const auto error = co_await ReadHeader()) co_return std::unexpected(unsent ? unsent : error);
    } while (answer_->status() / 100 == 1 && answer_->status() != 101);
    if (!unsent) co_return std::expected<void, boost::system::error_code>{};
    // Who refuses a request may say so and close before having read it all. Nobody answers half a request.
    may_keep_ = false;
    if (answer_->status() / 100 == 2) co_return std::unexpected(unsent);
    co_return std::expected<void, boost::system::error_code>{};
  }

  auto status() const -> unsigned override { return answer_->status(); }
  auto content_type() const -> std::string_view override { return answer_->Find("content-type").value_or(""); }
  auto retry_after() const -> std::string_view override { return answer_->Find("retry-after").value_or(""); }

  auto Read(TimePoint deadline) -> asio::awaitable<std::expected<std::string, TransportFailure>> override {
    if (!connection_) co_return std::string();
    connection_->stream->ExpireAt(deadline);
    while (!answer_->has_all()) {
      const Parsed parsed = Parse();
      // All chunks that are there are given together.
      if (!parsed.error && parsed.consumed > 0 && connection_->buffer.size() > 0) continue;
      if (!answer_->body().empty()) break;  // an error will show again
      if (parsed.error) co_return Failed(parsed.error);
      if (answer_->has_all()) break;
      if (const auto failed = co_await Fill()) co_return Failed(failed);
    }
    if (!answer_->body().empty()) co_return std::exchange(answer_->body(), {});
    if (may_keep_ && answer_->keeps_alive() && !answer_->ends_with_connection()) {
      client_->Return(endpoint_, std::move(connection_));
    }
    connection_.reset();
    co_return std::string();
  }

 private:
  /// The request as it goes over the wire.
  auto Message(const UpstreamRequest& request) const -> std::string {
    std::string message;
    message.reserve(kUsualHead + request.body.size());
    message.append("POST ").append(endpoint_.path).append(request.path).append(" HTTP/1.1\r\n");
    const auto field = [&](std::string_view name, std::string_view value) {
      message.append(name).append(": ").append(value).append("\r\n");
    };
    field("Host", endpoint_.host_header);
    field("User-Agent", "routegate");
    field("Accept", "application/json, text/event-stream");
    field("Content-Type", "application/json");
    for (const ForwardedHeader& header : request.headers) field(header.name, header.value);
    if (!request.authorization.empty()) field("Authorization", request.authorization);
    field("Content-Length", std::to_string(request.body.size()));
    return message.append("\r\n").append(request.body);
  }

  struct Parsed {
    std::size_t consumed = 0;
    boost::system::error_code error;  ///< not set for what more bytes would mend
  };

  /// Gives the parser what is in the buffer.
  auto Parse() -> Parsed {
    Parsed parsed;
    if (connection_->buffer.size() == 0) return parsed;
    const auto bytes = connection_->buffer.data();
    parsed.consumed = answer_->Put({static_cast<const char*>(bytes.data()), bytes.size()}, parsed.error);
    connection_->buffer.consume(parsed.consumed);
    begun_ = true;
    if (parsed.error && parsed.error == http::error::need_more) parsed.error = {};
    return parsed;
  }

  /// Reads more into the buffer. The end of the stream is an error unless it ends the answer.
  auto Fill() -> asio::awaitable<boost::system::error_code> {
    beast::flat_buffer& buffer = connection_->buffer;
    const auto got = co_await connection_->stream->ReadSome(buffer.prepare(kReadBytes));
    if (got) {
      buffer.commit(*got);
      co_return boost::system::error_code();
    }
    if (got.error() != asio::error::eof) co_return got.error();
    if (!answer_->has_begun()) co_return http::error::end_of_stream;
    boost::system::error_code error;
    answer_->PutEnd(error);
    co_return error;
  }

  auto ReadHeader() -> asio::awaitable<boost::system::error_code> {
    while (true) {
      const Parsed parsed = Parse();
      if (answer_->has_head()) co_return boost::system::error_code();
      if (parsed.error) co_return parsed.error;
      if (const auto failed = co_await Fill()) co_return failed;
    }
  }

  std::shared_ptr<UpstreamClient::Impl> client_;
  const Endpoint& endpoint_;
  Cancellation& cancellation_;
  std::unique_ptr<Connection> connection_;
  std::optional<AnswerReader> answer_;
  bool begun_ = false;
  bool may_keep_ = true;  // the connection, after the answer
};

/// Would a new connection help where this one out of the pool failed?
auto IsStale(const boost::system::error_code& error) -> bool {
  return error == http::error::end_of_stream || error == asio::error::eof || error == asio::error::connection_reset ||
         error == asio::error::broken_pipe || error == asio::ssl::error::stream_truncated ||
         error == asio::error::connection_aborted;
}

}  // namespace

auto ReadBody(Exchange& exchange, TimePoint deadline, std::size_t most)
    -> asio::awaitable<std::expected<std::string, TransportFailure>> {
  std::string body;
  for (;;) {
    auto bytes = co_await exchange.Read(deadline);
    if (!bytes) co_return std::unexpected(std::move(bytes.error()));
    if (bytes->empty()) co_return body;
    body += *bytes;
    if (body.size() > most) co_return Failed(Failure::kGarbage, "the answer is too long");
  }
}

UpstreamClient::UpstreamClient(asio::any_io_executor executor, Options options)
    : impl_(std::make_shared<Impl>(std::move(executor), options)) {}

UpstreamClient::~UpstreamClient() = default;

void UpstreamClient::Close() {
  impl_->closed = true;
  impl_->idle.clear();
  impl_->sweep.cancel();
}

auto UpstreamClient::Post(const UpstreamRequest& request, TimePoint deadline, Cancellation& cancellation)
    -> asio::awaitable<std::expected<std::unique_ptr<Exchange>, TransportFailure>> {
  const Endpoint& endpoint = *request.endpoint;
  if (auto pooled = impl_->TakeIdle(endpoint)) {
    auto exchange = std::make_unique<HttpExchange>(impl_, endpoint, cancellation, std::move(pooled));
    const auto sent = co_await exchange->SendAndReadHeader(request, deadline);
    if (sent) co_return exchange;
    if (cancellation.cancelled() || exchange->begun() || !IsStale(sent.error())) co_return Failed(sent.error());
  }
  auto opened = co_await Open(*impl_, endpoint, deadline, cancellation);
  if (!opened) co_return std::unexpected(opened.error());
  auto exchange = std::make_unique<HttpExchange>(impl_, endpoint, cancellation, std::move(*opened));
  const auto sent = co_await exchange->SendAndReadHeader(request, deadline);
  if (!sent) co_return Failed(sent.error());
  co_return exchange;
}

}  // namespace route
