#include <array>

#include "runtime/dialect/request_translator.h"
#include "runtime/signals/json_writer.h"

namespace route {
namespace {

using Json = nlohmann::ordered_json;

class MessagesTranslator : private RequestTranslator {
 public:
  auto Run(const Json& messages) -> TranslatedRequest {
    TakeFields(*this, "", messages, kFields);
    Json result = {{"model", Member(messages, "model") == nullptr ? Json("") : messages["model"]}};
    result["messages"] = Json::array();
    if (!system_.is_null()) result["messages"].push_back({{"role", "system"}, {"content", std::move(system_)}});
    for (Json& message : messages_) result["messages"].push_back(std::move(message));
    if (!others_.contains("tools")) {
      others_.erase("tool_choice");
      others_.erase("parallel_tool_calls");
    }
    result.update(others_);
    return Finish(std::move(result));
  }

 private:
  using Row = Field<MessagesTranslator>;
  static const std::array<Row, 15> kFields;

  void Copy(const std::string& at, const Json& value) { others_[at] = value; }

  void System(const std::string& at, const Json& value) { system_ = TextContent(at, value); }

  void Stop(const std::string& at, const Json& value) {
    constexpr std::size_t kMost = 4;
    if (!value.is_array()) return Refuse(at, "is not an array");
    if (value.size() > kMost) return Refuse(at, "the chat completions API takes at most four");
    if (!value.empty()) others_["stop"] = value;
  }

  void Stream(const std::string& at, const Json& value) {
    if (!value.is_boolean()) return Refuse(at, "is neither true nor false");
    others_["stream"] = value;
    if (value.get<bool>()) others_["stream_options"] = {{"include_usage", true}};
  }

  void Metadata(const std::string& at, const Json& value) {
    OnlyFields(at, value, {"user_id"});
    if (const Json* user = Member(value, "user_id")) others_["user"] = *user;
  }

  void Thinking(const std::string& at, const Json& value) {
    if (TextMember(value, "type") != "disabled") Refuse(at, "the chat completions API shows no thinking");
  }

  void Tier(const std::string& at, const Json& value) {
    if (value != Json("auto") && value != Json("standard_only")) Refuse(at, "the chat completions API has other tiers");
  }

  void OutputConfig(const std::string& at, const Json& value) {
    OnlyFields(at, value, {"format"});
    const Json* format = Member(value, "format");
    if (format == nullptr) return;
    const Json* schema = Member(*format, "schema");
    if (TextMember(*format, "type") != "json_schema" || schema == nullptr || !schema->is_object()) {
      return Refuse(at + ".format", "the chat completions API has no such format");
    }
    OnlyFields(at + ".format", *format, {"type", "schema"});
    others_["response_format"] = {{"type", "json_schema"},
                                  {"json_schema", {{"name", "answer"}, {"schema", *schema}, {"strict", true}}}};
  }

  void Tools(const std::string& at, const Json& value) {
    if (!value.is_array()) return Refuse(at, "is not an array");
    Json tools = Json::array();
    for (std::size_t i = 0; i < value.size(); ++i) tools.push_back(Tool(Element(at, i), value[i]));
    if (!tools.empty()) others_["tools"] = std::move(tools);
  }

  auto Tool(const std::string& at, const Json& tool) -> Json {
    const std::string_view type = TextMember(tool, "type");
    if (!tool.is_object() || (!type.empty() && type != "custom")) {
      Refuse(at, "only the caller's own tools can be translated");
      return {};
    }
    OnlyFields(at, tool, {"type", "name", "description", "input_schema", "cache_control"});
    Json function = {{"name", TextMember(tool, "name")}};
    if (const Json* description = Member(tool, "description")) function["description"] = *description;
    if (const Json* schema = Member(tool, "input_schema")) function["parameters"] = *schema;
    return {{"type", "function"}, {"function", std::move(function)}};
  }

  void ToolChoice(const std::string& at, const Json& value) {
    OnlyFields(at, value, {"type", "name", "disable_parallel_tool_use"});
    const std::string_view type = TextMember(value, "type");
    if (type == "any") {
      others_["tool_choice"] = "required";
    } else if (type == "auto" || type == "none") {
      others_["tool_choice"] = type;
    } else if (type == "tool") {
      others_["tool_choice"] = {{"type", "function"}, {"function", {{"name", TextMember(value, "name")}}}};
    } else {
      Refuse(at, "the chat completions API has no such choice");
    }
    const Json* one_only = Member(value, "disable_parallel_tool_use");
    if (one_only != nullptr && *one_only == Json(true)) others_["parallel_tool_calls"] = false;
  }

  // Messages.

  void Messages(const std::string& at, const Json& value) {
    for (std::size_t i = 0; i < value.size(); ++i) Message(Element(at, i), value[i]);
    if (!messages_.empty() && messages_.back()["role"] == "assistant") {
      Refuse(at, "the last message is the assistant's, which the chat completions API would not continue");
    }
  }

  void Message(const std::string& at, const Json& message) {
    OnlyFields(at, message, {"role", "content"});
    const std::string_view role = TextMember(message, "role");
    const Json* content = Member(message, "content");
    if (role == "system" && content != nullptr) {
      messages_.push_back({{"role", "system"}, {"content", TextContent(at + ".content", *content)}});
      return;
    }
    if (role != "user" && role != "assistant") return Refuse(at + ".role", "there is no such role");
    if (content != nullptr && content->is_string()) {
      messages_.push_back({{"role", role}, {"content", *content}});
    } else if (content == nullptr || !content->is_array()) {
      Refuse(at + ".content", "is neither a text nor an array of blocks");
    } else if (role == "user") {
      UserBlocks(at + ".content", *content);
    } else {
      AssistantBlocks(at + ".content", *content);
    }
  }

  /// Results of tools become messages of their own, which come first.
  void UserBlocks(const std::string& at, const Json& blocks) {
    Json parts = Json::array();
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const std::string place = Element(at, i);
      if (TextMember(blocks[i], "type") != "tool_result") {
        parts.push_back(Part(place, blocks[i]));
      } else if (parts.empty()) {
        ToolResult(place, blocks[i]);
      } else {
        Refuse(place, "results of tools come before everything else");
      }
    }
    const bool results_only = !blocks.empty() && parts.empty();
    if (!results_only) messages_.push_back({{"role", "user"}, {"content", std::move(parts)}});
  }

  /// That a result is an error is left out: its text says so to the model.
  void ToolResult(const std::string& at, const Json& block) {
    OnlyFields(at, block, {"type", "tool_use_id", "content", "is_error", "cache_control"});
    const Json* content = Member(block, "content");
    messages_.push_back({{"role", "tool"},
                         {"tool_call_id", TextMember(block, "tool_use_id")},
                         {"content", content == nullptr ? Json("") : TextContent(at + ".content", *content)}});
  }

  void AssistantBlocks(const std::string& at, const Json& blocks) {
    Json parts = Json::array();
    Json calls = Json::array();
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const std::string place = Element(at, i);
      const std::string_view type = TextMember(blocks[i], "type");
      if (type == "tool_use") {
        calls.push_back(Call(place, blocks[i]));
      } else if (type != "text") {
        Refuse(place, "blocks of this type cannot be translated");
      } else if (!calls.empty()) {
        Refuse(place, "a text that follows a call cannot keep its place");
      } else {
        parts.push_back(Part(place, blocks[i]));
      }
    }
    Json content = std::move(parts);
    // What stands before calls is nothing or a text where it can be, as every server takes it.
    if (!calls.empty() && content.size() <= 1)
      content = content.empty() ? Json(nullptr) : Json(content[0].value("text", ""));
    messages_.push_back({{"role", "assistant"}, {"content", std::move(content)}});
    if (!calls.empty()) messages_.back()["tool_calls"] = std::move(calls);
  }

  auto Call(const std::string& at, const Json& block) -> Json {
    OnlyFields(at, block, {"type", "id", "name", "input", "cache_control"});
    const Json* input = Member(block, "input");
    if (input == nullptr || !input->is_object()) {
      Refuse(at + ".input", "is not an object");
      return {};
    }
    return {{"id", TextMember(block, "id")},
            {"type", "function"},
            {"function", {{"name", TextMember(block, "name")}, {"arguments", ToText(*input)}}}};
  }

  /// Content that may hold text only.
  auto TextContent(const std::string& at, const Json& content) -> Json {
    if (content.is_string()) return content;
    if (!content.is_array()) {
      Refuse(at, "is neither a text nor an array of blocks");
      return {};
    }
    Json parts = Json::array();
    for (std::size_t i = 0; i < content.size(); ++i) {
      const std::string place = Element(at, i);
      if (TextMember(content[i], "type") != "text") Refuse(place, "only text can be translated here");
      parts.push_back(Part(place, content[i]));
    }
    return parts;
  }

  auto Part(const std::string& at, const Json& block) -> Json {
    const std::string_view type = TextMember(block, "type");
    if (type == "text") {
      OnlyFields(at, block, {"type", "text", "cache_control", "citations"});
      if (!ArrayMember(block, "citations").empty()) Refuse(at + ".citations", "the other API has no such field");
      return {{"type", "text"}, {"text", TextMember(block, "text")}};
    }
    const Json* source = Member(block, "source");
    if (type == "image" && source != nullptr) {
      OnlyFields(at, block, {"type", "source", "cache_control"});
      return {{"type", "image_url"}, {"image_url", {{"url", ImageAddress(at + ".source", *source)}}}};
    }
    Refuse(at, "blocks of this type cannot be translated");
    return Json::object();
  }

  auto ImageAddress(const std::string& at, const Json& source) -> std::string {
    const std::string_view type = TextMember(source, "type");
    if (type == "url") return std::string(TextMember(source, "url"));
    if (type == "base64") {
      return "data:" + std::string(TextMember(source, "media_type")) + ";base64," +
             std::string(TextMember(source, "data"));
    }
    Refuse(at, "is neither inline nor a web address");
    return {};
  }

  Json system_;
  Json messages_ = Json::array();
  Json others_ = Json::object();
};

const std::array<MessagesTranslator::Row, 15> MessagesTranslator::kFields = {{
    {"model", &MessagesTranslator::LeaveOut},
    {"max_tokens", &MessagesTranslator::Copy},
    {"system", &MessagesTranslator::System},
    {"messages", &MessagesTranslator::Messages},
    {"temperature", &MessagesTranslator::Copy},
    {"top_p", &MessagesTranslator::Copy},
    {"stop_sequences", &MessagesTranslator::Stop},
    {"stream", &MessagesTranslator::Stream},
    {"tools", &MessagesTranslator::Tools},
    {"tool_choice", &MessagesTranslator::ToolChoice},
    {"metadata", &MessagesTranslator::Metadata},
    {"thinking", &MessagesTranslator::Thinking},
    {"service_tier", &MessagesTranslator::Tier},
    {"output_config", &MessagesTranslator::OutputConfig},
    {"cache_control", &MessagesTranslator::LeaveOut},
}};

}  // namespace

auto MessagesToChat(const Json& messages) -> TranslatedRequest {
  return MessagesTranslator().Run(messages);
}

}  // namespace route
