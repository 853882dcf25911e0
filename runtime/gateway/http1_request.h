#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/gateway/api_error.h"
#include "runtime/gateway/pages.h"
#include "runtime/net/http1_reader.h"

namespace route {

/// One request as HTTP/1.1 spells it, read from bytes as they come. Refused is whatever two readers could cut
/// differently: then nothing that follows may be read as a request.
class Http1Request {
 public:
  static constexpr std::uint32_t kMostHeaderBytes = 16 * 1024;

  explicit Http1Request(std::uint64_t most_body_bytes)
      : reader_(kMostHeaderBytes, most_body_bytes), most_body_bytes_(most_body_bytes) {}

  /// Takes from the front of `bytes`, which are not empty, and returns how many; 0: more are needed. At the end of the
  /// head, and at that of the body, it stops. A failure is for good.
  auto Take(std::string_view bytes) -> std::expected<std::size_t, ApiError>;

  auto head_done() const -> bool { return reader_.has_head(); }
  auto done() const -> bool { return reader_.has_all(); }

  // Once the head is done.

  /// The views hold as long as the request. Trailers are never among the headers.
  auto Head() const -> RequestHead;

  /// Whether the caller wants to send another request.
  auto keep_alive() const -> bool { return reader_.keeps_alive(); }
  auto is_http11() const -> bool { return reader_.version() == 11; }
  auto is_head() const -> bool { return reader_.method() == "HEAD"; }

  /// Whether the caller waits for word that its body is wanted.
  auto expects_continue() const -> bool;

  /// The body, once.
  auto TakeBody() -> std::string;

 private:
  auto CheckHead() const -> std::optional<ApiError>;
  auto ErrorOf(const HttpError& error) const -> ApiError;

  RequestReader reader_;
  std::uint64_t most_body_bytes_;
};

}  // namespace route
