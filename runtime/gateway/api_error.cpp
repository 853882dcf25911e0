#include "runtime/gateway/api_error.h"

#include <array>

#include "runtime/dialect/errors.h"
#include "runtime/dialect/fields.h"
#include "runtime/signals/json_writer.h"

namespace route {
namespace {

struct Row {
  ApiCode code;
  std::string_view name;
  unsigned status;
  std::string_view type;
};

constexpr auto kRows = std::to_array<Row>({
    {ApiCode::kInvalidApiKey, "invalid_api_key", 401, "invalid_request_error"},
    {ApiCode::kInvalidRequest, "invalid_request", 400, "invalid_request_error"},
    {ApiCode::kRequestTooLarge, "request_too_large", 413, "invalid_request_error"},
    {ApiCode::kHeadersTooLarge, "headers_too_large", 431, "invalid_request_error"},
    {ApiCode::kNotTranslatable, "not_translatable", 400, "invalid_request_error"},
    {ApiCode::kNotFound, "not_found", 404, "invalid_request_error"},
    {ApiCode::kMethodNotAllowed, "method_not_allowed", 405, "invalid_request_error"},
    {ApiCode::kPolicyRefused, "policy_refused", 403, "policy_error"},
    {ApiCode::kPolicyUnservable, "policy_unservable", 403, "policy_error"},
    {ApiCode::kPolicyUncovered, "policy_uncovered", 403, "policy_error"},
    {ApiCode::kBudgetExhausted, "budget_exhausted", 429, "insufficient_quota"},
    {ApiCode::kTooManyRequests, "too_many_requests", 429, "rate_limit_error"},
    {ApiCode::kOverloaded, "overloaded", 503, "server_error"},
    {ApiCode::kUpstreamUnavailable, "upstream_unavailable", 503, "server_error"},
    {ApiCode::kDeadlineExceeded, "deadline_exceeded", 504, "server_error"},
    {ApiCode::kUpstreamInterrupted, "upstream_interrupted", 502, "server_error"},
    {ApiCode::kLogUnavailable, "log_unavailable", 503, "server_error"},
    {ApiCode::kInternalError, "internal_error", 500, "server_error"},
});

constexpr auto RowsAreInOrder() -> bool {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].code != static_cast<ApiCode>(i)) return false;
  }
  return kRows.size() == static_cast<std::size_t>(kLastApiCode) + 1;
}
static_assert(RowsAreInOrder());

auto FactsOf(const ApiError& error) -> ErrorFacts {
  const Row& row = kRows[static_cast<std::size_t>(error.code)];
  return {row.status, error.message, std::string(row.type), std::string(row.name), error.param};
}

}  // namespace

auto CodeName(ApiCode code) -> std::string_view {
  return kRows[static_cast<std::size_t>(code)].name;
}
auto StatusOf(ApiCode code) -> unsigned {
  return kRows[static_cast<std::size_t>(code)].status;
}

auto ErrorBody(Api api, const ApiError& error) -> std::string {
  return ToText(ErrorJson(api, FactsOf(error)));
}

auto ErrorEvent(Api api, const ApiError& error) -> std::string {
  return ErrorEventText(api, FactsOf(error));
}

}  // namespace route
