#include <string>

#include <doctest/doctest.h>

#include "runtime/signals/body_text.h"
#include "runtime/signals/json.h"
#include "runtime/signals/pii.h"

using namespace route;

namespace {

auto TextOf(const std::string& body) -> std::string {
  const auto parsed = ParseJson(body, {});
  REQUIRE_MESSAGE(parsed.has_value(), body);
  return SearchableText(*parsed);
}
auto IsPersonal(const std::string& body) -> bool {
  return DetectPii(TextOf(body)).personal;
}

}  // namespace

TEST_CASE("every string of a body is searched, whatever its field") {
  for (const char* body : {
           R"({"user":"jane@example.org"})",
           R"({"metadata":{"a":[{"b":["jane@example.org"]}]}})",
           R"({"metadata":{"jane@example.org":1}})",
           R"({"tools":[{"type":"function","function":{"name":"f","description":"mail jane@example.org"}}]})",
           R"({"tools":[{"function":{"parameters":{"properties":{"x":{"enum":["jane@example.org"]}}}}}]})",
           R"({"response_format":{"json_schema":{"schema":{"default":"jane@example.org"}}}})",
           R"({"stop":["jane@example.org"]})",
           R"({"messages":[{"role":"jane@example.org"}]})",
           R"({"messages":[{"content":[{"type":"text","text":"x","cache_control":{"type":"jane@example.org"}}]}]})",
           R"({"messages":[{"content":[{"type":"new","a\u0062":{"x":"jane\u0040example.org"}}]}]})",
           R"({"made_up":"jane@example.org"})",
           R"({"metadata":{"card":4111111111111111}})",
           R"({"metadata":{"card":-4111111111111111}})",
           R"({"metadata":{"card":-4111111111111111.0}})",
       }) {
    CHECK_MESSAGE(IsPersonal(body), body);
  }
  CHECK_FALSE(IsPersonal(R"({"model":"jane@example.org","seed":4111111111111111,"temperature":0.7,"top_p":1e308})"));
}

TEST_CASE("JSON inside of a text is searched with its escapes resolved, too") {
  CHECK(IsPersonal(R"({"messages":[{"tool_calls":[{"function":{"arguments":"{\"to\":\"jane\\u0040example.org\"}"}}]}]})"));
  CHECK(IsPersonal(R"({"messages":[{"content":"{\"note\":\"pay\\n4111 1111 1111 1111\"}"}]})"));
  CHECK(IsPersonal(R"({"messages":[{"content":"call \\u002b49\\u00a0170\\u20101234567"}]})"));
  CHECK(TextOf(R"({"a":"C:\\new\\q \\u12 \\u00zz \\"})").contains("C:\new\\q \\u12 \\u00zz \\"));
}

TEST_CASE("pieces of one content are searched as the model reads them, others are not joined") {
  CHECK(IsPersonal(R"({"messages":[{"content":[{"type":"text","text":"jane@exam"},{"type":"text","text":"ple.org"}]}]})"));
  CHECK(IsPersonal(R"({"system":[{"type":"text","text":"jane@exam"},{"type":"text","text":"ple.org"}]})"));
  CHECK(IsPersonal(R"({"input":[{"type":"function_call_output","output":[{"text":"jane@exam"},{"text":"ple.org"}]}]})"));
  CHECK_FALSE(IsPersonal(R"({"stop":["jane@exam","ple.org"]})"));
  CHECK_FALSE(IsPersonal(R"({"messages":[{"content":"jane@exam"},{"content":"ple.org"}]})"));
}

TEST_CASE("images, audio and files are left out, and nothing else that stands in their place") {
  const std::string bytes = "iVBOR/+49170123456789/AKIAIOSFODNN7EXAMPLE/" + std::string(60, 'A') + "==";
  const std::string data = "data:image/png;base64," + bytes;
  for (const std::string& part : {
           R"({"type":"image_url","image_url":{"url":")" + data + R"("}})",
           R"({"type":"input_image","image_url":")" + data + R"("})",
           R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":")" + bytes + R"("}})",
           R"({"type":"document","source":{"type":"base64","data":")" + bytes + R"("}})",
           R"({"type":"input_audio","input_audio":{"format":"wav","data":")" + bytes + R"("}})",
           R"({"type":"file","file":{"filename":"a.pdf","file_data":")" + data + R"("}})",
           R"({"type":"input_file","filename":"a.pdf","file_data":")" + data + R"("})",
       }) {
    CHECK_MESSAGE(DetectPii(TextOf(R"({"messages":[{"content":[)" + part + "]}]}")) == PiiFindings{}, part);
  }
  for (const std::string& part : {
           std::string(R"({"type":"image_url","image_url":{"url":"https://example.org/?for=jane@example.org"}})"),
           std::string(R"({"type":"image_url","image_url":{"url":"data:text/plain,jane@example.org"}})"),
           R"({"type":"image_url","image_url":{"url":"data:image/png;base64,jane@example.org)" + std::string(99, 'A') + R"("}})",
           std::string(R"({"type":"document","source":{"type":"base64","data":"4111111111111111"}})"),
           R"({"type":"document","source":{"type":"text","data":"4111111111111111\n)" + std::string(99, 'A') + R"("}})",
           R"({"type":"tool_use","input":{"data":"+49170123456789/)" + std::string(99, 'A') + R"("}})",
       }) {
    CHECK_MESSAGE(IsPersonal(R"({"messages":[{"content":[)" + part + "]}]}"), part);
  }
}
