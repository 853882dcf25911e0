// Any bytes as the body of a request of each API: refused with a reason, or measured, searched for personal data and
// written again for an upstream as a body that reads back.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "runtime/signals/body_text.h"
#include "runtime/signals/model_request.h"
#include "runtime/signals/pii.h"
#include "runtime/signals/request_contents.h"

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  using namespace route;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  DetectPii(body);
  for (std::size_t i = 0; i < kApiCount; ++i) {
    auto request = ParseModelRequest(static_cast<Api>(i), body);
    if (!request) {
      if (request.error().message.empty()) std::abort();
      continue;
    }
    const RequestContents contents = ReadContents(*request);
    if (contents.prompt_tokens < 0) std::abort();
    const PiiFindings findings = DetectPii(SearchableText(request->body));
    auto again = ParseModelRequest(request->api, UpstreamBody(*request, "model"));
    if (!again || again->model != "model") std::abort();
    const RequestContents same = ReadContents(*again);
    if (same.prompt_tokens != contents.prompt_tokens || same.text != contents.text) std::abort();
    if (DetectPii(SearchableText(again->body)) != findings) std::abort();
  }
  return 0;
}
