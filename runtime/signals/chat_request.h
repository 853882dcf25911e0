#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

/// The body of a chat completion request: read once, measured, and written again for the upstream.
namespace route {

struct ChatRequest {
  nlohmann::ordered_json body;  ///< an object with `model`, a string, and `messages`, an array of objects, not empty
  std::string model;            ///< as the caller asked for it
  bool stream = false;
};

struct ChatError {
  std::string message;
  std::string param;  ///< the body field at fault, or empty
};

/// Fails with what the caller has to change.
auto ParseChatRequest(std::string_view body) -> std::expected<ChatRequest, ChatError>;

/// Every text that a model would read as part of the conversation: all strings of `messages` and of `prediction`, one
/// a line. Where content is an array, its text parts come once more joined without a break, because a model reads them
/// so. Left out are the bytes of images given inline, and inline audio and files.
auto ConversationText(const ChatRequest& request) -> std::string;

/// An upper bound of the prompt's tokens, found without a tokenizer: a token stands for at least one byte, so it is the
/// bytes of all strings of the messages and of the tool and response schemas, inline audio and files included, plus
/// kTokensPerMessage for each message's framing and kTokensPerImage for each image.
auto PromptTokenBound(const ChatRequest& request) -> std::int64_t;
inline constexpr std::int64_t kTokensPerMessage = 8;
inline constexpr std::int64_t kTokensPerImage = 4096;

/// What the request needs of a model: some of KnownNeeds(), in their order.
auto Needs(const ChatRequest& request) -> std::vector<std::string_view>;

/// The body to send: `model` replaced, and `stream_options.include_usage` set for a stream whose caller did not say.
/// Everything else as it was read, in its order.
auto UpstreamBody(ChatRequest& request, std::string_view model) -> std::string;

}  // namespace route
