#include "runtime/dialect/errors.h"

#include "runtime/dialect/fields.h"
#include "runtime/signals/json.h"
#include "runtime/signals/json_writer.h"

namespace route {
namespace {

using Json = nlohmann::ordered_json;

auto NullIfEmpty(const std::string& text) -> Json {
  return text.empty() ? Json(nullptr) : Json(text);
}

/// Anthropic's `error.type`, which its clients take for the kind of error.
auto AnthropicType(unsigned status) -> std::string_view {
  switch (status) {
    case 401:
      return "authentication_error";
    case 402:
      return "billing_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 504:
      return "timeout_error";
    case 503:
    case 529:
      return "overloaded_error";
    default:
      return status < 500 ? "invalid_request_error" : "api_error";
  }
}

auto OpenAiType(unsigned status) -> std::string_view {
  if (status == 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}

}  // namespace

auto ErrorJson(Api api, const ErrorFacts& facts) -> Json {
  if (api == Api::kMessages) {
    Json error = {{"type", AnthropicType(facts.status)}, {"message", facts.message}};
    if (!facts.code.empty()) error["details"] = {{"error_code", facts.code}};
    return {{"type", "error"}, {"error", std::move(error)}, {"request_id", nullptr}};
  }
  return {{"error",
           {{"message", facts.message},
            {"type", facts.type.empty() ? OpenAiType(facts.status) : std::string_view(facts.type)},
            {"param", NullIfEmpty(facts.param)},
            {"code", NullIfEmpty(facts.code)}}}};
}

auto ErrorEventText(Api api, const ErrorFacts& facts) -> std::string {
  if (api == Api::kMessages) return "event: error\ndata: " + ToText(ErrorJson(api, facts)) + "\n\n";
  if (api == Api::kResponses) {
    const Json event = {{"type", "error"},
                        {"code", NullIfEmpty(facts.code)},
                        {"message", facts.message},
                        {"param", NullIfEmpty(facts.param)}};
    return "event: error\ndata: " + ToText(event) + "\n\n";
  }
  return "data: " + ToText(ErrorJson(api, facts)) + "\n\n";
}

auto ReadErrorBody(unsigned status, std::string_view body) -> ErrorFacts {
  ErrorFacts facts;
  facts.status = status;
  const auto parsed = ParseJson(body, JsonLimits{});
  const Json* error = parsed ? Member(*parsed, "error") : nullptr;
  if (error != nullptr) {
    facts.message = error->is_string() ? error->get<std::string>() : std::string(TextMember(*error, "message"));
    facts.code = TextMember(*error, "code");
    facts.param = TextMember(*error, "param");
    if (const Json* details = Member(*error, "details"); details != nullptr && facts.code.empty()) {
      facts.code = TextMember(*details, "error_code");
    }
  }
  if (facts.message.empty()) facts.message = "the upstream refused the request with status " + std::to_string(status);
  return facts;
}

}  // namespace route
