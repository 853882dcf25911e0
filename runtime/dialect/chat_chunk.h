#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace route {

/// A chunk of a streamed chat completion, as far as others can be made of it. The views lie in the chunk.
struct ChatChunk {
  std::string_view text;               ///< of the content or of a refusal; may be empty
  const nlohmann::ordered_json& calls;  ///< pieces of calls, an array
  std::string_view finish_reason;      ///< or empty
  const nlohmann::ordered_json* usage = nullptr;
};

/// Fails on an error that is reported in the stream, on a second choice and on a call in the form of 2023.
auto ReadChatChunk(const nlohmann::ordered_json& event) -> std::expected<ChatChunk, std::string>;

/// A piece of a call. `id` and `name` come with its first piece.
struct CallPiece {
  std::int64_t index = 0;
  std::string_view id;
  std::string_view name;
  std::string_view arguments;
};
auto ReadCallPiece(const nlohmann::ordered_json& piece) -> CallPiece;

}  // namespace route
