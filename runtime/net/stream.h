#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace route {

class TlsContext;

/// A connection's bytes, plain or encrypted, whichever side began it. All of it happens on one thread.
///
/// At most one read and one write wait at a time; each of them may wait while the other does.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  using Addresses = boost::asio::ip::tcp::resolver::results_type;
  using Error = boost::system::error_code;
  using Time = std::chrono::steady_clock::time_point;

  /// An operation that waits at this time ends with `asio::error::timed_out`, and so does a later read, and a write that
  /// would have to wait; the stream is closed then. Moving the limit costs next to nothing.
  virtual void ExpireAt(Time time) = 0;
  virtual void NeverExpire() = 0;

  /// Ends what is waiting.
  virtual void Close() = 0;
  virtual auto is_open() const -> bool = 0;

  /// Tells the other side that nothing more will be sent.
  virtual void EndSending() = 0;

  virtual auto Connect(const Addresses& addresses) -> boost::asio::awaitable<Error> = 0;

  /// For TLS: shows `host` to the other side and checks that its certificate is for `host`. Plain streams do nothing.
  virtual auto Handshake(const std::string& host) -> boost::asio::awaitable<Error> = 0;

  /// The other side of it, for a connection that was accepted.
  virtual auto Accept() -> boost::asio::awaitable<Error> = 0;

  /// What both sides agreed to speak over TLS, `h2` or `http/1.1`; empty if they did not say. Valid after the handshake.
  virtual auto protocol() const -> std::string_view = 0;

  /// Writes what can be written without waiting, and says how much that was.
  virtual auto TryWrite(boost::asio::const_buffer bytes) -> std::expected<std::size_t, Error> = 0;

  /// Writes all of the bytes.
  virtual auto Write(boost::asio::const_buffer bytes) -> boost::asio::awaitable<Error> = 0;

  /// At least one byte, or an error, which at the end of the stream is `asio::error::eof`.
  virtual auto ReadSome(boost::asio::mutable_buffer into)
      -> boost::asio::awaitable<std::expected<std::size_t, Error>> = 0;

  /// What a read would find, without waiting for it.
  enum class Incoming : std::uint8_t { kNothing, kBytes, kEnd };
  virtual auto Peek() -> Incoming = 0;

  /// Reads what is here, without waiting: at least one byte where `Peek` has found some.
  virtual auto TryRead(boost::asio::mutable_buffer into) -> std::size_t = 0;

  /// Calls the function once: without an error as soon as a read might find something, with one when the stream is closed
  /// or `StopWatching` was called. Nobody may read meanwhile.
  virtual void WatchOnce(std::move_only_function<void(Error)> readable) = 0;
  virtual void StopWatching() = 0;
};

/// Ciphers, certificates and what is trusted: for one side of any number of connections. Threads may share it.
class TlsContext {
 public:
  virtual ~TlsContext() = default;

  /// For connections to others, whose certificates must be vouched for by the system's authorities, or those of
  /// `SSL_CERT_FILE` and `SSL_CERT_DIR`.
  static auto ForClients() -> std::shared_ptr<TlsContext>;

  /// For connections that others begin: with a chain of certificates, its own first, and its private key, both as PEM texts.
  /// Speaks HTTP/2 and HTTP/1.1, whichever the other side prefers among what it names. The error says which of the two
  /// texts is wrong and why, as can follow a colon.
  struct Problem {
    enum class Part : std::uint8_t { kCertificate, kKey };
    Part part = Part::kCertificate;
    std::string why;
  };
  static auto ForServers(const std::string& certificates, const std::string& key)
      -> std::expected<std::shared_ptr<TlsContext>, Problem>;
};

auto MakePlainStream(const boost::asio::any_io_executor& executor) -> std::unique_ptr<ByteStream>;
auto MakePlainStream(boost::asio::ip::tcp::socket socket) -> std::unique_ptr<ByteStream>;

/// The context must outlive the stream.
auto MakeTlsStream(const boost::asio::any_io_executor& executor, TlsContext& context) -> std::unique_ptr<ByteStream>;
auto MakeTlsStream(boost::asio::ip::tcp::socket socket, TlsContext& context) -> std::unique_ptr<ByteStream>;

}  // namespace route
