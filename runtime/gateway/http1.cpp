#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/status.hpp>

#include "runtime/gateway/admission.h"
#include "runtime/gateway/http1_request.h"
#include "runtime/gateway/pages.h"
#include "runtime/gateway/protocol.h"
#include "runtime/gateway/reply.h"

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

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

/// The head, with room for so many bytes of a body behind it.
auto HeadText(const Head& head, std::size_t room = 0) -> std::string {
  constexpr std::size_t kUsualHead = 512;
  const auto reason = http::obsolete_reason(http::int_to_status(head.reply.status));
  std::string text;
  text.reserve(kUsualHead + room);
  const auto field = [&](std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
  };
  text.append("HTTP/1.1 ").append(std::to_string(head.reply.status)).append(" ");
  text.append(reason.data(), reason.size()).append("\r\n");
  field("content-type", head.reply.content_type);
  for (const auto& [name, value] : head.reply.headers) field(name, value);
  if (head.length) field("content-length", std::to_string(*head.length));
  if (head.chunked) field("transfer-encoding", "chunked");
  if (head.after == AfterReply::kClose) field("connection", "close");
  text.append("\r\n");
  return text;
}

/// Makes `chunk`, whose memory is used again, the piece as a chunk.
void WriteChunk(std::string_view piece, std::string& chunk) {
  constexpr std::string_view kEnd = "\r\n";
  std::array<char, 2 * sizeof(std::size_t)> digits;
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), piece.size(), 16);
  const std::string_view size(digits.data(), written.ptr);
  chunk.clear();
  chunk.reserve(size.size() + piece.size() + 2 * kEnd.size());
  chunk.append(size).append(kEnd).append(piece).append(kEnd);
}

class Http1 final : public CallerProtocol, public std::enable_shared_from_this<Http1>, private Responder {
 public:
  Http1(SessionHost& host, std::unique_ptr<ByteStream> stream, std::string_view early);

  auto Run() -> asio::awaitable<void> override;
  void CloseIfIdle() override;
  void EndRequests() override;

 private:
  /// Why reading ended early: what to tell the caller, or nothing where it is gone or was too slow.
  using ReadProblem = std::optional<ApiError>;

  /// Ends the watch over the caller even when a request ends in an exception: the watch holds the session.
  struct WatchEnd {
    Http1& session;
    ~WatchEnd() { session.StopWatching(); }
  };

  auto ServeOne() -> asio::awaitable<AfterReply>;
  auto ServeBody(AdmittedRequest admitted, const RequestHead& head) -> asio::awaitable<AfterReply>;
  auto Answer(const ApiError& error, AfterReply after) -> asio::awaitable<AfterReply>;
  auto AnswerReadProblem(const ReadProblem& problem) -> asio::awaitable<AfterReply>;
  auto ReadUntil(bool (Http1Request::*done)() const) -> asio::awaitable<std::expected<void, ReadProblem>>;
  auto Fill(std::size_t most) -> asio::awaitable<boost::system::error_code>;
  auto Discard() -> asio::awaitable<void>;
  void Allow(std::chrono::milliseconds time);
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
  std::unique_ptr<ByteStream> stream_;
  beast::flat_buffer buffer_;
  std::optional<Http1Request> request_;
  std::shared_ptr<Cancellation> cancellation_;  // of the request being served
  AfterReply after_ = AfterReply::kKeep;
  bool idle_ = false;
  bool chunked_ = false;
  std::string chunk_;  // that was written last
};

Http1::Http1(SessionHost& host, std::unique_ptr<ByteStream> stream, std::string_view early)
    : host_(host), state_(host.state()), stream_(std::move(stream)) {
  buffer_.commit(asio::buffer_copy(buffer_.prepare(early.size()), asio::buffer(early)));
}

void Http1::CloseIfIdle() {
  if (idle_) stream_->Close();
}

void Http1::EndRequests() {
  if (cancellation_) {
    cancellation_->Cancel(Cancellation::Cause::kStopping);
  } else {
    stream_->Close();
  }
}

/// From now on the caller has this long for what is waited for.
void Http1::Allow(std::chrono::milliseconds time) {
  stream_->ExpireAt(TimePoint::clock::now() + time);
}

/// Reads more into the buffer, at most so many bytes.
auto Http1::Fill(std::size_t most) -> asio::awaitable<boost::system::error_code> {
  const auto got = co_await stream_->ReadSome(buffer_.prepare(most));
  if (!got) co_return got.error();
  buffer_.commit(*got);
  co_return boost::system::error_code();
}

auto Http1::Run() -> asio::awaitable<void> {
  while (!host_.draining()) {
    if (buffer_.size() == 0) {
      Allow(host_.times().idle);
      idle_ = true;
      const auto error = co_await Fill(kReadBytes);
      idle_ = false;
      if (error) co_return;
    }
    if (co_await ServeOne() == AfterReply::kClose) break;
  }
  stream_->EndSending();
  co_await Discard();
}

/// Reads what the caller still sends, within bounds: closing on unread bytes would reset the connection and could
/// destroy the answer on its way.
auto Http1::Discard() -> asio::awaitable<void> {
  Allow(kDiscardTime);
  for (std::size_t discarded = buffer_.size(); discarded < kDiscardedBytes; discarded += buffer_.size()) {
    buffer_.clear();
    if (const auto error = co_await Fill(kBodyReadBytes)) co_return;
  }
}

/// Reads until the request is as far as `done` says. What is left in the buffer belongs to the body or the next request.
auto Http1::ReadUntil(bool (Http1Request::*done)() const) -> asio::awaitable<std::expected<void, ReadProblem>> {
  while (!((*request_).*done)()) {
    if (buffer_.size() > 0) {
      const auto bytes = buffer_.data();
      const auto taken = request_->Take({static_cast<const char*>(bytes.data()), bytes.size()});
      if (!taken) co_return std::unexpected(taken.error());
      buffer_.consume(*taken);
      if (*taken > 0) continue;
    }
    if (const auto error = co_await Fill(request_->head_done() ? kBodyReadBytes : kReadBytes)) co_return std::unexpected(std::nullopt);
  }
  co_return std::expected<void, ReadProblem>();
}

auto Http1::ServeOne() -> asio::awaitable<AfterReply> {
  state_ = host_.state();
  request_.emplace(state_->config.max_body_bytes);
  after_ = AfterReply::kClose;
  Allow(host_.times().header);
  if (const auto read = co_await ReadUntil(&Http1Request::head_done); !read) {
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

auto Http1::ServeBody(AdmittedRequest admitted, const RequestHead& head) -> asio::awaitable<AfterReply> {
  const std::uint64_t body_bytes = request_->done() ? 0 : BodyBound(head.headers, state_->config.max_body_bytes);
  auto place = Place::Take(*state_, admitted.caller, body_bytes);
  if (!place) co_return co_await Answer(place.error(), request_->done() ? after_ : AfterReply::kClose);
  if (!request_->done()) {
    if (request_->expects_continue()) {
      const Sent sent = co_await WriteAll("HTTP/1.1 100 Continue\r\n\r\n");
      if (sent != Sent::kYes) co_return AfterReply::kClose;
    }
    Allow(host_.times().body);
    if (const auto read = co_await ReadUntil(&Http1Request::done); !read) {
      co_return co_await AnswerReadProblem(read.error());
    }
  }
  cancellation_ = std::make_shared<Cancellation>();
  WatchCaller();
  const WatchEnd watch_end{*this};
  std::string body = request_->TakeBody();
  place->HasRead(body.size());
  const auto cancellation = cancellation_;
  const auto state = state_;
  co_await ServeAdmitted(host_, state, admitted, head, body, *this, cancellation);
  // Whoever is gone got no answer, or a part of one. What it had sent ahead must not be answered in that one's place.
  const bool is_gone = cancellation->cause() == Cancellation::Cause::kCallerGone;
  co_return is_gone ? AfterReply::kClose : after_;
}

/// Notices when the caller goes away while others are being waited for. A caller that closes its sending side counts as
/// gone. What it sends ahead is kept for the next request; one that sends much ahead is no longer watched.
void Http1::WatchCaller() {
  stream_->WatchOnce([self = shared_from_this(), cancellation = cancellation_](const boost::system::error_code& error) {
    if (error || cancellation != self->cancellation_) return;
    switch (self->stream_->Peek()) {
      case ByteStream::Incoming::kEnd:
        return cancellation->Cancel(Cancellation::Cause::kCallerGone);
      case ByteStream::Incoming::kNothing:
        return self->WatchCaller();
      case ByteStream::Incoming::kBytes:
        if (self->buffer_.size() >= kReadBytes) return;
        self->buffer_.commit(self->stream_->TryRead(self->buffer_.prepare(kReadBytes)));
        return self->WatchCaller();
    }
  });
}

void Http1::StopWatching() {
  cancellation_.reset();
  stream_->StopWatching();
}

auto Http1::Answer(const ApiError& error, AfterReply after) -> asio::awaitable<AfterReply> {
  after_ = after;
  // A request whose head could not be read has no path to tell its API by.
  state_->process->metrics.Answered(error.code);
  const Api api = request_->head_done() ? ErrorApiOf(request_->Head()) : Api::kChat;
  const Reply reply = ErrorReply(api, error);
  co_await Send(reply);
  co_return after_;
}

auto Http1::AnswerReadProblem(const ReadProblem& problem) -> asio::awaitable<AfterReply> {
  if (!problem) co_return AfterReply::kClose;
  co_return co_await Answer(*problem, AfterReply::kClose);
}

auto Http1::WriteAll(std::string_view bytes) -> asio::awaitable<Sent> {
  // Nearly always the socket takes all of it, and then there is nothing to wait for.
  const auto taken = stream_->TryWrite(asio::buffer(bytes));
  if (!taken) {
    after_ = AfterReply::kClose;
    co_return Sent::kCallerGone;
  }
  bytes.remove_prefix(*taken);
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kWriteBytes);
    Allow(host_.times().write);
    if (const auto error = co_await stream_->Write(asio::buffer(piece))) {
      after_ = AfterReply::kClose;
      co_return Sent::kCallerGone;
    }
    bytes.remove_prefix(piece.size());
  }
  co_return Sent::kYes;
}

auto Http1::Send(const Reply& reply) -> asio::awaitable<Sent> {
  if (Draining()) after_ = AfterReply::kClose;
  std::string bytes = HeadText({reply, reply.body.size(), false, after_}, reply.body.size());
  // The answer to HEAD has the head that the answer to GET would have, its length included.
  if (!request_->is_head()) bytes += reply.body;
  co_return co_await WriteAll(bytes);
}

auto Http1::Begin(const Reply& reply) -> asio::awaitable<Sent> {
  chunked_ = request_->is_http11();
  if (!chunked_ || Draining()) after_ = AfterReply::kClose;
  const std::string head = HeadText({reply, std::nullopt, chunked_, after_});
  co_return co_await WriteAll(head);
}

auto Http1::Write(std::string_view piece) -> asio::awaitable<Sent> {
  if (piece.empty() || !chunked_) return WriteAll(piece);
  WriteChunk(piece, chunk_);
  return WriteAll(chunk_);
}

auto Http1::End() -> asio::awaitable<Sent> {
  std::string().swap(chunk_);  // gives its memory back, as an assignment does not
  if (!chunked_) co_return Sent::kYes;
  co_return co_await WriteAll("0\r\n\r\n");
}

}  // namespace

auto MakeHttp1(SessionHost& host, std::unique_ptr<ByteStream> stream, std::string early)
    -> std::shared_ptr<CallerProtocol> {
  return std::make_shared<Http1>(host, std::move(stream), early);
}

}  // namespace route
