// The same conversation has the same contents, whichever API it comes in, so the policy decides it the same way.

#include <algorithm>

#include <doctest/doctest.h>

#include "runtime/signals/body_text.h"
#include "runtime/signals/pii.h"
#include "runtime/signals/request_contents.h"
#include "tests/dialect/same_conversation.h"

namespace {

using namespace route;

auto Contents(Api api, const nlohmann::ordered_json& body) -> RequestContents {
  const auto request = ParseModelRequest(api, body.dump());
  REQUIRE_MESSAGE(request.has_value(), body.dump());
  return ReadContents(*request);
}

auto ContentsOf(Api api, const std::string& body) -> RequestContents {
  return Contents(api, nlohmann::ordered_json::parse(body));
}

auto SortedLines(const std::string& text) -> std::vector<std::string> {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  std::ranges::sort(lines);
  return lines;
}

}  // namespace

TEST_CASE("the same conversation in each API has the same attributes") {
  std::mt19937_64 random(20261124);
  int personal = 0;
  int vision = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto same = testing::MakeConversation(random);
    const RequestContents chat = Contents(Api::kChat, same.chat);
    const RequestContents messages = Contents(Api::kMessages, same.messages);
    const RequestContents responses = Contents(Api::kResponses, same.responses);
    CAPTURE(same.chat.dump());
    CAPTURE(same.messages.dump());
    CAPTURE(same.responses.dump());
    REQUIRE(messages.prompt_tokens == chat.prompt_tokens);
    REQUIRE(responses.prompt_tokens == chat.prompt_tokens);
    REQUIRE(messages.needs == chat.needs);
    REQUIRE(responses.needs == chat.needs);
    REQUIRE(SortedLines(messages.text) == SortedLines(chat.text));
    REQUIRE(SortedLines(responses.text) == SortedLines(chat.text));
    const PiiFindings findings = DetectPii(SearchableText(same.chat));
    REQUIRE(DetectPii(SearchableText(same.messages)) == findings);
    REQUIRE(DetectPii(SearchableText(same.responses)) == findings);
    REQUIRE((findings.personal || !DetectPii(chat.text).personal));
    personal += findings.personal ? 1 : 0;
    vision += std::ranges::count(chat.needs, "vision") > 0 ? 1 : 0;
  }
  CHECK(personal > 100);  // the comparison is not about nothing
  CHECK(vision > 100);
}

TEST_CASE("what the other APIs alone can hold is counted and searched") {
  const auto messages = [](const std::string& block, const std::string& more = "") {
    return ContentsOf(Api::kMessages, R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":[)" + block +
                                          "]}]" + more + "}");
  };
  CHECK(messages(R"({"type":"document","source":{"type":"text","data":"of jane@example.org"}})")
            .text.contains("jane@example.org"));
  const auto document =
      messages(R"({"type":"document","source":{"type":"base64","data":")" + std::string(5000, 'A') + R"("}})");
  CHECK(document.prompt_tokens > 5000);
  CHECK(document.text.size() < 100);
  CHECK(document.needs == std::vector<std::string_view>{"files"});
  CHECK(messages(R"({"type":"news","words":{"deep":["jane@example.org"]}})").text.contains("jane@example.org"));
  CHECK(
      messages(
          R"({"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"jane@exam"},{"type":"text","text":"ple.org"}]})")
          .text.contains("jane@example.org"));
  CHECK(messages("", R"(,"thinking":{"type":"enabled","budget_tokens":1024})").needs ==
        std::vector<std::string_view>{"reasoning"});
  CHECK(messages("", R"(,"system":[{"type":"text","text":"be kind"}])").text == "be kind\n");

  const auto responses = [](const std::string& more) {
    return ContentsOf(Api::kResponses, R"({"model":"m","input":)" + more + "}");
  };
  CHECK(responses(R"([{"type":"input_text","text":"x"},{"type":"reasoning","summary":[{"text":"jane@example.org"}]}])")
            .text.contains("jane@example.org"));
  CHECK(responses(R"("x","text":{"format":{"type":"json_schema","name":"n","schema":{}}})").needs ==
        std::vector<std::string_view>{"json"});
  CHECK(responses(R"("x","reasoning":{"effort":"high"})").needs == std::vector<std::string_view>{"reasoning"});
  CHECK(responses(R"("x","tools":[{"type":"web_search"}])").needs == std::vector<std::string_view>{"tools"});

  CHECK(ContentsOf(Api::kCompletions, R"({"model":"m","prompt":["a","jane@example.org"],"suffix":"end"})").text ==
        "a\njane@example.org\nend\n");
  const auto embeddings = ContentsOf(Api::kEmbeddings, R"({"model":"m","input":["one","two"]})");
  CHECK(embeddings.text == "one\ntwo\n");
  CHECK(embeddings.needs == std::vector<std::string_view>{"embeddings"});
  CHECK(embeddings.prompt_tokens == 8 + 2 * kTokensPerTurn);
}

TEST_CASE("requests that no policy could be enforced on are refused") {
  const auto problem = [](Api api, const char* body) {
    const auto request = ParseModelRequest(api, body);
    REQUIRE_MESSAGE(!request.has_value(), body);
    return request.error().param + ": " + request.error().message;
  };
  CHECK(problem(Api::kEmbeddings, R"({"model":"m","input":[1,2]})").contains("token numbers cannot be read"));
  CHECK(problem(Api::kCompletions, R"({"model":"m","prompt":[["a"]]})").contains("must hold text"));
  CHECK(problem(Api::kCompletions, R"({"model":"m","prompt":[]})").starts_with("prompt: "));
  CHECK(problem(Api::kEmbeddings, R"({"model":"m"})").starts_with("input: the body must hold `input`"));
  CHECK(problem(Api::kEmbeddings, R"({"model":"m","input":"x","stream":true})") ==
        "stream: embeddings are not streamed");
  CHECK(problem(Api::kResponses, R"({"model":"m","input":"x","previous_response_id":"resp_1"})")
            .starts_with("previous_response_id: "));
  CHECK(problem(Api::kResponses, R"({"model":"m","input":"x","conversation":"c"})").starts_with("conversation: "));
  CHECK(problem(Api::kResponses, R"({"model":"m","input":"x","prompt":{"id":"p"}})").starts_with("prompt: "));
  CHECK(problem(Api::kResponses, R"({"model":"m","input":"x","store":true})").starts_with("store: "));
  CHECK(problem(Api::kResponses, R"({"model":"m","input":"x","background":true})").starts_with("background: "));
  CHECK(problem(Api::kResponses, R"({"model":"m","input":[{"type":"item_reference","id":"i"}]})")
            .starts_with("input.0: "));
  CHECK(problem(Api::kResponses, R"({"model":"m","input":[]})").starts_with("input: "));
  CHECK(problem(Api::kMessages, R"({"model":"m","messages":[{}]})").starts_with("max_tokens: "));
  CHECK(problem(Api::kMessages, R"({"model":"m","max_tokens":0,"messages":[{}]})").starts_with("max_tokens: "));
  CHECK(ParseModelRequest(Api::kResponses, R"({"model":"m","input":"x","store":false,"previous_response_id":null})")
            .has_value());
}

TEST_CASE("bodies in the caller's own API") {
  auto responses = ParseModelRequest(Api::kResponses, R"({"model":"m","input":"x"})");
  CHECK(UpstreamBody(*responses, "n") == R"({"model":"n","input":"x","store":false})");
  auto messages = ParseModelRequest(Api::kMessages, R"({"model":"m","stream":true,"max_tokens":1,"messages":[{}]})");
  CHECK(UpstreamBody(*messages, "n") == R"({"model":"n","stream":true,"max_tokens":1,"messages":[{}]})");
  auto completions = ParseModelRequest(Api::kCompletions, R"({"model":"m","stream":true,"prompt":"x"})");
  CHECK(UpstreamBody(*completions, "n") ==
        R"({"model":"n","stream":true,"prompt":"x","stream_options":{"include_usage":true}})");
}
