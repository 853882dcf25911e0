#include "runtime/dialect/stream_carrier.h"

#include "runtime/dialect/carry.h"
#include "runtime/dialect/limits.h"

namespace route {

StreamCarrier::StreamCarrier(Api from, Api to, const AnswerContext& context)
    : to_(to),
      scanner_(from, from == to ? EventScanner::Give::kBytes : EventScanner::Give::kData),
      translator_(from == to ? nullptr : MakeStreamTranslator(from, to, context)) {}

auto StreamCarrier::TakeComplete() -> std::string {
  return translator_ ? Translate() : scanner_.TakeComplete();
}

auto StreamCarrier::Translate() -> std::string {
  std::string text;
  const auto add = [&](const std::expected<StreamTranslator::Events, std::string>& events) {
    broken_ = !events;
    if (!events) return;
    for (const auto& event : *events) text += EventText(to_, event);
  };
  for (const std::string& data : scanner_.TakeData()) {
    const auto event = ParseJson(data, kAnswerLimits);
    if (!event || !event->is_object()) broken_ = true;
    if (!broken_) add(translator_->Take(*event));
    if (broken_) return text;
  }
  if (broken_ || finished_ || scanner_.state() != State::kDone) return text;
  finished_ = true;
  add(translator_->Finish());
  if (!broken_) text += StreamEndText(to_);
  return text;
}

}  // namespace route
