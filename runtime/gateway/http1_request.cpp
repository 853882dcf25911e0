#include "runtime/gateway/http1_request.h"

#include <algorithm>
#include <utility>

namespace beast = boost::beast;
namespace http = beast::http;

namespace route {
namespace {

auto View(boost::core::string_view text) -> std::string_view {
  return {text.data(), text.size()};
}

auto Invalid(std::string message) -> ApiError {
  return {ApiCode::kInvalidRequest, std::move(message), ""};
}

auto IsNumber(std::string_view text) -> bool {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Http1Request::Http1Request(std::uint64_t most_body_bytes) : most_body_bytes_(most_body_bytes) {
  parser_.header_limit(kMostHeaderBytes);
  parser_.body_limit(most_body_bytes);
}

auto Http1Request::Take(std::string_view bytes) -> std::expected<std::size_t, ApiError> {
  const bool in_head = !head_done();
  boost::system::error_code error;
  const std::size_t taken = bound_.Put(parser_, boost::asio::buffer(bytes), error);
  if (error && error != http::error::need_more) return std::unexpected(ErrorOf(error));
  if (in_head && head_done()) {
    if (auto problem = CheckHead()) return std::unexpected(std::move(*problem));
  }
  return taken;
}

/// What Beast takes and other readers may take differently.
auto Http1Request::CheckHead() const -> std::optional<ApiError> {
  const auto& request = parser_.get();
  const auto codings = request.count(http::field::transfer_encoding);
  if (codings > 0 && (!beast::iequals(request[http::field::transfer_encoding], "chunked") || !is_http11())) {
    return Invalid("the only transfer encoding that is read is `chunked`, in HTTP/1.1");
  }
  if (codings > 1) return Invalid("the request has more than one Transfer-Encoding header");
  const auto lengths = request.count(http::field::content_length);
  if (lengths > 1 || (lengths == 1 && !IsNumber(View(request[http::field::content_length])))) {
    return Invalid("the request must have at most one Content-Length header, with one number");
  }
  const auto hosts = request.count(http::field::host);
  if (hosts > 1 || (is_http11() && hosts == 0)) return Invalid("the request must have exactly one Host header");
  return std::nullopt;
}

auto Http1Request::ErrorOf(const boost::system::error_code& error) const -> ApiError {
  if (error == http::error::body_limit) {
    return {ApiCode::kRequestTooLarge, "the body is larger than " + std::to_string(most_body_bytes_) + " bytes", ""};
  }
  if (error == http::error::header_limit) {
    return {ApiCode::kHeadersTooLarge, "the headers are larger than " + std::to_string(kMostHeaderBytes) + " bytes", ""};
  }
  return Invalid("the request is not valid HTTP: " + error.message());
}

auto Http1Request::Head() const -> RequestHead {
  const auto& request = parser_.get();
  RequestHead head{View(request.method_string()), View(request.target()), {}};
  for (const auto& field : request) head.headers.push_back({View(field.name_string()), View(field.value())});
  return head;
}

auto Http1Request::expects_continue() const -> bool {
  return beast::iequals(parser_.get()[http::field::expect], "100-continue");
}

auto Http1Request::TakeBody() -> std::string {
  return std::exchange(parser_.get().body(), {});
}

}  // namespace route
