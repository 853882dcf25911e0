#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/signals/api.h"

namespace route {

/// Every error that the gateway itself answers with. Closed: callers may switch on the code.
enum class ApiCode : std::uint8_t {
  kInvalidApiKey,        ///< 401
  kInvalidRequest,       ///< 400
  kRequestTooLarge,      ///< 413
  kHeadersTooLarge,      ///< 431
  kNotTranslatable,      ///< 400: no deployment of the plan speaks an API that the request could be put in
  kNotFound,             ///< 404
  kMethodNotAllowed,     ///< 405
  kPolicyRefused,        ///< 403
  kPolicyUnservable,     ///< 403
  kPolicyUncovered,      ///< 403
  kBudgetExhausted,      ///< 429: a cap of the tenant or its key is reached
  kTooManyRequests,      ///< 429: the tenant has as many requests running as it may
  kOverloaded,           ///< 503: the gateway has as many requests running as it may
  kUpstreamUnavailable,  ///< 503
  kDeadlineExceeded,     ///< 504
  kUpstreamInterrupted,  ///< no status: inside a stream that had begun
  kLogUnavailable,       ///< 503
  kInternalError,        ///< 500
};

inline constexpr ApiCode kLastApiCode = ApiCode::kInternalError;

struct ApiError {
  ApiCode code = ApiCode::kInternalError;
  std::string message;
  std::string param;  ///< the body field at fault, or empty
};

/// `policy_refused`.
auto CodeName(ApiCode code) -> std::string_view;
auto StatusOf(ApiCode code) -> unsigned;

/// The error's body in the form that the clients of this API read.
auto ErrorBody(Api api, const ApiError& error) -> std::string;

/// The same inside a stream of this API that had begun.
auto ErrorEvent(Api api, const ApiError& error) -> std::string;

}  // namespace route
