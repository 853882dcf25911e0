#include "runtime/dialect/answers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "runtime/dialect/fields.h"
#include "runtime/signals/json_writer.h"

namespace route {
namespace {

using Json = nlohmann::ordered_json;

struct Reason {
  std::string_view stop_reason;    // Anthropic's
  std::string_view finish_reason;  // OpenAI's
};

/// The first row that fits counts, in both directions.
constexpr auto kReasons = std::to_array<Reason>({{"end_turn", "stop"},
                                                 {"stop_sequence", "stop"},
                                                 {"max_tokens", "length"},
                                                 {"model_context_window_exceeded", "length"},
                                                 {"tool_use", "tool_calls"},
                                                 {"refusal", "content_filter"}});

auto CountOf(const Json& usage, std::string_view name) -> std::int64_t {
  const Json* count = Member(usage, name);
  if (count == nullptr || !count->is_number()) return 0;
  const auto value = count->get<double>();
  constexpr double kMost = 9'007'199'254'740'992.0;
  return value > 0 && value <= kMost ? static_cast<std::int64_t>(value) : 0;
}

auto CachedOf(const Json& usage) -> std::int64_t {
  const Json* details = Member(usage, "prompt_tokens_details");
  return details == nullptr ? 0 : CountOf(*details, "cached_tokens");
}

auto Fail(std::string why) -> std::unexpected<std::string> {
  return std::unexpected(std::move(why));
}

/// The message of a chat completion, and why it ended.
struct Choice {
  const Json& message;
  std::string_view finish_reason;
};
auto OnlyChoice(const Json& answer) -> std::expected<Choice, std::string> {
  const Json& choices = ArrayMember(answer, "choices");
  if (choices.size() != 1) return Fail("the answer has more than one choice");
  const Json* message = Member(choices[0], "message");
  if (message == nullptr || !message->is_object()) return Fail("the answer has no message");
  if (Member(*message, "function_call") != nullptr) return Fail("the answer calls a function in the form of 2023");
  return Choice{*message, TextMember(choices[0], "finish_reason")};
}

/// The text, or the refusal that stands in its place.
auto TextOfChoice(const Json& message) -> std::string {
  return std::string(TextMember(message, "content")) + std::string(TextMember(message, "refusal"));
}

}  // namespace

auto FinishReasonOf(std::string_view stop_reason) -> std::string_view {
  const auto found = std::ranges::find(kReasons, stop_reason, &Reason::stop_reason);
  return found == kReasons.end() ? std::string_view{} : found->finish_reason;
}

auto StopReasonOf(std::string_view finish_reason) -> std::string_view {
  const auto found = std::ranges::find(kReasons, finish_reason, &Reason::finish_reason);
  return found == kReasons.end() ? std::string_view{} : found->stop_reason;
}

auto MessagesUsageToChat(const Json& usage) -> Json {
  if (!usage.is_object()) return nullptr;
  const std::int64_t cached = CountOf(usage, "cache_read_input_tokens");
  const std::int64_t prompt = CountOf(usage, "input_tokens") + CountOf(usage, "cache_creation_input_tokens") + cached;
  const std::int64_t completion = CountOf(usage, "output_tokens");
  return {{"prompt_tokens", prompt},
          {"completion_tokens", completion},
          {"total_tokens", prompt + completion},
          {"prompt_tokens_details", {{"cached_tokens", cached}}}};
}

auto ChatUsageToMessages(const Json& usage) -> Json {
  const std::int64_t prompt = CountOf(usage, "prompt_tokens");
  const std::int64_t cached = std::min(CachedOf(usage), prompt);
  return {{"input_tokens", prompt - cached},
          {"cache_creation_input_tokens", 0},
          {"cache_read_input_tokens", cached},
          {"output_tokens", CountOf(usage, "completion_tokens")}};
}

auto ChatUsageToResponses(const Json& usage) -> Json {
  if (!usage.is_object()) return nullptr;
  const Json* details = Member(usage, "completion_tokens_details");
  const std::int64_t prompt = CountOf(usage, "prompt_tokens");
  const std::int64_t completion = CountOf(usage, "completion_tokens");
  return {
      {"input_tokens", prompt},
      {"input_tokens_details", {{"cached_tokens", CachedOf(usage)}}},
      {"output_tokens", completion},
      {"output_tokens_details", {{"reasoning_tokens", details == nullptr ? 0 : CountOf(*details, "reasoning_tokens")}}},
      {"total_tokens", prompt + completion}};
}

auto MessagesAnswerToChat(const Json& answer, const AnswerContext& context) -> TranslatedAnswer {
  std::string text;
  Json calls = Json::array();
  for (const Json& block : ArrayMember(answer, "content")) {
    const std::string_view type = TextMember(block, "type");
    if (type == "text") {
      text += TextMember(block, "text");
    } else if (type == "tool_use") {
      const Json* input = Member(block, "input");
      calls.push_back(
          {{"id", TextMember(block, "id")},
           {"type", "function"},
           {"function",
            {{"name", TextMember(block, "name")}, {"arguments", input == nullptr ? "{}" : ToText(*input)}}}});
    } else if (type != "thinking" && type != "redacted_thinking") {
      return Fail("the answer holds a block that a chat completion cannot: `" + std::string(type.substr(0, 64)) + "`");
    }
  }
  const std::string_view stop_reason = TextMember(answer, "stop_reason");
  const std::string_view finish = FinishReasonOf(stop_reason);
  if (finish.empty()) return Fail("a chat completion cannot end for `" + std::string(stop_reason.substr(0, 64)) + "`");
  Json message = {{"role", "assistant"}};
  message["content"] = text.empty() && !calls.empty() ? Json(nullptr) : Json(std::move(text));
  message["refusal"] = nullptr;
  if (!calls.empty()) message["tool_calls"] = std::move(calls);
  Json result = {
      {"id", TextMember(answer, "id")},
      {"object", "chat.completion"},
      {"created", context.created},
      {"model", TextMember(answer, "model")},
      {"choices",
       Json::array(
           {{{"index", 0}, {"message", std::move(message)}, {"logprobs", nullptr}, {"finish_reason", finish}}})}};
  if (const Json* usage = Member(answer, "usage")) result["usage"] = MessagesUsageToChat(*usage);
  return result;
}

auto ChatAnswerToMessages(const Json& answer) -> TranslatedAnswer {
  const auto choice = OnlyChoice(answer);
  if (!choice) return std::unexpected(choice.error());
  Json content = Json::array();
  if (std::string text = TextOfChoice(choice->message); !text.empty()) {
    content.push_back({{"type", "text"}, {"text", std::move(text)}});
  }
  const Json& calls = ArrayMember(choice->message, "tool_calls");
  for (const Json& call : calls) {
    const Json* function = Member(call, "function");
    if (function == nullptr) return Fail("the answer calls a tool that is no function");
    auto input = ObjectInText(TextMember(*function, "arguments"));
    if (!input) return Fail("the arguments of a call are not a JSON object");
    content.push_back({{"type", "tool_use"},
                       {"id", TextMember(call, "id")},
                       {"name", TextMember(*function, "name")},
                       {"input", std::move(*input)}});
  }
  std::string_view stop = StopReasonOf(choice->finish_reason);
  if (stop.empty()) return Fail("the answer does not say why it ended");
  if (!calls.empty() && stop == "end_turn") stop = "tool_use";
  const Json* usage = Member(answer, "usage");
  return Json{{"id", TextMember(answer, "id")},
              {"type", "message"},
              {"role", "assistant"},
              {"model", TextMember(answer, "model")},
              {"content", std::move(content)},
              {"stop_reason", stop},
              {"stop_sequence", nullptr},
              {"usage", ChatUsageToMessages(usage == nullptr ? Json() : *usage)}};
}

auto EmptyResponse(const AnswerContext& context, std::string_view model) -> Json {
  std::string id = "resp_" + context.id;
  std::erase(id, '-');
  Json response = {{"id", std::move(id)},
                   {"object", "response"},
                   {"created_at", context.created},
                   {"status", "in_progress"},
                   {"error", nullptr},
                   {"incomplete_details", nullptr},
                   {"model", model},
                   {"output", Json::array()},
                   {"usage", nullptr},
                   {"store", false},
                   {"previous_response_id", nullptr},
                   {"truncation", "disabled"}};
  // What the request did not say has OpenAI's default.
  const Json defaults = {{"instructions", nullptr},
                         {"max_output_tokens", nullptr},
                         {"metadata", Json::object()},
                         {"parallel_tool_calls", true},
                         {"reasoning", {{"effort", nullptr}, {"summary", nullptr}}},
                         {"temperature", 1.0},
                         {"text", {{"format", {{"type", "text"}}}}},
                         {"tool_choice", "auto"},
                         {"tools", Json::array()},
                         {"top_p", 1.0}};
  for (const auto& [name, value] : defaults.items()) {
    const Json* said = Member(context.request, name);
    response[name] = said == nullptr ? value : *said;
  }
  return response;
}

void EndResponse(Json& response, std::string_view finish_reason) {
  const bool too_long = finish_reason == "length";
  const bool complete = !too_long && finish_reason != "content_filter";
  response["status"] = complete ? "completed" : "incomplete";
  if (!complete) response["incomplete_details"] = {{"reason", too_long ? "max_output_tokens" : "content_filter"}};
}

auto MessageItem(const std::string& id, std::string_view status) -> Json {
  return {{"type", "message"}, {"id", id}, {"status", status}, {"role", "assistant"}, {"content", Json::array()}};
}

auto OutputText(std::string_view text) -> Json {
  return {{"type", "output_text"}, {"text", text}, {"annotations", Json::array()}, {"logprobs", Json::array()}};
}

auto CallItem(const std::string& id, std::string_view call_id, std::string_view name, std::string_view arguments,
              std::string_view status) -> Json {
  return {{"type", "function_call"}, {"id", id},        {"call_id", call_id}, {"name", name},
          {"arguments", arguments},  {"status", status}};
}

auto ChatAnswerToResponses(const Json& answer, const AnswerContext& context) -> TranslatedAnswer {
  const auto choice = OnlyChoice(answer);
  if (!choice) return std::unexpected(choice.error());
  if (StopReasonOf(choice->finish_reason).empty()) return Fail("the answer does not say why it ended");
  Json response = EmptyResponse(context, TextMember(answer, "model"));
  const std::string base = std::string(TextMember(response, "id")).substr(5);
  EndResponse(response, choice->finish_reason);
  const std::string_view status = TextMember(response, "status");
  Json& output = response["output"];
  const Json& calls = ArrayMember(choice->message, "tool_calls");
  if (std::string text = TextOfChoice(choice->message); !text.empty() || calls.empty()) {
    Json item = MessageItem("msg_" + base, status);
    item["content"].push_back(OutputText(text));
    output.push_back(std::move(item));
  }
  for (const Json& call : calls) {
    const Json* function = Member(call, "function");
    if (function == nullptr) return Fail("the answer calls a tool that is no function");
    output.push_back(CallItem("fc_" + base + "_" + std::to_string(output.size()), TextMember(call, "id"),
                              TextMember(*function, "name"), TextMember(*function, "arguments"), status));
  }
  if (const Json* usage = Member(answer, "usage")) response["usage"] = ChatUsageToResponses(*usage);
  return response;
}

}  // namespace route
