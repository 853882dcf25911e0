#include "runtime/net/socket_stream.h"

#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "runtime/net/async_token.h"

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace route {
namespace {

constexpr unsigned kReadsInARow = 16;  // without waiting, before others have their turn

}  // namespace

/// Ends the stream when its time is over. The timer runs on to the earliest limit that it was set for and is set anew
/// only then, because limits move with every message and hardly ever come true.
class SocketStream::TimeLimit : public std::enable_shared_from_this<TimeLimit> {
 public:
  explicit TimeLimit(SocketStream& stream) : stream_(&stream), timer_(stream.socket_.get_executor()) {}

  void Set(Time time) {
    due_ = time;
    if (due_ < runs_to_) Run();
  }

  auto is_over() const -> bool { return due_ <= Time::clock::now(); }
  auto has_ended() const -> bool { return stream_ == nullptr; }

  /// The stream is gone.
  void End() {
    stream_ = nullptr;
    timer_.cancel();
  }

 private:
  void Run() {
    runs_to_ = due_;
    timer_.expires_at(due_);
    timer_.async_wait([self = shared_from_this()](const Error& error) {
      if (error || self->stream_ == nullptr) return;  // set anew, or ended
      self->runs_to_ = Time::max();
      if (self->due_ == Time::max()) return;
      if (self->due_ > Time::clock::now()) return self->Run();
      if (self->stream_->waiting_ > 0) self->stream_->TimeOut();
    });
  }

  SocketStream* stream_;
  asio::steady_timer timer_;
  Time due_ = Time::max();
  Time runs_to_ = Time::max();  // when the timer ends; the end of time: it is not running
};

SocketStream::SocketStream(const asio::any_io_executor& executor)
    : socket_(executor), limit_(std::make_shared<TimeLimit>(*this)) {}

SocketStream::SocketStream(tcp::socket socket)
    : socket_(std::move(socket)), limit_(std::make_shared<TimeLimit>(*this)) {
  Error ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);
}

SocketStream::~SocketStream() {
  limit_->End();
}

void SocketStream::ExpireAt(Time time) {
  limit_->Set(time);
}

void SocketStream::NeverExpire() {
  limit_->Set(Time::max());
}

void SocketStream::TimeOut() {
  timed_out_ = true;
  Close();
}

void SocketStream::Close() {
  Error ignored;
  socket_.close(ignored);
}

auto SocketStream::Told(const Error& error) const -> Error {
  if (timed_out_) return asio::error::timed_out;
  return error;
}

auto SocketStream::Connect(const Addresses& addresses) -> asio::awaitable<Error> {
  Error error;
  {
    const Waiting waiting(*this);
    co_await asio::async_connect(socket_, addresses, Token(error));
  }
  if (error) co_return Told(error);
  socket_.non_blocking(true, error);
  if (!error) socket_.set_option(tcp::no_delay(true), error);
  if (!error) Attach(socket_.native_handle());
  co_return Told(error);
}

/// Reads that never have to wait never meet the timer, so the clock is asked.
auto SocketStream::IsUsable() -> bool {
  if (limit_->is_over()) TimeOut();
  return socket_.is_open();
}

auto SocketStream::Wait(Need need) -> asio::awaitable<Error> {
  Error error;
  if (!IsUsable()) co_return Told(asio::error::operation_aborted);
  reads_in_a_row_ = 0;
  const Waiting waiting(*this);
  co_await socket_.async_wait(need == Need::kReadable ? tcp::socket::wait_read : tcp::socket::wait_write, Token(error));
  if (!error && !socket_.is_open()) error = asio::error::operation_aborted;
  co_return error ? Told(error) : error;
}

/// Asio's own way to read needs no call to arm the wait, as waiting for a socket alone does. It learns of the stream's end,
/// proper or by a reset, once: a read after that waits for what never comes.
auto SocketStream::Receive(asio::mutable_buffer into) -> asio::awaitable<std::expected<std::size_t, Error>> {
  if (!IsUsable()) co_return std::unexpected(Told(asio::error::operation_aborted));
  if (end_) co_return std::unexpected(end_);
  Error error;
  std::size_t got = 0;
  {
    const Waiting waiting(*this);
    is_reading_ = true;
    got = co_await socket_.async_read_some(into, Token(error));
    is_reading_ = false;
  }
  if (!error) co_return got;
  if (error != asio::error::operation_aborted) end_ = error;
  co_return std::unexpected(end_ && !timed_out_ && is_open() ? end_ : Told(error));
}

auto SocketStream::TryWrite(asio::const_buffer bytes) -> std::expected<std::size_t, Error> {
  std::size_t written = 0;
  while (written < bytes.size()) {
    if (!socket_.is_open()) return std::unexpected(Told(asio::error::operation_aborted));
    const Step step = WriteStep(bytes + written);
    if (step.error) return std::unexpected(Told(step.error));
    if (step.need != Need::kNothing) break;
    written += step.bytes;
  }
  return written;
}

auto SocketStream::Write(asio::const_buffer bytes) -> asio::awaitable<Error> {
  while (bytes.size() > 0) {
    if (!socket_.is_open()) co_return Told(asio::error::operation_aborted);
    const Step step = WriteStep(bytes);
    if (step.error) co_return Told(step.error);
    bytes += step.bytes;
    if (step.need == Need::kNothing) continue;
    if (const Error error = co_await Wait(step.need)) co_return error;
  }
  co_return Error();
}

/// Someone who never stops sending neither holds the thread up nor outlasts the time limit.
auto SocketStream::GiveWay() -> asio::awaitable<Error> {
  if (++reads_in_a_row_ < kReadsInARow) co_return Error();
  reads_in_a_row_ = 0;
  if (!IsUsable()) co_return Told(asio::error::operation_aborted);
  const Waiting waiting(*this);
  co_await asio::post(socket_.get_executor(), asio::use_awaitable);
  co_return socket_.is_open() ? Error() : Told(asio::error::operation_aborted);
}

/// A peek finds out like a wait, but needs no call to arm it: the reactor knows whether all was read the last time.
void SocketStream::WatchOnce(std::move_only_function<void(Error)> readable) {
  if (end_) {  // of which the reactor would tell nobody any more
    asio::post(socket_.get_executor(), [readable = std::move(readable)]() mutable { readable(Error()); });
    return;
  }
  socket_.async_receive(asio::buffer(&peeked_, 1), tcp::socket::message_peek,
                        [this, limit = limit_, readable = std::move(readable)](const Error& error, std::size_t) mutable {
                          const bool stopped = error == asio::error::operation_aborted;
                          if (error && !stopped && !limit->has_ended()) FindEnd(error);
                          readable(stopped ? error : Error());
                        });
}

/// The reactor tells the end of what the other side sends once, and this watch was told. A read that began before its
/// handler ran, because the watch was stopped meanwhile, would wait on.
void SocketStream::FindEnd(const Error& how) {
  end_ = how;
  if (!is_reading_) return;
  Error ignored;
  socket_.cancel(ignored);
}

void SocketStream::StopWatching() {
  Error ignored;
  socket_.cancel(ignored);
}

}  // namespace route
