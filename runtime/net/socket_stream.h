#pragma once

#include <memory>
#include <optional>

#include <boost/asio/ip/tcp.hpp>

#include "runtime/net/stream.h"

namespace route {

/// What plain and encrypted streams have in common: a socket that never blocks, waiting for it, and its time limit.
///
/// A kind of stream says what one step of reading or writing does; `Done` steps end the operation, others say what the
/// socket has to be ready for before the step is tried again.
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
  auto ReadSome(boost::asio::mutable_buffer into)
      -> boost::asio::awaitable<std::expected<std::size_t, Error>> override;
  void WatchOnce(std::move_only_function<void(Error)> readable) override;
  void StopWatching() override;

 protected:
  enum class Need : std::uint8_t { kNothing, kReadable, kWritable };
  struct Step {
    std::size_t bytes = 0;
    Need need = Need::kNothing;
    Error error;
  };
  virtual auto ReadStep(boost::asio::mutable_buffer into) -> Step = 0;
  virtual auto WriteStep(boost::asio::const_buffer bytes) -> Step = 0;

  /// A new socket is there: the system's number of it, or nothing for one that is gone.
  virtual void Attach(int socket) = 0;

  auto Wait(Need need) -> boost::asio::awaitable<Error>;
  auto socket() -> boost::asio::ip::tcp::socket& { return socket_; }

  /// What an operation of the socket shows the caller: `timed_out` where it was the time limit that ended it.
  auto Told(const Error& error) const -> Error;

 private:
  class TimeLimit;
  void TimeOut();
  auto GiveWay() -> boost::asio::awaitable<Error>;

  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<TimeLimit> limit_;
  int waiting_ = 0;  // operations, which the limit may end
  unsigned reads_in_a_row_ = 0;  // that did not have to wait
  bool timed_out_ = false;
};

}  // namespace route
