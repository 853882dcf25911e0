#include "runtime/dialect/streams.h"

#include <iterator>
#include <utility>

#include "runtime/dialect/fields.h"
#include "runtime/signals/json_writer.h"

namespace route {
namespace {

using Json = nlohmann::ordered_json;
using Translated = std::expected<StreamTranslator::Events, std::string>;

class Chain final : public StreamTranslator {
 public:
  Chain(std::unique_ptr<StreamTranslator> first, std::unique_ptr<StreamTranslator> second)
      : first_(std::move(first)), second_(std::move(second)) {}

  auto Take(const Json& event) -> Translated override { return Through(first_->Take(event)); }

  auto Finish() -> Translated override {
    auto events = Through(first_->Finish());
    if (!events) return events;
    auto last = second_->Finish();
    if (!last) return last;
    std::ranges::move(*last, std::back_inserter(*events));
    return events;
  }

 private:
  auto Through(Translated events) -> Translated {
    if (!events) return events;
    Events all;
    for (const Json& event : *events) {
      auto more = second_->Take(event);
      if (!more) return more;
      std::ranges::move(*more, std::back_inserter(all));
    }
    return all;
  }

  std::unique_ptr<StreamTranslator> first_;
  std::unique_ptr<StreamTranslator> second_;
};

}  // namespace

auto MakeChain(std::unique_ptr<StreamTranslator> first, std::unique_ptr<StreamTranslator> second)
    -> std::unique_ptr<StreamTranslator> {
  return std::make_unique<Chain>(std::move(first), std::move(second));
}

auto EventText(Api api, const Json& event) -> std::string {
  std::string text;
  const bool named = api == Api::kMessages || api == Api::kResponses;
  if (named) text += "event: " + std::string(TextMember(event, "type")) + "\n";
  return text + "data: " + ToText(event) + "\n\n";
}

auto StreamEndText(Api api) -> std::string_view {
  return api == Api::kChat || api == Api::kCompletions ? "data: [DONE]\n\n" : "";
}

}  // namespace route
