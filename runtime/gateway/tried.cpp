#include "runtime/gateway/tried.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "runtime/gateway/cost.h"

namespace route {

void Tried::Refused(CallerErrorAnswer answer) {
  if (!refusal_) refusal_ = std::move(answer);
}

void Tried::PassedOver(std::uint32_t deployment, std::uint32_t tier, SkipReason reason, std::string detail,
                       Milliseconds left) {
  if (reason == SkipReason::kCooldown) soonest_ = std::min(soonest_.value_or(Milliseconds::max()), left);
  skipped_.push_back({deployment, tier, SkipReasonName(reason), std::move(detail), left.count(),
                      static_cast<std::uint32_t>(attempts_.size())});
}

auto Tried::Refusal() -> CallerErrorAnswer* {
  const auto about_model = [](const AttemptRecord& attempt) {
    return attempt.result == FailureName(Failure::kTooLong) || attempt.result == FailureName(Failure::kContent);
  };
  const bool only_models_refused =
      std::ranges::all_of(attempts_, about_model) && !Skipped(SkipReason::kCooldown) && !Skipped(SkipReason::kBudget);
  return refusal_ && only_models_refused ? &*refusal_ : nullptr;
}

auto Tried::ErrorOf(StopAttempts::Reason reason) const -> ApiError {
  switch (reason) {
    case StopAttempts::Reason::kExhausted:
      return ErrorOfExhausted();
    case StopAttempts::Reason::kDeadline: {
      const std::string limit = std::to_string(limits_.deadline_ms);
      return {ApiCode::kDeadlineExceeded, "no deployment of the plan gave an answer within " + limit + " ms", ""};
    }
    case StopAttempts::Reason::kNotAllowed:
      return {ApiCode::kInternalError, "the plan held a deployment that the decision does not allow", ""};
  }
  std::abort();  // every reason is handled above
}

auto Tried::ErrorOfExhausted() const -> ApiError {
  if (!attempts_.empty()) return {ApiCode::kUpstreamUnavailable, "no deployment of the plan gave an answer", ""};
  if (!skipped_.empty() && OnlyUntranslatable()) {
    return {ApiCode::kNotTranslatable, "no deployment of the plan can be sent this request: " + skipped_.front().detail,
            ""};
  }
  // Whatever money forbids, a deployment that failed or cools down may answer the next time.
  if (Skipped(SkipReason::kCooldown)) {
    return {ApiCode::kUpstreamUnavailable, "every deployment of the plan is cooling down after failures", ""};
  }
  if (Skipped(SkipReason::kCostLimit)) {
    return {ApiCode::kPolicyUnservable,
            "the request could cost more than the policy allows for one, " + FormatUsd(CostLimitOf(limits_)) + " USD",
            ""};
  }
  if (const SkipRecord* skip = FirstSkipped(SkipReason::kBudget)) {
    return {ApiCode::kBudgetExhausted, "the request could cost more than is left of " + skip->detail, ""};
  }
  return {ApiCode::kUpstreamUnavailable, "no deployment of the plan gave an answer", ""};
}

auto Tried::OnlyUntranslatable() const -> bool {
  return std::ranges::all_of(
      skipped_, [](const SkipRecord& skip) { return skip.reason == SkipReasonName(SkipReason::kNotTranslatable); });
}

auto Tried::FirstSkipped(SkipReason reason) const -> const SkipRecord* {
  const auto found = std::ranges::find(skipped_, SkipReasonName(reason), &SkipRecord::reason);
  return found == skipped_.end() ? nullptr : &*found;
}

auto Tried::Skipped(SkipReason reason) const -> bool {
  return FirstSkipped(reason) != nullptr;
}

}  // namespace route
