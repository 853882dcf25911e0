#include <algorithm>
#include <optional>

#include "compiler/verify/questions.h"
#include "compiler/verify/violation.h"

namespace route::verify {
namespace {

/// The milliseconds after which the tier is given up at the latest, if every tier before it waits as long as it may.
/// Nothing if one of them has no time of its own: then it is the deadline that ends it.
auto TimeBefore(const ir::Route& route, std::uint32_t tier) -> std::optional<std::uint64_t> {
  std::uint64_t milliseconds = 0;
  for (std::uint32_t i = 0; i < tier; ++i) {
    if (!route.tiers[i].within_ms) return std::nullopt;
    milliseconds += *route.tiers[i].within_ms;
  }
  return milliseconds;
}

struct Times {
  std::int64_t fastest = 0;
  std::int64_t slowest = 0;
};

/// To the first token, of all deployments of a tier; nothing if the catalogue does not say so of each.
auto TimesOf(const ir::Policy& policy, const ir::Tier& tier) -> std::optional<Times> {
  std::optional<Times> times;
  for (const ir::Candidate& candidate : tier.candidates) {
    const std::optional<Decimal>& time = policy.deployments.at(candidate.deployment.index).first_token_ms;
    if (!time) return std::nullopt;
    if (!times) times = Times{time->micros, time->micros};
    times->fastest = std::min(times->fastest, time->micros);
    times->slowest = std::max(times->slowest, time->micros);
  }
  return times;
}

}  // namespace

auto FindUntriedTiers(Encoder& encoder) -> Findings<UntriedTier> {
  const ir::Policy& policy = encoder.policy();
  Findings<UntriedTier> findings;
  for (std::uint32_t i = 0; i < policy.routes.size(); ++i) {
    const ir::Route& route = policy.routes[i];
    for (std::uint32_t t = 1; t < route.tiers.size(); ++t) {
      if (const auto time = TimeBefore(route, t); time && *time >= policy.limits.deadline_ms) {
        findings.found.push_back({.route = {i}, .tier = t, .limit = UntriedTier::Limit::kDeadline, .used = *time});
        continue;
      }
      const std::uint64_t attempts = MostAttemptsBefore(route, t);
      if (attempts < policy.limits.attempts) continue;
      std::vector<smt::Term> assumed = encoder.Decides({i});
      std::vector<smt::Term> reached = assumed;
      assumed.push_back(CanBeTried(encoder, route, t));
      reached.push_back(encoder.SomeReached(route.tiers[t]));
      switch (encoder.Ask(assumed)) {
        case smt::Answer::kYes:
          break;
        case smt::Answer::kNo:
          // What nothing reaches at all is for R0503 and R0508 to say.
          if (encoder.Ask(reached) != smt::Answer::kYes) break;
          findings.found.push_back({.route = {i},
                                    .tier = t,
                                    .limit = UntriedTier::Limit::kAttempts,
                                    .used = attempts});
          break;
        case smt::Answer::kUnknown:
          findings.unanswered.push_back({"is the tier `" + route.tiers[t].label + "` of route `" + route.name +
                                             "` ever tried", route.tiers[t].span});
          break;
      }
    }
  }
  return findings;
}

auto FindSlowFailovers(const Encoder& encoder) -> std::vector<SlowFailover> {
  const ir::Policy& policy = encoder.policy();
  std::vector<SlowFailover> found;
  for (std::uint32_t i = 0; i < policy.routes.size(); ++i) {
    const std::vector<ir::Tier>& tiers = policy.routes[i].tiers;
    for (std::uint32_t t = 0; t + 1 < tiers.size(); ++t) {
      if (!tiers[t].within_ms) continue;
      const std::optional<Times> here = TimesOf(policy, tiers[t]);
      const std::optional<Times> next = TimesOf(policy, tiers[t + 1]);
      if (!here || !next || next->fastest <= here->slowest) continue;
      found.push_back({.route = {i}, .tier = t, .slowest_ms = here->slowest, .next_ms = next->fastest});
    }
  }
  return found;
}

}  // namespace route::verify
