#include "runtime/upstream/health.h"

#include <algorithm>
#include <cstdlib>

namespace route {
namespace {

auto InMilliseconds(TimePoint time) -> std::int64_t {
  return std::chrono::duration_cast<Milliseconds>(time.time_since_epoch()).count();
}

auto Saturated(std::uint64_t count) -> std::uint64_t {
  return std::min<std::uint64_t>(count, 0xFFFF);
}

/// What cools a deployment down at once, however well it did before.
auto AtOnce(Failure failure, unsigned status) -> std::optional<CooldownCause> {
  if (failure == Failure::kRateLimited) return CooldownCause::kRateLimited;
  if (failure == Failure::kBroken) return CooldownCause::kBroken;
  if (status == 408) return CooldownCause::kRequestTimeout;
  return std::nullopt;
}

}  // namespace

auto CooldownCauseName(CooldownCause cause) -> std::string_view {
  switch (cause) {
    case CooldownCause::kRateLimited:
      return "rate_limited";
    case CooldownCause::kBroken:
      return "broken_deployment";
    case CooldownCause::kRequestTimeout:
      return "request_timeout";
    case CooldownCause::kMostFailed:
      return "most_failed";
    case CooldownCause::kProbeFailed:
      return "probe_failed";
  }
  std::abort();
}

auto DeploymentHealth::State::Pack() const -> std::uint64_t {
  return (static_cast<std::uint64_t>(until_ms) << 8U) | (static_cast<std::uint64_t>(cause) << 4U) |
         (all_failed ? 4U : 0U) | static_cast<std::uint64_t>(phase);
}

auto DeploymentHealth::State::Unpack(std::uint64_t word) -> State {
  return {static_cast<Phase>(word & 3U), static_cast<CooldownCause>((word >> 4U) & 0xFU), (word & 4U) != 0,
          static_cast<std::int64_t>(word >> 8U)};
}

auto DeploymentHealth::Admit(Company company, TimePoint now, TimePoint answer_by) -> Admission {
  std::uint64_t word = state_.load(std::memory_order_acquire);
  for (;;) {
    const State state = State::Unpack(word);
    if (state.phase == Phase::kOpen) return {};
    if (company == Company::kAlone && !state.all_failed) return {};
    const std::int64_t now_ms = InMilliseconds(now);
    if (now_ms < state.until_ms) return {Skip{state.cause, Milliseconds(state.until_ms - now_ms)}, false};
    State probing = state;
    probing.phase = Phase::kProbing;
    probing.until_ms = std::max(InMilliseconds(answer_by), now_ms + 1);
    if (state_.compare_exchange_weak(word, probing.Pack(), std::memory_order_acq_rel)) return {std::nullopt, true};
  }
}

void DeploymentHealth::Succeeded(TimePoint now) {
  Began();
  Count(false, now);
}

void DeploymentHealth::Began() {
  std::uint64_t word = state_.load(std::memory_order_acquire);
  while (State::Unpack(word).phase == Phase::kProbing) {
    if (state_.compare_exchange_weak(word, 0, std::memory_order_acq_rel)) {
      // What failed before the probe must not close it again.
      for (auto& slice : slices_) slice.store(0, std::memory_order_relaxed);
      return;
    }
  }
}

void DeploymentHealth::Failed(const FailedAttempt& failed, unsigned status, const HealthSettings& settings,
                              TimePoint now) {
  const Sums sums = Count(true, now);
  if (settings.cooldown <= Milliseconds(0)) return;
  const bool enough = sums.answers >= kLeastAnswers;
  const std::int64_t now_ms = InMilliseconds(now);
  const std::int64_t asked_until = now_ms + failed.retry_after.value_or(Milliseconds(0)).count();
  std::uint64_t word = state_.load(std::memory_order_acquire);
  for (;;) {
    State next = State::Unpack(word);
    if (next.phase == Phase::kCooling) {
      // The window is fixed: attempts that were under way when it began do not lengthen it, but the upstream may.
      next.until_ms = std::max(next.until_ms, asked_until);
    } else {
      auto cause = AtOnce(failed.failure, status);
      if (!cause && next.phase == Phase::kProbing) cause = CooldownCause::kProbeFailed;
      if (!cause && enough && sums.failures * 2 > sums.answers) cause = CooldownCause::kMostFailed;
      if (!cause) return;
      next = {Phase::kCooling, *cause, next.phase == Phase::kProbing && next.all_failed,
              std::max(now_ms + settings.cooldown.count(), asked_until)};
    }
    next.all_failed = next.all_failed || (enough && sums.failures == sums.answers);
    if (state_.compare_exchange_weak(word, next.Pack(), std::memory_order_acq_rel)) return;
  }
}

void DeploymentHealth::GaveUp(const Admission& admission, TimePoint now) {
  if (!admission.probe) return;
  std::uint64_t word = state_.load(std::memory_order_acquire);
  for (;;) {
    State next = State::Unpack(word);
    if (next.phase != Phase::kProbing) return;
    next.phase = Phase::kCooling;
    next.until_ms = InMilliseconds(now);
    if (state_.compare_exchange_weak(word, next.Pack(), std::memory_order_acq_rel)) return;
  }
}

auto DeploymentHealth::Cooldown(TimePoint now) const -> std::optional<CooldownView> {
  const State state = State::Unpack(state_.load(std::memory_order_acquire));
  if (state.phase == Phase::kOpen) return std::nullopt;
  const std::int64_t left = std::max<std::int64_t>(0, state.until_ms - InMilliseconds(now));
  return CooldownView{state.cause, Milliseconds(left), state.phase == Phase::kProbing};
}

void DeploymentHealth::Clear() {
  state_.store(0, std::memory_order_release);
  for (auto& slice : slices_) slice.store(0, std::memory_order_relaxed);
}

/// Counts one answer and gives the sums of the last minute. A slice is a word: its number in the high half, so that one
/// of an hour ago is told from today's, then answers and failures.
auto DeploymentHealth::Count(bool failed, TimePoint now) -> Sums {
  constexpr std::int64_t kSlice = kMinute.count() / static_cast<std::int64_t>(kSlices);
  const auto number = static_cast<std::uint32_t>(InMilliseconds(now) / kSlice + static_cast<std::int64_t>(kSlices));
  auto& slice = slices_[number % kSlices];
  std::uint64_t word = slice.load(std::memory_order_relaxed);
  for (;;) {
    const bool current = word >> 32U == number;
    const std::uint64_t answers = Saturated((current ? (word >> 16U) & 0xFFFFU : 0U) + 1);
    const std::uint64_t failures = Saturated((current ? word & 0xFFFFU : 0U) + (failed ? 1 : 0));
    const std::uint64_t next = (std::uint64_t{number} << 32U) | (answers << 16U) | failures;
    if (slice.compare_exchange_weak(word, next, std::memory_order_relaxed)) break;
  }
  Sums sums;
  for (const auto& one : slices_) {
    const std::uint64_t content = one.load(std::memory_order_relaxed);
    if (number - static_cast<std::uint32_t>(content >> 32U) >= kSlices) continue;
    sums.answers += (content >> 16U) & 0xFFFFU;
    sums.failures += content & 0xFFFFU;
  }
  return sums;
}

auto HealthRegistry::For(const DeploymentIdentity& identity) -> std::shared_ptr<DeploymentHealth> {
  const std::lock_guard lock(mutex_);
  auto& entry = deployments_[identity];
  if (!entry) entry = std::make_shared<DeploymentHealth>();
  return entry;
}

auto HealthRegistry::Cooldowns(TimePoint now) const -> std::vector<Cooling> {
  const std::lock_guard lock(mutex_);
  std::vector<Cooling> cooling;
  for (const auto& [identity, health] : deployments_) {
    if (const auto cooldown = health->Cooldown(now)) cooling.push_back({identity, *cooldown});
  }
  return cooling;
}

auto HealthRegistry::Clear(std::optional<std::string_view> name, TimePoint now) -> std::size_t {
  const std::lock_guard lock(mutex_);
  std::size_t cleared = 0;
  for (const auto& [identity, health] : deployments_) {
    if (name && identity.name != *name) continue;
    if (health->Cooldown(now)) ++cleared;
    health->Clear();
  }
  return cleared;
}

}  // namespace route
