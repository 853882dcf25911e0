#include "runtime/signals/model_request.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "runtime/signals/json.h"
#include "runtime/signals/json_writer.h"

namespace route {
namespace {

using Json = nlohmann::ordered_json;
using Problem = std::optional<RequestError>;

auto Member(const Json& object, std::string_view name) -> const Json* {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

auto IsFilledArray(const Json& value) -> bool {
  return value.is_array() && !value.empty();
}

auto CheckMessages(const Json& body) -> Problem {
  const Json* messages = Member(body, "messages");
  if (messages == nullptr) return RequestError{"the body must hold `messages`, an array of messages", "messages"};
  if (!IsFilledArray(*messages)) {
    return RequestError{"`messages` must be an array with at least one message", "messages"};
  }
  for (std::size_t i = 0; i < messages->size(); ++i) {
    if (!(*messages)[i].is_object()) {
      return RequestError{"every message must be an object", "messages." + std::to_string(i)};
    }
  }
  return std::nullopt;
}

/// `prompt` and `input` also come as token numbers, whose text no detector could read.
auto CheckTexts(const Json& body, const std::string& name) -> Problem {
  const Json* texts = Member(body, name);
  if (texts == nullptr) return RequestError{"the body must hold `" + name + "`, a text or an array of texts", name};
  if (texts->is_string()) return std::nullopt;
  if (!IsFilledArray(*texts)) {
    return RequestError{"`" + name + "` must be a string or an array with at least one string", name};
  }
  for (const Json& text : *texts) {
    if (text.is_string()) continue;
    return RequestError{"`" + name + "` must hold text: token numbers cannot be read by the policy's detectors", name};
  }
  return std::nullopt;
}

auto CheckMessagesApi(const Json& body) -> Problem {
  if (auto problem = CheckMessages(body)) return problem;
  const Json* most = Member(body, "max_tokens");
  if (most == nullptr || !most->is_number_unsigned() || *most == Json(0U)) {
    return RequestError{"the body must hold `max_tokens`, a whole number from 1", "max_tokens"};
  }
  return std::nullopt;
}

/// Whether the field says anything.
auto IsSet(const Json& body, std::string_view name) -> bool {
  const Json* value = Member(body, name);
  return value != nullptr && !value->is_null() && *value != Json(false);
}

auto CheckInputItems(const Json& input) -> Problem {
  for (std::size_t i = 0; i < input.size(); ++i) {
    const std::string at = "input." + std::to_string(i);
    if (!input[i].is_object()) return RequestError{"every item of `input` must be an object", at};
    if (input[i].value("type", Json()) == Json("item_reference")) {
      return RequestError{
          "an item by reference lies with one provider, and this gateway may choose another: send it in full", at};
    }
  }
  return std::nullopt;
}

auto CheckResponses(const Json& body) -> Problem {
  for (const char* state : {"previous_response_id", "conversation", "prompt"}) {
    if (!IsSet(body, state)) continue;
    return RequestError{
        "`" + std::string(state) +
            "` refers to what one provider stores, and this gateway may choose another for each request: "
            "send the whole conversation as `input`",
        state};
  }
  if (IsSet(body, "store")) {
    return RequestError{"this gateway lets no provider store answers: set `store` to false or leave it out", "store"};
  }
  if (IsSet(body, "background")) {
    return RequestError{"answers in the background would have to be stored: set `background` to false or leave it out",
                        "background"};
  }
  const Json* input = Member(body, "input");
  if (input == nullptr) return RequestError{"the body must hold `input`, a text or an array of items", "input"};
  if (input->is_string()) return std::nullopt;
  if (!IsFilledArray(*input)) {
    return RequestError{"`input` must be a string or an array with at least one item", "input"};
  }
  return CheckInputItems(*input);
}

auto CheckFor(Api api, const Json& body) -> Problem {
  switch (api) {
    case Api::kChat:
      return CheckMessages(body);
    case Api::kCompletions:
      return CheckTexts(body, "prompt");
    case Api::kEmbeddings:
      return CheckTexts(body, "input");
    case Api::kResponses:
      return CheckResponses(body);
    case Api::kMessages:
      return CheckMessagesApi(body);
  }
  std::abort();
}

auto Fail(std::string message, std::string param) -> std::unexpected<RequestError> {
  return std::unexpected(RequestError{std::move(message), std::move(param)});
}

}  // namespace

auto ParseModelRequest(Api api, std::string_view body) -> std::expected<ModelRequest, RequestError> {
  auto parsed = ParseJson(body, JsonLimits{});
  if (!parsed) return Fail("the body cannot be read: " + parsed.error().message, "");
  if (!parsed->is_object()) return Fail("the body must be a JSON object", "");
  const Json* model = Member(*parsed, "model");
  if (model == nullptr) return Fail("the body must hold `model`, the name of the model that is asked for", "model");
  if (!model->is_string()) return Fail("`model` must be a string", "model");
  if (auto problem = CheckFor(api, *parsed)) return std::unexpected(std::move(*problem));
  ModelRequest request;
  request.api = api;
  request.model = model->get<std::string>();
  if (const Json* stream = Member(*parsed, "stream"); stream != nullptr && !stream->is_null()) {
    if (!stream->is_boolean()) return Fail("`stream` must be true or false", "stream");
    request.stream = stream->get<bool>();
  }
  if (request.stream && api == Api::kEmbeddings) return Fail("embeddings are not streamed", "stream");
  request.body = std::move(*parsed);
  return request;
}

auto UpstreamBody(ModelRequest& request, std::string_view model) -> std::string {
  request.body.find("model").value() = model;
  if (request.api == Api::kResponses) request.body["store"] = false;
  if (request.stream && (request.api == Api::kChat || request.api == Api::kCompletions)) {
    Json& options = request.body["stream_options"];
    if (options.is_null()) options = Json::object();
    if (options.is_object() && !options.contains("include_usage")) options["include_usage"] = true;
  }
  return ToText(request.body);
}

}  // namespace route
