#include "runtime/upstream/caller_error.h"

#include <algorithm>
#include <array>
#include <string>

#include <nlohmann/json.hpp>

#include "runtime/signals/json.h"
#include "runtime/values/letter_case.h"

namespace route {
namespace {

using Json = nlohmann::ordered_json;

struct Sign {
  std::string_view text;
  Failure meaning;
};

/// Values of `code`, `type` or `status`, wherever the error's object has them.
constexpr auto kCodes = std::to_array<Sign>({
    {"context_length_exceeded", Failure::kTooLong},           // OpenAI, Azure, Groq, Together
    {"model_max_prompt_tokens_exceeded", Failure::kTooLong},  // GitHub Models
    {"content_filter", Failure::kContent},                    // Azure
    {"content_policy_violation", Failure::kContent},          // OpenAI
    {"ResponsibleAIPolicyViolation", Failure::kContent},      // Azure, in `innererror`
});

/// What messages hold, in lower case, for providers whose codes are not that fine.
constexpr auto kPhrases = std::to_array<Sign>({
    {"maximum context length", Failure::kTooLong},                        // OpenAI before its codes, vLLM, Mistral
    {"prompt is too long", Failure::kTooLong},                            // Anthropic
    {"exceed context limit", Failure::kTooLong},                          // Anthropic, prompt and max_tokens together
    {"exceeds the maximum number of tokens allowed", Failure::kTooLong},  // Google
    {"output blocked by content filtering policy", Failure::kContent},    // Anthropic
    {"content management policy", Failure::kContent},                     // Azure
});

auto Text(const Json& object, const char* key) -> std::string {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

auto ByCode(const Json& error) -> std::optional<Failure> {
  for (const char* key : {"code", "type", "status"}) {
    const std::string value = Text(error, key);
    const auto sign = std::ranges::find(kCodes, std::string_view(value), &Sign::text);
    if (sign != kCodes.end()) return sign->meaning;
  }
  const auto inner = error.find("innererror");
  return inner != error.end() && inner->is_object() ? ByCode(*inner) : std::nullopt;
}

auto ByMessage(const Json& error) -> std::optional<Failure> {
  const std::string message = LowerCase(Text(error, "message"));
  const auto sign = std::ranges::find_if(kPhrases, [&](const Sign& one) { return message.contains(one.text); });
  return sign == kPhrases.end() ? std::nullopt : std::optional(sign->meaning);
}

}  // namespace

auto RecogniseCallerError(unsigned status, std::string_view body) -> std::optional<Failure> {
  if (status != 400 && status != 413 && status != 422) return std::nullopt;
  const auto parsed = ParseJson(body, JsonLimits{.depth = 8, .values = 1000});
  if (!parsed || !parsed->is_object()) return std::nullopt;
  const auto nested = parsed->find("error");
  const Json& error = nested != parsed->end() && nested->is_object() ? *nested : *parsed;
  if (const auto meaning = ByCode(error)) return meaning;
  return ByMessage(error);
}

}  // namespace route
