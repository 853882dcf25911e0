#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/dialect/event_scanner.h"
#include "runtime/dialect/streams.h"

namespace route {

/// An upstream's stream on its way to a caller: byte for byte where both speak the same API, else translated event by
/// event. Either way what is given out ends with an event.
class StreamCarrier {
 public:
  using State = EventScanner::State;

  /// `context` must outlive the carrier.
  StreamCarrier(Api from, Api to, const AnswerContext& context);

  void Feed(std::string_view bytes) { scanner_.Feed(bytes); }

  /// What has become complete and was not taken yet, as the caller is to see it.
  auto TakeComplete() -> std::string;

  /// kGarbage also once something was taken that the caller's API cannot express.
  auto state() const -> State { return broken_ ? State::kGarbage : scanner_.state(); }
  auto events() const -> std::uint64_t { return scanner_.events(); }  ///< with data, pings aside
  auto usage() const -> const ReportedUsage& { return scanner_.usage(); }

 private:
  auto Translate() -> std::string;

  Api to_;
  EventScanner scanner_;
  std::unique_ptr<StreamTranslator> translator_;  // none: the bytes are passed on
  bool broken_ = false;
  bool finished_ = false;
};

}  // namespace route
