#include "runtime/signals/model_request.h"

#include <algorithm>
#include <array>
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

/// The fields that say what is asked: of the body, and of messages and the parts of their content.
constexpr auto kDecisive = std::to_array<std::string_view>(
    {"arguments", "background", "best_of", "call_id", "content", "conversation", "file", "function", "function_call",
     "functions", "image_url", "include", "input", "input_audio", "instructions", "logprobs", "max_completion_tokens",
     "max_output_tokens", "max_tokens", "messages", "modalities", "model", "n", "name", "output", "output_config",
     "output_format", "prediction", "previous_response_id", "prompt", "reasoning", "reasoning_effort",
     "response_format", "role", "source", "store", "stream", "stream_options", "suffix", "system", "text", "thinking",
     "tool_call_id", "tool_calls", "tool_choice", "tool_use_id", "tools", "type"});

/// A key as readers take it that ignore case, as Go's do, or end texts at a NUL, as C's do: in lower case, with the two
/// letters beyond ASCII that fold into it.
auto Folded(std::string_view key) -> std::string {
  std::string folded;
  key = key.substr(0, key.find('\0'));
  for (std::size_t i = 0; i < key.size(); ++i) {
    const std::string_view rest = key.substr(i);
    if (rest.starts_with("\u017F")) {
      folded += 's';
      i += 1;
    } else if (rest.starts_with("\u212A")) {
      folded += 'k';
      i += 2;
    } else {
      folded += key[i] >= 'A' && key[i] <= 'Z' ? static_cast<char>(key[i] - 'A' + 'a') : key[i];
    }
  }
  return folded;
}

auto IsPlain(std::string_view key) -> bool {
  return std::ranges::all_of(key, [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9'); });
}

/// Refuses what an upstream could read as a field that the policy has not seen.
auto CheckSpelling(const Json& value) -> Problem {
  if (value.is_array()) {
    for (const Json& element : value) {
      if (auto problem = CheckSpelling(element)) return problem;
    }
  }
  if (!value.is_object()) return std::nullopt;
  for (const auto& [key, member] : value.get_ref<const Json::object_t&>()) {
    if (!IsPlain(key)) {
      if (const std::string folded = Folded(key); std::ranges::binary_search(kDecisive, folded) && folded != key) {
        return RequestError{"some readers take this key for `" + folded + "`: spell it like that or leave it out", folded};
      }
    } else if ((key == "messages" || key == "input" || key == "content") && member.is_array()) {
      if (auto problem = CheckSpelling(member)) return problem;
    }
  }
  return std::nullopt;
}

/// Of two limits of an answer in chat the smaller counts, and both are set to it: whichever an upstream reads, it is the one
/// that the policy and the caps have seen.
auto SettleAnswerLimits(Json& body) -> Problem {
  constexpr auto kLimits = std::to_array<const char*>({"max_completion_tokens", "max_tokens"});
  if (std::ranges::any_of(kLimits, [&](const char* name) { return Member(body, name) == nullptr || body[name].is_null(); })) {
    return std::nullopt;
  }
  for (const char* name : kLimits) {
    if (body[name].is_number_unsigned() && body[name] != Json(0U)) continue;
    return RequestError{"of `max_completion_tokens` and `max_tokens` the smaller counts, so both must be whole numbers from 1",
                        name};
  }
  const Json smaller = std::min(body[kLimits[0]], body[kLimits[1]]);
  for (const char* name : kLimits) body[name] = smaller;
  return std::nullopt;
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
  if (auto problem = CheckSpelling(*parsed)) return std::unexpected(std::move(*problem));
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
  if (api == Api::kChat) {
    if (auto problem = SettleAnswerLimits(request.body)) return std::unexpected(std::move(*problem));
  }
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
