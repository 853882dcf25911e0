#include "runtime/upstream/attempts.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace route {
namespace {

/// Beyond this many doublings a backoff is longer than any deadline.
constexpr std::uint32_t kMostDoublings = 16;

auto IsPermanent(Failure failure) -> bool {
  switch (failure) {
    case Failure::kDns:
    case Failure::kRefused:
    case Failure::kReset:
    case Failure::kTls:
    case Failure::kTimeout:
    case Failure::kRateLimited:
    case Failure::kStatus:
    case Failure::kGarbage:
      return false;
    case Failure::kBroken:
    case Failure::kTooLong:
    case Failure::kContent:
      return true;
  }
  std::abort();
}

auto Optional(std::uint32_t value) -> std::optional<std::uint32_t> {
  return value == kNone ? std::nullopt : std::optional(value);
}

}  // namespace

auto FailureName(Failure failure) -> std::string_view {
  switch (failure) {
    case Failure::kDns:
      return "dns_error";
    case Failure::kRefused:
      return "connection_refused";
    case Failure::kReset:
      return "connection_reset";
    case Failure::kTls:
      return "tls_error";
    case Failure::kTimeout:
      return "timeout";
    case Failure::kRateLimited:
      return "rate_limited";
    case Failure::kStatus:
      return "error_status";
    case Failure::kGarbage:
      return "garbage";
    case Failure::kBroken:
      return "broken_deployment";
    case Failure::kTooLong:
      return "context_window";
    case Failure::kContent:
      return "content_policy";
  }
  std::abort();
}

auto DrawTiers(const Table& table, std::span<const PlanTier> plan, Random& random) -> std::vector<DrawnTier> {
  std::vector<DrawnTier> drawn;
  drawn.reserve(plan.size());
  for (const PlanTier& tier : plan) {
    const TierView& view = table.tiers()[tier.tier];
    DrawnTier result{tier.tier, {}, {}, Optional(view.within_ms), Optional(view.retries)};
    std::vector<CandidateView> left = tier.deployments;
    std::uint64_t sum = 0;
    for (const CandidateView& candidate : left) sum += candidate.weight;
    while (!left.empty()) {
      std::size_t pick = 0;
      if (view.order == TierOrder::kByWeight && left.size() > 1) {
        std::uint64_t draw = random.Below(sum);
        result.draws.push_back(draw);
        while (draw >= left[pick].weight) draw -= left[pick++].weight;
      }
      sum -= left[pick].weight;
      result.deployments.push_back(left[pick].deployment);
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(pick));
    }
    drawn.push_back(std::move(result));
  }
  return drawn;
}

AttemptLoop::AttemptLoop(const Decision& decision, std::span<const DrawnTier> tiers, AttemptSettings settings,
                         Random& random, TimePoint start)
    : decision_(decision),
      tiers_(tiers),
      settings_(settings),
      random_(random),
      deadline_(start + Milliseconds(settings.limits.deadline_ms)) {}

auto AttemptLoop::TierEnd() const -> TimePoint {
  const auto& within = tiers_[next_tier_ - 1].within_ms;
  return within ? std::min(deadline_, tier_entered_ + Milliseconds(*within)) : deadline_;
}

auto AttemptLoop::EnterTier(TimePoint now) -> bool {
  if (next_tier_ == tiers_.size()) return false;
  const DrawnTier& tier = tiers_[next_tier_++];
  in_tier_ = true;
  tier_entered_ = now;
  retries_left_ = tier.retries.value_or(0);
  round_ = 0;
  round_left_.clear();
  again_.clear();
  for (const std::uint32_t deployment : tier.deployments) {
    if (std::ranges::find(broken_, deployment) == broken_.end()) round_left_.push_back({deployment, now});
  }
  return true;
}

void AttemptLoop::StartRound(TimePoint now) {
  ++round_;
  const auto full = settings_.backoff.count() << std::min(round_ - 1, kMostDoublings);
  const auto half = full / 2;
  const auto jitter = random_.Below(static_cast<std::uint64_t>(full - half) + 1);
  const TimePoint ready = now + Milliseconds(half + static_cast<Milliseconds::rep>(jitter));
  round_left_ = std::exchange(again_, {});
  for (Candidate& candidate : round_left_) candidate.not_before = std::max(candidate.not_before, ready);
}

auto AttemptLoop::Next(TimePoint now) -> AttemptStep {
  if (running_) std::abort();  // Failed was not called
  for (;;) {
    if (now >= deadline_) return StopAttempts{StopAttempts::Reason::kDeadline};
    if (attempts_ >= settings_.limits.attempts) return StopAttempts{StopAttempts::Reason::kExhausted};
    if (!in_tier_ && !EnterTier(now)) return StopAttempts{StopAttempts::Reason::kExhausted};

    const TimePoint end = TierEnd();
    if (now >= end || (round_ > 0 && retries_left_ == 0)) {
      in_tier_ = false;
      continue;
    }
    std::erase_if(round_left_, [&](const Candidate& candidate) { return candidate.not_before >= end; });
    if (round_left_.empty()) {
      if (!again_.empty() && retries_left_ > 0) {
        StartRound(now);
      } else {
        in_tier_ = false;
      }
      continue;
    }
    const auto first = std::ranges::min_element(
        round_left_, {}, [&](const Candidate& candidate) { return std::max(candidate.not_before, now); });
    if (first->not_before > now) return WaitUntil{first->not_before};
    if (!decision_.Allows(first->deployment)) return StopAttempts{StopAttempts::Reason::kNotAllowed};
    running_ = *first;
    round_left_.erase(first);
    ++attempts_;
    if (round_ > 0) --retries_left_;
    const auto tier = static_cast<std::uint32_t>(next_tier_ - 1);
    return StartAttempt{attempts_, tier, running_->deployment, end, deadline_, tiers_[tier].deployments.size() == 1};
  }
}

void AttemptLoop::PassedOver() {
  if (!running_) std::abort();  // nothing was started
  running_.reset();
  --attempts_;
  if (round_ > 0) ++retries_left_;
}

void AttemptLoop::Failed(FailedAttempt failed, TimePoint now) {
  if (!running_) std::abort();  // nothing was started
  Candidate candidate = *std::exchange(running_, std::nullopt);
  if (IsPermanent(failed.failure)) {
    broken_.push_back(candidate.deployment);
    if (failed.failure == Failure::kContent) in_tier_ = false;
    return;
  }
  candidate.not_before = now + failed.retry_after.value_or(Milliseconds(0));
  again_.push_back(candidate);
}

}  // namespace route
