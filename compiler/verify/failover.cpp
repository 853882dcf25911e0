#include <algorithm>
#include <map>
#include <optional>
#include <vector>

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

/// Of its `within`, what the tiers before it leave up to the deadline, if that is something and not all of it.
auto TimeLeft(const ir::Policy& policy, const ir::Route& route, std::uint32_t tier) -> std::optional<std::uint64_t> {
  const std::optional<std::uint64_t> before = TimeBefore(route, tier);
  const std::optional<std::uint32_t>& within = route.tiers.at(tier).within_ms;
  if (!before || !within || *before >= policy.limits.deadline_ms) return std::nullopt;
  const std::uint64_t left = policy.limits.deadline_ms - *before;
  return *within > left ? std::optional(left) : std::nullopt;
}

/// The retries for which a tier has time after a first attempt, if each takes as long as the fastest deployment's first
/// token; if these are fewer than it states, and the catalogue says how fast each is.
auto RetriesInTime(const ir::Policy& policy, const ir::Tier& tier) -> std::optional<std::uint64_t> {
  if (!tier.retries) return std::nullopt;
  const std::optional<Times> times = TimesOf(policy, tier);
  if (!times || times->fastest <= 0) return std::nullopt;
  const std::int64_t time = std::int64_t{tier.within_ms.value_or(policy.limits.deadline_ms)} * Decimal::kScale;
  const std::int64_t attempts = std::max<std::int64_t>(time / times->fastest, 1);
  return attempts - 1 < *tier.retries ? std::optional<std::uint64_t>(attempts - 1) : std::nullopt;
}

/// The most retries of a tier that the limit of the attempts leaves a request. kNo: the tier has none, or is never tried,
/// which R0503, R0508 and R0509 say.
struct MostRetries {
  smt::Answer answer = smt::Answer::kNo;
  std::uint32_t retries = 0;
};

auto FindMostRetries(Encoder& encoder, RouteId id, std::uint32_t tier) -> MostRetries {
  const ir::Policy& policy = encoder.policy();
  const ir::Route& route = policy.routes.at(id.index);
  const std::uint32_t stated = route.tiers.at(tier).retries.value_or(0);
  if (stated == 0) return {};
  if (MostAttemptsBefore(route, tier + 1) <= policy.limits.attempts) return {smt::Answer::kYes, stated};
  const auto ask = [&](smt::Term what) {
    std::vector<smt::Term> assumed = encoder.Decides(id);
    assumed.push_back(what);
    return encoder.Ask(assumed);
  };
  if (const smt::Answer tried = ask(CanBeTried(encoder, route, tier)); tried != smt::Answer::kYes) return {tried};
  std::uint32_t possible = 0;  // or not even all first attempts are
  std::uint32_t most = std::min(stated, policy.limits.attempts);
  while (possible < most) {
    const std::uint32_t middle = most - (most - possible) / 2;
    switch (ask(CanBeRetried(encoder, route, tier, middle))) {
      case smt::Answer::kYes:
        possible = middle;
        break;
      case smt::Answer::kNo:
        most = middle - 1;
        break;
      case smt::Answer::kUnknown:
        return {smt::Answer::kUnknown};
    }
  }
  return {smt::Answer::kYes, possible};
}

/// The first earlier tier that tries something of this one, if those before it try all that it can try: each candidate by itself, or
/// as many of the same candidates in the same order.
auto WhoTriesAll(const std::vector<ir::Tier>& tiers, std::uint32_t tier, const std::map<DeploymentId, std::uint32_t>& tried_in)
    -> std::optional<std::uint32_t> {
  const ir::Tier& here = tiers.at(tier);
  for (std::uint32_t t = 0; t < tier; ++t) {
    const bool is_as_many = here.limit && tiers[t].limit && *here.limit <= *tiers[t].limit;
    if (is_as_many && std::ranges::equal(here.candidates, tiers[t].candidates, {}, &ir::Candidate::deployment, &ir::Candidate::deployment)) {
      return t;
    }
  }
  std::optional<std::uint32_t> first;
  for (const ir::Candidate& candidate : here.candidates) {
    const auto tried = tried_in.find(candidate.deployment);
    if (tried == tried_in.end()) return std::nullopt;
    first = std::min(first.value_or(tried->second), tried->second);
  }
  return first;
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

// What a tier waits for before its own time counts, and what its own retries take, the catalogue and the chain say.
auto FindCutShort(Encoder& encoder) -> Findings<CutShort> {
  const ir::Policy& policy = encoder.policy();
  Findings<CutShort> findings;
  for (std::uint32_t i = 0; i < policy.routes.size(); ++i) {
    const ir::Route& route = policy.routes[i];
    for (std::uint32_t t = 0; t < route.tiers.size(); ++t) {
      const ir::Tier& tier = route.tiers[t];
      if (const auto left = TimeLeft(policy, route, t)) {
        findings.found.push_back(
            {.route = {i}, .tier = t, .by = CutShort::By::kDeadline, .promised = *tier.within_ms, .left = *left});
      }
      if (const auto left = RetriesInTime(policy, tier)) {
        findings.found.push_back(
            {.route = {i}, .tier = t, .by = CutShort::By::kTime, .promised = *tier.retries, .left = *left});
      }
      const MostRetries most = FindMostRetries(encoder, {i}, t);
      if (most.answer == smt::Answer::kUnknown) {
        findings.unanswered.push_back({"are all retries of the tier `" + tier.label + "` of route `" + route.name +
                                           "` ever made", tier.span});
      }
      if (most.answer != smt::Answer::kYes || most.retries == *tier.retries) continue;
      findings.found.push_back(
          {.route = {i}, .tier = t, .by = CutShort::By::kAttempts, .promised = *tier.retries, .left = most.retries});
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

auto FindRepeatedTiers(const Encoder& encoder) -> std::vector<RepeatedTier> {
  const ir::Policy& policy = encoder.policy();
  std::vector<RepeatedTier> found;
  for (std::uint32_t i = 0; i < policy.routes.size(); ++i) {
    const std::vector<ir::Tier>& tiers = policy.routes[i].tiers;
    std::map<DeploymentId, std::uint32_t> tried_in;  // the first tier that tries it for each request that allows it
    for (std::uint32_t t = 0; t < tiers.size(); ++t) {
      const ir::Tier& tier = tiers[t];
      const auto first = WhoTriesAll(tiers, t, tried_in);
      if (first && !tier.retries && !tier.within_ms) found.push_back({.route = {i}, .tier = t, .first = *first});
      if (tier.limit) continue;  // how many of the catalogue it takes all of is for the catalogue to say
      for (const ir::Candidate& candidate : tier.candidates) tried_in.try_emplace(candidate.deployment, t);
    }
  }
  return found;
}

}  // namespace route::verify
