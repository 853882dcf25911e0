#include "runtime/gateway/reply.h"

#include <algorithm>

namespace route {

auto HeaderSafe(std::string_view text) -> std::string {
  std::string safe(text);
  std::ranges::replace_if(
      safe, [](char c) { return c < ' ' || c > '~'; }, '?');
  return safe;
}

auto ErrorReply(Api api, const ApiError& error) -> Reply {
  Reply reply;
  reply.status = StatusOf(error.code);
  reply.body = ErrorBody(api, error);
  switch (error.code) {
    case ApiCode::kUpstreamUnavailable:
    case ApiCode::kLogUnavailable:
    case ApiCode::kOverloaded:
    case ApiCode::kTooManyRequests:
      reply.headers.emplace_back("retry-after", "1");
      break;
    case ApiCode::kBudgetExhausted:
      reply.headers.emplace_back("x-should-retry", "false");  // OpenAI's clients would try a 429 again
      break;
    case ApiCode::kInvalidApiKey:
    case ApiCode::kInvalidRequest:
    case ApiCode::kRequestTooLarge:
    case ApiCode::kHeadersTooLarge:
    case ApiCode::kNotTranslatable:
    case ApiCode::kNotFound:
    case ApiCode::kMethodNotAllowed:
    case ApiCode::kPolicyRefused:
    case ApiCode::kPolicyUnservable:
    case ApiCode::kPolicyUncovered:
    case ApiCode::kDeadlineExceeded:
    case ApiCode::kUpstreamInterrupted:
    case ApiCode::kInternalError:
      break;
  }
  return reply;
}

}  // namespace route
