#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/ir/evaluate.h"
#include "compiler/ir/policy.h"

/// What a request can cost at most: the attempts that `limits` admit, each billed in full for the whole prompt and the
/// longest answer that `limits` admit, whether it fails or not.
///
/// Amounts are millionths of a millionth of a USD, which is what a millionth of a USD for a million tokens is for one
/// token, so that nothing is rounded. Sums that do not fit stay at the largest number, which is more than nine million USD.
namespace route::ir {

/// Of one attempt with so many tokens in the prompt. The policy limits the tokens of an answer.
auto AttemptCost(const Policy& policy, DeploymentId deployment, std::int64_t prompt_tokens) -> std::int64_t;

/// Attempts of one cost. Those of one tier, most expensive first: each deployment once, and the retries, which all may go
/// to the most expensive one if only its failures may pass.
struct PricedAttempts {
  std::int64_t cost = 0;
  std::uint64_t count = 1;
};

/// The most expensive attempts, as many as `most`.
auto MostExpensive(std::vector<PricedAttempts> attempts, std::uint64_t most) -> std::int64_t;

/// The most that the attempts of a plan can cost together. Whatever is down is passed over without an attempt, so that any of
/// the plan's attempts may be those that `limits` admit; the limit of the cost caps the sum. 0 of a request that is not
/// routed.
auto WorstCost(const Policy& policy, const Request& request, const Decision& decision) -> std::int64_t;

/// The size of the request's prompt in whole tokens. The policy has a prompt attribute.
auto PromptTokens(const Policy& policy, const Request& request) -> std::int64_t;

/// The limit of a promise, and that of the policy or 0, in the same unit.
auto InCostUnits(Decimal usd) -> std::int64_t;
auto CostLimit(const Limits& limits) -> std::int64_t;

/// The longest prompt, in whole tokens, of which one attempt stays within the policy's limits of the cost and the answer;
/// -1 if no prompt is short enough, and the largest number if any is.
auto LongestAffordablePrompt(const Policy& policy, DeploymentId deployment) -> std::int64_t;

/// `0.4096 USD`, rounded up to the millionth.
auto FormatCost(std::int64_t cost) -> std::string;

auto SaturatingAdd(std::int64_t a, std::int64_t b) -> std::int64_t;       ///< of numbers that are not negative
auto SaturatingMultiply(std::int64_t a, std::int64_t b) -> std::int64_t;  ///< of numbers that are not negative

}  // namespace route::ir
