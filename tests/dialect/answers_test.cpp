// Answers of upstreams: what counts as one, what it says about tokens, where its stream may be cut, and what becomes of
// it in another API.

#include <string>

#include <doctest/doctest.h>

#include "runtime/dialect/answers.h"
#include "runtime/dialect/errors.h"
#include "runtime/dialect/event_scanner.h"
#include "runtime/dialect/plain_answer.h"

namespace {

using namespace route;
using Json = nlohmann::ordered_json;

const Json kRequest = Json::parse(R"({"model":"m","temperature":0.5,"instructions":"be kind"})");

auto Context() -> AnswerContext {
  return {kRequest, "0190-ab", 17};
}

}  // namespace

TEST_CASE("plain answers") {
  CHECK(ReadPlainAnswer(Api::kChat, R"({"choices":[{}],"usage":{"prompt_tokens":3,"completion_tokens":4}})")
            ->usage.tokens == TokenUsage{3, 4});
  CHECK_FALSE(ReadPlainAnswer(Api::kChat, R"({"choices":[{}]})")->usage.tokens.has_value());
  CHECK_FALSE(
      ReadPlainAnswer(Api::kChat, R"({"choices":[{}],"usage":{"prompt_tokens":-3}})")->usage.tokens.has_value());
  for (const char* bad :
       {"", "null", "[]", "{}", R"({"choices":{}})", R"({"choices":[]})", R"({"choices":[{}])", "<html>"}) {
    CHECK_FALSE(ReadPlainAnswer(Api::kChat, bad).has_value());
  }
}

TEST_CASE("usage counts when both numbers are whole and not negative, and says why when it does not") {
  const auto usage = [](const std::string& text) {
    return ReadPlainAnswer(Api::kChat, R"({"choices":[{}],"usage":)" + text + "}")->usage;
  };
  CHECK(usage(R"({"prompt_tokens":10.0,"completion_tokens":2e1})").tokens == TokenUsage{10, 20});
  CHECK(usage("null").problem.empty());
  const auto problem = [&](const std::string& text) {
    const ReportedUsage reported = usage(text);
    CHECK_FALSE(reported.tokens.has_value());
    return reported.problem;
  };
  CHECK(problem(R"({"prompt_tokens":3})") == "`completion_tokens` is missing");
  CHECK(problem(R"({"completion_tokens":3})") == "`prompt_tokens` is missing");
  CHECK(problem(R"({"prompt_tokens":3,"completion_tokens":-1})") == "`completion_tokens` is negative");
  CHECK(problem(R"({"prompt_tokens":-0.5,"completion_tokens":1})") == "`prompt_tokens` is negative");
  CHECK(problem(R"({"prompt_tokens":1.5,"completion_tokens":1})") == "`prompt_tokens` is not a whole number");
  CHECK(problem(R"({"prompt_tokens":1e300,"completion_tokens":1})") == "`prompt_tokens` is too large");
  CHECK(problem(R"({"prompt_tokens":18446744073709551615,"completion_tokens":1})") == "`prompt_tokens` is too large");
  CHECK(problem(R"({"prompt_tokens":"3","completion_tokens":1})") == "`prompt_tokens` is not a number");

  EventScanner scanner(Api::kChat);
  scanner.Feed("data: {\"choices\":[]}\n\ndata: {\"us\\u0061ge\":{\"prompt_tokens\":5.0,\"completion_tokens\":6}}\n\n");
  CHECK(scanner.usage().tokens == TokenUsage{5, 6});
  scanner.Feed("data: {\"usage\":{\"prompt_tokens\":5}}\n\n");
  CHECK_FALSE(scanner.usage().tokens.has_value());
  CHECK(scanner.usage().problem == "`completion_tokens` is missing");
}

TEST_CASE("a stream ends at [DONE], whatever its lines end in") {
  const std::string chunk = "data: {\"choices\":[]}";
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    const std::string stream = chunk + end + end + "data: [DONE]" + end + end;
    const std::string sent = "\xEF\xBB\xBF" + stream + (end == "\r" ? "" : "data: late" + end + end);
    for (std::size_t piece = 1; piece <= sent.size(); ++piece) {
      EventScanner scanner(Api::kChat);
      std::string out;
      for (std::size_t at = 0; at < sent.size(); at += piece) {
        scanner.Feed(std::string_view(sent).substr(at, piece));
        out += scanner.TakeComplete();
      }
      REQUIRE(scanner.state() == EventScanner::State::kDone);
      REQUIRE(out == stream);
    }
  }
  EventScanner scanner(Api::kChat);
  scanner.Feed(chunk + "\r\rdata: [DONE]\r\rdata: late\r\r");
  CHECK(scanner.TakeComplete() == chunk + "\r\rdata: [DONE]\r\r");
  EventScanner cut(Api::kChat);
  cut.Feed("\xEF\xBB");
  CHECK(cut.state() == EventScanner::State::kWaiting);
  CHECK(cut.TakeComplete().empty());
}

TEST_CASE("streams are cut at the ends of events, however the bytes arrive") {
  const std::string stream =
      ": comment\n\n"
      "data: {\"choices\":[{\"delta\":{\"content\":\"say \\\"usage\\\": {\"}}]}\r\n\r\n"
      "event: x\ndata: {\"choices\":[],\ndata: \"usage\":{\"prompt_tokens\":5,\"completion_tokens\":6}}\n\n"
      "data: [DONE]\n\n";
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    EventScanner scanner(Api::kChat);
    std::string out;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      scanner.Feed(std::string_view(stream).substr(at, piece));
      const std::string taken = scanner.TakeComplete();
      if (!taken.empty()) REQUIRE(taken.back() == '\n');
      out += taken;
    }
    REQUIRE(out == stream);
    REQUIRE(scanner.state() == EventScanner::State::kDone);
    REQUIRE(scanner.usage().tokens == TokenUsage{5, 6});
  }
}

TEST_CASE("what only keeps a stream open is no event") {
  EventScanner scanner(Api::kMessages);
  scanner.Feed("event: ping\ndata: {\"type\": \"ping\"}\n\n: comment\n\n\n\nevent: x\nid: 1\n\n");
  CHECK(scanner.events() == 0);
  scanner.Feed("data: {\"type\":\"message_start\",\"message\":{}}\n\n");
  CHECK(scanner.events() == 1);
  scanner.Feed("data: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"ping\"}}\n\ndata: {\"type\":\"ping\"}");
  CHECK(scanner.events() == 2);
  scanner.Feed("\n\n");
  CHECK(scanner.events() == 2);
  EventScanner chat(Api::kChat);
  chat.Feed("data: {\"choices\":[]}\n\n: ping\n\ndata: [DONE]\n\n");
  CHECK(chat.events() == 2);
}

TEST_CASE("streams that are no answers") {
  for (const char* bad :
       {"data: [DONE]\n\n", "data: {\"error\":{}}\n\n", "data: {\"choices\":\n\n", "data: hello\n\n"}) {
    EventScanner scanner(Api::kChat);
    scanner.Feed(bad);
    CHECK(scanner.state() == EventScanner::State::kGarbage);
  }
  EventScanner waiting(Api::kChat);
  waiting.Feed(": ping\n\nevent: start\n\ndata: {\"choices\"");
  CHECK(waiting.state() == EventScanner::State::kWaiting);
  CHECK(waiting.TakeComplete() == ": ping\n\nevent: start\n\n");
}

TEST_CASE("answers of each API, and what is none") {
  CHECK(
      ReadPlainAnswer(Api::kEmbeddings, R"({"data":[{"embedding":[1]}],"usage":{"prompt_tokens":4}})")->usage.tokens ==
      TokenUsage{4, 0});
  CHECK(ReadPlainAnswer(Api::kEmbeddings, R"({"data":[{"embedding":"AAAA"}]})").has_value());
  for (const char* bad :
       {"{}", R"({"data":[]})", R"({"data":[{"embedding":[]}]})", R"({"data":[{"embedding":[1]},{}]})"}) {
    CHECK_FALSE(ReadPlainAnswer(Api::kEmbeddings, bad).has_value());
  }
  CHECK(ReadPlainAnswer(Api::kResponses,
                        R"({"status":"completed","output":[{}],"usage":{"input_tokens":1,"output_tokens":2}})")
            ->usage.tokens == TokenUsage{1, 2});
  CHECK(ReadPlainAnswer(Api::kResponses, R"({"status":"incomplete","output":[]})").has_value());
  for (const char* bad : {"{}", R"({"status":"completed","output":[]})", R"({"status":"failed","output":[{}]})",
                          R"({"status":"completed"})"}) {
    CHECK_FALSE(ReadPlainAnswer(Api::kResponses, bad).has_value());
  }
  const auto cached = ReadPlainAnswer(
      Api::kMessages,
      R"({"type":"message","content":[],"stop_reason":"end_turn","usage":{"input_tokens":1,"cache_creation_input_tokens":20,"cache_read_input_tokens":300,"output_tokens":4}})");
  CHECK(cached->usage.tokens == TokenUsage{321, 4});
  for (const char* bad :
       {"{}", R"({"type":"error","content":[],"stop_reason":"end_turn"})",
        R"({"type":"message","stop_reason":"end_turn"})", R"({"type":"message","content":[],"stop_reason":null})"}) {
    CHECK_FALSE(ReadPlainAnswer(Api::kMessages, bad).has_value());
  }
}

TEST_CASE("streams of messages and responses, however the bytes arrive") {
  const std::string messages =
      "event: ping\ndata: {\"type\":\"ping\"}\n\n"
      "event: message_start\ndata: "
      "{\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}\n\n"
      "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"message_stop\"}}\n\n"
      "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"output_tokens\":9}}\n\n"
      "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
  const std::string responses =
      "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"usage\":null}}\n\n"
      "event: response.output_text.delta\ndata: "
      "{\"type\":\"response.output_text.delta\",\"delta\":\"response.completed\"}\n\n"
      "event: response.completed\ndata: "
      "{\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":5,\"output_tokens\":9}}}\n\n";
  for (const auto& [api, stream] : {std::pair(Api::kMessages, messages), std::pair(Api::kResponses, responses)}) {
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
      EventScanner scanner(api);
      std::string out;
      const std::string sent = stream + "data: late\n\n";
      for (std::size_t at = 0; at < sent.size(); at += piece) {
        scanner.Feed(std::string_view(sent).substr(at, piece));
        out += scanner.TakeComplete();
      }
      REQUIRE(out == stream);
      REQUIRE(scanner.state() == EventScanner::State::kDone);
      REQUIRE(scanner.usage().tokens == TokenUsage{5, 9});
    }
  }
  EventScanner overloaded(Api::kMessages);
  overloaded.Feed("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n");
  CHECK(overloaded.state() == EventScanner::State::kGarbage);
  EventScanner wrong(Api::kMessages);
  wrong.Feed("data: {\"choices\":[]}\n\n");
  CHECK(wrong.state() == EventScanner::State::kGarbage);
  EventScanner failed(Api::kResponses);
  failed.Feed("data: {\"type\":\"response.failed\"}\n\n");
  CHECK(failed.state() == EventScanner::State::kGarbage);
}

TEST_CASE("a message as a chat completion") {
  const Json message = Json::parse(R"({"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[
    {"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"I look "},{"type":"text","text":"it up"},
    {"type":"tool_use","id":"t1","name":"weather","input":{"city":"Paris"}}],
    "stop_reason":"tool_use","usage":{"input_tokens":3,"cache_read_input_tokens":4,"output_tokens":5}})");
  const auto chat = MessagesAnswerToChat(message, Context());
  REQUIRE(chat.has_value());
  CHECK(
      chat->dump() ==
      R"({"id":"msg_1","object":"chat.completion","created":17,"model":"claude","choices":[{"index":0,)"
      R"("message":{"role":"assistant","content":"I look it up","refusal":null,"tool_calls":[{"id":"t1","type":"function",)"
      R"("function":{"name":"weather","arguments":"{\"city\":\"Paris\"}"}}]},"logprobs":null,"finish_reason":"tool_calls"}],)"
      R"("usage":{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":4}}})");
  Json other = message;
  other["content"].push_back({{"type", "server_tool_use"}});
  CHECK(MessagesAnswerToChat(other, Context()).error().contains("server_tool_use"));
  other = message;
  other["stop_reason"] = "pause_turn";
  CHECK(MessagesAnswerToChat(other, Context()).error().contains("pause_turn"));
}

TEST_CASE("a chat completion as a message and as a response") {
  const Json chat =
      Json::parse(R"({"id":"c1","model":"gpt","choices":[{"index":0,"message":{"role":"assistant","content":"hm",
    "tool_calls":[{"id":"t1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Paris\"}"}}]},"finish_reason":"stop"}],
    "usage":{"prompt_tokens":7,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":4}}})");
  CHECK(
      ChatAnswerToMessages(chat)->dump() ==
      R"({"id":"c1","type":"message","role":"assistant","model":"gpt","content":[{"type":"text","text":"hm"},)"
      R"({"type":"tool_use","id":"t1","name":"weather","input":{"city":"Paris"}}],"stop_reason":"tool_use","stop_sequence":null,)"
      R"("usage":{"input_tokens":3,"cache_creation_input_tokens":0,"cache_read_input_tokens":4,"output_tokens":5}})");
  const auto response = ChatAnswerToResponses(chat, Context());
  REQUIRE(response.has_value());
  CHECK((*response)["id"] == "resp_0190ab");
  CHECK((*response)["status"] == "completed");
  CHECK((*response)["instructions"] == "be kind");
  CHECK((*response)["temperature"] == 0.5);
  CHECK(
      (*response)["output"].dump() ==
      R"([{"type":"message","id":"msg_0190ab","status":"completed","role":"assistant","content":[{"type":"output_text","text":"hm","annotations":[],"logprobs":[]}]},)"
      R"({"type":"function_call","id":"fc_0190ab_1","call_id":"t1","name":"weather","arguments":"{\"city\":\"Paris\"}","status":"completed"}])");
  CHECK((*response)["usage"]["input_tokens"] == 7);

  Json other = chat;
  other["choices"][0]["finish_reason"] = "length";
  CHECK((*ChatAnswerToMessages(other))["stop_reason"] == "max_tokens");
  CHECK((*ChatAnswerToResponses(other, Context()))["incomplete_details"]["reason"] == "max_output_tokens");
  other["choices"].push_back(other["choices"][0]);
  CHECK_FALSE(ChatAnswerToMessages(other).has_value());
  other = chat;
  other["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] = "{\"city\":";
  CHECK(ChatAnswerToMessages(other).error() == "the arguments of a call are not a JSON object");
  other = chat;
  other["choices"][0]["finish_reason"] = nullptr;
  CHECK_FALSE(ChatAnswerToMessages(other).has_value());
  CHECK_FALSE(ChatAnswerToResponses(other, Context()).has_value());
}

TEST_CASE("errors in each form") {
  const ErrorFacts facts{403, "no", "policy_error", "policy_refused", "model"};
  CHECK(ErrorJson(Api::kChat, facts).dump() ==
        R"({"error":{"message":"no","type":"policy_error","param":"model","code":"policy_refused"}})");
  CHECK(
      ErrorJson(Api::kMessages, facts).dump() ==
      R"({"type":"error","error":{"type":"permission_error","message":"no","details":{"error_code":"policy_refused"}},"request_id":null})");
  CHECK(ErrorEventText(Api::kResponses, facts) ==
        "event: error\ndata: "
        "{\"type\":\"error\",\"code\":\"policy_refused\",\"message\":\"no\",\"param\":\"model\"}\n\n");
  CHECK(ErrorEventText(Api::kMessages, facts).starts_with("event: error\ndata: {\"type\":\"error\","));
  CHECK(ReadErrorBody(400, R"({"type":"error","error":{"type":"invalid_request_error","message":"bad image"}})")
            .message == "bad image");
  CHECK(ReadErrorBody(422, R"({"error":{"message":"bad","code":"c","param":"p"}})").param == "p");
  CHECK(ReadErrorBody(400, R"({"error":"plain"})").message == "plain");
  CHECK(ReadErrorBody(418, "<html>").message == "the upstream refused the request with status 418");
}
