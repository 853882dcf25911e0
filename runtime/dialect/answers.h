#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

/// An answer of one API as an answer of another. `docs/translation.md` has the tables.
namespace route {

/// What an answer in another API needs besides the upstream's.
struct AnswerContext {
  const nlohmann::ordered_json& request;  ///< the caller's, in its own API
  std::string id;                         ///< of the decision
  std::int64_t created = 0;               ///< seconds since 1970
};

/// Fails if the upstream's answer holds what the other API cannot express; the error is for operators.
using TranslatedAnswer = std::expected<nlohmann::ordered_json, std::string>;

/// Each takes an answer that ReadPlainAnswer has accepted.
auto MessagesAnswerToChat(const nlohmann::ordered_json& answer, const AnswerContext& context) -> TranslatedAnswer;
auto ChatAnswerToMessages(const nlohmann::ordered_json& answer) -> TranslatedAnswer;
auto ChatAnswerToResponses(const nlohmann::ordered_json& answer, const AnswerContext& context) -> TranslatedAnswer;

// What streams have in common with answers in one piece.

/// `end_turn` to `stop`. Empty for a reason that chat completions do not have.
auto FinishReasonOf(std::string_view stop_reason) -> std::string_view;

/// `stop` to `end_turn`. Empty for a reason that messages do not have.
auto StopReasonOf(std::string_view finish_reason) -> std::string_view;

/// An object `usage`, or null for one that is none.
auto MessagesUsageToChat(const nlohmann::ordered_json& usage) -> nlohmann::ordered_json;
auto ChatUsageToResponses(const nlohmann::ordered_json& usage) -> nlohmann::ordered_json;

/// Zeros for what is not reported, because Anthropic's API wants numbers.
auto ChatUsageToMessages(const nlohmann::ordered_json& usage) -> nlohmann::ordered_json;

/// A response without output, its `status` `in_progress`; what the request set is repeated in it.
auto EmptyResponse(const AnswerContext& context, std::string_view model) -> nlohmann::ordered_json;

/// Sets `status` and why it is not complete, if so.
void EndResponse(nlohmann::ordered_json& response, std::string_view finish_reason);

/// The items that an output is made of. `id` names the item.
auto MessageItem(const std::string& id, std::string_view status) -> nlohmann::ordered_json;
auto OutputText(std::string_view text) -> nlohmann::ordered_json;
auto CallItem(const std::string& id, std::string_view call_id, std::string_view name, std::string_view arguments,
              std::string_view status) -> nlohmann::ordered_json;

}  // namespace route
