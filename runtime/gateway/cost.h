#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "runtime/dialect/usage.h"
#include "runtime/signals/spend.h"
#include "runtime/table/table.h"

/// What a request may cost, and what it has cost. `docs/gateway.md`, "Money", states the rules.
namespace route {

/// The most tokens that the answer may have: the limit that the request sets (`max_completion_tokens`, `max_tokens`,
/// `max_output_tokens`, the largest of them), else `assumed`; times `n` or `best_of`.
auto AnswerTokenBound(const nlohmann::ordered_json& body, std::uint32_t assumed) -> std::int64_t;

/// What is charged for an answer.
struct Charge {
  TokenUsage usage;  ///< as reported, else estimated
  std::string note;  ///< for the record: why the reported usage does not count, and how it was estimated; else empty
};

/// Without usable usage a third of the bytes that were seen counts as tokens, rounded up: of the prompt's bound and of
/// the answer's text. A token of common languages is three to four bytes.
auto ChargeFor(const ReportedUsage& reported, std::int64_t prompt_bound, std::uint64_t answer_bytes) -> Charge;

}  // namespace route
