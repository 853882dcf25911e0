#include <array>

#include "runtime/dialect/request_translator.h"

namespace route {
namespace {

using Json = nlohmann::ordered_json;

/// `data:image/png;base64,AAAA` in its parts, or nothing if it has another form.
struct InlineImage {
  std::string media_type;
  std::string data;
};
auto ReadDataUrl(std::string_view url) -> std::optional<InlineImage> {
  constexpr std::string_view kScheme = "data:";
  constexpr std::string_view kCoding = ";base64,";
  if (!url.starts_with(kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  const std::size_t end = url.find(kCoding);
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  return InlineImage{std::string(url.substr(0, end)), std::string(url.substr(end + kCoding.size()))};
}

class ChatTranslator : private RequestTranslator {
 public:
  auto Run(const Json& chat) -> TranslatedRequest {
    TakeFields(*this, "", chat, kFields);
    Json result = {{"model", Member(chat, "model") == nullptr ? Json("") : chat["model"]}};
    result["max_tokens"] = max_tokens_.is_null() ? Json(kDefaultMaxTokens) : max_tokens_;
    if (!system_.empty()) result["system"] = System();
    result["messages"] = std::move(messages_);
    AddToolChoice();
    result.update(others_);
    return Finish(std::move(result));
  }

 private:
  using Row = Field<ChatTranslator>;
  static const std::array<Row, 33> kFields;

  void Copy(const std::string& at, const Json& value) { others_[at] = value; }

  void MaxTokens(const std::string& at, const Json& value) {
    if (!max_tokens_.is_null() && max_tokens_ != value) Refuse(at, "there are two limits of tokens");
    if (!value.is_number_integer()) Refuse(at, "is not a whole number");
    max_tokens_ = value;
  }

  void Temperature(const std::string& at, const Json& value) {
    if (!value.is_number()) return Refuse(at, "is not a number");
    if (value.get<double>() > 1) return Refuse(at, "Anthropic's API takes temperatures up to 1 only");
    others_["temperature"] = value;
  }

  void Stop(const std::string& at, const Json& value) {
    if (value.is_string()) {
      others_["stop_sequences"] = Json::array({value});
    } else if (value.is_array()) {
      others_["stop_sequences"] = value;
    } else {
      Refuse(at, "is neither a text nor an array");
    }
  }

  void User(const std::string& at, const Json& value) { others_["metadata"] = {{"user_id", Text(at, value)}}; }

  void OnlyZero(const std::string& at, const Json& value) {
    if (!value.is_number() || value.get<double>() != 0) Refuse(at, "Anthropic's API has nothing like it");
  }
  void OnlyOne(const std::string& at, const Json& value) {
    if (value != Json(1)) Refuse(at, "Anthropic's API gives one answer only");
  }
  void OnlyFalse(const std::string& at, const Json& value) {
    if (value != Json(false)) Refuse(at, "Anthropic's API has nothing like it");
  }
  void OnlyEmpty(const std::string& at, const Json& value) {
    if (!value.is_structured() || !value.empty()) Refuse(at, "Anthropic's API has nothing like it");
  }
  void OnlyText(const std::string& at, const Json& value) {
    if (value != Json::array({"text"})) Refuse(at, "Anthropic's API answers with text only");
  }
  void OnlyDefaultTier(const std::string& at, const Json& value) {
    if (value != Json("auto") && value != Json("default")) Refuse(at, "Anthropic's API has other tiers");
  }
  void Format(const std::string& at, const Json& value) {
    if (TextMember(value, "type") == "text") return;
    const Json* asked = Member(value, "json_schema");
    const Json* schema = asked == nullptr ? nullptr : Member(*asked, "schema");
    if (TextMember(value, "type") != "json_schema" || schema == nullptr || !schema->is_object()) {
      return Refuse(at, "Anthropic's API has free text, and JSON by a schema");
    }
    OnlyFields(at, value, {"type", "json_schema"});
    OnlyFields(at + ".json_schema", *asked, {"name", "description", "schema", "strict"});  // it is always strict there
    others_["output_config"] = {{"format", {{"type", "json_schema"}, {"schema", *schema}}}};
  }

  void Tools(const std::string& at, const Json& value) {
    if (!value.is_array()) return Refuse(at, "is not an array");
    Json tools = Json::array();
    for (std::size_t i = 0; i < value.size(); ++i) tools.push_back(Tool(Element(at, i), value[i]));
    if (!tools.empty()) others_["tools"] = std::move(tools);
  }

  auto Tool(const std::string& at, const Json& tool) -> Json {
    const Json* function = Member(tool, "function");
    if (TextMember(tool, "type") != "function" || function == nullptr || !function->is_object()) {
      Refuse(at, "only functions can be offered as tools");
      return {};
    }
    Json result = {{"name", TextMember(*function, "name")}};
    for (const auto& [name, value] : function->items()) {
      if (value.is_null() || name == "name") continue;
      if (name == "description") {
        result["description"] = value;
      } else if (name == "parameters") {
        result["input_schema"] = value;
      } else if (name != "strict" || value != Json(false)) {
        Refuse(at + ".function." + name, "Anthropic's API has nothing like it");
      }
    }
    if (!result.contains("input_schema")) result["input_schema"] = {{"type", "object"}, {"properties", Json::object()}};
    return result;
  }

  void ToolChoice(const std::string& at, const Json& value) {
    const Json* function = Member(value, "function");
    if (value == Json("auto") || value == Json("none")) {
      tool_choice_ = {{"type", value}};
    } else if (value == Json("required")) {
      tool_choice_ = {{"type", "any"}};
    } else if (TextMember(value, "type") == "function" && function != nullptr) {
      tool_choice_ = {{"type", "tool"}, {"name", TextMember(*function, "name")}};
    } else {
      Refuse(at, "Anthropic's API has no such choice");
    }
  }

  void Parallel(const std::string& at, const Json& value) {
    if (!value.is_boolean()) return Refuse(at, "is neither true nor false");
    one_call_only_ = !value.get<bool>();
  }

  /// Anthropic's API takes a choice only where there are tools.
  void AddToolChoice() {
    if (!others_.contains("tools")) return;
    if (one_call_only_ && tool_choice_.is_null()) tool_choice_ = {{"type", "auto"}};
    if (one_call_only_ && tool_choice_["type"] != "none") tool_choice_["disable_parallel_tool_use"] = true;
    if (!tool_choice_.is_null()) others_["tool_choice"] = tool_choice_;
  }

  // Messages.

  void Messages(const std::string& at, const Json& value) {
    for (std::size_t i = 0; i < value.size(); ++i) Message(Element(at, i), value[i]);
    if (messages_.empty()) return Refuse(at, "there is no message besides the system's");
    if (messages_.back()["role"] == "assistant") {
      Refuse(at, "the last message is the assistant's, which Anthropic's API would continue");
    }
  }

  void Message(const std::string& at, const Json& message) {
    const std::string_view role = TextMember(message, "role");
    if (role == "system" || role == "developer") {
      SystemMessage(at, message);
    } else if (role == "user") {
      OnlyFields(at, message, {"role", "content"});
      messages_.push_back({{"role", "user"}, {"content", Content(at + ".content", message)}});
    } else if (role == "assistant") {
      Assistant(at, message);
    } else if (role == "tool") {
      ToolResult(at, message);
    } else {
      Refuse(at + ".role", "there is no such role");
    }
  }

  void SystemMessage(const std::string& at, const Json& message) {
    OnlyFields(at, message, {"role", "content"});
    if (!messages_.empty()) return Refuse(at, "Anthropic's API takes system messages only before all others");
    system_.push_back(Content(at + ".content", message));
    for (const Json& block : system_.back()) {
      if (block.is_object() && block["type"] != "text") Refuse(at + ".content", "a system message holds text only");
    }
  }

  /// One text as it is; else one block for each text.
  auto System() const -> Json {
    if (system_.size() == 1) return system_.front();
    Json blocks = Json::array();
    for (const Json& content : system_) {
      if (content.is_string()) {
        blocks.push_back({{"type", "text"}, {"text", content}});
      } else {
        for (const Json& block : content) blocks.push_back(block);
      }
    }
    return blocks;
  }

  auto Content(const std::string& at, const Json& message) -> Json {
    const Json* content = Member(message, "content");
    if (content != nullptr && content->is_string()) return *content;
    if (content == nullptr || !content->is_array()) {
      Refuse(at, "is neither a text nor an array of parts");
      return Json::array();
    }
    Json blocks = Json::array();
    for (std::size_t i = 0; i < content->size(); ++i) blocks.push_back(Block(Element(at, i), (*content)[i]));
    return blocks;
  }

  auto Block(const std::string& at, const Json& part) -> Json {
    const std::string_view type = TextMember(part, "type");
    if (type == "text") {
      OnlyFields(at, part, {"type", "text"});
      return {{"type", "text"}, {"text", TextMember(part, "text")}};
    }
    if (type == "image_url") {
      const Json* image = Member(part, "image_url");
      OnlyFields(at, part, {"type", "image_url"});
      if (image != nullptr) return {{"type", "image"}, {"source", ImageSource(at + ".image_url", *image)}};
    }
    Refuse(at, "parts of this type cannot be translated");
    return Json::object();
  }

  auto ImageSource(const std::string& at, const Json& image) -> Json {
    OnlyFields(at, image, {"url", "detail"});  // the detail is a hint
    const std::string_view url = TextMember(image, "url");
    if (url.starts_with("https://") || url.starts_with("http://")) return {{"type", "url"}, {"url", url}};
    if (const auto given = ReadDataUrl(url)) {
      return {{"type", "base64"}, {"media_type", given->media_type}, {"data", given->data}};
    }
    Refuse(at + ".url", "is neither a web address nor a data URL in base64");
    return {};
  }

  void Assistant(const std::string& at, const Json& message) {
    OnlyFields(at, message, {"role", "content", "tool_calls"});
    const Json& calls = ArrayMember(message, "tool_calls");
    if (calls.empty()) {
      messages_.push_back({{"role", "assistant"}, {"content", Content(at + ".content", message)}});
      return;
    }
    Json blocks = Json::array();
    if (Member(message, "content") != nullptr) {
      const Json content = Content(at + ".content", message);
      if (content.is_array()) {
        blocks = content;
      } else if (content != Json("")) {
        blocks.push_back({{"type", "text"}, {"text", content}});
      }
    }
    for (std::size_t i = 0; i < calls.size(); ++i) blocks.push_back(Call(Element(at + ".tool_calls", i), calls[i]));
    messages_.push_back({{"role", "assistant"}, {"content", std::move(blocks)}});
  }

  auto Call(const std::string& at, const Json& call) -> Json {
    const Json* function = Member(call, "function");
    if (function == nullptr || TextMember(call, "id").empty()) {
      Refuse(at, "is no call of a function");
      return {};
    }
    OnlyFields(at, call, {"id", "type", "function"});
    OnlyFields(at + ".function", *function, {"name", "arguments"});
    const auto arguments = ObjectInText(TextMember(*function, "arguments"));
    if (!arguments) Refuse(at + ".function.arguments", "is not a JSON object");
    return {{"type", "tool_use"},
            {"id", TextMember(call, "id")},
            {"name", TextMember(*function, "name")},
            {"input", arguments.value_or(Json::object())}};
  }

  /// All results of one turn's calls are blocks of one message.
  void ToolResult(const std::string& at, const Json& message) {
    OnlyFields(at, message, {"role", "content", "tool_call_id"});
    Json content = Content(at + ".content", message);
    for (const Json& block : content) {
      if (block.is_object() && block["type"] != "text") Refuse(at + ".content", "a tool's result holds text only");
    }
    if (messages_.empty() || !after_tool_result_at_ || *after_tool_result_at_ != messages_.size()) {
      messages_.push_back({{"role", "user"}, {"content", Json::array()}});
    }
    after_tool_result_at_ = messages_.size();
    messages_.back()["content"].push_back({{"type", "tool_result"},
                                           {"tool_use_id", TextMember(message, "tool_call_id")},
                                           {"content", std::move(content)}});
  }

  Json max_tokens_;
  Json messages_ = Json::array();
  std::vector<Json> system_;
  std::optional<std::size_t> after_tool_result_at_;  // the number of messages when the last one was of tool results
  Json tool_choice_;
  bool one_call_only_ = false;
  Json others_ = Json::object();
};

const std::array<ChatTranslator::Row, 33> ChatTranslator::kFields = {{
    {"model", &ChatTranslator::LeaveOut},
    {"messages", &ChatTranslator::Messages},
    {"max_tokens", &ChatTranslator::MaxTokens},
    {"max_completion_tokens", &ChatTranslator::MaxTokens},
    {"temperature", &ChatTranslator::Temperature},
    {"top_p", &ChatTranslator::Copy},
    {"stop", &ChatTranslator::Stop},
    {"stream", &ChatTranslator::Copy},
    {"stream_options", &ChatTranslator::LeaveOut},  // read when the answer is translated
    {"tools", &ChatTranslator::Tools},
    {"tool_choice", &ChatTranslator::ToolChoice},
    {"parallel_tool_calls", &ChatTranslator::Parallel},
    {"user", &ChatTranslator::User},
    {"safety_identifier", &ChatTranslator::User},
    {"n", &ChatTranslator::OnlyOne},
    {"response_format", &ChatTranslator::Format},
    {"modalities", &ChatTranslator::OnlyText},
    {"frequency_penalty", &ChatTranslator::OnlyZero},
    {"presence_penalty", &ChatTranslator::OnlyZero},
    {"logit_bias", &ChatTranslator::OnlyEmpty},
    {"functions", &ChatTranslator::OnlyEmpty},
    {"logprobs", &ChatTranslator::OnlyFalse},
    {"top_logprobs", &ChatTranslator::OnlyZero},
    {"store", &ChatTranslator::OnlyFalse},
    {"service_tier", &ChatTranslator::OnlyDefaultTier},
    {"seed", &ChatTranslator::LeaveOut},
    {"metadata", &ChatTranslator::LeaveOut},
    {"prediction", &ChatTranslator::LeaveOut},
    {"prompt_cache_key", &ChatTranslator::LeaveOut},
    {"prompt_cache_retention", &ChatTranslator::LeaveOut},
    {"function_call", &ChatTranslator::OnlyEmpty},
    {"audio", &ChatTranslator::OnlyEmpty},
    {"web_search_options", &ChatTranslator::OnlyEmpty},
}};

}  // namespace

auto ChatToMessages(const Json& chat) -> TranslatedRequest {
  return ChatTranslator().Run(chat);
}

}  // namespace route
