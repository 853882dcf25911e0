#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "runtime/gateway/reply.h"
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
  std::uint32_t caller = 0;  ///< as the registry numbers them
};

/// The API in whose form errors are told to this caller: that of the path, and Anthropic's for a caller that names a
/// version of it.
auto ErrorApiOf(const RequestHead& head) -> Api;

/// Everything that can be said without the body: pages, and refusals of wrong paths, methods, keys and codings.
enum class Phase : std::uint8_t { kServing, kDraining };
auto JudgeHead(const GatewayState& state, Phase phase, const RequestHead& head) -> std::variant<Reply, AdmittedRequest>;

/// Reads the body, which is used up, decides and answers. Everything referred to must outlive the coroutine.
auto ServeAdmitted(SessionHost& host, const std::shared_ptr<const GatewayState>& state, AdmittedRequest admitted,
                   const RequestHead& head, std::string& body, Responder& responder,
                   const std::shared_ptr<Cancellation>& cancellation) -> boost::asio::awaitable<void>;

}  // namespace route
