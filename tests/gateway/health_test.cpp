// What is remembered of deployments between requests, with a made-up clock; and the attempt loop with it under random
// plans.

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "runtime/upstream/health.h"

namespace {

using namespace route;

constexpr HealthSettings kSettings{Milliseconds(5000)};
const FailedAttempt kLimited{Failure::kRateLimited, {}};
const FailedAttempt kError{Failure::kStatus, {}};
const FailedAttempt kTimeout{Failure::kTimeout, {}};

/// A deployment with a clock.
struct Deployment {
  DeploymentHealth health;
  TimePoint now{std::chrono::hours(1)};

  void Pass(int milliseconds) { now += Milliseconds(milliseconds); }
  auto Admit(Company company = Company::kOthers) -> Admission {
    return health.Admit(company, now, now + Milliseconds(100));
  }
  auto Skips(Company company = Company::kOthers) -> bool { return Admit(company).skip.has_value(); }
  void Fail(const FailedAttempt& failed, unsigned status = 0) { health.Failed(failed, status, kSettings, now); }
};

class Dice final : public Random {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  auto Bits() -> std::uint64_t override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace

TEST_CASE("a rate limit, a broken deployment and a 408 cool down at once") {
  for (const auto& [failed, status, cause] : {std::tuple{kLimited, 429U, CooldownCause::kRateLimited},
                                              {FailedAttempt{Failure::kBroken, {}}, 404U, CooldownCause::kBroken},
                                              {kError, 408U, CooldownCause::kRequestTimeout}}) {
    Deployment one;
    CHECK_FALSE(one.Skips());
    one.Fail(failed, status);
    const Admission admission = one.Admit();
    REQUIRE(admission.skip.has_value());
    CHECK(admission.skip->cause == cause);
    CHECK(admission.skip->left == Milliseconds(5000));
  }
}

TEST_CASE("other failures cool down when more than half of at least five answers within a minute fail") {
  Deployment four;
  for (int i = 0; i < 4; ++i) four.Fail(kError, 500);
  CHECK_FALSE(four.Skips());
  four.Fail(kError, 500);
  CHECK(four.Admit().skip->cause == CooldownCause::kMostFailed);

  Deployment half;
  for (int i = 0; i < 3; ++i) {
    half.health.Succeeded(half.now);
    half.Fail(kTimeout);
  }
  CHECK_FALSE(half.Skips());
  half.Fail(kTimeout);
  CHECK(half.Skips());

  Deployment slow;  // never five within a minute
  for (int i = 0; i < 20; ++i) {
    slow.Fail(kError, 500);
    slow.Pass(20'000);
  }
  CHECK_FALSE(slow.Skips());
}

TEST_CASE("one request probes after the cooldown, and its success opens the deployment for all") {
  Deployment one;
  one.Fail(kLimited, 429);
  one.Pass(4999);
  CHECK(one.Skips());
  one.Pass(1);
  const Admission probe = one.Admit();
  CHECK_FALSE(probe.skip.has_value());
  CHECK(probe.probe);
  CHECK(one.Skips());  // while the probe runs
  one.health.Succeeded(one.now);
  CHECK_FALSE(one.Skips());
  CHECK_FALSE(one.Admit().probe);
  one.Fail(kError, 500);  // what failed before does not count any more
  CHECK_FALSE(one.Skips());
}

TEST_CASE("a probe that fails begins another cooldown, one that says nothing is another's turn") {
  Deployment one;
  one.Fail(kLimited, 429);
  one.Pass(5000);
  CHECK(one.Admit().probe);
  one.Fail(kError, 500);
  CHECK(one.Admit().skip->cause == CooldownCause::kProbeFailed);
  one.Pass(5000);
  const Admission given_up = one.Admit();
  CHECK(given_up.probe);
  one.health.GaveUp(given_up, one.now);
  const Admission next = one.Admit();
  CHECK(next.probe);
  one.Pass(99);
  CHECK(one.Skips());
  one.Pass(1);  // it never reported
  CHECK(one.Admit().probe);
}

TEST_CASE("the window is fixed, and only Retry-After lengthens it") {
  Deployment one;
  one.Fail(kLimited, 429);
  one.Pass(3000);
  one.Fail(kLimited, 429);
  CHECK(one.Admit().skip->left == Milliseconds(2000));
  one.Fail({Failure::kRateLimited, Milliseconds(1000)}, 429);
  CHECK(one.Admit().skip->left == Milliseconds(2000));
  one.Fail({Failure::kRateLimited, Milliseconds(60'000)}, 429);
  CHECK(one.Admit().skip->left == Milliseconds(60'000));
}

TEST_CASE("a deployment that is alone in its tier is left out only when every answer fails") {
  Deployment one;
  one.Fail(kLimited, 429);
  CHECK(one.Skips());
  CHECK_FALSE(one.Skips(Company::kAlone));
  for (int i = 0; i < 3; ++i) one.Fail(kLimited, 429);
  CHECK_FALSE(one.Skips(Company::kAlone));
  one.Fail(kLimited, 429);
  CHECK(one.Skips(Company::kAlone));

  Deployment sometimes;
  sometimes.health.Succeeded(sometimes.now);
  for (int i = 0; i < 20; ++i) sometimes.Fail(kError, 500);
  CHECK(sometimes.Skips());
  CHECK_FALSE(sometimes.Skips(Company::kAlone));
}

TEST_CASE("cooldowns are shown and cleared, and a cooldown of nothing is none") {
  HealthRegistry registry;
  const auto paris = registry.For({"paris", "http://a", "m", ""});
  CHECK(registry.For({"paris", "http://a", "m", ""}) == paris);
  CHECK(registry.For({"paris", "http://a", "m", "OTHER_KEY"}) != paris);
  const TimePoint now{std::chrono::hours(1)};
  paris->Failed(kLimited, 429, kSettings, now);
  REQUIRE(registry.Cooldowns(now).size() == 1);
  CHECK(registry.Cooldowns(now)[0].deployment.name == "paris");
  CHECK(registry.Clear("berlin", now) == 0);
  CHECK(registry.Clear("paris", now) == 1);
  CHECK(registry.Cooldowns(now).empty());
  paris->Failed(kLimited, 429, {Milliseconds(0)}, now);
  CHECK(registry.Cooldowns(now).empty());
}

TEST_CASE("many threads see one probe") {
  Deployment one;
  one.Fail(kLimited, 429);
  one.Pass(5000);
  std::atomic<int> probes{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 1000; ++j) probes += one.Admit().probe ? 1 : 0;
      });
    }
  }
  CHECK(probes == 1);
}

// Random plans, failures, cooldowns and clocks. Whatever happens, an attempt goes to a deployment of the current tier
// that the decision allows and that is not cooling down, at a time and in a number within the limits, and the chain
// ends.
TEST_CASE("every attempt is inside the allowed set and inside its bounds") {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Dice dice(seed);
    const auto chance = [&](std::uint64_t in) { return dice.Below(in) == 0; };
    constexpr std::uint32_t kDeployments = 8;
    Decision decision;
    decision.outcome = Outcome::kRouted;
    for (std::uint32_t i = 0; i < kDeployments; ++i) decision.allowed[0] |= std::uint64_t{!chance(4)} << i;
    std::vector<DrawnTier> tiers(1 + dice.Below(4));
    for (DrawnTier& tier : tiers) {
      for (std::uint32_t i = 0; i < kDeployments; ++i) {
        // Once in a while a plan that is not what the decision allows: the loop must not believe it.
        if (chance(3) && (decision.Allows(i) || chance(50))) tier.deployments.push_back(i);
      }
      if (chance(2)) tier.within_ms = 1 + static_cast<std::uint32_t>(dice.Below(2000));
      if (chance(2)) tier.retries = static_cast<std::uint32_t>(dice.Below(5));
    }
    const Limits limits{1 + static_cast<std::uint32_t>(dice.Below(12)),
                        1 + static_cast<std::uint32_t>(dice.Below(5000))};
    std::map<std::uint32_t, DeploymentHealth> health;
    const TimePoint begin{std::chrono::hours(dice.Below(100'000))};
    for (std::uint32_t i = 0; i < kDeployments; ++i) {
      if (chance(3))
        health[i].Failed({Failure::kRateLimited, Milliseconds(dice.Below(3000))}, 429,
                         {Milliseconds(1 + dice.Below(2000))}, begin);
    }
    TimePoint now = begin;
    AttemptLoop loop(decision, tiers, {limits, Milliseconds(1 + dice.Below(300))}, dice, begin);
    std::uint32_t attempts = 0;
    std::uint32_t last_tier = 0;
    std::set<std::uint32_t> broken;
    std::size_t steps = 0;
    for (;;) {
      REQUIRE_MESSAGE(++steps < 2000, "seed ", seed);
      const AttemptStep step = loop.Next(now);
      if (const auto* stop = std::get_if<StopAttempts>(&step)) {
        if (stop->reason == StopAttempts::Reason::kDeadline) REQUIRE(now >= begin + Milliseconds(limits.deadline_ms));
        break;
      }
      if (const auto* wait = std::get_if<WaitUntil>(&step)) {
        REQUIRE(wait->time > now);
        REQUIRE(wait->time < begin + Milliseconds(limits.deadline_ms));
        now = wait->time + Milliseconds(dice.Below(3));
        continue;
      }
      const auto& start = std::get<StartAttempt>(step);
      REQUIRE(decision.Allows(start.deployment));
      const auto& named = tiers[start.tier].deployments;
      REQUIRE(std::ranges::find(named, start.deployment) != named.end());
      REQUIRE(start.alone == (named.size() == 1));
      REQUIRE(start.tier >= last_tier);
      REQUIRE(!broken.contains(start.deployment));
      REQUIRE(start.number == attempts + 1);
      REQUIRE(start.number <= limits.attempts);
      REQUIRE(now < start.answer_by);
      REQUIRE(start.answer_by <= start.deadline);
      REQUIRE(start.deadline == begin + Milliseconds(limits.deadline_ms));
      last_tier = start.tier;
      const Admission admission =
          health[start.deployment].Admit(start.alone ? Company::kAlone : Company::kOthers, now, start.answer_by);
      if (admission.skip || chance(10)) {
        health[start.deployment].GaveUp(admission, now);
        loop.PassedOver();
        continue;
      }
      ++attempts;
      now = std::min(now + Milliseconds(dice.Below(400)), start.answer_by);
      if (chance(8)) {
        health[start.deployment].Succeeded(now);
        break;
      }
      FailedAttempt failed{static_cast<Failure>(dice.Below(static_cast<std::uint64_t>(Failure::kContent) + 1)), {}};
      if (chance(3)) failed.retry_after = Milliseconds(dice.Below(3000));
      if (failed.failure >= Failure::kBroken) broken.insert(start.deployment);
      health[start.deployment].Failed(failed, chance(4) ? 408 : 500, {Milliseconds(dice.Below(2000))}, now);
      loop.Failed(failed, now);
    }
  }
}
