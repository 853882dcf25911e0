#pragma once

#include <expected>
#include <string>

#include <nlohmann/json.hpp>

/// A request of one API as a request of another. Docs: the tables of `docs/translation.md` say field by field what
/// becomes of it.
///
/// Nothing is dropped that could change the answer: a request with a field, a part or an order that the other API cannot
/// express is not translated. Which hints are left out, because they change cost or speed only, is in the tables. The
/// result's `model` is still the caller's. Time and memory are linear in the request.
namespace route {

struct NotTranslatable {
  std::string field;  ///< `messages.3.content.0`
  std::string why;    ///< can follow a colon
};

using TranslatedRequest = std::expected<nlohmann::ordered_json, NotTranslatable>;

/// OpenAI's chat completions to Anthropic's messages.
auto ChatToMessages(const nlohmann::ordered_json& chat) -> TranslatedRequest;

/// Anthropic's messages to OpenAI's chat completions.
auto MessagesToChat(const nlohmann::ordered_json& messages) -> TranslatedRequest;

/// OpenAI's responses to its chat completions.
auto ResponsesToChat(const nlohmann::ordered_json& responses) -> TranslatedRequest;

/// The tokens that are asked for of Anthropic's API, which wants a limit, for a caller that sets none.
inline constexpr int kDefaultMaxTokens = 4096;

}  // namespace route
