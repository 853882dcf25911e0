// HTTP/2 (RFC 9113) towards callers. nghttp2 reads and writes the frames and keeps the state of streams and windows; here
// are the bytes, the requests, and the limits that a stranger meets.
//
// One coroutine reads (Run), one for each request serves (Serve), and what is to be sent is handed to the socket at once
// (Flush); only what the socket does not take has a coroutine that waits for it (WriteRest). nghttp2 must not be called
// again from within its callbacks to read or write, so those only note what happened.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <nghttp2/nghttp2.h>

#include <boost/asio/co_spawn.hpp>

#include "runtime/gateway/admission.h"
#include "runtime/gateway/http1_request.h"
#include "runtime/gateway/pages.h"
#include "runtime/gateway/protocol.h"
#include "runtime/gateway/reply.h"
#include "runtime/net/signal.h"

namespace asio = boost::asio;

namespace route {
namespace {

constexpr std::uint32_t kMostHeaderBytes = Http1Request::kMostHeaderBytes;
constexpr std::uint32_t kMostStreams = 100;           // of one connection, at a time
constexpr std::int32_t kStreamWindow = 256 * 1024;    // bytes of a body that may be under way
constexpr std::int32_t kConnectionWindow = 1 << 20U;  // and of all bodies of a connection
constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kWriteBytes = 64 * 1024;
constexpr std::size_t kHeldBytes = 32 * 1024;  // of a streamed answer, waiting for the caller's window
constexpr std::size_t kFieldOverhead = 32;     // of a header in a header list (RFC 9113, 6.5.2)
constexpr std::size_t kDiscardedBytes = std::size_t{1} << 20U;  // of what is sent in vain
constexpr std::chrono::seconds kFarewell{2};   // for the caller to close, after the last frame

/// What a caller may send of something that costs it less than us: so many at once, and so many a second after that.
class Allowance {
 public:
  Allowance(double most, double per_second) : left_(most), most_(most), per_second_(per_second) {}

  auto Spend(TimePoint now) -> bool {
    left_ = std::min(most_, left_ + std::chrono::duration<double>(now - since_).count() * per_second_);
    since_ = now;
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

 private:
  double left_;
  double most_;
  double per_second_;
  TimePoint since_ = TimePoint::clock::now();
};

class Http2;

/// One request and its answer.
class Stream final : public Responder {
 public:
  Stream(Http2& connection, std::int32_t id, const asio::any_io_executor& executor);

  auto Send(const Reply& reply) -> asio::awaitable<Sent> override;
  auto Begin(const Reply& reply) -> asio::awaitable<Sent> override;
  auto Write(std::string_view piece) -> asio::awaitable<Sent> override;
  auto End() -> asio::awaitable<Sent> override;

  /// The request's head; views of what the stream holds.
  auto Head() const -> RequestHead;

  void Field(std::string_view name, std::string_view value);

  /// Hands on at most so many bytes of the answer's body.
  auto Take(std::uint8_t* into, std::size_t most, std::uint32_t* flags) -> ssize_t;

  /// Answers, nothing more and no faster than the caller's window lets it: up to so many bytes are held back.
  auto Drain(std::size_t most) -> asio::awaitable<Sent>;

  Http2& connection;
  const std::int32_t id;
  const std::shared_ptr<Cancellation> cancellation = std::make_shared<Cancellation>();

  // Of the request.
  std::string method;
  std::string path;
  std::string authority;
  std::vector<std::pair<std::string, std::string>> fields;
  std::size_t header_bytes = 0;
  std::string body;
  std::size_t most_body = 0;  // bytes that are kept; 0 until somebody wants it
  std::size_t discarded = 0;  // bytes that nobody wanted
  bool has_all = false;       // the request's last byte is here
  bool too_large = false;
  bool closed = false;  // by either side
  Signal arrived;       // more of the body

  // Of the answer.
  std::string out;
  std::size_t taken = 0;  // of `out`
  bool ends = false;      // nothing comes after `out`
  bool sent_all = false;
  Signal drained;  // something was taken
};

class Http2 final : public CallerProtocol, public std::enable_shared_from_this<Http2> {
 public:
  Http2(SessionHost& host, std::unique_ptr<ByteStream> stream, std::string early)
      : host_(host), stream_(std::move(stream)), early_(std::move(early)) {}
  Http2(const Http2&) = delete;
  auto operator=(const Http2&) -> Http2& = delete;
  ~Http2() override { nghttp2_session_del(session_); }

  auto Run() -> asio::awaitable<void> override;
  void CloseIfIdle() override;
  void EndRequests() override;

  // For its streams.
  auto host() -> SessionHost& { return host_; }
  void Answer(Stream& stream, const Reply& reply, std::optional<std::size_t> length);
  void Resume(Stream& stream);
  void Reset(Stream& stream, std::uint32_t error);
  auto Draining() const -> bool { return host_.draining() || host_.state()->process->draining; }

 private:
  void Open();
  auto Feed(std::string_view bytes) -> bool;
  void Flush();
  auto Gather() -> bool;
  auto WriteRest() -> asio::awaitable<void>;
  void SetLimit();
  void Goodbye();
  void Refuse(std::uint32_t error);
  void LoseAll();

  void Start(const std::shared_ptr<Stream>& stream);
  auto Serve(std::shared_ptr<Stream> stream) -> asio::awaitable<void>;
  auto ServeBody(Stream& stream, const std::shared_ptr<const GatewayState>& state, AdmittedRequest admitted,
                 const RequestHead& head) -> asio::awaitable<void>;
  auto AnswerError(Stream& stream, const GatewayState& state, const ApiError& error) -> asio::awaitable<void>;

  auto Find(std::int32_t id) -> Stream* {
    const auto found = streams_.find(id);
    return found == streams_.end() ? nullptr : found->second.get();
  }

  // What nghttp2 tells.
  static auto Self(void* user) -> Http2& { return *static_cast<Http2*>(user); }
  auto FrameBegins(const nghttp2_frame_hd& frame) -> int;
  auto HeadersBegin(const nghttp2_frame& frame) -> int;
  auto HeaderCame(const nghttp2_frame& frame, std::string_view name, std::string_view value) -> int;
  auto FrameCame(const nghttp2_frame& frame) -> int;
  auto DataCame(std::int32_t id, std::string_view bytes) -> int;
  auto FrameSent(const nghttp2_frame& frame) -> int;
  auto StreamEnded(std::int32_t id) -> int;

  SessionHost& host_;
  std::unique_ptr<ByteStream> stream_;
  std::string early_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, std::shared_ptr<Stream>> streams_;  // those that nghttp2 knows
  std::size_t serving_ = 0;                                  // coroutines; one may outlast its stream
  std::optional<Signal> served_;                             // one of them has ended
  std::optional<asio::any_io_executor> executor_;
  std::string out_;
  bool in_callbacks_ = false;
  bool writing_ = false;   // WriteRest runs
  bool leaving_ = false;   // no new requests are taken
  bool finished_ = false;  // nothing is sent any more
  std::optional<TimePoint> headers_until_;
  TimePoint idle_until_;
  TimePoint write_until_;
  Allowance resets_{200, 20};     // streams given up by the caller, and requests that are none
  Allowance upkeep_{1000, 100};  // frames that carry nothing
};

// A stream.

Stream::Stream(Http2& the_connection, std::int32_t the_id, const asio::any_io_executor& executor)
    : connection(the_connection), id(the_id), arrived(executor), drained(executor) {}

auto Stream::Head() const -> RequestHead {
  RequestHead head{method, path, {}};
  for (const auto& [name, value] : fields) head.headers.push_back({name, value});
  return head;
}

void Stream::Field(std::string_view name, std::string_view value) {
  header_bytes += name.size() + value.size() + kFieldOverhead;
  if (header_bytes > kMostHeaderBytes) return;
  if (name == ":method") {
    method = value;
  } else if (name == ":path") {
    path = value;
  } else if (name == ":authority" || name == "host") {
    authority = value;
  } else if (!name.starts_with(':')) {
    fields.emplace_back(name, value);
  }
}

auto Stream::Take(std::uint8_t* into, std::size_t most, std::uint32_t* flags) -> ssize_t {
  const std::size_t size = std::min(most, out.size() - taken);
  std::copy_n(out.data() + taken, size, into);
  taken += size;
  if (taken == out.size()) {
    out.clear();
    taken = 0;
    if (ends) *flags |= NGHTTP2_DATA_FLAG_EOF;
  }
  if (size == 0 && !ends) return NGHTTP2_ERR_DEFERRED;
  drained.Give();
  return static_cast<ssize_t>(size);
}

auto Stream::Drain(std::size_t most) -> asio::awaitable<Sent> {
  TimePoint until = TimePoint::clock::now() + connection.host().times().write;
  for (std::size_t left = out.size() - taken; !closed && (left > most || (ends && !sent_all));) {
    const bool given = co_await drained.Wait(until);
    const std::size_t now_left = out.size() - taken;
    if (now_left < left) until = TimePoint::clock::now() + connection.host().times().write;
    left = now_left;
    if (given || closed || TimePoint::clock::now() < until) continue;
    // What resets the stream may itself have to wait behind what the connection does not take.
    connection.Reset(*this, NGHTTP2_CANCEL);
    co_return Sent::kCallerGone;
  }
  co_return closed && !sent_all ? Sent::kCallerGone : Sent::kYes;
}

auto Stream::Send(const Reply& reply) -> asio::awaitable<Sent> {
  if (closed) co_return Sent::kCallerGone;
  const bool bodiless = method == "HEAD";
  if (!bodiless) out = reply.body;
  ends = true;
  connection.Answer(*this, reply, reply.body.size());
  co_return co_await Drain(0);
}

auto Stream::Begin(const Reply& reply) -> asio::awaitable<Sent> {
  if (closed) co_return Sent::kCallerGone;
  connection.Answer(*this, reply, std::nullopt);
  co_return Sent::kYes;
}

auto Stream::Write(std::string_view piece) -> asio::awaitable<Sent> {
  if (closed) co_return Sent::kCallerGone;
  if (piece.empty()) co_return Sent::kYes;
  out += piece;
  connection.Resume(*this);
  co_return co_await Drain(kHeldBytes);
}

auto Stream::End() -> asio::awaitable<Sent> {
  if (closed) co_return Sent::kCallerGone;
  ends = true;
  connection.Resume(*this);
  co_return co_await Drain(0);
}

// Bytes.

void Http2::Open() {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* options = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&options) != 0) throw std::bad_alloc();
  nghttp2_option_set_max_outbound_ack(options, 100);
  nghttp2_option_set_max_settings(options, 32);
  nghttp2_option_set_no_closed_streams(options, 1);
  nghttp2_session_callbacks_set_on_begin_frame_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame_hd* frame, void* user) { return Self(user).FrameBegins(*frame); });
  nghttp2_session_callbacks_set_on_begin_headers_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) { return Self(user).HeadersBegin(*frame); });
  nghttp2_session_callbacks_set_on_header_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
        return Self(user).HeaderCame(*frame, {reinterpret_cast<const char*>(name), name_size},
                                     {reinterpret_cast<const char*>(value), value_size});
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) { return Self(user).FrameCame(*frame); });
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame*, int, void* user) {
        return Self(user).resets_.Spend(TimePoint::clock::now()) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes, std::size_t size,
                    void* user) { return Self(user).DataCame(id, {reinterpret_cast<const char*>(bytes), size}); });
  nghttp2_session_callbacks_set_on_frame_send_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) { return Self(user).FrameSent(*frame); });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t, void* user) { return Self(user).StreamEnded(id); });
  const int made = nghttp2_session_server_new2(&session_, callbacks, this, options);
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_option_del(options);
  if (made != 0) throw std::bad_alloc();

  const std::array<nghttp2_settings_entry, 3> settings{{{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kMostStreams},
                                                        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
                                                        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kMostHeaderBytes}}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

auto Http2::Run() -> asio::awaitable<void> {
  executor_ = co_await asio::this_coro::executor;
  served_.emplace(*executor_);
  idle_until_ = TimePoint::clock::now() + host_.times().idle;
  Open();
  bool good = Feed(std::exchange(early_, {}));
  std::string bytes(kReadBytes, '\0');
  while (good) {
    if (host_.draining()) Goodbye();
    Flush();
    if (nghttp2_session_want_read(session_) == 0) break;  // both sides have said their last word
    SetLimit();
    const auto got = co_await stream_->ReadSome(asio::buffer(bytes));
    good = got && Feed({bytes.data(), *got});
  }
  Flush();
  LoseAll();
  // The requests hold on to this connection's upstreams and records, so it has ended only when they have.
  while (serving_ > 0 || writing_) co_await served_->Wait();
  stream_->EndSending();
  // Closing on unread bytes would reset the connection and could destroy the last word on its way.
  stream_->ExpireAt(TimePoint::clock::now() + kFarewell);
  for (std::size_t discarded = 0; discarded < kDiscardedBytes;) {
    const auto got = co_await stream_->ReadSome(asio::buffer(bytes));
    if (!got) break;
    discarded += *got;
  }
  stream_->Close();
}

/// False when the caller has broken the rules.
auto Http2::Feed(std::string_view bytes) -> bool {
  in_callbacks_ = true;
  const auto taken = nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  in_callbacks_ = false;
  if (taken == NGHTTP2_ERR_CALLBACK_FAILURE || taken == NGHTTP2_ERR_FLOODED) {
    nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM);
    return false;
  }
  if (taken < 0) {
    nghttp2_session_terminate_session(session_, NGHTTP2_PROTOCOL_ERROR);
    return false;
  }
  return true;
}

/// Sends what there is to send, as far as the socket takes it now.
void Http2::Flush() {
  if (in_callbacks_ || writing_ || finished_) return;
  while (Gather()) {
    const auto wrote = stream_->TryWrite(asio::buffer(out_));
    if (!wrote) {
      finished_ = true;
      return stream_->Close();  // which ends the reading too
    }
    out_.erase(0, *wrote);
    if (out_.empty()) continue;
    writing_ = true;
    asio::co_spawn(*executor_, [self = shared_from_this()] { return self->WriteRest(); },
                   [self = shared_from_this()](const std::exception_ptr&) {
                     self->writing_ = false;
                     self->served_->Give();
                     self->Flush();
                     if (!self->finished_) self->SetLimit();
                   });
    return;
  }
  // Reading may have come this far before the last word could be sent, and waits for nothing then.
  const bool said_all = nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
  if (said_all || (leaving_ && streams_.empty() && serving_ == 0)) {
    finished_ = true;
    stream_->EndSending();
    SetLimit();
  }
}

/// Collects frames, up to what is written at once. False when there are none.
auto Http2::Gather() -> bool {
  in_callbacks_ = true;
  while (out_.size() < kWriteBytes) {
    const std::uint8_t* bytes = nullptr;
    const auto size = nghttp2_session_mem_send(session_, &bytes);
    if (size <= 0) break;
    out_.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }
  in_callbacks_ = false;
  return !out_.empty();
}

/// The error has a name, because g++ 12 makes a frame that cannot be resumed of `if (co_await …)` on it.
auto Http2::WriteRest() -> asio::awaitable<void> {
  for (bool more = true; more; more = Gather()) {
    write_until_ = TimePoint::clock::now() + host_.times().write;
    SetLimit();
    const ByteStream::Error error = co_await stream_->Write(asio::buffer(out_));
    out_.clear();
    if (error) {
      finished_ = true;
      stream_->Close();
      co_return;
    }
  }
}

/// The time by which something has to happen on the connection as a whole. Requests have limits of their own.
void Http2::SetLimit() {
  TimePoint until = TimePoint::max();
  if (finished_) until = TimePoint::clock::now() + kFarewell;
  if (writing_) until = std::min(until, write_until_);
  if (headers_until_) until = std::min(until, *headers_until_);
  if (serving_ == 0) until = std::min(until, idle_until_);
  stream_->ExpireAt(until);
}

/// Tells the caller that no new requests are taken.
void Http2::Goodbye() {
  if (std::exchange(leaving_, true)) return;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                        nullptr, 0);
}

/// The connection is gone, and its requests have nobody to answer to.
void Http2::LoseAll() {
  finished_ = true;
  for (const auto& [id, stream] : std::exchange(streams_, {})) {
    stream->closed = true;
    stream->cancellation->Cancel(Cancellation::Cause::kCallerGone);
    stream->arrived.Give();
    stream->drained.Give();
  }
}

void Http2::CloseIfIdle() {
  if (session_ == nullptr) return stream_->Close();
  Goodbye();
  Flush();
}

void Http2::EndRequests() {
  if (streams_.empty() && serving_ == 0) return stream_->Close();
  for (const auto& [id, stream] : std::map(streams_)) stream->cancellation->Cancel(Cancellation::Cause::kStopping);
}

// Frames.

auto Http2::FrameBegins(const nghttp2_frame_hd& frame) -> int {
  const TimePoint now = TimePoint::clock::now();
  bool allowed = true;
  switch (frame.type) {
    case NGHTTP2_RST_STREAM:
      allowed = resets_.Spend(now);
      break;
    case NGHTTP2_DATA:
      if (frame.length == 0 && (frame.flags & NGHTTP2_FLAG_END_STREAM) == 0) allowed = upkeep_.Spend(now);
      break;
    case NGHTTP2_PING:
    case NGHTTP2_SETTINGS:
    case NGHTTP2_PRIORITY:
    case NGHTTP2_CONTINUATION:
      allowed = upkeep_.Spend(now);
      break;
    case NGHTTP2_HEADERS:
      headers_until_ = now + host_.times().header;
      break;
    default:  // a number from outside, not an enumeration
      break;
  }
  return allowed ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

auto Http2::HeadersBegin(const nghttp2_frame& frame) -> int {
  if (frame.headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  if (leaving_) return 0;  // nghttp2 ignores streams after a GOAWAY
  const std::int32_t id = frame.hd.stream_id;
  streams_[id] = std::make_shared<Stream>(*this, id, *executor_);
  return 0;
}

auto Http2::HeaderCame(const nghttp2_frame& frame, std::string_view name, std::string_view value) -> int {
  Stream* stream = Find(frame.hd.stream_id);
  if (stream == nullptr || frame.headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  stream->Field(name, value);
  constexpr std::size_t kAbsurd = 8;  // times what is allowed: nobody means this
  return stream->header_bytes > kAbsurd * kMostHeaderBytes ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

auto Http2::FrameCame(const nghttp2_frame& frame) -> int {
  if (frame.hd.type == NGHTTP2_HEADERS) headers_until_.reset();
  if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) return 0;
  Stream* stream = Find(frame.hd.stream_id);
  if (stream == nullptr) return 0;
  if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
    stream->has_all = true;
    stream->arrived.Give();
  }
  if (frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST) Start(streams_[stream->id]);
  return 0;
}

auto Http2::DataCame(std::int32_t id, std::string_view bytes) -> int {
  Stream* stream = Find(id);
  if (stream == nullptr) return 0;
  if (stream->most_body == 0 || stream->too_large) {
    // Most callers notice by the answer that nobody wants the rest; the others are told (RFC 9113, 8.1).
    stream->discarded += bytes.size();
    if (stream->sent_all && stream->discarded > kDiscardedBytes) {
      nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
    }
    return 0;
  }
  if (bytes.size() > stream->most_body - stream->body.size()) {
    stream->too_large = true;
    std::string().swap(stream->body);  // gives its memory back, as an assignment does not
    stream->arrived.Give();
  } else {
    stream->body += bytes;
  }
  return 0;
}

auto Http2::FrameSent(const nghttp2_frame& frame) -> int {
  const bool may_end = frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA;
  if (!may_end || (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
  Stream* stream = Find(frame.hd.stream_id);
  if (stream == nullptr) return 0;
  stream->sent_all = true;
  stream->drained.Give();
  return 0;
}

auto Http2::StreamEnded(std::int32_t id) -> int {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return 0;
  const std::shared_ptr<Stream> stream = found->second;
  streams_.erase(found);
  stream->closed = true;
  if (!stream->sent_all) stream->cancellation->Cancel(Cancellation::Cause::kCallerGone);
  stream->arrived.Give();
  stream->drained.Give();
  return 0;
}

// Requests.

void Http2::Start(const std::shared_ptr<Stream>& stream) {
  ++serving_;
  asio::co_spawn(*executor_, [self = shared_from_this(), stream] { return self->Serve(stream); },
                 [self = shared_from_this(), stream](const std::exception_ptr& failure) {
                   if (failure) {
                     std::fprintf(stderr, "routegate: a request was dropped by an exception\n");
                     if (!stream->closed) self->Reset(*stream, NGHTTP2_INTERNAL_ERROR);
                   }
                   if (--self->serving_ == 0) self->idle_until_ = TimePoint::clock::now() + self->host_.times().idle;
                   self->served_->Give();
                   self->Flush();
                   if (!self->finished_) self->SetLimit();
                 });
}

auto Http2::Serve(std::shared_ptr<Stream> shared) -> asio::awaitable<void> {
  Stream& stream = *shared;
  const std::shared_ptr<const GatewayState> state = host_.state();
  if (stream.header_bytes > kMostHeaderBytes) {
    const ApiError error{ApiCode::kHeadersTooLarge,
                         "the headers are larger than " + std::to_string(kMostHeaderBytes) + " bytes", ""};
    co_return co_await AnswerError(stream, *state, error);
  }
  if (stream.authority.empty()) {
    const ApiError error{ApiCode::kInvalidRequest, "the request must name its host in `:authority`", ""};
    co_return co_await AnswerError(stream, *state, error);
  }
  const RequestHead head = stream.Head();
  auto verdict = JudgeHead(*state, Draining() ? Phase::kDraining : Phase::kServing, head);
  if (const auto* admitted = std::get_if<AdmittedRequest>(&verdict)) {
    co_return co_await ServeBody(stream, state, *admitted, head);
  }
  co_await stream.Send(std::get<Reply>(verdict));
}

auto Http2::ServeBody(Stream& stream, const std::shared_ptr<const GatewayState>& state, AdmittedRequest admitted,
                      const RequestHead& head) -> asio::awaitable<void> {
  const std::uint64_t body_bytes = stream.has_all ? 0 : BodyBound(head.headers, state->config.max_body_bytes);
  auto place = Place::Take(*state, admitted.caller, body_bytes);
  if (!place) co_return co_await AnswerError(stream, *state, place.error());
  stream.most_body = state->config.max_body_bytes;
  const bool waits = std::ranges::any_of(
      head.headers, [](const HeaderField& field) { return field.name == "expect" && field.value == "100-continue"; });
  if (waits && !stream.has_all) {
    static constexpr std::string_view kName = ":status", kValue = "100";
    const nghttp2_nv status{reinterpret_cast<std::uint8_t*>(const_cast<char*>(kName.data())),
                            reinterpret_cast<std::uint8_t*>(const_cast<char*>(kValue.data())), kName.size(),
                            kValue.size(), NGHTTP2_NV_FLAG_NONE};
    nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id, nullptr, &status, 1, nullptr);
    Flush();
  }
  const TimePoint until = TimePoint::clock::now() + host_.times().body;
  while (!stream.has_all && !stream.too_large && !stream.closed) {
    if (!co_await stream.arrived.Wait(until)) {
      Reset(stream, NGHTTP2_CANCEL);
      co_return;
    }
  }
  if (stream.closed) co_return;
  if (stream.too_large) {
    const ApiError error{ApiCode::kRequestTooLarge,
                         "the body is larger than " + std::to_string(state->config.max_body_bytes) + " bytes", ""};
    co_return co_await AnswerError(stream, *state, error);
  }
  std::string body = std::exchange(stream.body, {});
  place->HasRead(body.size());
  const auto cancellation = stream.cancellation;
  co_await ServeAdmitted(host_, state, admitted, head, body, stream, cancellation);
}

auto Http2::AnswerError(Stream& stream, const GatewayState& state, const ApiError& error) -> asio::awaitable<void> {
  state.process->metrics.Answered(error.code);
  const RequestHead head = stream.Head();
  const Reply reply = ErrorReply(ErrorApiOf(head), error);
  co_await stream.Send(reply);
}

/// Submits the head of an answer; a body follows as the stream hands it on. `length` is that of a whole body.
void Http2::Answer(Stream& stream, const Reply& reply, std::optional<std::size_t> length) {
  const std::string status = std::to_string(reply.status);
  const std::string size = length ? std::to_string(*length) : "";
  std::vector<nghttp2_nv> fields;
  const auto add = [&](std::string_view name, std::string_view value) {
    fields.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                      reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
                      NGHTTP2_NV_FLAG_NONE});
  };
  add(":status", status);
  add("content-type", reply.content_type);
  for (const auto& [name, value] : reply.headers) add(name, value);
  if (length) add("content-length", size);
  nghttp2_data_provider provider{};
  provider.read_callback = [](nghttp2_session*, std::int32_t id, std::uint8_t* into, std::size_t most, std::uint32_t* flags,
                              nghttp2_data_source*, void* user) -> ssize_t {
    // The connection may have lost its streams while nghttp2 still has the answer to send.
    Stream* known = Self(user).Find(id);
    if (known == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    return known->Take(into, most, flags);
  };
  const bool bodiless = stream.ends && stream.out.empty();
  const int taken =
      nghttp2_submit_response(session_, stream.id, fields.data(), fields.size(), bodiless ? nullptr : &provider);
  if (taken != 0) return Reset(stream, NGHTTP2_INTERNAL_ERROR);
  if (Draining()) Goodbye();
  Flush();
}

void Http2::Resume(Stream& stream) {
  nghttp2_session_resume_data(session_, stream.id);
  Flush();
}

void Http2::Reset(Stream& stream, std::uint32_t error) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, error);
  Flush();
}

}  // namespace

auto MakeHttp2(SessionHost& host, std::unique_ptr<ByteStream> stream, std::string early)
    -> std::shared_ptr<CallerProtocol> {
  return std::make_shared<Http2>(host, std::move(stream), std::move(early));
}

}  // namespace route
