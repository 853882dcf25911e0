#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "runtime/gateway/forward.h"
#include "runtime/gateway/session.h"
#include "runtime/signals/attributes.h"

/// What is at each path, whichever version of HTTP a request came over.
namespace route {

/// A request without its body. The views lie where the request was read.
struct RequestHead {
  std::string_view method;  ///< `POST`
  std::string_view target;  ///< in origin or absolute form
  std::vector<HeaderField> headers;
};

/// A request that its caller may make, and whose body is wanted.
struct AdmittedRequest {
  enum class Purpose : std::uint8_t { kServe, kDecide };

  Api api = Api::kChat;
  Purpose purpose = Purpose::kServe;
  std::uint32_t tenant = 0;
};

/// The API in whose form errors are told to this caller: that of the path, and Anthropic's for a caller that names a version
/// of it.
auto ErrorApiOf(const RequestHead& head) -> Api;

/// Everything that can be said without the body: pages, and refusals of wrong paths, methods, keys and codings.
auto JudgeHead(SessionHost& host, const RequestHead& head) -> std::variant<Reply, AdmittedRequest>;

/// Reads the body, decides and answers. `head` and `responder` must outlive the coroutine.
auto ServeAdmitted(SessionHost& host, AdmittedRequest admitted, const RequestHead& head, std::string body,
                   Responder& responder, std::shared_ptr<Cancellation> cancellation) -> boost::asio::awaitable<void>;

}  // namespace route
