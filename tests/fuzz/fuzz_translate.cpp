// Any bytes as a request, an answer and a stream that has to be translated: refused with a reason, or translated into
// something that the other API's readers take. However a stream's bytes arrive, the caller sees the same.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "runtime/dialect/carry.h"
#include "runtime/dialect/errors.h"
#include "runtime/dialect/fields.h"
#include "runtime/dialect/plain_answer.h"
#include "runtime/dialect/stream_carrier.h"
#include "runtime/signals/json_writer.h"

namespace {

using namespace route;

struct Way {
  Api asked;
  Api sent;
};
constexpr Way kWays[] = {{Api::kChat, Api::kMessages},
                         {Api::kMessages, Api::kChat},
                         {Api::kResponses, Api::kChat},
                         {Api::kResponses, Api::kMessages}};

void TranslateAsRequest(std::string_view body, Way way) {
  auto request = ParseModelRequest(way.asked, body);
  if (!request) return;
  RequestCarrier carrier(*request);
  const auto api = carrier.WayTo({way.sent});
  if (!api) {
    if (api.error().empty()) std::abort();
    return;
  }
  const std::string sent = carrier.Body(*api, "model");
  const auto read = ParseModelRequest(*api, sent);
  if (!read && read.error().param != "max_tokens") std::abort();  // a limit that is no number is the caller's
}

void TranslateAsAnswer(std::string_view body, Way way, const AnswerContext& context) {
  const auto answer = ReadPlainAnswer(way.sent, body);
  if (!answer) return;
  const auto translated = TranslateAnswer(way.sent, answer->body, way.asked, context);
  if (translated && !ReadPlainAnswer(way.asked, ToText(*translated))) std::abort();
}

auto Stream(std::string_view bytes, Way way, const AnswerContext& context, std::size_t piece) -> std::string {
  StreamCarrier carrier(way.sent, way.asked, context);
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    carrier.Feed(bytes.substr(at, piece));
    if (carrier.state() == StreamCarrier::State::kWaiting) continue;
    text += carrier.TakeComplete();
    if (carrier.state() == StreamCarrier::State::kGarbage) break;
  }
  return text;
}

}  // namespace

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const nlohmann::ordered_json request = nlohmann::ordered_json::object();
  const AnswerContext context{request, "id", 0};
  ReadErrorBody(400, bytes);
  for (const Way way : kWays) {
    TranslateAsRequest(bytes, way);
    TranslateAsAnswer(bytes, way, context);
    if (Stream(bytes, way, context, std::max<std::size_t>(size, 1)) != Stream(bytes, way, context, 1)) std::abort();
  }
  return 0;
}
