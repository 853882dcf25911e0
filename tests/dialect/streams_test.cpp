// Streams from one API to another, event by event.

#include <string>

#include <doctest/doctest.h>

#include "runtime/dialect/stream_carrier.h"

namespace {

using namespace route;
using Json = nlohmann::ordered_json;

const Json kRequest = Json::parse(R"({"model":"m"})");
const Json kNoUsage = Json::parse(R"({"model":"m","stream_options":{"include_usage":false}})");

auto Context(const Json& request = kRequest) -> AnswerContext { return {request, "0190-ab", 17}; }

const std::string kMessages =
    R"(event: message_start
data: {"type":"message_start","message":{"id":"msg_1","model":"claude","content":[],"usage":{"input_tokens":5,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: ping
data: {"type":"ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t1","name":"f","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":":1}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: content_block_start
data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t2","name":"g","input":{}}}

event: content_block_stop
data: {"type":"content_block_stop","index":2}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":9}}

event: message_stop
data: {"type":"message_stop"}

)";

const std::string kChat =
    R"(data: {"id":"msg_1","object":"chat.completion.chunk","created":17,"model":"claude","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"msg_1","object":"chat.completion.chunk","created":17,"model":"claude","choices":[{"index":0,"delta":{"content":"Hel"},"finish_reason":null}]}

data: {"id":"msg_1","object":"chat.completion.chunk","created":17,"model":"claude","choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":null}]}

data: {"id":"msg_1","object":"chat.completion.chunk","created":17,"model":"claude","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"f","arguments":""}}]},"finish_reason":null}]}

data: {"id":"msg_1","object":"chat.completion.chunk","created":17,"model":"claude","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]},"finish_reason":null}]}

data: {"id":"msg_1","object":"chat.completion.chunk","created":17,"model":"claude","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]},"finish_reason":null}]}

data: {"id":"msg_1","object":"chat.completion.chunk","created":17,"model":"claude","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"t2","type":"function","function":{"name":"g","arguments":""}}]},"finish_reason":null}]}

data: {"id":"msg_1","object":"chat.completion.chunk","created":17,"model":"claude","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]},"finish_reason":null}]}

data: {"id":"msg_1","object":"chat.completion.chunk","created":17,"model":"claude","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

data: {"id":"msg_1","object":"chat.completion.chunk","created":17,"model":"claude","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":9,"total_tokens":14,"prompt_tokens_details":{"cached_tokens":0}}}

data: [DONE]

)";

/// The whole stream in pieces of a size.
auto Carry(Api from, Api to, const std::string& stream, std::size_t piece, const Json& request = kRequest) -> std::string {
  const AnswerContext context = Context(request);
  StreamCarrier carrier(from, to, context);
  std::string out;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    carrier.Feed(std::string_view(stream).substr(at, piece));
    out += carrier.TakeComplete();
  }
  REQUIRE(carrier.state() == StreamCarrier::State::kDone);
  return out;
}

/// The data of the events in a text.
auto Events(const std::string& text) -> std::vector<Json> {
  std::vector<Json> events;
  for (std::size_t at = text.find("data: "); at != std::string::npos; at = text.find("\ndata: ", at)) {
    if (text[at] == '\n') ++at;
    const std::string data = text.substr(at + 6, text.find('\n', at) - at - 6);
    if (data != "[DONE]") events.push_back(Json::parse(data));
  }
  return events;
}

auto StateAfter(Api from, Api to, const std::string& stream) -> StreamCarrier::State {
  const AnswerContext context = Context();
  StreamCarrier carrier(from, to, context);
  carrier.Feed(stream);
  carrier.TakeComplete();
  return carrier.state();
}

}  // namespace

TEST_CASE("messages as chat completions, however the bytes arrive") {
  for (const std::size_t piece : {1UL, 2UL, 7UL, 64UL, 1000UL, 100'000UL}) {
    CHECK(Carry(Api::kMessages, Api::kChat, kMessages, piece) == kChat);
  }
  CHECK_FALSE(Carry(Api::kMessages, Api::kChat, kMessages, 99, kNoUsage).contains("usage"));
}

TEST_CASE("chat completions as messages, however the bytes arrive") {
  const auto expected = Carry(Api::kChat, Api::kMessages, kChat, 100'000);
  for (const std::size_t piece : {1UL, 3UL, 50UL, 999UL}) CHECK(Carry(Api::kChat, Api::kMessages, kChat, piece) == expected);
  const auto events = Events(expected);
  std::string kinds;
  for (const Json& event : events) kinds += event["type"].get<std::string>() + " ";
  CHECK(kinds ==
        "message_start content_block_start content_block_delta content_block_delta content_block_stop content_block_start "
        "content_block_delta content_block_delta content_block_stop content_block_start content_block_delta content_block_stop "
        "message_delta message_stop ");
  CHECK(events[0]["message"]["id"] == "msg_1");
  CHECK(events[5].dump() == R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t1","name":"f","input":{}}})");
  CHECK(events[12].dump() ==
        R"({"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":9}})");
  CHECK(expected.starts_with("event: message_start\ndata: {"));
}

TEST_CASE("there and back, a stream is what it was") {
  CHECK(Carry(Api::kMessages, Api::kChat, Carry(Api::kChat, Api::kMessages, kChat, 10), 10) == kChat);
}

TEST_CASE("both as responses") {
  const auto from_chat = Carry(Api::kChat, Api::kResponses, kChat, 13);
  CHECK(Carry(Api::kMessages, Api::kResponses, kMessages, 13) == from_chat);
  const auto events = Events(from_chat);
  std::string kinds;
  for (std::size_t i = 0; i < events.size(); ++i) {
    CHECK(events[i]["sequence_number"] == i);
    kinds += events[i]["type"].get<std::string>().substr(9) + " ";
  }
  CHECK(kinds ==
        "created in_progress output_item.added content_part.added output_text.delta output_text.delta output_text.done "
        "content_part.done output_item.done output_item.added function_call_arguments.delta function_call_arguments.delta "
        "function_call_arguments.done output_item.done output_item.added function_call_arguments.delta "
        "function_call_arguments.done output_item.done completed ");
  const Json& response = events.back()["response"];
  CHECK(response["status"] == "completed");
  CHECK(response["output"][0]["content"][0]["text"] == "Hello");
  CHECK(response["output"][1]["arguments"] == "{\"a\":1}");
  CHECK(response["output"][2]["call_id"] == "t2");
  CHECK(response["usage"]["total_tokens"] == 14);
}

TEST_CASE("what a stream cannot be carried on after") {
  using State = StreamCarrier::State;
  const std::string start = kMessages.substr(0, kMessages.find("event: ping"));
  CHECK(StateAfter(Api::kMessages, Api::kChat, start) == State::kStreaming);
  CHECK(StateAfter(Api::kMessages, Api::kChat, start + "data: {\"type\":\"error\",\"error\":{}}\n\n") == State::kGarbage);
  CHECK(StateAfter(Api::kMessages, Api::kChat, start + "data: {\"type\":\n\n") == State::kGarbage);
  CHECK(StateAfter(Api::kMessages, Api::kChat, start + "data: {\"type\":\"message_stop\"}\n\n") == State::kGarbage);
  CHECK(StateAfter(Api::kMessages, Api::kChat, start + "data: {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"server_tool_use\"}}\n\n") == State::kGarbage);
  CHECK(StateAfter(Api::kMessages, Api::kChat, start + "data: {\"type\":\"something_new\"}\n\n") == State::kStreaming);
  const auto chat = [](const std::string& choice) { return "data: {\"choices\":[{\"index\":0," + choice + "}]}\n\n"; };
  const auto call = [&](int index) {
    return chat(R"("delta":{"tool_calls":[{"index":)" + std::to_string(index) + R"(,"id":"t","function":{"name":"f","arguments":"{"}}]})");
  };
  CHECK(StateAfter(Api::kChat, Api::kMessages, call(0) + call(1)) == State::kStreaming);
  CHECK(StateAfter(Api::kChat, Api::kMessages, call(0) + call(1) + call(0)) == State::kGarbage);
  CHECK(StateAfter(Api::kChat, Api::kMessages, call(0) + chat(R"("delta":{"content":"x"})") + call(0)) == State::kGarbage);
  CHECK(StateAfter(Api::kChat, Api::kResponses, call(0) + call(1) + call(0)) == State::kGarbage);
  CHECK(StateAfter(Api::kChat, Api::kMessages, chat(R"("delta":{"content":"x"})") + "data: [DONE]\n\n") == State::kGarbage);
  CHECK(StateAfter(Api::kChat, Api::kMessages, chat(R"("delta":{"content":"x"})") + "data: {\"error\":{\"message\":\"m\"}}\n\n") == State::kGarbage);
  CHECK(StateAfter(Api::kChat, Api::kMessages, "data: {\"choices\":[{\"index\":1,\"delta\":{}}]}\n\n") == State::kGarbage);
}
