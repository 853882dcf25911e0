#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/gateway/api_error.h"
#include "runtime/signals/spend.h"
#include "runtime/upstream/attempts.h"

/// What the gateway counts about itself, and its text form for Prometheus.
namespace route {

/// Counts of values by size. `Bounds` gives the upper bounds, ascending.
template <const auto& Bounds>
class Histogram {
 public:
  void Observe(double value, std::uint64_t in_units) {
    std::size_t bucket = 0;
    while (bucket < Bounds.size() && value > Bounds[bucket]) ++bucket;
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(in_units, std::memory_order_relaxed);
  }

  /// How many values were at most the bound of this index; the last index counts all.
  auto UpTo(std::size_t index) const -> std::uint64_t {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i <= index; ++i) count += counts_[i].load(std::memory_order_relaxed);
    return count;
  }
  auto sum() const -> std::uint64_t { return sum_.load(std::memory_order_relaxed); }  ///< in the units of Observe

 private:
  std::array<std::atomic<std::uint64_t>, Bounds.size() + 1> counts_{};
  std::atomic<std::uint64_t> sum_{0};
};

/// The buckets of OpenTelemetry's `gen_ai.client.operation.duration`, in seconds, and of `gen_ai.client.token.usage`.
inline constexpr std::array<double, 14> kSecondsBounds = {0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                                                          1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};
inline constexpr std::array<double, 14> kTokenBounds = {1,     4,     16,     64,      256,     1024,     4096,
                                                        16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864};

/// How an attempt ended: a Failure, or one of these.
enum class AttemptResult : std::uint8_t { kServed, kCallerError, kCancelled };

/// Why a deployment was passed over, as records and metrics have it.
enum class SkipReason : std::uint8_t { kCooldown, kBudget, kSameModel, kNotTranslatable, kCostLimit };
auto SkipReasonName(SkipReason reason) -> std::string_view;

/// What is counted for one deployment of one policy.
class DeploymentMetrics {
 public:
  void Attempted(AttemptResult result, std::chrono::microseconds took);
  void Attempted(Failure failure, std::chrono::microseconds took);
  void PassedOver(SkipReason reason) {
    skips_[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  }
  void Used(TokenUsage usage);
  void Cost(NanoUsd cost) { cost_.fetch_add(static_cast<std::uint64_t>(cost.amount), std::memory_order_relaxed); }

 private:
  friend class Metrics;
  static constexpr std::size_t kResults = 3 + static_cast<std::size_t>(Failure::kContent) + 1;

  std::array<std::atomic<std::uint64_t>, kResults> attempts_{};
  std::array<std::atomic<std::uint64_t>, 5> skips_{};  // by SkipReason
  std::atomic<std::uint64_t> cost_{0};  // billionths of a dollar
  Histogram<kSecondsBounds> served_seconds_;
  Histogram<kSecondsBounds> failed_seconds_;
  Histogram<kTokenBounds> prompt_tokens_;
  Histogram<kTokenBounds> completion_tokens_;
};

/// How a question to a service ended.
enum class ServiceResult : std::uint8_t { kAnswered, kTimeout, kFailed, kGarbage, kCancelled };

/// What is counted for one service of one policy.
class ServiceMetrics {
 public:
  void Asked(ServiceResult result, std::chrono::microseconds took);
  /// It was cooling down.
  void PassedOver() { passed_over_.fetch_add(1, std::memory_order_relaxed); }

 private:
  friend class Metrics;
  std::array<std::atomic<std::uint64_t>, 5> results_{};  // by ServiceResult
  std::atomic<std::uint64_t> passed_over_{0};
  Histogram<kSecondsBounds> seconds_;
};

/// All counters of a process. Serving takes no lock.
class Metrics {
 public:
  enum class Counter : std::uint8_t {
    kConnections,         ///< accepted
    kConnectionsRefused,  ///< closed at once: there are too many
    kReloads,
    kReloadsRefused,
    kShadowSame,       ///< requests that the shadow bundle decides alike
    kShadowDifferent,  ///< and differently
    kCount
  };
  enum class Gauge : std::uint8_t { kOpenConnections, kInFlight, kBodyBytes, kCount };

  void Count(Counter counter) { counters_[static_cast<std::size_t>(counter)].fetch_add(1, std::memory_order_relaxed); }
  auto Value(Counter counter) const -> std::uint64_t {
    return counters_[static_cast<std::size_t>(counter)].load(std::memory_order_relaxed);
  }

  /// The new value.
  auto Change(Gauge gauge, std::int64_t by) -> std::int64_t {
    return gauges_[static_cast<std::size_t>(gauge)].fetch_add(by, std::memory_order_relaxed) + by;
  }
  auto Value(Gauge gauge) const -> std::int64_t {
    return gauges_[static_cast<std::size_t>(gauge)].load(std::memory_order_relaxed);
  }

  /// A request was answered: nothing for an answer of an upstream, else the gateway's own error.
  void Answered(std::optional<ApiCode> code);

  struct Labels {
    std::string policy;
    std::string deployment;
    std::string vendor;
    std::string model;

    friend auto operator<=>(const Labels&, const Labels&) = default;
  };
  /// The same object for the same labels. Takes a lock: for loading, not for serving.
  auto For(const Labels& labels) -> std::shared_ptr<DeploymentMetrics>;

  auto ForService(const std::string& policy, const std::string& service) -> std::shared_ptr<ServiceMetrics>;

  /// What the process knows besides the counters.
  struct Now {
    bool log_healthy = true;
    bool spend_healthy = true;
    bool ready = true;
    std::size_t cooling = 0;  ///< deployments
    std::size_t cooling_services = 0;
  };
  /// Prometheus' text format 0.0.4, in a fixed order.
  auto Render(const Now& now) const -> std::string;

 private:
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(Counter::kCount)> counters_{};
  std::array<std::atomic<std::int64_t>, static_cast<std::size_t>(Gauge::kCount)> gauges_{};
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(kLastApiCode) + 2> answers_{};  // the first: answered
  mutable std::mutex mutex_;
  std::map<Labels, std::shared_ptr<DeploymentMetrics>> deployments_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<ServiceMetrics>> services_;  // by policy and service
};

}  // namespace route
