#include "runtime/gateway/deployment_turns.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace route {

DeploymentTurns::DeploymentTurns(const GatewayState& state, const DecidedRequest& request,
                                 const Cancellation& cancellation, DeploymentAsker& asker, RequestMoney& money,
                                 Tried& tried)
    : state_(state), request_(request), cancellation_(cancellation), asker_(asker), money_(money), tried_(tried) {}

auto DeploymentTurns::PassOver(const StartAttempt& start, TimePoint now) -> bool {
  if (auto way = asker_.WayTo(start.deployment); !way) {
    return Skip(start, SkipReason::kNotTranslatable, std::move(way.error()));
  }
  const std::string_view model = request_.policy->table.deployments()[start.deployment].model;
  if (std::ranges::find(too_small_, model) != too_small_.end()) {
    return Skip(start, SkipReason::kSameModel, std::string(model));
  }
  if (auto set_aside = money_.SetAside(start.deployment); !set_aside) {
    return Skip(start, set_aside.error().reason, std::move(set_aside.error().detail));
  }
  const Company company = start.alone ? Company::kAlone : Company::kOthers;
  admission_ = Target(start.deployment).health->Admit(company, now, start.answer_by);
  if (!admission_.skip) {
    money_.Begin();
    return false;
  }
  money_.GiveBack();
  return Skip(start, SkipReason::kCooldown, std::string(CooldownCauseName(admission_.skip->cause)),
              admission_.skip->left);
}

auto DeploymentTurns::Skip(const StartAttempt& start, SkipReason reason, std::string detail, Milliseconds left)
    -> bool {
  Target(start.deployment).metrics->PassedOver(reason);
  tried_.PassedOver(start.deployment, request_.drawn[start.tier].tier, reason, std::move(detail), left);
  return true;
}

void DeploymentTurns::Judge(std::uint32_t deployment, const AttemptEnd& end, TimePoint now,
                            std::chrono::microseconds took) {
  DeploymentHealth& health = *Target(deployment).health;
  DeploymentMetrics& metrics = *Target(deployment).metrics;
  const auto* failed = std::get_if<AttemptFailed>(&end);
  if (failed == nullptr) {
    if (std::holds_alternative<StreamServed>(end)) {
      health.Began();
    } else {
      health.Succeeded(now);
    }
    const bool mistake = std::holds_alternative<CallerErrorAnswer>(end);
    return metrics.Attempted(mistake ? AttemptResult::kCallerError : AttemptResult::kServed, took);
  }
  if (cancellation_.cancelled()) {
    health.GaveUp(admission_, now);
    return metrics.Attempted(AttemptResult::kCancelled, took);
  }
  const Failure failure = failed->failed.failure;
  if (failure == Failure::kTooLong) too_small_.push_back(request_.policy->table.deployments()[deployment].model);
  if (failure == Failure::kTooLong || failure == Failure::kContent) {
    health.Succeeded(now);  // it is the request that it cannot serve
  } else {
    health.Failed(failed->failed, failed->status, Settings(), now);
  }
  metrics.Attempted(failure, took);
}

void DeploymentTurns::JudgeStream(std::uint32_t deployment, StreamEnd end, TimePoint now) {
  DeploymentHealth& health = *Target(deployment).health;
  if (end == StreamEnd::kCompleted) health.Succeeded(now);
  if (end == StreamEnd::kInterrupted && !cancellation_.cancelled()) {
    health.Failed({Failure::kReset, std::nullopt}, 0, Settings(), now);
  }
}

auto DeploymentTurns::Target(std::uint32_t deployment) const -> const ReachableDeployment& {
  return request_.policy->deployments[deployment];
}

auto DeploymentTurns::Settings() const -> HealthSettings {
  return {Milliseconds(state_.config.cooldown_ms)};
}

}  // namespace route
