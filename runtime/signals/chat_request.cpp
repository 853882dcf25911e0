#include "runtime/signals/chat_request.h"

#include <algorithm>
#include <utility>

#include "runtime/signals/json.h"

namespace route {
namespace {

using Json = nlohmann::ordered_json;

auto Member(const Json& object, std::string_view name) -> const Json* {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

auto IsFilledArray(const Json* value) -> bool {
  return value != nullptr && value->is_array() && !value->empty();
}

auto PartType(const Json& part) -> std::string_view {
  const Json* type = Member(part, "type");
  return type != nullptr && type->is_string() ? std::string_view(type->get_ref<const std::string&>())
                                              : std::string_view{};
}

auto IsImage(std::string_view type) -> bool {
  return type == "image_url" || type == "input_image";
}

/// What one walk over the messages finds.
struct Conversation {
  std::string text;
  std::string joined;             // the text parts of each content that has several, one content a line
  std::int64_t inline_bytes = 0;  // of audio and files
  std::int64_t images = 0;
  bool audio = false;
  bool files = false;
  bool tools = false;

  void AddStrings(const Json& value) {
    if (value.is_string()) {
      text += value.get_ref<const std::string&>();
      text += '\n';
    } else if (value.is_structured()) {
      for (const Json& child : value) AddStrings(child);
    }
  }

  /// An object whose field `name` holds inline bytes rather than text.
  void AddAround(const Json& object, std::string_view name) {
    if (!object.is_object()) return AddStrings(object);
    for (const auto& [key, value] : object.items()) {
      if (key == name && value.is_string()) {
        inline_bytes += static_cast<std::int64_t>(value.get_ref<const std::string&>().size());
      } else {
        AddStrings(value);
      }
    }
  }

  void AddImage(const Json& address) {
    const Json* url = address.is_object() ? Member(address, "url") : &address;
    if (url != nullptr && url->is_string() && url->get_ref<const std::string&>().starts_with("data:")) return;
    AddStrings(address);
  }

  void AddPart(const Json& part) {
    const std::string_view type = PartType(part);
    if (!part.is_object()) return AddStrings(part);
    if (IsImage(type)) ++images;
    audio = audio || type == "input_audio";
    files = files || type == "file" || type == "input_file";
    for (const auto& [key, value] : part.items()) {
      if (IsImage(type) && key == "image_url") {
        AddImage(value);
      } else if (type == "input_audio" && key == "input_audio") {
        AddAround(value, "data");
      } else if (type == "file" && key == "file") {
        AddAround(value, "file_data");
      } else {
        AddStrings(value);
      }
    }
  }

  void AddJoined(const Json& content) {
    std::vector<std::string_view> texts;
    for (const Json& part : content) {
      const Json* piece = part.is_object() ? Member(part, "text") : &part;
      if (piece != nullptr && piece->is_string()) texts.push_back(piece->get_ref<const std::string&>());
    }
    if (texts.size() < 2) return;
    for (const std::string_view piece : texts) joined += piece;
    joined += '\n';
  }

  void AddPrediction(const Json& prediction) {
    AddStrings(prediction);
    const Json* content = Member(prediction, "content");
    if (content != nullptr && content->is_array()) AddJoined(*content);
  }

  void AddMessage(const Json& message) {
    for (const auto& [key, value] : message.items()) {
      if (key == "content" && value.is_array()) {
        for (const Json& part : value) AddPart(part);
        AddJoined(value);
      } else {
        AddStrings(value);
      }
      tools = tools || (key == "tool_calls" && IsFilledArray(&value)) || (key == "function_call" && value.is_object());
    }
    const Json* role = Member(message, "role");
    if (role != nullptr && role->is_string()) {
      const auto& name = role->get_ref<const std::string&>();
      tools = tools || name == "tool" || name == "function";
    }
  }
};

auto Walk(const ChatRequest& request) -> Conversation {
  Conversation found;
  for (const Json& message : *Member(request.body, "messages")) found.AddMessage(message);
  if (const Json* prediction = Member(request.body, "prediction")) found.AddPrediction(*prediction);
  return found;
}

auto Fail(std::string message, std::string param) -> std::unexpected<ChatError> {
  return std::unexpected(ChatError{std::move(message), std::move(param)});
}

}  // namespace

auto ParseChatRequest(std::string_view body) -> std::expected<ChatRequest, ChatError> {
  auto parsed = ParseJson(body, JsonLimits{});
  if (!parsed) return Fail("the body cannot be read: " + parsed.error().message, "");
  if (!parsed->is_object()) return Fail("the body must be a JSON object", "");
  const Json* model = Member(*parsed, "model");
  if (model == nullptr) return Fail("the body must hold `model`, the name of the model that is asked for", "model");
  if (!model->is_string()) return Fail("`model` must be a string", "model");
  const Json* messages = Member(*parsed, "messages");
  if (messages == nullptr) return Fail("the body must hold `messages`, an array of messages", "messages");
  if (!IsFilledArray(messages)) return Fail("`messages` must be an array with at least one message", "messages");
  for (std::size_t i = 0; i < messages->size(); ++i) {
    if (!(*messages)[i].is_object()) {
      return Fail("every message must be an object", "messages." + std::to_string(i));
    }
  }
  ChatRequest request;
  request.model = model->get<std::string>();
  if (const Json* stream = Member(*parsed, "stream"); stream != nullptr && !stream->is_null()) {
    if (!stream->is_boolean()) return Fail("`stream` must be true or false", "stream");
    request.stream = stream->get<bool>();
  }
  request.body = std::move(*parsed);
  return request;
}

auto ConversationText(const ChatRequest& request) -> std::string {
  Conversation found = Walk(request);
  return std::move(found.text) + found.joined;
}

auto PromptTokenBound(const ChatRequest& request) -> std::int64_t {
  const Conversation found = Walk(request);
  auto bound = static_cast<std::int64_t>(found.text.size()) + found.inline_bytes + found.images * kTokensPerImage;
  bound += static_cast<std::int64_t>(Member(request.body, "messages")->size()) * kTokensPerMessage;
  for (const std::string_view schema : {"tools", "functions", "response_format"}) {
    if (const Json* value = Member(request.body, schema); value != nullptr && !value->is_null()) {
      bound += static_cast<std::int64_t>(value->dump().size());
    }
  }
  return bound;
}

auto Needs(const ChatRequest& request) -> std::vector<std::string_view> {
  const Conversation found = Walk(request);
  const Json& body = request.body;
  std::vector<std::string_view> needs;
  if (found.tools || IsFilledArray(Member(body, "tools")) || IsFilledArray(Member(body, "functions"))) {
    needs.emplace_back("tools");
  }
  if (found.images > 0) needs.emplace_back("vision");
  if (const Json* format = Member(body, "response_format"); format != nullptr) {
    const std::string_view type = PartType(*format);
    if (type == "json_object" || type == "json_schema") needs.emplace_back("json");
  }
  const Json* modalities = Member(body, "modalities");
  const bool speaks =
      modalities != nullptr && modalities->is_array() && std::ranges::count(*modalities, Json("audio")) > 0;
  if (found.audio || speaks) needs.emplace_back("audio");
  if (found.files) needs.emplace_back("files");
  if (request.stream) needs.emplace_back("streaming");
  if (const Json* logprobs = Member(body, "logprobs"); logprobs != nullptr && *logprobs == Json(true)) {
    needs.emplace_back("logprobs");
  }
  if (const Json* effort = Member(body, "reasoning_effort"); effort != nullptr && !effort->is_null()) {
    needs.emplace_back("reasoning");
  }
  return needs;
}

auto UpstreamBody(ChatRequest& request, std::string_view model) -> std::string {
  request.body.find("model").value() = model;
  if (request.stream) {
    Json& options = request.body["stream_options"];
    if (options.is_null()) options = Json::object();
    if (options.is_object() && !options.contains("include_usage")) options["include_usage"] = true;
  }
  return request.body.dump();
}

}  // namespace route
