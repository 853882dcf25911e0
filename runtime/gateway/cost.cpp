#include "runtime/gateway/cost.h"

#include <algorithm>

namespace route {
namespace {

/// Larger numbers are not meant, and none of the sums below can overflow.
constexpr std::uint64_t kMostTokens = std::uint64_t{1} << 31U;
constexpr std::uint64_t kMostAnswers = 1024;
constexpr std::int64_t kBytesPerToken = 3;

auto Whole(const nlohmann::ordered_json& body, const char* field) -> std::optional<std::uint64_t> {
  const auto found = body.find(field);
  if (found == body.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}

auto Tokens(std::int64_t bytes) -> std::int64_t {
  return (bytes + kBytesPerToken - 1) / kBytesPerToken;
}

}  // namespace

auto AnswerTokenBound(const nlohmann::ordered_json& body, std::uint32_t assumed) -> std::int64_t {
  std::optional<std::uint64_t> most;
  for (const char* field : {"max_completion_tokens", "max_tokens", "max_output_tokens"}) {
    most = std::max(most, Whole(body, field));
  }
  std::uint64_t answers = 1;
  for (const char* field : {"n", "best_of"}) answers = std::max(answers, Whole(body, field).value_or(1));
  return static_cast<std::int64_t>(std::min(most.value_or(assumed), kMostTokens) * std::min(answers, kMostAnswers));
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
