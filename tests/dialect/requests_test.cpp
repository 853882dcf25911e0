// Requests from one API to another: what is carried over and what is refused.

#include <doctest/doctest.h>

#include "runtime/dialect/carry.h"

namespace {

using namespace route;
using Json = nlohmann::ordered_json;

auto Chat(const std::string& more, const std::string& messages = R"([{"role":"user","content":"x"}])") -> Json {
  return Json::parse(R"({"model":"m","messages":)" + messages + more + "}");
}
auto Messages(const std::string& more, const std::string& messages = R"([{"role":"user","content":"x"}])") -> Json {
  return Json::parse(R"({"model":"m","max_tokens":9,"messages":)" + messages + more + "}");
}
auto Responses(const std::string& more) -> Json {
  return Json::parse(R"({"model":"m","input":)" + more + "}");
}

/// The field that a translation stops at, or `-`.
auto Obstacle(const TranslatedRequest& result) -> std::string {
  return result ? "-" : result.error().field;
}

}  // namespace

TEST_CASE("fields of chat completions in messages") {
  const auto result =
      ChatToMessages(Chat(R"(,"temperature":0.5,"top_p":0.9,"stop":"END","stream":true,"user":"u1","seed":7,"n":1,
    "frequency_penalty":0,"logprobs":false,"response_format":{"type":"text"},"parallel_tool_calls":false,"store":false,
    "tools":[{"type":"function","function":{"name":"f","strict":false}}],"max_completion_tokens":50,"logit_bias":null)"));
  REQUIRE_MESSAGE(result.has_value(), result.error().field);
  CHECK(
      result->dump() ==
      R"({"model":"m","max_tokens":50,"messages":[{"role":"user","content":"x"}],"temperature":0.5,"top_p":0.9,"stop_sequences":["END"],)"
      R"("stream":true,"metadata":{"user_id":"u1"},"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],)"
      R"("tool_choice":{"type":"auto","disable_parallel_tool_use":true}})");
  CHECK((*ChatToMessages(Chat("")))["max_tokens"] == kDefaultMaxTokens);
}

TEST_CASE("what messages cannot say for chat completions") {
  const auto field = [](const std::string& more) { return Obstacle(ChatToMessages(Chat(more))); };
  CHECK(field(R"(,"temperature":1.5)") == "temperature");
  CHECK(field(R"(,"n":2)") == "n");
  CHECK(field(R"(,"response_format":{"type":"json_object"})") == "response_format");
  CHECK(field(R"(,"logprobs":true)") == "logprobs");
  CHECK(field(R"(,"frequency_penalty":0.1)") == "frequency_penalty");
  CHECK(field(R"(,"logit_bias":{"1":2})") == "logit_bias");
  CHECK(field(R"(,"reasoning_effort":"low")") == "reasoning_effort");
  CHECK(field(R"(,"modalities":["text","audio"])") == "modalities");
  CHECK(field(R"(,"top_k":5)") == "top_k");
  CHECK(field(R"(,"max_tokens":1,"max_completion_tokens":2)") == "max_completion_tokens");
  CHECK(field(R"(,"tools":[{"type":"custom"}])") == "tools.0");
  CHECK(field(R"(,"tools":[{"type":"function","function":{"name":"f","strict":true}}])") == "tools.0.function.strict");
  CHECK(field(R"(,"tool_choice":{"type":"allowed_tools"})") == "tool_choice");
  const auto message = [](const std::string& messages) { return Obstacle(ChatToMessages(Chat("", messages))); };
  CHECK(message(R"([{"role":"user","content":"x"},{"role":"system","content":"y"},{"role":"user","content":"z"}])") ==
        "messages.1");
  CHECK(message(R"([{"role":"system","content":"y"}])") == "messages");
  CHECK(message(R"([{"role":"user","content":"x"},{"role":"assistant","content":"y"}])") == "messages");
  CHECK(message(R"([{"role":"user","name":"n","content":"x"}])") == "messages.0.name");
  CHECK(message(R"([{"role":"user","content":[{"type":"input_audio"}]}])") == "messages.0.content.0");
  CHECK(message(R"([{"role":"user","content":[{"type":"image_url","image_url":{"url":"ftp://x"}}]}])") ==
        "messages.0.content.0.image_url.url");
  CHECK(message(R"([{"role":"function","content":"x"}])") == "messages.0.role");
  CHECK(
      message(
          R"([{"role":"assistant","tool_calls":[{"id":"t","function":{"name":"f","arguments":"[1]"}}]},{"role":"user","content":"x"}])") ==
      "messages.0.tool_calls.0.function.arguments");
}

TEST_CASE("a long name of a field is cut between two letters") {
  std::string name = "a";
  for (int i = 0; i < 200; ++i) name += "é";
  const auto result = ChatToMessages(Chat(",\"" + name + "\":1"));
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().field == name.substr(0, 199));
}

TEST_CASE("answers by a schema") {
  const std::string schema = R"({"type":"object","properties":{"n":{"type":"integer"}},"additionalProperties":false})";
  const auto there = ChatToMessages(
      Chat(R"(,"response_format":{"type":"json_schema","json_schema":{"name":"count","strict":true,"schema":)" + schema + "}}"));
  REQUIRE_MESSAGE(there.has_value(), there.error().field);
  CHECK((*there)["output_config"].dump() == R"({"format":{"type":"json_schema","schema":)" + schema + "}}");
  const auto back =
      MessagesToChat(Messages(R"(,"output_config":{"format":{"type":"json_schema","schema":)" + schema + "}}"));
  REQUIRE_MESSAGE(back.has_value(), back.error().field);
  CHECK((*back)["response_format"].dump() ==
        R"({"type":"json_schema","json_schema":{"name":"answer","schema":)" + schema + R"(,"strict":true}})");
  CHECK(Obstacle(ChatToMessages(Chat(R"(,"response_format":{"type":"json_schema"})"))) == "response_format");
  CHECK(Obstacle(ChatToMessages(
            Chat(R"(,"response_format":{"type":"json_schema","json_schema":{"schema":{},"grammar":1}})"))) ==
        "response_format.json_schema.grammar");
  CHECK(Obstacle(MessagesToChat(Messages(R"(,"output_config":{"effort":"low"})"))) == "output_config.effort");
  CHECK(Obstacle(MessagesToChat(Messages(R"(,"output_config":{"format":{"type":"text"}})"))) == "output_config.format");
}

TEST_CASE("messages of chat completions") {
  const auto result = ChatToMessages(
      Chat("", R"([{"role":"developer","content":"a"},{"role":"system","content":[{"type":"text","text":"b"}]},
    {"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,QQ==","detail":"low"}}]},
    {"role":"assistant","content":"","tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":""}},{"id":"t2","type":"function","function":{"name":"g","arguments":"{\"a\":1}"}}]},
    {"role":"tool","tool_call_id":"t1","content":"one"},{"role":"tool","tool_call_id":"t2","content":[{"type":"text","text":"two"}]},{"role":"user","content":"thanks"}])"));
  REQUIRE_MESSAGE(result.has_value(), result.error().field);
  CHECK((*result)["system"].dump() == R"([{"type":"text","text":"a"},{"type":"text","text":"b"}])");
  CHECK(
      (*result)["messages"].dump() ==
      R"([{"role":"user","content":[{"type":"text","text":"look"},{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"QQ=="}}]},)"
      R"({"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}},{"type":"tool_use","id":"t2","name":"g","input":{"a":1}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"one"},{"type":"tool_result","tool_use_id":"t2","content":[{"type":"text","text":"two"}]}]},)"
      R"({"role":"user","content":"thanks"}])");
}

TEST_CASE("fields of messages in chat completions") {
  const auto result = MessagesToChat(Messages(
      R"(,"system":[{"type":"text","text":"be kind","cache_control":{"type":"ephemeral"}}],"stop_sequences":["END"],
    "stream":true,"metadata":{"user_id":"u"},"thinking":{"type":"disabled"},"tools":[{"type":"custom","name":"f","input_schema":{"type":"object"}}],
    "tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true})"));
  REQUIRE_MESSAGE(result.has_value(), result.error().field);
  CHECK(
      result->dump() ==
      R"({"model":"m","messages":[{"role":"system","content":[{"type":"text","text":"be kind"}]},{"role":"user","content":"x"}],"max_tokens":9,)"
      R"("stop":["END"],"stream":true,"stream_options":{"include_usage":true},"user":"u","tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],)"
      R"("tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false})");
}

TEST_CASE("a system message among messages keeps its place") {
  const auto result = MessagesToChat(Messages(
      "", R"([{"role":"user","content":"x"},{"role":"system","content":"be brief"},{"role":"user","content":"y"}])"));
  CHECK((*result)["messages"].dump() ==
        R"([{"role":"user","content":"x"},{"role":"system","content":"be brief"},{"role":"user","content":"y"}])");
}

TEST_CASE("what chat completions cannot say for messages") {
  const auto field = [](const std::string& more) { return Obstacle(MessagesToChat(Messages(more))); };
  CHECK(field(R"(,"top_k":5)") == "top_k");
  CHECK(field(R"(,"thinking":{"type":"enabled","budget_tokens":1024})") == "thinking");
  CHECK(field(R"(,"stop_sequences":["1","2","3","4","5"])") == "stop_sequences");
  CHECK(field(R"(,"mcp_servers":[])") == "mcp_servers");
  CHECK(field(R"(,"tools":[{"type":"web_search_20250305","name":"web_search"}])") == "tools.0");
  CHECK(field(R"(,"metadata":{"team":"x"})") == "metadata.team");
  const auto message = [](const std::string& content, const std::string& role = "user") {
    const std::string after = role == "user" ? "" : R"(,{"role":"user","content":"y"})";
    return Obstacle(
        MessagesToChat(Messages("", R"([{"role":")" + role + R"(","content":)" + content + "}" + after + "]")));
  };
  CHECK(message(R"([{"type":"document","source":{"type":"text","data":"x"}}])") == "messages.0.content.0");
  CHECK(message(R"([{"type":"image","source":{"type":"file","file_id":"f"}}])") == "messages.0.content.0.source");
  CHECK(message(R"([{"type":"text","text":"x"},{"type":"tool_result","tool_use_id":"t","content":"y"}])") ==
        "messages.0.content.1");
  CHECK(
      message(
          R"([{"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":{"type":"url","url":"https://x"}}]}])") ==
      "messages.0.content.0.content.0");
  CHECK(message(R"([{"type":"tool_use","id":"t","name":"f","input":{}},{"type":"text","text":"x"}])", "assistant") ==
        "messages.0.content.1");
  CHECK(message(R"([{"type":"thinking","thinking":"x","signature":"s"}])", "assistant") == "messages.0.content.0");
  CHECK(message(R"([{"type":"tool_result","tool_use_id":"t","is_error":true,"content":"y"}])") == "-");
  CHECK(Obstacle(MessagesToChat(
            Messages("", R"([{"role":"user","content":"x"},{"role":"assistant","content":"{"}])"))) == "messages");
}

TEST_CASE("responses in chat completions") {
  const auto result = ResponsesToChat(Responses(
      R"([{"role":"developer","content":"short"},{"type":"message","role":"user","content":[{"type":"input_text","text":"look"},{"type":"input_image","image_url":"https://x/y.png","detail":"auto"}]},
    {"type":"function_call","call_id":"t1","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"t1","output":"done"}],
    "instructions":"be kind","max_output_tokens":7,"text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true}},
    "reasoning":{"effort":"low"},"tools":[{"type":"function","name":"f","parameters":{"type":"object"},"strict":true}],"tool_choice":{"type":"function","name":"f"},"metadata":{"a":"b"},"truncation":"disabled")"));
  REQUIRE_MESSAGE(result.has_value(), result.error().field);
  CHECK(
      result->dump() ==
      R"({"model":"m","messages":[{"role":"system","content":"be kind"},{"role":"system","content":"short"},)"
      R"({"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"https://x/y.png","detail":"auto"}}]},)"
      R"({"role":"assistant","content":null,"tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{}"}}]},)"
      R"({"role":"tool","tool_call_id":"t1","content":"done"}],)"
      R"("response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"},"strict":true}},"reasoning_effort":"low",)"
      R"("tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"},"strict":true}}],"tool_choice":{"type":"function","function":{"name":"f"}},)"
      R"("max_completion_tokens":7})");
  CHECK((*ResponsesToChat(Responses(R"("x","max_output_tokens":7)")))["max_tokens"] == 7);  // of a model that does not reason
  const auto field = [](const std::string& more) { return Obstacle(ResponsesToChat(Responses(more))); };
  CHECK(field(R"("x","tools":[{"type":"web_search"}])") == "tools.0");
  CHECK(field(R"("x","truncation":"auto")") == "truncation");
  CHECK(field(R"("x","include":["reasoning.encrypted_content"])") == "include");
  CHECK(field(R"("x","reasoning":{"effort":"low","summary":"auto"})") == "reasoning.summary");
  CHECK(field(R"([{"type":"reasoning","id":"r"}])") == "input.0");
  CHECK(field(R"([{"role":"user","content":[{"type":"input_file","file_id":"f"}]}])") == "input.0.content.0");
}

TEST_CASE("the way to a deployment") {
  auto request = ParseModelRequest(Api::kResponses, R"({"model":"m","input":"x","reasoning":{"effort":"low"}})");
  RequestCarrier carrier(*request);
  CHECK(carrier.WayTo({Api::kChat, Api::kResponses}) == Api::kResponses);
  CHECK(carrier.WayTo({Api::kChat, Api::kMessages}) == Api::kChat);
  CHECK(carrier.WayTo({Api::kMessages}).error() ==
        "it speaks `messages`, and `reasoning_effort` cannot be translated: the other API has no such field");
  CHECK(carrier.WayTo({Api::kEmbeddings}).error() ==
        "it does not speak `responses`, nor an API that such requests can be translated to");
  CHECK(carrier.Body(Api::kChat, "a") ==
        R"({"model":"a","messages":[{"role":"user","content":"x"}],"reasoning_effort":"low"})");
  CHECK(carrier.Body(Api::kChat, "b").starts_with(R"({"model":"b")"));
  CHECK(carrier.Body(Api::kResponses, "c").starts_with(R"({"model":"c","input":"x")"));
}
