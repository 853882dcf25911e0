#include <utility>

#include "runtime/dialect/chat_chunk.h"
#include "runtime/dialect/fields.h"
#include "runtime/dialect/streams.h"

namespace route {
namespace {

using Json = nlohmann::ordered_json;
using Translated = std::expected<StreamTranslator::Events, std::string>;

/// Anthropic's streams are a sequence of blocks, one open at a time. A text or a call that goes on after another has begun
/// has no place there.
class ChatToMessages final : public StreamTranslator {
 public:
  auto Take(const Json& event) -> Translated override {
    const auto chunk = ReadChatChunk(event);
    if (!chunk) return std::unexpected(chunk.error());
    Events events;
    if (!started_) Start(event, events);
    if (!chunk->text.empty()) Text(chunk->text, events);
    for (const Json& piece : chunk->calls) {
      if (auto problem = Call(ReadCallPiece(piece), events); !problem.empty()) return std::unexpected(std::move(problem));
    }
    if (!chunk->finish_reason.empty()) finish_reason_ = chunk->finish_reason;
    if (chunk->usage != nullptr) usage_ = *chunk->usage;
    return events;
  }

  auto Finish() -> Translated override {
    std::string_view stop = StopReasonOf(finish_reason_);
    if (stop.empty()) return std::unexpected("the stream did not say why it ended");
    if (last_call_ >= 0 && stop == "end_turn") stop = "tool_use";
    Events events;
    CloseBlock(events);
    events.push_back({{"type", "message_delta"},
                      {"delta", {{"stop_reason", stop}, {"stop_sequence", nullptr}}},
                      {"usage", ChatUsageToMessages(usage_)}});
    events.push_back({{"type", "message_stop"}});
    return events;
  }

 private:
  enum class Block : std::uint8_t { kNone, kText, kCall };

  void Start(const Json& event, Events& events) {
    started_ = true;
    events.push_back({{"type", "message_start"},
                      {"message",
                       {{"id", TextMember(event, "id")},
                        {"type", "message"},
                        {"role", "assistant"},
                        {"model", TextMember(event, "model")},
                        {"content", Json::array()},
                        {"stop_reason", nullptr},
                        {"stop_sequence", nullptr},
                        {"usage", ChatUsageToMessages(nullptr)}}}});
  }

  void OpenBlock(Block kind, Json content, Events& events) {
    CloseBlock(events);
    open_ = kind;
    events.push_back({{"type", "content_block_start"}, {"index", blocks_}, {"content_block", std::move(content)}});
  }

  void CloseBlock(Events& events) {
    if (std::exchange(open_, Block::kNone) == Block::kNone) return;
    events.push_back({{"type", "content_block_stop"}, {"index", blocks_}});
    ++blocks_;
  }

  void Delta(Json delta, Events& events) const {
    events.push_back({{"type", "content_block_delta"}, {"index", blocks_}, {"delta", std::move(delta)}});
  }

  void Text(std::string_view text, Events& events) {
    if (open_ != Block::kText) OpenBlock(Block::kText, {{"type", "text"}, {"text", ""}}, events);
    Delta({{"type", "text_delta"}, {"text", text}}, events);
  }

  /// What is wrong with the piece, or nothing.
  auto Call(const CallPiece& piece, Events& events) -> std::string {
    const bool goes_on = open_ == Block::kCall && piece.index == last_call_;
    if (!goes_on) {
      if (piece.index <= last_call_) return "a call goes on after something else has begun";
      last_call_ = piece.index;
      OpenBlock(Block::kCall, {{"type", "tool_use"}, {"id", piece.id}, {"name", piece.name}, {"input", Json::object()}}, events);
    }
    if (!piece.arguments.empty()) Delta({{"type", "input_json_delta"}, {"partial_json", piece.arguments}}, events);
    return {};
  }

  bool started_ = false;
  Block open_ = Block::kNone;
  std::int64_t blocks_ = 0;      // closed
  std::int64_t last_call_ = -1;  // index of the last call that has begun
  std::string finish_reason_;
  Json usage_;
};

}  // namespace

auto MakeChatToMessagesStream() -> std::unique_ptr<StreamTranslator> {
  return std::make_unique<ChatToMessages>();
}

}  // namespace route
