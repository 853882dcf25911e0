#include <utility>

#include "runtime/dialect/fields.h"
#include "runtime/dialect/streams.h"

namespace route {
namespace {

using Json = nlohmann::ordered_json;
using Translated = std::expected<StreamTranslator::Events, std::string>;

/// Whether the caller of a chat completion wants a chunk with the usage. One that does not say gets it, as from an upstream
/// that speaks its own API.
auto WantsUsage(const Json& request) -> bool {
  const Json* options = Member(request, "stream_options");
  const Json* include = options == nullptr ? nullptr : Member(*options, "include_usage");
  return include == nullptr || *include != Json(false);
}

class MessagesToChat final : public StreamTranslator {
 public:
  explicit MessagesToChat(const AnswerContext& context)
      : created_(context.created), wants_usage_(WantsUsage(context.request)) {}

  auto Take(const Json& event) -> Translated override {
    const std::string_view type = TextMember(event, "type");
    if (type == "message_start") return Start(event);
    if (type == "content_block_start") return StartBlock(event);
    if (type == "content_block_delta") return Delta(event);
    if (type == "content_block_stop") return StopBlock();
    if (type == "message_delta") return End(event);
    if (type == "error") return std::unexpected("the upstream reports an error within its stream");
    return Events{};  // pings and the end, of which Finish takes care; new kinds of events are to be ignored
  }

  auto Finish() -> Translated override {
    if (!ended_) return std::unexpected("the stream did not say why it ended");
    if (!wants_usage_) return Events{};
    Json chunk = Chunk();
    chunk["choices"] = Json::array();
    chunk["usage"] = MessagesUsageToChat(usage_);
    return Events{std::move(chunk)};
  }

 private:
  auto Chunk() const -> Json {
    return {{"id", id_}, {"object", "chat.completion.chunk"}, {"created", created_}, {"model", model_}};
  }

  auto Chunk(Json delta, Json finish_reason = nullptr) const -> Json {
    Json chunk = Chunk();
    chunk["choices"] = Json::array({{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", std::move(finish_reason)}}});
    return chunk;
  }

  void AddUsage(const Json* usage) {
    if (usage == nullptr || !usage->is_object()) return;
    for (const auto& [name, value] : usage->items()) {
      if (!value.is_null()) usage_[name] = value;
    }
  }

  auto Start(const Json& event) -> Translated {
    const Json* message = Member(event, "message");
    if (message == nullptr) return std::unexpected("the stream starts without a message");
    id_ = TextMember(*message, "id");
    model_ = TextMember(*message, "model");
    AddUsage(Member(*message, "usage"));
    return Events{Chunk({{"role", "assistant"}, {"content", ""}})};
  }

  auto StartBlock(const Json& event) -> Translated {
    const Json* block = Member(event, "content_block");
    const std::string_view type = block == nullptr ? std::string_view{} : TextMember(*block, "type");
    in_call_ = type == "tool_use";
    if (in_call_) {
      ++calls_;
      arguments_came_ = false;
      return Events{Chunk({{"tool_calls", Json::array({{{"index", calls_ - 1},
                                                        {"id", TextMember(*block, "id")},
                                                        {"type", "function"},
                                                        {"function", {{"name", TextMember(*block, "name")}, {"arguments", ""}}}}})}})};
    }
    if (type == "text") {
      const std::string_view text = TextMember(*block, "text");
      return text.empty() ? Events{} : Events{Chunk({{"content", text}})};
    }
    if (type == "thinking" || type == "redacted_thinking") return Events{};
    return std::unexpected("the stream holds a block that a chat completion cannot: `" + std::string(type.substr(0, 64)) + "`");
  }

  auto Delta(const Json& event) -> Translated {
    const Json* delta = Member(event, "delta");
    if (delta == nullptr) return Events{};
    const std::string_view type = TextMember(*delta, "type");
    if (type == "text_delta") return Events{Chunk({{"content", TextMember(*delta, "text")}})};
    if (type == "input_json_delta" && in_call_) return Arguments(TextMember(*delta, "partial_json"));
    return Events{};
  }

  auto Arguments(std::string_view piece) -> Events {
    if (piece.empty()) return {};
    arguments_came_ = true;
    return {Chunk({{"tool_calls", Json::array({{{"index", calls_ - 1}, {"function", {{"arguments", piece}}}}})}})};
  }

  /// Anthropic writes nothing for an empty object.
  auto StopBlock() -> Translated {
    const bool without_arguments = std::exchange(in_call_, false) && !arguments_came_;
    return without_arguments ? Arguments("{}") : Events{};
  }

  auto End(const Json& event) -> Translated {
    AddUsage(Member(event, "usage"));
    const Json* delta = Member(event, "delta");
    const std::string_view stop = delta == nullptr ? std::string_view{} : TextMember(*delta, "stop_reason");
    if (stop.empty()) return Events{};
    const std::string_view finish = FinishReasonOf(stop);
    if (finish.empty()) return std::unexpected("a chat completion cannot end for `" + std::string(stop.substr(0, 64)) + "`");
    ended_ = true;
    return Events{Chunk(Json::object(), finish)};
  }

  std::int64_t created_;
  bool wants_usage_;
  std::string id_;
  std::string model_;
  Json usage_ = Json::object();
  std::int64_t calls_ = 0;  // begun
  bool in_call_ = false;
  bool arguments_came_ = false;
  bool ended_ = false;
};

}  // namespace

auto MakeMessagesToChatStream(const AnswerContext& context) -> std::unique_ptr<StreamTranslator> {
  return std::make_unique<MessagesToChat>(context);
}

}  // namespace route
