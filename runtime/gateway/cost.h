#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "runtime/dialect/usage.h"
#include "runtime/signals/model_request.h"
#include "runtime/signals/spend.h"
#include "runtime/table/table.h"

/// What a request may cost, and what it has cost. `docs/gateway.md`, "Money", states the rules.
namespace route {

/// The most tokens that the answer may have: the limit that the request sets (`max_completion_tokens`, `max_tokens`,
/// `max_output_tokens`, the largest of them), else `assumed`; times `n` or `best_of`.
auto AnswerTokenBound(const nlohmann::ordered_json& body, std::uint32_t assumed) -> std::int64_t;

/// Narrows what the request asks for to `most` tokens of answer, by the field that its API has for that
/// (`max_completion_tokens` or `max_tokens`, `max_output_tokens`); a field that is missing is added. Of several answers (`n`,
/// `best_of`) each gets its share, so that the limit bounds them together. Embeddings have no answer in tokens. Fails with
/// what the caller has to change where a field cannot be understood or there are more answers than tokens.
auto LimitAnswer(ModelRequest& request, std::uint32_t most) -> std::expected<void, RequestError>;

/// What the policy lets all attempts of a request cost together; 0: no limit is stated.
auto CostLimitOf(const Limits& limits) -> NanoUsd;

/// What is charged for an answer.
struct Charge {
  TokenUsage usage;  ///< as reported, else estimated
  std::string note;  ///< for the record: why the reported usage does not count, and how it was estimated; else empty
};

/// Without usable usage a third of the bytes that were seen counts as tokens, rounded up: of the prompt's bound and of
/// the answer's text. A token of common languages is three to four bytes.
auto ChargeFor(const ReportedUsage& reported, std::int64_t prompt_bound, std::uint64_t answer_bytes) -> Charge;

}  // namespace route
