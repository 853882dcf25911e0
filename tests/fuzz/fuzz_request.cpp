// Any bytes as the body of a chat completion: refused with a reason, or measured, searched for personal data and
// written again for an upstream as a body that reads back.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "runtime/signals/chat_request.h"
#include "runtime/signals/pii.h"

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  using namespace route;
  std::string_view body(reinterpret_cast<const char*>(data), size);
  DetectPii(body);
  auto request = ParseChatRequest(body);
  if (!request) {
    if (request.error().message.empty()) std::abort();
    return 0;
  }
  std::int64_t bound = PromptTokenBound(*request);
  if (bound < 0) std::abort();
  Needs(*request);
  DetectPii(ConversationText(*request));
  auto again = ParseChatRequest(UpstreamBody(*request, "model"));
  if (!again || again->model != "model" || PromptTokenBound(*again) != bound) std::abort();
  return 0;
}
