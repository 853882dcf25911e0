#include "runtime/gateway/cost.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace route {
namespace {

/// Larger numbers are not meant, and none of the sums below can overflow.
constexpr std::uint64_t kMostTokens = std::uint64_t{1} << 31U;
constexpr std::uint64_t kMostAnswers = 1024;
constexpr std::int64_t kBytesPerToken = 3;
constexpr std::int64_t kNanoUsdInHundredthCent = 100'000;

auto Whole(const nlohmann::ordered_json& body, const char* field) -> std::optional<std::uint64_t> {
  const auto found = body.find(field);
  if (found == body.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}

auto Tokens(std::int64_t bytes) -> std::int64_t {
  return (bytes + kBytesPerToken - 1) / kBytesPerToken;
}

/// The fields that limit an answer, the one that is added first.
auto LimitFields(Api api) -> std::vector<const char*> {
  switch (api) {
    case Api::kChat:
      return {"max_completion_tokens", "max_tokens"};
    case Api::kCompletions:
    case Api::kMessages:
      return {"max_tokens"};
    case Api::kResponses:
      return {"max_output_tokens"};
    case Api::kEmbeddings:
      return {};
  }
  std::abort();  // every API is handled above
}

/// The number that the field holds, `absent` if it is missing or null.
auto Count(const nlohmann::ordered_json& body, const char* field, std::uint64_t absent)
    -> std::expected<std::uint64_t, RequestError> {
  const auto found = body.find(field);
  if (found == body.end() || found->is_null()) return absent;
  if (found->is_number_unsigned() && found->get<std::uint64_t>() > 0) return found->get<std::uint64_t>();
  return std::unexpected(RequestError{std::string("`") + field + "` must be a whole number of 1 or more", field});
}

auto AnswersOf(const nlohmann::ordered_json& body) -> std::expected<std::uint64_t, RequestError> {
  std::uint64_t answers = 1;
  for (const char* field : {"n", "best_of"}) {
    const auto count = Count(body, field, 1);
    if (!count) return count;
    answers = std::max(answers, *count);
  }
  return answers;
}

}  // namespace

auto LimitAnswer(ModelRequest& request, std::uint32_t most) -> std::expected<void, RequestError> {
  const std::vector<const char*> fields = LimitFields(request.api);
  if (fields.empty()) return {};
  const auto answers = AnswersOf(request.body);
  if (!answers) return std::unexpected(answers.error());
  const std::uint64_t each = most / *answers;
  if (each == 0) {
    return std::unexpected(RequestError{
        "the policy allows " + std::to_string(most) + " tokens for all answers together: ask for fewer answers", "n"});
  }
  bool limited = false;
  for (const char* field : fields) {
    const auto asked = Count(request.body, field, 0);
    if (!asked) return std::unexpected(asked.error());
    if (*asked == 0) continue;
    request.body[field] = std::min(*asked, each);
    limited = true;
  }
  if (!limited) request.body[fields.front()] = each;
  return {};
}

auto AnswerTokenBound(const nlohmann::ordered_json& body, std::uint32_t assumed) -> std::int64_t {
  std::optional<std::uint64_t> most;
  for (const char* field : {"max_completion_tokens", "max_tokens", "max_output_tokens"}) {
    most = std::max(most, Whole(body, field));
  }
  std::uint64_t answers = 1;
  for (const char* field : {"n", "best_of"}) answers = std::max(answers, Whole(body, field).value_or(1));
  return static_cast<std::int64_t>(std::min(most.value_or(assumed), kMostTokens) * std::min(answers, kMostAnswers));
}

auto CostLimitOf(const Limits& limits) -> NanoUsd {
  return {std::int64_t{limits.cost_hundredth_cents} * kNanoUsdInHundredthCent};
}

auto ChargeFor(const ReportedUsage& reported, std::int64_t prompt_bound, std::uint64_t answer_bytes) -> Charge {
  if (reported.tokens) return {*reported.tokens, ""};
  const TokenUsage estimate{Tokens(prompt_bound), Tokens(static_cast<std::int64_t>(answer_bytes))};
  std::string note = reported.problem.empty() ? "no usage was reported" : reported.problem;
  note += "; charged by estimate: " + std::to_string(estimate.prompt_tokens) + " prompt and " +
          std::to_string(estimate.completion_tokens) + " completion tokens";
  return {estimate, std::move(note)};
}

}  // namespace route
