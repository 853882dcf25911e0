#include <array>

#include "runtime/dialect/request_translator.h"

namespace route {
namespace {

using Json = nlohmann::ordered_json;

class ResponsesTranslator : private RequestTranslator {
 public:
  auto Run(const Json& responses) -> TranslatedRequest {
    TakeFields(*this, "", responses, kFields);
    Json result = {{"model", Member(responses, "model") == nullptr ? Json("") : responses["model"]}};
    result["messages"] = Json::array();
    if (!instructions_.is_null()) result["messages"].push_back({{"role", "system"}, {"content", instructions_}});
    for (Json& message : messages_) result["messages"].push_back(std::move(message));
    if (!others_.contains("tools")) {
      others_.erase("tool_choice");
      others_.erase("parallel_tool_calls");
    }
    NameLimit();
    result.update(others_);
    return Finish(std::move(result));
  }

 private:
  using Row = Field<ResponsesTranslator>;
  static const std::array<Row, 27> kFields;

  void Copy(const std::string& at, const Json& value) { others_[at] = value; }

  void Instructions(const std::string& at, const Json& value) {
    if (!value.is_string()) Refuse(at, "only a text can be translated");
    instructions_ = value;
  }

  void MaxTokens(const std::string& /*at*/, const Json& value) { others_["max_tokens"] = value; }

  /// Models that reason take their limit under its newer name alone, and only there it bounds what they think, as here.
  void NameLimit() {
    const auto limit = others_.find("max_tokens");
    if (limit == others_.end() || !others_.contains("reasoning_effort")) return;
    Json value = std::move(*limit);
    others_.erase(limit);
    others_["max_completion_tokens"] = std::move(value);
  }

  void Stream(const std::string& at, const Json& value) {
    if (!value.is_boolean()) return Refuse(at, "is neither true nor false");
    others_["stream"] = value;
    if (value.get<bool>()) others_["stream_options"] = {{"include_usage", true}};
  }

  void OnlyFalse(const std::string& at, const Json& value) {
    if (value != Json(false)) Refuse(at, "the chat completions API has nothing like it");
  }
  void OnlyZero(const std::string& at, const Json& value) {
    if (value != Json(0)) Refuse(at, "the chat completions API has nothing like it");
  }
  void OnlyEmpty(const std::string& at, const Json& value) {
    if (!value.is_structured() || !value.empty()) Refuse(at, "the chat completions API has nothing like it");
  }
  void OnlyDisabled(const std::string& at, const Json& value) {
    if (value != Json("disabled")) Refuse(at, "the chat completions API cuts no input");
  }

  void Reasoning(const std::string& at, const Json& value) {
    OnlyFields(at, value, {"effort"});
    if (const Json* effort = Member(value, "effort")) others_["reasoning_effort"] = *effort;
  }

  void TextOptions(const std::string& at, const Json& value) {
    OnlyFields(at, value, {"format", "verbosity"});
    if (const Json* verbosity = Member(value, "verbosity")) others_["verbosity"] = *verbosity;
    const Json* format = Member(value, "format");
    if (format == nullptr || TextMember(*format, "type") == "text") return;
    if (TextMember(*format, "type") == "json_object") {
      others_["response_format"] = *format;
    } else if (TextMember(*format, "type") == "json_schema") {
      Json schema = *format;
      schema.erase("type");
      others_["response_format"] = {{"type", "json_schema"}, {"json_schema", std::move(schema)}};
    } else {
      Refuse(at + ".format", "the chat completions API has no such format");
    }
  }

  void Tools(const std::string& at, const Json& value) {
    if (!value.is_array()) return Refuse(at, "is not an array");
    Json tools = Json::array();
    for (std::size_t i = 0; i < value.size(); ++i) tools.push_back(Tool(Element(at, i), value[i]));
    if (!tools.empty()) others_["tools"] = std::move(tools);
  }

  auto Tool(const std::string& at, const Json& tool) -> Json {
    if (TextMember(tool, "type") != "function") {
      Refuse(at, "only functions can be offered as tools");
      return {};
    }
    OnlyFields(at, tool, {"type", "name", "description", "parameters", "strict"});
    Json function = {{"name", TextMember(tool, "name")}};
    for (const char* field : {"description", "parameters"}) {
      if (const Json* value = Member(tool, field)) function[field] = *value;
    }
    if (tool.value("strict", Json()) == Json(true)) function["strict"] = true;
    return {{"type", "function"}, {"function", std::move(function)}};
  }

  void ToolChoice(const std::string& at, const Json& value) {
    if (value.is_string()) {
      others_["tool_choice"] = value;
    } else if (TextMember(value, "type") == "function") {
      others_["tool_choice"] = {{"type", "function"}, {"function", {{"name", TextMember(value, "name")}}}};
    } else {
      Refuse(at, "the chat completions API has no such choice");
    }
  }

  // Items.

  void Input(const std::string& at, const Json& value) {
    if (value.is_string()) {
      messages_.push_back({{"role", "user"}, {"content", value}});
      return;
    }
    for (std::size_t i = 0; i < value.size(); ++i) Item(Element(at, i), value[i]);
  }

  void Item(const std::string& at, const Json& item) {
    const std::string_view type = TextMember(item, "type");
    if (type.empty() || type == "message") {
      Message(at, item);
    } else if (type == "function_call") {
      Call(at, item);
    } else if (type == "function_call_output") {
      OnlyFields(at, item, {"type", "id", "call_id", "output", "status"});
      messages_.push_back({{"role", "tool"},
                           {"tool_call_id", TextMember(item, "call_id")},
                           {"content", Content(at + ".output", Member(item, "output"))}});
    } else {
      Refuse(at, "items of this type cannot be translated");
    }
  }

  void Message(const std::string& at, const Json& item) {
    OnlyFields(at, item, {"type", "id", "role", "content", "status"});
    const std::string_view role = TextMember(item, "role");
    if (role != "user" && role != "assistant" && role != "system" && role != "developer") {
      return Refuse(at + ".role", "there is no such role");
    }
    messages_.push_back({{"role", role == "developer" ? "system" : role},
                         {"content", Content(at + ".content", Member(item, "content"))}});
  }

  /// Calls belong to the assistant's message before them.
  void Call(const std::string& at, const Json& item) {
    OnlyFields(at, item, {"type", "id", "call_id", "name", "arguments", "status"});
    if (messages_.empty() || messages_.back()["role"] != "assistant") {
      messages_.push_back({{"role", "assistant"}, {"content", nullptr}});
    }
    Json& calls = messages_.back()["tool_calls"];
    if (calls.is_null()) calls = Json::array();
    calls.push_back({{"id", TextMember(item, "call_id")},
                     {"type", "function"},
                     {"function", {{"name", TextMember(item, "name")}, {"arguments", TextMember(item, "arguments")}}}});
  }

  auto Content(const std::string& at, const Json* content) -> Json {
    if (content != nullptr && content->is_string()) return *content;
    if (content == nullptr || !content->is_array()) {
      Refuse(at, "is neither a text nor an array of parts");
      return {};
    }
    Json parts = Json::array();
    for (std::size_t i = 0; i < content->size(); ++i) parts.push_back(Part(Element(at, i), (*content)[i]));
    return parts;
  }

  auto Part(const std::string& at, const Json& part) -> Json {
    const std::string_view type = TextMember(part, "type");
    if (type == "input_text" || type == "output_text") {
      OnlyFields(at, part, {"type", "text", "annotations", "logprobs"});
      return {{"type", "text"}, {"text", TextMember(part, "text")}};
    }
    if (type == "input_image" && !TextMember(part, "image_url").empty()) {
      OnlyFields(at, part, {"type", "image_url", "detail"});
      Json image = {{"url", TextMember(part, "image_url")}};
      if (const Json* detail = Member(part, "detail")) image["detail"] = *detail;
      return {{"type", "image_url"}, {"image_url", std::move(image)}};
    }
    Refuse(at, "parts of this type cannot be translated");
    return {};
  }

  Json instructions_;
  Json messages_ = Json::array();
  Json others_ = Json::object();
};

const std::array<ResponsesTranslator::Row, 27> ResponsesTranslator::kFields = {{
    {"model", &ResponsesTranslator::LeaveOut},
    {"input", &ResponsesTranslator::Input},
    {"instructions", &ResponsesTranslator::Instructions},
    {"max_output_tokens", &ResponsesTranslator::MaxTokens},
    {"temperature", &ResponsesTranslator::Copy},
    {"top_p", &ResponsesTranslator::Copy},
    {"stream", &ResponsesTranslator::Stream},
    {"stream_options", &ResponsesTranslator::LeaveOut},  // says how the answer is padded
    {"tools", &ResponsesTranslator::Tools},
    {"tool_choice", &ResponsesTranslator::ToolChoice},
    {"parallel_tool_calls", &ResponsesTranslator::Copy},
    {"text", &ResponsesTranslator::TextOptions},
    {"reasoning", &ResponsesTranslator::Reasoning},
    {"user", &ResponsesTranslator::Copy},
    {"safety_identifier", &ResponsesTranslator::Copy},
    {"service_tier", &ResponsesTranslator::Copy},
    {"prompt_cache_key", &ResponsesTranslator::LeaveOut},
    {"prompt_cache_retention", &ResponsesTranslator::LeaveOut},
    {"metadata", &ResponsesTranslator::LeaveOut},
    {"store", &ResponsesTranslator::OnlyFalse},
    {"background", &ResponsesTranslator::OnlyFalse},
    {"conversation", &ResponsesTranslator::OnlyFalse},
    {"previous_response_id", &ResponsesTranslator::OnlyFalse},
    {"prompt", &ResponsesTranslator::OnlyFalse},
    {"truncation", &ResponsesTranslator::OnlyDisabled},
    {"include", &ResponsesTranslator::OnlyEmpty},
    {"top_logprobs", &ResponsesTranslator::OnlyZero},
}};

}  // namespace

auto ResponsesToChat(const Json& responses) -> TranslatedRequest {
  return ResponsesTranslator().Run(responses);
}

}  // namespace route
