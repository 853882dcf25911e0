#include "runtime/dialect/chat_chunk.h"

#include "runtime/dialect/fields.h"

namespace route {

using Json = nlohmann::ordered_json;

auto ReadChatChunk(const Json& event) -> std::expected<ChatChunk, std::string> {
  static const Json kNothing = Json::object();
  if (Member(event, "error") != nullptr) return std::unexpected("the upstream reports an error within its stream");
  const Json& choices = ArrayMember(event, "choices");
  const Json& choice = choices.empty() ? kNothing : choices[0];
  if (!choice.is_object()) return std::unexpected("a choice of the stream is no object");
  if (choices.size() > 1 || choice.value("index", Json(0)) != Json(0)) {
    return std::unexpected("the stream has more than one choice");
  }
  const Json* delta = Member(choice, "delta");
  if (delta == nullptr) delta = &kNothing;
  if (Member(*delta, "function_call") != nullptr)
    return std::unexpected("the stream calls a function in the form of 2023");
  std::string_view text = TextMember(*delta, "content");
  if (text.empty()) text = TextMember(*delta, "refusal");
  return ChatChunk{text, ArrayMember(*delta, "tool_calls"), TextMember(choice, "finish_reason"),
                   Member(event, "usage")};
}

auto ReadCallPiece(const Json& piece) -> CallPiece {
  CallPiece result;
  const Json* index = Member(piece, "index");
  if (index != nullptr && index->is_number_integer()) result.index = index->get<std::int64_t>();
  result.id = TextMember(piece, "id");
  if (const Json* function = Member(piece, "function")) {
    result.name = TextMember(*function, "name");
    result.arguments = TextMember(*function, "arguments");
  }
  return result;
}

}  // namespace route
