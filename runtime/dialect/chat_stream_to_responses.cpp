#include <utility>

#include "runtime/dialect/chat_chunk.h"
#include "runtime/dialect/fields.h"
#include "runtime/dialect/streams.h"

namespace route {
namespace {

using Json = nlohmann::ordered_json;
using Translated = std::expected<StreamTranslator::Events, std::string>;

/// A response is a list of items, one open at a time: a message, or a call. Each is announced, grows, and is repeated in
/// full when it ends; the last event repeats the whole response.
class ChatToResponses final : public StreamTranslator {
 public:
  explicit ChatToResponses(const AnswerContext& context) : context_(context) {}

  auto Take(const Json& event) -> Translated override {
    const auto chunk = ReadChatChunk(event);
    if (!chunk) return std::unexpected(chunk.error());
    Events events;
    if (response_.is_null()) Start(event, events);
    if (!chunk->text.empty()) Text(chunk->text, events);
    for (const Json& piece : chunk->calls) {
      if (auto problem = Call(ReadCallPiece(piece), events); !problem.empty()) return std::unexpected(std::move(problem));
    }
    if (!chunk->finish_reason.empty()) finish_reason_ = chunk->finish_reason;
    if (chunk->usage != nullptr) response_["usage"] = ChatUsageToResponses(*chunk->usage);
    if (bytes_ > kLongestResponse) return std::unexpected("the answer is too long");
    return events;
  }

  auto Finish() -> Translated override {
    if (response_.is_null() || StopReasonOf(finish_reason_).empty()) return std::unexpected("the stream did not say why it ended");
    Events events;
    if (open_ == Item::kNone && response_["output"].empty()) OpenMessage(events);
    EndResponse(response_, finish_reason_);
    CloseItem(TextMember(response_, "status"), events);
    const bool complete = TextMember(response_, "status") == "completed";
    Add(events, complete ? "response.completed" : "response.incomplete", {{"response", std::move(response_)}});
    return events;
  }

 private:
  enum class Item : std::uint8_t { kNone, kMessage, kCall };

  void Add(Events& events, std::string_view type, const Json& fields) {
    Json event = {{"type", type}, {"sequence_number", sequence_++}};
    event.update(fields);
    events.push_back(std::move(event));
  }

  void Start(const Json& event, Events& events) {
    response_ = EmptyResponse(context_, TextMember(event, "model"));
    base_ = std::string(TextMember(response_, "id")).substr(5);
    Add(events, "response.created", {{"response", response_}});
    Add(events, "response.in_progress", {{"response", response_}});
  }

  auto Index() const -> std::size_t { return response_["output"].size(); }

  void OpenMessage(Events& events) {
    CloseItem("completed", events);
    open_ = Item::kMessage;
    item_ = MessageItem("msg_" + base_ + "_" + std::to_string(Index()), "in_progress");
    Add(events, "response.output_item.added", {{"output_index", Index()}, {"item", item_}});
    Add(events, "response.content_part.added", Place({{"content_index", 0}, {"part", OutputText("")}}));
  }

  /// The fields that say which item an event is about, and more.
  auto Place(const Json& more) const -> Json {
    Json fields = {{"item_id", item_["id"]}, {"output_index", Index()}};
    fields.update(more);
    return fields;
  }

  void CloseItem(std::string_view status, Events& events) {
    const Item open = std::exchange(open_, Item::kNone);
    if (open == Item::kNone) return;
    if (open == Item::kMessage) {
      Add(events, "response.output_text.done", Place({{"content_index", 0}, {"text", text_}, {"logprobs", Json::array()}}));
      Add(events, "response.content_part.done", Place({{"content_index", 0}, {"part", OutputText(text_)}}));
      item_["content"].push_back(OutputText(text_));
    } else {
      Add(events, "response.function_call_arguments.done", Place({{"name", item_["name"]}, {"arguments", text_}}));
      item_["arguments"] = text_;
    }
    text_.clear();
    item_["status"] = status;
    Add(events, "response.output_item.done", {{"output_index", Index()}, {"item", item_}});
    response_["output"].push_back(std::move(item_));
  }

  void Text(std::string_view text, Events& events) {
    if (open_ != Item::kMessage) OpenMessage(events);
    text_ += text;
    bytes_ += text.size();
    Add(events, "response.output_text.delta", Place({{"content_index", 0}, {"delta", text}, {"logprobs", Json::array()}}));
  }

  /// What is wrong with the piece, or nothing.
  auto Call(const CallPiece& piece, Events& events) -> std::string {
    const bool goes_on = open_ == Item::kCall && piece.index == last_call_;
    if (!goes_on) {
      if (piece.index <= last_call_) return "a call goes on after something else has begun";
      last_call_ = piece.index;
      CloseItem("completed", events);
      open_ = Item::kCall;
      item_ = CallItem("fc_" + base_ + "_" + std::to_string(Index()), piece.id, piece.name, "", "in_progress");
      bytes_ += piece.id.size() + piece.name.size();
      Add(events, "response.output_item.added", {{"output_index", Index()}, {"item", item_}});
    }
    if (piece.arguments.empty()) return {};
    text_ += piece.arguments;
    bytes_ += piece.arguments.size();
    Add(events, "response.function_call_arguments.delta", Place({{"delta", piece.arguments}}));
    return {};
  }

  const AnswerContext& context_;
  Json response_;
  std::string base_;  // of the items' ids
  std::int64_t sequence_ = 0;
  Item open_ = Item::kNone;
  Json item_;
  std::string text_;  // of the open item: a message's text or a call's arguments
  std::int64_t last_call_ = -1;
  std::size_t bytes_ = 0;
  std::string finish_reason_;
};

}  // namespace

auto MakeChatToResponsesStream(const AnswerContext& context) -> std::unique_ptr<StreamTranslator> {
  return std::make_unique<ChatToResponses>(context);
}

}  // namespace route
