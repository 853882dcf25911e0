#pragma once

#include <memory>
#include <optional>

#include <boost/asio/ip/tcp.hpp>

#include "runtime/net/stream.h"

namespace route {

/// What plain and encrypted streams have in common: a socket that never blocks, waiting for it, and its time limit.
///
/// A kind of stream says how it reads, and what one step of writing does: it may say what the socket has to be ready for
/// before the step is tried again.
class SocketStream : public ByteStream {
 public:
  explicit SocketStream(const boost::asio::any_io_executor& executor);
  explicit SocketStream(boost::asio::ip::tcp::socket socket);
  SocketStream(const SocketStream&) = delete;
  auto operator=(const SocketStream&) -> SocketStream& = delete;
  ~SocketStream() override;

  void ExpireAt(Time time) override;
  void NeverExpire() override;
  void Close() override;
  auto is_open() const -> bool override { return socket_.is_open(); }
  auto Connect(const Addresses& addresses) -> boost::asio::awaitable<Error> override;
  auto TryWrite(boost::asio::const_buffer bytes) -> std::expected<std::size_t, Error> override;
  auto Write(boost::asio::const_buffer bytes) -> boost::asio::awaitable<Error> override;
  void WatchOnce(std::move_only_function<void(Error)> readable) override;
  void StopWatching() override;

 protected:
  enum class Need : std::uint8_t { kNothing, kReadable, kWritable };
  struct Step {
    std::size_t bytes = 0;
    Need need = Need::kNothing;
    Error error;
  };
  virtual auto WriteStep(boost::asio::const_buffer bytes) -> Step = 0;

  /// A new socket is there: the system's number of it, or nothing for one that is gone.
  virtual void Attach(int socket) = 0;

  auto Wait(Need need) -> boost::asio::awaitable<Error>;

  /// Bytes as the socket has them, waiting for the first.
  auto Receive(boost::asio::mutable_buffer into) -> boost::asio::awaitable<std::expected<std::size_t, Error>>;

  /// For a read that did not have to wait.
  auto GiveWay() -> boost::asio::awaitable<Error>;

  /// Whether an operation can begin: the stream is open, and its time is not over.
  auto IsUsable() -> bool;

  /// An operation that waits, and that the limit may end, while this lives.
  class Waiting {
   public:
    explicit Waiting(SocketStream& stream) : stream_(stream) { ++stream_.waiting_; }
    Waiting(const Waiting&) = delete;
    auto operator=(const Waiting&) -> Waiting& = delete;
    ~Waiting() { --stream_.waiting_; }

   private:
    SocketStream& stream_;
  };

  auto socket() -> boost::asio::ip::tcp::socket& { return socket_; }

  /// What an operation of the socket shows the caller: `timed_out` where it was the time limit that ended it.
  auto Told(const Error& error) const -> Error;

 private:
  class TimeLimit;
  void TimeOut();
  void FindEnd(const Error& how);

  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<TimeLimit> limit_;
  int waiting_ = 0;  // operations, which the limit may end
  unsigned reads_in_a_row_ = 0;  // that did not have to wait
  bool timed_out_ = false;
  bool is_reading_ = false;  // in `Receive`
  Error end_;  // how what the other side sends has ended; none: it has not
  char peeked_ = 0;  // of the watch; nobody reads it
};

}  // namespace route
