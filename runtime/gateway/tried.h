#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/gateway/api_error.h"
#include "runtime/gateway/attempt_end.h"
#include "runtime/gateway/metrics.h"
#include "runtime/ledger/record.h"
#include "runtime/upstream/attempts.h"
#include "runtime/values/schema.h"

namespace route {

/// What became of the deployments of one request's plan so far, and what the caller is told if none of them serves.
class Tried {
 public:
  /// The policy's.
  explicit Tried(const Limits& limits) : limits_(limits) {}

  void Attempted(AttemptRecord record) { attempts_.push_back(std::move(record)); }

  /// A model cannot serve the request, and this is how its upstream says so. The first one is kept.
  void Refused(CallerErrorAnswer answer);

  /// `tier` is an index into Table::tiers(); `left` is of a cooldown.
  void PassedOver(std::uint32_t deployment, std::uint32_t tier, SkipReason reason, std::string detail,
                  Milliseconds left);

  auto attempts() const -> std::span<const AttemptRecord> { return attempts_; }
  auto skipped() const -> std::span<const SkipRecord> { return skipped_; }

  /// Until the first of the cooldowns that were met ends.
  auto soonest() const -> std::optional<Milliseconds> { return soonest_; }

  /// The answer, if every deployment said that its model cannot serve this request. Else another try may help, and
  /// there is none.
  auto Refusal() -> CallerErrorAnswer*;

  /// What the caller is told when no more is tried.
  auto ErrorOf(StopAttempts::Reason reason) const -> ApiError;

 private:
  auto FirstSkipped(SkipReason reason) const -> const SkipRecord*;
  auto Skipped(SkipReason reason) const -> bool;
  auto OnlyUntranslatable() const -> bool;
  auto ErrorOfExhausted() const -> ApiError;

  Limits limits_;
  std::vector<AttemptRecord> attempts_;
  std::vector<SkipRecord> skipped_;
  std::optional<CallerErrorAnswer> refusal_;
  std::optional<Milliseconds> soonest_;
};

}  // namespace route
