#include "runtime/gateway/session.h"

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include <sys/socket.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "runtime/gateway/admission.h"
#include "runtime/gateway/chat.h"
#include "runtime/gateway/forward.h"
#include "runtime/upstream/async_token.h"

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

namespace route {
namespace {

constexpr std::uint32_t kHeaderBytes = 16 * 1024;
constexpr std::size_t kReadBytes = 4 * 1024;
constexpr std::size_t kBodyReadBytes = 64 * 1024;
constexpr std::size_t kWriteBytes = 64 * 1024;
constexpr std::size_t kInlineBytes = 64 * 1024;                 // larger bodies are read and decided on the pool
constexpr std::size_t kDiscardedBytes = std::size_t{1} << 20U;  // of a body that was refused
constexpr std::chrono::seconds kDiscardTime{2};

enum class AfterReply : std::uint8_t { kKeep, kClose };

/// The head of an answer. A missing length means that the body follows in chunks, or up to the end of the connection.
struct Head {
  const Reply& reply;
  std::optional<std::size_t> length;
  bool chunked = false;
  AfterReply after = AfterReply::kKeep;
};

auto HeadText(const Head& head) -> std::string {
  const auto reason = http::obsolete_reason(http::int_to_status(head.reply.status));
  std::string text =
      "HTTP/1.1 " + std::to_string(head.reply.status) + " " + std::string(reason.data(), reason.size()) + "\r\n";
  text += "content-type: " + head.reply.content_type + "\r\n";
  for (const auto& [name, value] : head.reply.headers) text += name + ": " + value + "\r\n";
  if (head.length) text += "content-length: " + std::to_string(*head.length) + "\r\n";
  if (head.chunked) text += "transfer-encoding: chunked\r\n";
  if (head.after == AfterReply::kClose) text += "connection: close\r\n";
  return text + "\r\n";
}

auto ChunkText(std::string_view piece) -> std::string {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string size;
  for (std::size_t rest = piece.size(); rest != 0; rest /= 16) size.insert(size.begin(), kDigits[rest % 16]);
  std::string chunk;
  chunk.reserve(size.size() + piece.size() + 4);
  return chunk.append(size).append("\r\n").append(piece).append("\r\n");
}

/// Runs the work on the pool and comes back to the coroutine's own executor. What the work throws is thrown again here.
template <typename Work>
auto RunOnPool(const asio::any_io_executor& pool, Work& work) -> asio::awaitable<void> {
  std::exception_ptr thrown;
  auto initiate = [&](auto handler) {
    auto executor = asio::prefer(asio::get_associated_executor(handler), asio::execution::outstanding_work.tracked);
    asio::post(pool, [executor, &work, &thrown, handler = std::move(handler)]() mutable {
      try {
        work();
      } catch (...) {
        thrown = std::current_exception();
      }
      asio::post(executor, [handler = std::move(handler)]() mutable { std::move(handler)(); });
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate, asio::use_awaitable);
  if (thrown) std::rethrow_exception(thrown);
}

/// The path of a request target in origin form (`/v1/models?x`) or absolute form (`http://host/v1/models?x`).
auto PathOf(std::string_view target) -> std::string_view {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!beast::iequals(target.substr(0, scheme.size()), scheme)) continue;
    const std::string_view rest = target.substr(scheme.size());
    const std::size_t end = rest.find_first_of("/?");
    if (end == 0) break;  // names no host
    if (end == std::string_view::npos || rest[end] == '?') return "/";
    target = rest.substr(end);
    break;
  }
  return target.substr(0, target.find('?'));
}

class HttpSession final : public Session, public std::enable_shared_from_this<HttpSession>, private Responder {
 public:
  HttpSession(SessionHost& host, tcp::socket socket);
  ~HttpSession() override;
  HttpSession(const HttpSession&) = delete;
  auto operator=(const HttpSession&) -> HttpSession& = delete;

  auto Run() -> asio::awaitable<void> override;
  void CloseIfIdle() override;
  void EndRequest() override;

 private:
  using Parser = http::request_parser<http::string_body>;

  /// Ends the watch over the caller even when a request ends in an exception: the watch holds the session.
  struct WatchEnd {
    HttpSession& session;
    ~WatchEnd() { session.StopWatching(); }
  };

  auto ServeOne() -> asio::awaitable<AfterReply>;
  auto ServeBody(std::string_view path) -> asio::awaitable<AfterReply>;
  auto Answer(const ApiError& error, AfterReply after) -> asio::awaitable<AfterReply>;
  auto AnswerReadError(const boost::system::error_code& error) -> asio::awaitable<AfterReply>;
  auto Chat(std::uint32_t caller, const std::vector<HeaderField>& headers, std::string_view path)
      -> asio::awaitable<void>;
  auto ReadUntil(bool (Parser::*done)() const) -> asio::awaitable<boost::system::error_code>;
  auto Discard() -> asio::awaitable<void>;
  auto WriteAll(std::string_view bytes) -> asio::awaitable<Sent>;
  void WatchCaller();
  void StopWatching();
  auto Headers() const -> std::vector<HeaderField>;

  auto Send(const Reply& reply) -> asio::awaitable<Sent> override;
  auto Begin(const Reply& reply) -> asio::awaitable<Sent> override;
  auto Write(std::string_view piece) -> asio::awaitable<Sent> override;
  auto End() -> asio::awaitable<Sent> override;

  auto Draining() const -> bool { return host_.draining() || state_->process->draining; }

  SessionHost& host_;
  std::shared_ptr<const GatewayState> state_;  // of the request being read or served
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::shared_ptr<Cancellation> cancellation_;  // of the request being served
  AfterReply after_ = AfterReply::kKeep;
  bool idle_ = false;
  bool chunked_ = false;
};

HttpSession::HttpSession(SessionHost& host, tcp::socket socket)
    : host_(host), state_(host.state()), stream_(std::move(socket)) {
  host_.Add(this);
  state_->process->metrics.Change(Metrics::Gauge::kOpenConnections, 1);
}

HttpSession::~HttpSession() {
  state_->process->metrics.Change(Metrics::Gauge::kOpenConnections, -1);
  host_.Remove(this);
}

void HttpSession::CloseIfIdle() {
  if (idle_) stream_.close();
}

void HttpSession::EndRequest() {
  if (cancellation_) {
    cancellation_->Cancel(Cancellation::Cause::kStopping);
  } else {
    stream_.close();
  }
}

auto HttpSession::Run() -> asio::awaitable<void> {
  while (!host_.draining()) {
    if (buffer_.size() == 0) {
      boost::system::error_code error;
      stream_.expires_after(host_.times().idle);
      idle_ = true;
      const std::size_t got = co_await stream_.async_read_some(buffer_.prepare(kReadBytes), Token(error));
      idle_ = false;
      if (error) co_return;
      buffer_.commit(got);
    }
    if (co_await ServeOne() == AfterReply::kClose) break;
  }
  boost::system::error_code ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  if (!ignored) co_await Discard();
}

/// Reads what the caller still sends, within bounds: closing on unread bytes would reset the connection and could
/// destroy the answer on its way.
auto HttpSession::Discard() -> asio::awaitable<void> {
  boost::system::error_code error;
  std::size_t discarded = buffer_.size();
  buffer_.clear();
  stream_.expires_after(kDiscardTime);
  while (!error && discarded < kDiscardedBytes) {
    discarded += co_await stream_.async_read_some(buffer_.prepare(kWriteBytes), Token(error));
  }
}

/// Reads until the parser is as far as `done` says. What is left in the buffer belongs to the body or the next request.
auto HttpSession::ReadUntil(bool (Parser::*done)() const) -> asio::awaitable<boost::system::error_code> {
  while (!((*parser_).*done)()) {
    boost::system::error_code error;
    if (buffer_.size() > 0) {
      const std::size_t parsed = parser_->put(buffer_.data(), error);
      buffer_.consume(parsed);
      if (error && error != http::error::need_more) co_return error;
      if (parsed > 0) continue;
      error = {};
    }
    const std::size_t room = parser_->is_header_done() ? kBodyReadBytes : kReadBytes;
    const std::size_t got = co_await stream_.async_read_some(buffer_.prepare(room), Token(error));
    if (error == asio::error::eof) {
      parser_->put_eof(error);
      co_return error ? error : http::error::partial_message;
    }
    if (error) co_return error;
    buffer_.commit(got);
  }
  co_return boost::system::error_code();
}

auto HttpSession::ServeOne() -> asio::awaitable<AfterReply> {
  state_ = host_.state();
  parser_.emplace();
  parser_->header_limit(kHeaderBytes);
  parser_->body_limit(state_->config.max_body_bytes);
  after_ = AfterReply::kClose;
  stream_.expires_after(host_.times().header);
  if (const auto error = co_await ReadUntil(&Parser::is_header_done)) co_return co_await AnswerReadError(error);

  const auto& request = parser_->get();
  if (parser_->keep_alive() && !Draining()) after_ = AfterReply::kKeep;
  const auto coding = request[http::field::transfer_encoding];
  const bool coded = request.find(http::field::transfer_encoding) != request.end();
  if (coded && (!beast::iequals(coding, "chunked") || request.version() != 11)) {
    const ApiError refused{ApiCode::kInvalidRequest,
                           "the only transfer encoding that is read is `chunked`, in HTTP/1.1", ""};
    co_return co_await Answer(refused, AfterReply::kClose);
  }
  if (coded && request.count(http::field::transfer_encoding) > 1) {
    const ApiError refused{ApiCode::kInvalidRequest, "the request has more than one Transfer-Encoding header", ""};
    co_return co_await Answer(refused, AfterReply::kClose);
  }
  if (request.count(http::field::host) > 1 || (request.version() >= 11 && request.count(http::field::host) == 0)) {
    const ApiError refused{ApiCode::kInvalidRequest, "the request must have exactly one Host header", ""};
    co_return co_await Answer(refused, AfterReply::kClose);
  }
  const std::string target(request.target().data(), request.target().size());
  const std::string_view path = PathOf(target);
  // Without a body to skip the connection stays usable.
  const AfterReply unread = parser_->is_done() ? after_ : AfterReply::kClose;

  struct Page {
    std::string_view path;
    http::verb verb;
    std::string_view allow;
  };
  constexpr auto kPages = std::to_array<Page>({{"/v1/chat/completions", http::verb::post, "POST"},
                                               {"/v1/route/decide", http::verb::post, "POST"},
                                               {"/v1/models", http::verb::get, "GET, HEAD"},
                                               {"/healthz", http::verb::get, "GET, HEAD"},
                                               {"/readyz", http::verb::get, "GET, HEAD"}});
  const auto page = std::ranges::find(kPages, path, &Page::path);
  if (page == kPages.end()) {
    const ApiError nothing{ApiCode::kNotFound,
                           "there is nothing at this path: chat completions are at POST /v1/chat/completions", ""};
    co_return co_await Answer(nothing, unread);
  }
  const http::verb method = request.method() == http::verb::head ? http::verb::get : request.method();
  if (method != page->verb) {
    after_ = unread;
    Reply reply = ErrorReply({ApiCode::kMethodNotAllowed, "this path takes " + std::string(page->allow), ""});
    reply.headers.emplace_back("allow", page->allow);
    co_await Send(reply);
    co_return after_;
  }
  if (page->verb == http::verb::post) co_return co_await ServeBody(path);

  after_ = unread;
  Reply reply;
  if (path == "/healthz") {
    reply.body = R"({"status":"ok"})";
  } else if (path == "/readyz") {
    const GatewayProcess& process = *state_->process;
    const bool ready = process.log->healthy() && (!process.store || process.store->healthy()) && !Draining();
    reply.status = ready ? 200 : 503;
    reply.body = ready ? R"({"status":"ready"})" : R"({"status":"not ready"})";
  } else {
    const auto headers = Headers();
    const auto caller = Authenticate(state_->tenants, headers);
    if (!caller) co_return co_await Answer(caller.error(), after_);
    reply.body = ModelList(state_->PolicyOf(*caller).table);
  }
  co_await Send(reply);
  co_return after_;
}

auto HttpSession::ServeBody(std::string_view path) -> asio::awaitable<AfterReply> {
  const auto headers = Headers();
  const auto caller = Authenticate(state_->tenants, headers);
  const AfterReply unread = parser_->is_done() ? after_ : AfterReply::kClose;
  if (!caller) co_return co_await Answer(caller.error(), unread);
  const auto place = Place::Take(*state_, *caller);
  if (!place) co_return co_await Answer(place.error(), unread);

  const auto& request = parser_->get();
  if (!parser_->is_done()) {
    if (beast::iequals(request[http::field::expect], "100-continue")) {
      const Sent sent = co_await WriteAll("HTTP/1.1 100 Continue\r\n\r\n");
      if (sent != Sent::kYes) co_return AfterReply::kClose;
    }
    stream_.expires_after(host_.times().body);
    if (const auto error = co_await ReadUntil(&Parser::is_done)) co_return co_await AnswerReadError(error);
  }
  const auto encoding = request[http::field::content_encoding];
  if (!encoding.empty() && !beast::iequals(encoding, "identity")) {
    const ApiError refused{ApiCode::kInvalidRequest,
                           "the body must not be compressed: send it without Content-Encoding", ""};
    co_return co_await Answer(refused, after_);
  }
  co_await Chat(*caller, headers, path);
  co_return after_;
}

auto HttpSession::Chat(std::uint32_t caller, const std::vector<HeaderField>& headers, std::string_view path)
    -> asio::awaitable<void> {
  const TimePoint accepted = TimePoint::clock::now();
  const GatewayState& state = *state_;
  const bool serve = path != "/v1/route/decide";
  if (serve) {
    cancellation_ = std::make_shared<Cancellation>();
    WatchCaller();
  }
  const WatchEnd watch_end{*this};
  std::optional<DecidedRequest> decided;
  std::optional<ChatError> wrong;
  const auto decide = [&](Random& random) {
    std::string body = std::exchange(parser_->get().body(), {});
    auto chat = ParseChatRequest(body);
    if (!chat) {
      wrong = std::move(chat.error());
      return;
    }
    body = {};
    decided = DecideChat(state, caller, std::move(*chat), headers, state.process->clock(), random);
  };
  if (parser_->get().body().size() > kInlineBytes) {
    auto work = [&] {
      SystemRandom random;  // the loop's belongs to the loop's thread
      decide(random);
    };
    const asio::any_io_executor pool = host_.pool();
    co_await RunOnPool(pool, work);
  } else {
    decide(host_.random());
  }
  if (wrong) {
    const ApiError refused{ApiCode::kInvalidRequest, wrong->message, wrong->param};
    co_await Answer(refused, after_);
    co_return;
  }
  if (!serve) {
    Reply reply;
    reply.body = ToJson(ReportOf(*decided)).dump();
    co_await Send(reply);
    co_return;
  }
  std::vector<ForwardedHeader> passed_on;
  for (const char* name : {"traceparent", "tracestate"}) {
    const auto value = parser_->get()[name];
    if (!value.empty()) passed_on.push_back({name, std::string(value.data(), value.size())});
  }
  const auto cancellation = cancellation_;
  const ServingThread thread{host_.client(), host_.random()};
  co_await ServeChat(state, thread, *decided, passed_on, accepted, *this, *cancellation);
}

/// Notices when the caller goes away while others are being waited for. A caller that closes its sending side counts as
/// gone; one that sends the next request early is no longer watched.
void HttpSession::WatchCaller() {
  stream_.socket().async_wait(tcp::socket::wait_read, [self = shared_from_this(), cancellation = cancellation_](
                                                          const boost::system::error_code& error) {
    if (error || !self->stream_.socket().is_open()) return;
    char byte = 0;
    const auto got = ::recv(self->stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    const bool gone = got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
    if (gone) cancellation->Cancel(Cancellation::Cause::kCallerGone);
  });
}

void HttpSession::StopWatching() {
  cancellation_.reset();
  boost::system::error_code ignored;
  stream_.socket().cancel(ignored);
}

auto HttpSession::Headers() const -> std::vector<HeaderField> {
  std::vector<HeaderField> headers;
  for (const auto& field : parser_->get()) {
    const auto name = field.name_string();
    const auto value = field.value();
    headers.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
  }
  return headers;
}

auto HttpSession::Answer(const ApiError& error, AfterReply after) -> asio::awaitable<AfterReply> {
  after_ = after;
  state_->process->metrics.Answered(error.code);
  const Reply reply = ErrorReply(error);
  co_await Send(reply);
  co_return after_;
}

auto HttpSession::AnswerReadError(const boost::system::error_code& error) -> asio::awaitable<AfterReply> {
  const auto close = AfterReply::kClose;
  if (error == http::error::body_limit) {
    const auto most = std::to_string(state_->config.max_body_bytes);
    const ApiError refused{ApiCode::kRequestTooLarge, "the body is larger than " + most + " bytes", ""};
    co_return co_await Answer(refused, close);
  }
  if (error == http::error::header_limit) {
    const auto most = std::to_string(kHeaderBytes);
    const ApiError refused{ApiCode::kHeadersTooLarge, "the headers are larger than " + most + " bytes", ""};
    co_return co_await Answer(refused, close);
  }
  const bool is_http = error.category() == make_error_code(http::error::end_of_stream).category();
  if (is_http && error != http::error::end_of_stream && error != http::error::partial_message) {
    const ApiError refused{ApiCode::kInvalidRequest, "the request is not valid HTTP: " + error.message(), ""};
    co_return co_await Answer(refused, close);
  }
  // Gone, or too slow: beast has closed the socket of a caller whose time was up.
  co_return close;
}

auto HttpSession::WriteAll(std::string_view bytes) -> asio::awaitable<Sent> {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kWriteBytes);
    boost::system::error_code error;
    stream_.expires_after(host_.times().write);
    co_await asio::async_write(stream_, asio::buffer(piece.data(), piece.size()), Token(error));
    if (error) {
      after_ = AfterReply::kClose;
      co_return Sent::kCallerGone;
    }
    bytes.remove_prefix(piece.size());
  }
  co_return Sent::kYes;
}

auto HttpSession::Send(const Reply& reply) -> asio::awaitable<Sent> {
  if (Draining()) after_ = AfterReply::kClose;
  std::string bytes = HeadText({reply, reply.body.size(), false, after_});
  // The answer to HEAD has the head that the answer to GET would have, its length included.
  if (parser_->get().method() != http::verb::head) bytes += reply.body;
  co_return co_await WriteAll(bytes);
}

auto HttpSession::Begin(const Reply& reply) -> asio::awaitable<Sent> {
  chunked_ = parser_->get().version() == 11;
  if (!chunked_ || Draining()) after_ = AfterReply::kClose;
  const std::string head = HeadText({reply, std::nullopt, chunked_, after_});
  co_return co_await WriteAll(head);
}

auto HttpSession::Write(std::string_view piece) -> asio::awaitable<Sent> {
  if (piece.empty()) co_return Sent::kYes;
  if (!chunked_) co_return co_await WriteAll(piece);
  const std::string chunk = ChunkText(piece);
  co_return co_await WriteAll(chunk);
}

auto HttpSession::End() -> asio::awaitable<Sent> {
  if (!chunked_) co_return Sent::kYes;
  co_return co_await WriteAll("0\r\n\r\n");
}

}  // namespace

auto Session::Make(SessionHost& host, tcp::socket socket) -> std::shared_ptr<Session> {
  return std::make_shared<HttpSession>(host, std::move(socket));
}

}  // namespace route
