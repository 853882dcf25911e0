#pragma once

#include <array>
#include <atomic>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/upstream/attempts.h"

/// What is remembered about a deployment from one request to the next: whether it answers. The same is remembered about
/// services that read prompts.
///
/// A deployment that fails is left out for a while, the cooldown. The rules are LiteLLM's (`cooldown_handlers.py`),
/// except that it comes back through a probe: after the cooldown one request is let through, and only its success opens
/// the deployment for all others.
///
///     DeploymentHealth& health = ...;
///     Admission admission = health.Admit(Company::kOthers, now, answer_by);
///     if (admission.skip) { /* leave it out, and record why */ }
///     ... ask ...
///     health.Succeeded(now);  // or Failed, or GaveUp; for a stream Began before
namespace route {

/// Why a deployment is left out.
enum class CooldownCause : std::uint8_t {
  kRateLimited,     ///< it answered 429
  kBroken,          ///< it answered 401, 402, 403, 404 or with a redirect
  kRequestTimeout,  ///< it answered 408
  kMostFailed,      ///< more than half of at least five answers within a minute
  kProbeFailed,     ///< it was asked again after a cooldown, in vain
};

/// `rate_limited`, as decision records have it.
auto CooldownCauseName(CooldownCause cause) -> std::string_view;

/// Whether a deployment shares its tier with others that may be asked instead.
enum class Company : std::uint8_t {
  kOthers,
  kAlone,  ///< then it is left out only if every answer has failed: asking is better than giving up
};

struct Skip {
  CooldownCause cause = CooldownCause::kMostFailed;
  Milliseconds left{0};  ///< until it may be asked again
};

struct Admission {
  std::optional<Skip> skip;  ///< nothing: go ahead
  bool probe = false;        ///< this attempt decides whether the deployment is back
};

/// A cooldown as the admin interface shows it.
struct CooldownView {
  CooldownCause cause = CooldownCause::kMostFailed;
  Milliseconds left{0};  ///< 0: it is over, the next request probes
  bool probing = false;
};

struct HealthSettings {
  Milliseconds cooldown{5000};  ///< 0: nothing is ever left out
};

/// The health of one deployment. Any number of threads may use it; there is no lock, and nothing is shared between
/// deployments.
class DeploymentHealth {
 public:
  static constexpr std::uint32_t kLeastAnswers = 5;
  static constexpr Milliseconds kMinute{60'000};

  /// May an attempt start? If it is to be a probe, others are kept out until it has reported or `answer_by` has passed.
  auto Admit(Company company, TimePoint now, TimePoint answer_by) -> Admission;

  void Succeeded(TimePoint now);

  /// A stream has begun, which is all that a probe has to show. Its end is reported too, and only that counts.
  void Began();

  /// `status` is 0 if no answer came. `retry_after` lengthens the cooldown and never shortens it.
  void Failed(const FailedAttempt& failed, unsigned status, const HealthSettings& settings, TimePoint now);

  /// An attempt ended without telling anything about the deployment. A probe that ends so is another's turn.
  void GaveUp(const Admission& admission, TimePoint now);

  auto Cooldown(TimePoint now) const -> std::optional<CooldownView>;

  /// Forgets everything.
  void Clear();

 private:
  // One word holds the whole state, so that every change is one compare-and-swap.
  enum class Phase : std::uint8_t { kOpen, kCooling, kProbing };
  struct State {
    Phase phase = Phase::kOpen;
    CooldownCause cause = CooldownCause::kMostFailed;
    bool all_failed = false;
    std::int64_t until_ms = 0;  // of the cooldown, or of the probe's time

    auto Pack() const -> std::uint64_t;
    static auto Unpack(std::uint64_t word) -> State;
  };
  struct Sums {
    std::uint32_t answers = 0;
    std::uint32_t failures = 0;
  };

  auto Count(bool failed, TimePoint now) -> Sums;

  static constexpr std::size_t kSlices = 6;  // of the minute
  std::atomic<std::uint64_t> state_{0};
  std::array<std::atomic<std::uint64_t>, kSlices> slices_{};  // number of the slice, answers, failures
};

/// What tells deployments apart: the same name, place, model and key mean the same health.
struct DeploymentIdentity {
  std::string name;
  std::string base_url;
  std::string model;    ///< as the upstream knows it; of a service empty
  std::string key_env;  ///< rate limits go by key

  friend auto operator<=>(const DeploymentIdentity&, const DeploymentIdentity&) = default;
};

/// The health of every deployment that this process has known. Outlives a reload: a deployment that is the same before
/// and after keeps its health.
class HealthRegistry {
 public:
  /// Takes a lock: for loading, not for serving.
  auto For(const DeploymentIdentity& identity) -> std::shared_ptr<DeploymentHealth>;

  struct Cooling {
    DeploymentIdentity deployment;
    CooldownView cooldown;
  };
  auto Cooldowns(TimePoint now) const -> std::vector<Cooling>;

  /// Ends the cooldown of all deployments, or of those of this name. Gives how many were cooling down.
  auto Clear(std::optional<std::string_view> name, TimePoint now) -> std::size_t;

 private:
  mutable std::mutex mutex_;
  std::map<DeploymentIdentity, std::shared_ptr<DeploymentHealth>> deployments_;
};

}  // namespace route
