#include "runtime/gateway/http1_request.h"

#include <algorithm>
#include <utility>

#include <boost/beast/http/error.hpp>

#include "runtime/values/letter_case.h"

namespace http = boost::beast::http;

namespace route {
namespace {

auto Invalid(std::string message) -> ApiError {
  return {ApiCode::kInvalidRequest, std::move(message), ""};
}

auto IsNumber(std::string_view text) -> bool {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

auto Http1Request::Take(std::string_view bytes) -> std::expected<std::size_t, ApiError> {
  const bool in_head = !head_done();
  HttpError error;
  const std::size_t taken = reader_.Put(bytes, error);
  if (error && error != http::error::need_more) return std::unexpected(ErrorOf(error));
  if (in_head && head_done()) {
    if (auto problem = CheckHead()) return std::unexpected(std::move(*problem));
  }
  return taken;
}

/// What Beast takes and other readers may take differently.
auto Http1Request::CheckHead() const -> std::optional<ApiError> {
  const std::size_t codings = reader_.Count("transfer-encoding");
  if (codings > 0 && (!SameInAnyCase(*reader_.Find("transfer-encoding"), "chunked") || !is_http11())) {
    return Invalid("the only transfer encoding that is read is `chunked`, in HTTP/1.1");
  }
  if (codings > 1) return Invalid("the request has more than one Transfer-Encoding header");
  const std::size_t lengths = reader_.Count("content-length");
  if (lengths > 1 || (lengths == 1 && !IsNumber(*reader_.Find("content-length")))) {
    return Invalid("the request must have at most one Content-Length header, with one number");
  }
  const std::size_t hosts = reader_.Count("host");
  if (hosts > 1 || (is_http11() && hosts == 0)) return Invalid("the request must have exactly one Host header");
  return std::nullopt;
}

auto Http1Request::ErrorOf(const HttpError& error) const -> ApiError {
  if (error == http::error::body_limit) {
    return {ApiCode::kRequestTooLarge, "the body is larger than " + std::to_string(most_body_bytes_) + " bytes", ""};
  }
  if (error == http::error::header_limit) {
    return {ApiCode::kHeadersTooLarge, "the headers are larger than " + std::to_string(kMostHeaderBytes) + " bytes", ""};
  }
  return Invalid("the request is not valid HTTP: " + error.message());
}

auto Http1Request::Head() const -> RequestHead {
  RequestHead head{reader_.method(), reader_.target(), {}};
  for (const auto& [name, value] : reader_.fields()) head.headers.push_back({name, value});
  return head;
}

auto Http1Request::expects_continue() const -> bool {
  return SameInAnyCase(reader_.Find("expect").value_or(""), "100-continue");
}

auto Http1Request::TakeBody() -> std::string {
  return std::exchange(reader_.body(), {});
}

}  // namespace route
