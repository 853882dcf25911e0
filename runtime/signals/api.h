#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace route {

/// The APIs that callers may use and deployments may speak.
enum class Api : std::uint8_t {
  kChat,         ///< OpenAI's chat completions
  kCompletions,  ///< OpenAI's completions of a plain text
  kEmbeddings,   ///< OpenAI's embeddings
  kResponses,    ///< OpenAI's responses, without what they store
  kMessages,     ///< Anthropic's messages
};
inline constexpr std::size_t kApiCount = 5;

/// The word for it in configurations: `chat`.
auto ApiName(Api api) -> std::string_view;
auto ApiNamed(std::string_view name) -> std::optional<Api>;

/// Where it is below a base URL, for the gateway and for deployments: `/chat/completions`.
auto ApiPath(Api api) -> std::string_view;

}  // namespace route
