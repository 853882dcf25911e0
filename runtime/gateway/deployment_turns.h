#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/gateway/attempt_end.h"
#include "runtime/gateway/decided_request.h"
#include "runtime/gateway/deployment_asker.h"
#include "runtime/gateway/request_money.h"
#include "runtime/gateway/state.h"
#include "runtime/gateway/tried.h"
#include "runtime/ledger/record.h"
#include "runtime/upstream/client.h"
#include "runtime/upstream/health.h"

namespace route {

/// Settles whether a deployment is asked when its turn comes, and tells its health and counters what came of it.
class DeploymentTurns {
 public:
  /// What is passed over is noted in `tried`. Everything referred to must outlive it.
  DeploymentTurns(const GatewayState& state, const DecidedRequest& request, const Cancellation& cancellation,
                  DeploymentAsker& asker, RequestMoney& money, Tried& tried);

  /// Leaves the deployment out if asking it would be in vain or would cost more than there is left; else sets the money
  /// for it aside, and the attempt has begun.
  auto PassOver(const StartAttempt& start, TimePoint now) -> bool;

  /// How the attempt ended that was begun last. A stream is judged again at its end.
  void Judge(std::uint32_t deployment, const AttemptEnd& end, TimePoint now, std::chrono::microseconds took);
  void JudgeStream(std::uint32_t deployment, StreamEnd end, TimePoint now);

 private:
  auto Skip(const StartAttempt& start, SkipReason reason, std::string detail, Milliseconds left = {}) -> bool;
  auto Target(std::uint32_t deployment) const -> const ReachableDeployment&;
  auto Settings() const -> HealthSettings;

  const GatewayState& state_;
  const DecidedRequest& request_;
  const Cancellation& cancellation_;
  DeploymentAsker& asker_;
  RequestMoney& money_;
  Tried& tried_;
  Admission admission_;                      // of the attempt that is running
  std::vector<std::string_view> too_small_;  // models whose context window the prompt exceeds
};

}  // namespace route
