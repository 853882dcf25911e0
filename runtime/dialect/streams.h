#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "runtime/dialect/answers.h"
#include "runtime/signals/api.h"

/// A stream of one API as a stream of another, event by event.
namespace route {

/// Gives the caller's events as the upstream's come in. Holds no text that it has given out, except for responses, whose
/// last event repeats all of it: there at most kLongestResponse bytes.
class StreamTranslator {
 public:
  using Json = nlohmann::ordered_json;
  using Events = std::vector<Json>;

  virtual ~StreamTranslator() = default;

  /// The events for one event of the upstream. Fails, for operators, on what the caller's API cannot express and on an
  /// error that the upstream reports; the stream is then over.
  virtual auto Take(const Json& event) -> std::expected<Events, std::string> = 0;

  /// The events that are left when the upstream's last event has been seen. Fails if something is missing.
  virtual auto Finish() -> std::expected<Events, std::string> = 0;
};

inline constexpr std::size_t kLongestResponse = std::size_t{64} << 20U;

/// Everything that `context` refers to must outlive the translator.
auto MakeMessagesToChatStream(const AnswerContext& context) -> std::unique_ptr<StreamTranslator>;
auto MakeChatToMessagesStream() -> std::unique_ptr<StreamTranslator>;
auto MakeChatToResponsesStream(const AnswerContext& context) -> std::unique_ptr<StreamTranslator>;

/// What the first one gives goes through the second.
auto MakeChain(std::unique_ptr<StreamTranslator> first, std::unique_ptr<StreamTranslator> second)
    -> std::unique_ptr<StreamTranslator>;

/// An event as it goes over the wire: with its name in front where the API gives events names.
auto EventText(Api api, const nlohmann::ordered_json& event) -> std::string;

/// What ends a stream of this API after its last event: `data: [DONE]`, or nothing.
auto StreamEndText(Api api) -> std::string_view;

}  // namespace route
