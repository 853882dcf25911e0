#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "runtime/upstream/attempts.h"
#include "runtime/upstream/endpoint.h"

/// The HTTP client side: one request to one upstream, over a pooled or a new connection.
namespace route {

/// Lets somebody else on the same thread end what a coroutine is waiting for.
class Cancellation {
 public:
  enum class Cause : std::uint8_t {
    kCallerGone,
    kStopping,  ///< the gateway ends
  };

  /// Ends what is being waited for, and whatever comes later at once. The first cause counts.
  void Cancel(Cause cause);
  auto cancelled() const -> bool { return cause_.has_value(); }
  auto cause() const -> std::optional<Cause> { return cause_; }

  /// What `Cancel` does now. Runs at once if it was called already. Give an empty function when there is nothing.
  void OnCancel(std::function<void()> action);

 private:
  std::optional<Cause> cause_;
  std::function<void()> action_;
};

struct TransportFailure {
  Failure failure = Failure::kReset;
  std::string detail;  ///< for operators
};

struct ForwardedHeader {
  std::string_view name;  ///< a literal
  std::string value;
};

struct UpstreamRequest {
  const Endpoint* endpoint = nullptr;
  std::string_view path;                 ///< below the endpoint's, `/chat/completions`
  std::string authorization;             ///< the whole header value, or empty
  std::vector<ForwardedHeader> headers;  ///< besides those that the client sets itself
  std::string body;                      ///< JSON
};

/// An answer whose headers have arrived. Dropping it before its end closes the connection.
class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual auto status() const -> unsigned = 0;
  virtual auto content_type() const -> std::string_view = 0;
  virtual auto retry_after() const -> std::string_view = 0;

  /// The next bytes of the body as they arrive; empty at its proper end, after which the connection is in the pool.
  virtual auto Read(TimePoint deadline) -> boost::asio::awaitable<std::expected<std::string, TransportFailure>> = 0;
};

/// All of a body, whose last byte comes by the deadline; `garbage` if it is longer than `most`.
auto ReadBody(Exchange& exchange, TimePoint deadline, std::size_t most)
    -> boost::asio::awaitable<std::expected<std::string, TransportFailure>>;

/// The connections of one thread to all upstreams. Everything must happen on the executor's thread.
class UpstreamClient {
 public:
  struct Options {
    Milliseconds connect_timeout{2000};  ///< for resolving, connecting and TLS together
    Milliseconds idle{30'000};           ///< that a connection is kept without a request
  };

  UpstreamClient(boost::asio::any_io_executor executor, Options options);
  ~UpstreamClient();

  /// Sends the request and waits for the answer's headers, at most until `deadline`. Redirects are not followed. A
  /// connection out of the pool that turns out to be dead before a byte of the answer is replaced by a new one, once.
  /// An answer other than a success counts even if the upstream closed before it had read the whole request.
  /// `request` and `cancellation` must outlive the exchange.
  auto Post(const UpstreamRequest& request, TimePoint deadline, Cancellation& cancellation)
      -> boost::asio::awaitable<std::expected<std::unique_ptr<Exchange>, TransportFailure>>;

  /// Closes the connections that no exchange is using, now and from now on. Until then the client keeps the executor busy
  /// while it has such connections.
  void Close();

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace route
