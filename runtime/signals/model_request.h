#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "runtime/signals/api.h"

/// The body of a request: read once, checked, and written again for an upstream that speaks the same API.
namespace route {

/// `body` is an object with `model`, a string, and what the API cannot do without: `messages`, an array of objects, not
/// empty (chat, messages); `prompt` (completions) or `input` (embeddings), a string or an array of strings, not empty;
/// `input`, a string or an array of objects, not empty (responses).
struct ModelRequest {
  Api api = Api::kChat;
  nlohmann::ordered_json body;
  std::string model;  ///< as the caller asked for it
  bool stream = false;
};

struct RequestError {
  std::string message;
  std::string param;  ///< the body field at fault, or empty
};

/// Fails with what the caller has to change. Refuses what a policy could not be enforced on: text that is given as
/// token numbers, and text or state that only one provider holds (`previous_response_id`, stored prompts, items by
/// reference). Of `max_completion_tokens` and `max_tokens` in chat, if both are given, both are set to the smaller.
auto ParseModelRequest(Api api, std::string_view body) -> std::expected<ModelRequest, RequestError>;

/// The body to send to an upstream that speaks the request's API: `model` replaced; for streams of chat and completions
/// `stream_options.include_usage` set if the caller did not say; for responses `store` set to false. Everything else as
/// it was read, in its order.
auto UpstreamBody(ModelRequest& request, std::string_view model) -> std::string;

}  // namespace route
