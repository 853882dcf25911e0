#include "tests/dialect/same_conversation.h"

#include <array>
#include <utility>

namespace route::testing {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto kTexts = std::to_array<const char*>({"hello", "two\nlines and a \"quote\"", "grüße, 東京", "write to jane@example.org",
                                                    "card 4111 1111 1111 1111", "x", "a longer text that says nothing in particular"});

class Maker {
 public:
  explicit Maker(std::mt19937_64& random) : random_(random) {}

  auto Run() -> SameConversation {
    result_.chat = {{"model", "m"}, {"messages", Json::array()}};
    result_.messages = {{"model", "m"}, {"max_tokens", 100}, {"messages", Json::array()}};
    result_.responses = {{"model", "m"}, {"input", Json::array()}};
    result_.chat["max_tokens"] = 100;
    result_.responses["max_output_tokens"] = 100;
    if (Chance(2)) System();
    const int turns = Below(4);
    for (int i = 0; i < turns; ++i) {
      User();
      Chance(3) ? Tools() : Assistant();
    }
    User();
    if (Chance(2)) Definitions();
    if (Chance(3)) {
      for (Json* request : {&result_.chat, &result_.messages, &result_.responses}) (*request)["stream"] = true;
    }
    return std::move(result_);
  }

 private:
  auto Below(int bound) -> int { return static_cast<int>(random_() % static_cast<std::uint64_t>(bound)); }
  auto Chance(int one_in) -> bool { return Below(one_in) == 0; }
  auto Text() -> std::string { return kTexts[static_cast<std::size_t>(Below(kTexts.size()))]; }

  void System() {
    const std::string text = Text();
    result_.chat["messages"].push_back({{"role", "system"}, {"content", text}});
    result_.messages["system"] = text;
    result_.responses["instructions"] = text;
  }

  void Add(const char* role, const Json& chat, const Json& messages, const Json& responses) {
    result_.chat["messages"].push_back({{"role", role}, {"content", chat}});
    result_.messages["messages"].push_back({{"role", role}, {"content", messages}});
    result_.responses["input"].push_back({{"role", role}, {"content", responses}});
  }

  void User() {
    if (Chance(2)) {
      const std::string text = Text();
      return Add("user", text, text, text);
    }
    Json chat = Json::array();
    Json messages = Json::array();
    Json responses = Json::array();
    const int parts = 1 + Below(3);
    for (int i = 0; i < parts; ++i) {
      if (Chance(3)) {
        const bool is_inline = Chance(2);
        const std::string url = is_inline ? "data:image/png;base64,iVBORw0KGgo=" : "https://example.org/picture.png";
        chat.push_back({{"type", "image_url"}, {"image_url", {{"url", url}}}});
        responses.push_back({{"type", "input_image"}, {"image_url", url}});
        const Json source = is_inline ? Json{{"type", "base64"}, {"media_type", "image/png"}, {"data", "iVBORw0KGgo="}}
                                      : Json{{"type", "url"}, {"url", url}};
        messages.push_back({{"type", "image"}, {"source", source}});
      } else {
        const std::string text = Text();
        chat.push_back({{"type", "text"}, {"text", text}});
        responses.push_back({{"type", "input_text"}, {"text", text}});
        messages.push_back({{"type", "text"}, {"text", text}});
      }
    }
    Add("user", chat, messages, responses);
  }

  void Assistant() {
    const std::string text = Text();
    Add("assistant", text, text, text);
  }

  /// The assistant calls one or two tools, perhaps after a word, and gets their results.
  void Tools() {
    Json calls = Json::array();
    Json blocks = Json::array();
    Json results = Json::array();
    Json chat_content = nullptr;
    if (Chance(2)) {
      const std::string text = Text();
      chat_content = text;
      blocks.push_back({{"type", "text"}, {"text", text}});
      result_.responses["input"].push_back({{"role", "assistant"}, {"content", text}});
    }
    const int count = 1 + Below(2);
    std::vector<Json> chat_results;
    std::vector<Json> items;
    for (int i = 0; i < count; ++i) {
      const std::string id = "call_" + std::to_string(++calls_);
      const Json input = {{"city", Text()}, {"days", Below(9)}};
      const std::string said = Text();
      calls.push_back({{"id", id}, {"type", "function"}, {"function", {{"name", "weather"}, {"arguments", input.dump()}}}});
      blocks.push_back({{"type", "tool_use"}, {"id", id}, {"name", "weather"}, {"input", input}});
      items.push_back({{"type", "function_call"}, {"call_id", id}, {"name", "weather"}, {"arguments", input.dump()}});
      chat_results.push_back({{"role", "tool"}, {"tool_call_id", id}, {"content", said}});
      results.push_back({{"type", "tool_result"}, {"tool_use_id", id}, {"content", said}});
    }
    for (const Json& result : results) {
      items.push_back({{"type", "function_call_output"}, {"call_id", result["tool_use_id"]}, {"output", result["content"]}});
    }
    result_.chat["messages"].push_back({{"role", "assistant"}, {"content", chat_content}, {"tool_calls", calls}});
    for (const Json& result : chat_results) result_.chat["messages"].push_back(result);
    result_.messages["messages"].push_back({{"role", "assistant"}, {"content", blocks}});
    result_.messages["messages"].push_back({{"role", "user"}, {"content", results}});
    for (const Json& item : items) result_.responses["input"].push_back(item);
  }

  void Definitions() {
    const Json schema = {{"type", "object"}, {"properties", {{"city", {{"type", "string"}, {"description", Text()}}}}}};
    const std::string about = Text();
    result_.chat["tools"] = Json::array({{{"type", "function"}, {"function", {{"name", "weather"}, {"description", about}, {"parameters", schema}}}}});
    result_.messages["tools"] = Json::array({{{"name", "weather"}, {"description", about}, {"input_schema", schema}}});
    result_.responses["tools"] = Json::array({{{"type", "function"}, {"name", "weather"}, {"description", about}, {"parameters", schema}}});
    if (!Chance(2)) return;
    result_.chat["tool_choice"] = "required";
    result_.messages["tool_choice"] = {{"type", "any"}};
    result_.responses["tool_choice"] = "required";
  }

  std::mt19937_64& random_;
  SameConversation result_;
  int calls_ = 0;
};

}  // namespace

auto MakeConversation(std::mt19937_64& random) -> SameConversation {
  return Maker(random).Run();
}

}  // namespace route::testing
