#include "runtime/gateway/session.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <sys/socket.h>

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "runtime/gateway/admission.h"
#include "runtime/gateway/forward.h"
#include "runtime/gateway/http1_request.h"
#include "runtime/upstream/async_token.h"

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

namespace route {
namespace {

constexpr std::size_t kReadBytes = 4 * 1024;
constexpr std::size_t kBodyReadBytes = 64 * 1024;
constexpr std::size_t kWriteBytes = 64 * 1024;
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
  /// Why reading ended early: what to tell the caller, or nothing where it is gone or was too slow.
  using ReadProblem = std::optional<ApiError>;

  /// Ends the watch over the caller even when a request ends in an exception: the watch holds the session.
  struct WatchEnd {
    HttpSession& session;
    ~WatchEnd() { session.StopWatching(); }
  };

  auto ServeOne() -> asio::awaitable<AfterReply>;
  auto ServeBody(AdmittedRequest admitted, const RequestHead& head) -> asio::awaitable<AfterReply>;
  auto Answer(const ApiError& error, AfterReply after) -> asio::awaitable<AfterReply>;
  auto AnswerReadProblem(const ReadProblem& problem) -> asio::awaitable<AfterReply>;
  auto ReadUntil(bool (Http1Request::*done)() const, std::chrono::milliseconds within)
      -> asio::awaitable<std::expected<void, ReadProblem>>;
  auto Discard() -> asio::awaitable<void>;
  auto WriteAll(std::string_view bytes) -> asio::awaitable<Sent>;
  void WatchCaller();
  void StopWatching();

  auto Send(const Reply& reply) -> asio::awaitable<Sent> override;
  auto Begin(const Reply& reply) -> asio::awaitable<Sent> override;
  auto Write(std::string_view piece) -> asio::awaitable<Sent> override;
  auto End() -> asio::awaitable<Sent> override;

  auto Draining() const -> bool { return host_.draining() || state_->process->draining; }

  SessionHost& host_;
  std::shared_ptr<const GatewayState> state_;  // of the request being read or served
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<Http1Request> request_;
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

/// Reads until the request is as far as `done` says. What is left in the buffer belongs to the body or the next request.
auto HttpSession::ReadUntil(bool (Http1Request::*done)() const, std::chrono::milliseconds within)
    -> asio::awaitable<std::expected<void, ReadProblem>> {
  const TimePoint until = TimePoint::clock::now() + within;
  stream_.expires_at(until);
  while (!((*request_).*done)()) {
    if (buffer_.size() > 0) {
      const auto taken = request_->Take({static_cast<const char*>(buffer_.data().data()), buffer_.size()});
      if (!taken) co_return std::unexpected(taken.error());
      buffer_.consume(*taken);
      if (*taken > 0) continue;
    }
    // Reads that never have to wait never meet the stream's own timer.
    if (TimePoint::clock::now() >= until) co_return std::unexpected(std::nullopt);
    boost::system::error_code error;
    const std::size_t room = request_->head_done() ? kBodyReadBytes : kReadBytes;
    const std::size_t got = co_await stream_.async_read_some(buffer_.prepare(room), Token(error));
    if (error) co_return std::unexpected(std::nullopt);
    buffer_.commit(got);
  }
  co_return std::expected<void, ReadProblem>();
}

auto HttpSession::ServeOne() -> asio::awaitable<AfterReply> {
  state_ = host_.state();
  request_.emplace(state_->config.max_body_bytes);
  after_ = AfterReply::kClose;
  if (const auto read = co_await ReadUntil(&Http1Request::head_done, host_.times().header); !read) {
    co_return co_await AnswerReadProblem(read.error());
  }
  if (request_->keep_alive() && !Draining()) after_ = AfterReply::kKeep;
  const RequestHead head = request_->Head();
  auto verdict = JudgeHead(*state_, Draining() ? Phase::kDraining : Phase::kServing, head);
  if (const auto* admitted = std::get_if<AdmittedRequest>(&verdict)) co_return co_await ServeBody(*admitted, head);
  // Without a body to skip the connection stays usable.
  if (!request_->done()) after_ = AfterReply::kClose;
  co_await Send(std::get<Reply>(verdict));
  co_return after_;
}

auto HttpSession::ServeBody(AdmittedRequest admitted, const RequestHead& head) -> asio::awaitable<AfterReply> {
  const auto place = Place::Take(*state_, admitted.caller);
  if (!place) co_return co_await Answer(place.error(), request_->done() ? after_ : AfterReply::kClose);
  if (!request_->done()) {
    if (request_->expects_continue()) {
      const Sent sent = co_await WriteAll("HTTP/1.1 100 Continue\r\n\r\n");
      if (sent != Sent::kYes) co_return AfterReply::kClose;
    }
    if (const auto read = co_await ReadUntil(&Http1Request::done, host_.times().body); !read) {
      co_return co_await AnswerReadProblem(read.error());
    }
  }
  cancellation_ = std::make_shared<Cancellation>();
  WatchCaller();
  const WatchEnd watch_end{*this};
  std::string body = request_->TakeBody();
  const auto cancellation = cancellation_;
  const auto state = state_;
  co_await ServeAdmitted(host_, state, admitted, head, body, *this, cancellation);
  co_return after_;
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

auto HttpSession::Answer(const ApiError& error, AfterReply after) -> asio::awaitable<AfterReply> {
  after_ = after;
  // A request whose head could not be read has no path to tell its API by.
  state_->process->metrics.Answered(error.code);
  const Api api = request_->head_done() ? ErrorApiOf(request_->Head()) : Api::kChat;
  const Reply reply = ErrorReply(api, error);
  co_await Send(reply);
  co_return after_;
}

auto HttpSession::AnswerReadProblem(const ReadProblem& problem) -> asio::awaitable<AfterReply> {
  if (!problem) co_return AfterReply::kClose;
  co_return co_await Answer(*problem, AfterReply::kClose);
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
  if (!request_->is_head()) bytes += reply.body;
  co_return co_await WriteAll(bytes);
}

auto HttpSession::Begin(const Reply& reply) -> asio::awaitable<Sent> {
  chunked_ = request_->is_http11();
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
