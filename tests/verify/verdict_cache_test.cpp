#include "compiler/verify/verdict_cache.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/ir/policy.h"
#include "compiler/verify/encode.h"
#include "compiler/verify/smt/solver.h"
#include "compiler/verify/verify.h"
#include "tests/random_policy/random_policy.h"

namespace route::verify {
namespace {

constexpr const char* kProgram = "routec test";

auto KeyOf(std::uint8_t number) -> QuestionKey {
  QuestionKey key{};
  key[0] = std::byte{number};
  return key;
}

auto SmallCache() -> VerdictCache {
  VerdictCache cache;
  cache.Add(KeyOf(1), {.exists = false, .classes = {}});
  cache.Add(KeyOf(2), {.exists = true, .classes = {3, 0, 65535}});
  return cache;
}

/// What a report says, as far as a cache could change it.
auto Summary(const VerifyReport& report) -> std::string {
  std::string text = std::to_string(report.uncovered.size()) + " " + std::to_string(report.dead_rules.size()) + " " +
                     std::to_string(report.dead_refusals.size()) + " " + std::to_string(report.redundant_rules.size()) +
                     " " + std::to_string(report.always_hold.size()) + " " +
                     std::to_string(report.untried_tiers.size()) + " " + std::to_string(report.unanswered.size());
  for (const std::size_t count :
       {report.dead_services.size(), report.dearer_spills.size(), report.dead_members.size(), report.idle_parts.size(),
        report.cut_short.size(), report.slow_failovers.size(), report.idle_rules.size(), report.value_gains.size(),
        report.single_losses.size(), report.trivial_guarantees.size()}) {
    text += " " + std::to_string(count);
  }
  for (const IdleRule& each : report.idle_rules) text += " idle " + std::to_string(each.rule.index);
  for (const DeadRoute& each : report.dead_routes) text += " dead " + std::to_string(each.route.index);
  for (const DeadTier& each : report.dead_tiers) text += " tier " + std::to_string(each.route.index);
  for (const Unservable& each : report.unservable) text += " unservable " + std::to_string(each.route.index);
  for (const GuaranteeResult& each : report.guarantees) {
    text += " guarantee " + std::to_string(static_cast<int>(each.verdict)) + each.explanation;
  }
  return text;
}

auto WitnessesOf(const VerifyReport& report) -> std::vector<ir::Request> {
  std::vector<ir::Request> witnesses;
  for (const auto& each : report.uncovered) witnesses.push_back(each.witness);
  for (const auto& each : report.unservable) witnesses.push_back(each.witness);
  for (const auto& each : report.dead_tiers) witnesses.push_back(each.witness);
  for (const auto& each : report.value_gains) witnesses.push_back(each.witness);
  for (const auto& each : report.single_losses) witnesses.push_back(each.witness);
  for (const auto& each : report.guarantees) {
    if (each.witness) witnesses.push_back(*each.witness);
  }
  return witnesses;
}

TEST_CASE("what was written is read, and the same entries give the same bytes") {
  const std::string bytes = SmallCache().Write(kProgram);
  VerdictCache cache;
  REQUIRE(cache.Read(bytes, kProgram).has_value());
  REQUIRE(cache.Find(KeyOf(1)) != nullptr);
  CHECK(*cache.Find(KeyOf(1)) == CachedAnswer{.exists = false, .classes = {}});
  CHECK(*cache.Find(KeyOf(2)) == CachedAnswer{.exists = true, .classes = {3, 0, 65535}});
  CHECK(cache.Find(KeyOf(3)) == nullptr);
  CHECK(SmallCache().Write(kProgram) == bytes);
}

TEST_CASE("nothing of a file is taken that is cut off, changed anywhere, or another program's") {
  const std::string bytes = SmallCache().Write(kProgram);
  const auto refuses = [](const std::string& damaged) {
    VerdictCache cache;
    const auto read = cache.Read(damaged, kProgram);
    return !read && read.error() == "is damaged" && cache.Find(KeyOf(1)) == nullptr;
  };
  for (std::size_t size = 0; size < bytes.size(); ++size) REQUIRE(refuses(bytes.substr(0, size)));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    REQUIRE(refuses(changed));
  }
  CHECK(refuses(bytes + "x"));
  VerdictCache cache;
  const auto foreign = cache.Read(bytes, "routec of tomorrow");
  REQUIRE_FALSE(foreign.has_value());
  CHECK(foreign.error() == "was written by another version of routec");
  CHECK(cache.Find(KeyOf(1)) == nullptr);
}

TEST_CASE("what another run added is taken in, and what this run knows stays") {
  VerdictCache other;
  other.Add(KeyOf(2), {.exists = false, .classes = {}});
  other.Add(KeyOf(3), {.exists = true, .classes = {}});
  VerdictCache cache = SmallCache();
  REQUIRE(cache.Read(other.Write(kProgram), kProgram).has_value());
  CHECK(cache.Find(KeyOf(2))->exists);
  CHECK(cache.Find(KeyOf(3))->exists);
}

TEST_CASE("a question is known by its formula, whatever else there is and whatever it is called") {
  const auto key_of = [](bool with_more, const char* name, const char* third) {
    smt::Solver solver(smt::EngineKind::kSat, 1000);
    if (with_more) solver.Row({"x1", "x2"});
    const std::vector<smt::Term> row = solver.Row({"a >= 1", "a >= 2"}, smt::RowOrder::kByName);
    const std::vector<smt::Term> choice = solver.Choice({"b is p", "b is q", third});
    const smt::Term both = solver.And({row[1], solver.Not(choice[0])});
    solver.Assert(solver.Define(name, both));
    return solver.KeyOf({solver.Or({row[0], choice[1]})});
  };
  CHECK(key_of(false, "n", "b is r") == key_of(true, "m", "b is r"));
  CHECK(key_of(false, "n", "b is r") != key_of(false, "n", "b is s"));  // of a choice one must be true

  smt::Solver solver(smt::EngineKind::kSat, 1000);
  const smt::Term x = solver.Variable("x");
  const smt::Term y = solver.Variable("y");
  CHECK(solver.KeyOf({x}) != solver.KeyOf({solver.Not(x)}));
  CHECK(solver.KeyOf({solver.And({x, y})}) != solver.KeyOf({solver.Or({x, y})}));
  CHECK(smt::Solver(smt::EngineKind::kSat, 999).KeyOf({}) != solver.KeyOf({}));
  CHECK(smt::Solver(smt::EngineKind::kZ3, 1000).KeyOf({}) != solver.KeyOf({}));
}

TEST_CASE("with a cache, however it was filled, a policy's report is what it is without") {
  VerdictCache cache;
  Limits limits;
  limits.depth = Limits::Depth::kAudit;
  std::size_t found = 0;
  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
      CAPTURE(seed);
      ir::Policy policy = random_policy::MakeRandomPolicy(seed, {.requests = 200});
      // In the second round after an edit, so that some questions are the same and others are not.
      if (round == 1 && !policy.rules.empty()) policy.rules.pop_back();
      const VerifyReport without = Verify(policy, limits);
      const VerifyReport with = Verify(policy, limits, &cache);
      const VerifyReport again = Verify(policy, limits, &cache);
      REQUIRE(Summary(with) == Summary(without));
      REQUIRE(WitnessesOf(with) == WitnessesOf(without));
      REQUIRE(Summary(again) == Summary(without));
      REQUIRE(WitnessesOf(again) == WitnessesOf(without));
    }
    CHECK(cache.counts().found > found);
    found = cache.counts().found;
  }
}

void Negate(ir::Condition& condition) {
  ir::Condition negated;
  negated.kind = ir::Condition::Kind::kNot;
  negated.children.push_back(condition);
  condition = std::move(negated);
}

/// Each changes one part of a policy, and leaves it well formed. Lists that are empty stay so.
auto SmallChanges() -> std::vector<std::function<void(ir::Policy&)>> {
  return {
      [](ir::Policy& policy) { if (!policy.rules.empty()) policy.rules.pop_back(); },
      [](ir::Policy& policy) { if (!policy.rules.empty()) Negate(policy.rules.front().when); },
      [](ir::Policy& policy) { if (policy.rules.size() > 1) policy.rules.front().keep = policy.rules.back().keep; },
      [](ir::Policy& policy) { if (!policy.rules.empty()) policy.rules.back().layer = 0; },
      [](ir::Policy& policy) { if (!policy.refusals.empty()) Negate(policy.refusals.front().when); },
      [](ir::Policy& policy) { Negate(policy.routes.back().when); },
      [](ir::Policy& policy) { std::swap(policy.routes.front(), policy.routes.back()); },
      [](ir::Policy& policy) { std::ranges::reverse(policy.routes.front().tiers.front().candidates); },
      [](ir::Policy& policy) { policy.routes.front().tiers.front().limit = 1; },
      [](ir::Policy& policy) { policy.routes.front().tiers.front().retries = 5; },
      [](ir::Policy& policy) { policy.routes.front().tiers.front().within_ms = 1; },
      [](ir::Policy& policy) { policy.routes.front().tiers.back().order = TierOrder::kByWeight; },
      [](ir::Policy& policy) { policy.limits.attempts = 1; },
      [](ir::Policy& policy) { policy.limits.deadline_ms = 1; },
      [](ir::Policy& policy) { if (policy.limits.answer_tokens > 0) policy.limits.answer_tokens += 1000; },
      [](ir::Policy& policy) { if (policy.limits.cost_hundredth_cents > 0) policy.limits.cost_hundredth_cents += 100; },
      [](ir::Policy& policy) { policy.deployments.front().price_out.micros += 40'000'000; },
      [](ir::Policy& policy) { policy.deployments.front().price_in.micros += 40'000'000; },
      [](ir::Policy& policy) { policy.deployments.back().processed_in = ParseCountry("JP").value(); },
      [](ir::Policy& policy) { policy.deployments.back().first_token_ms = Decimal::FromInteger(5000); },
      [](ir::Policy& policy) { policy.deployments.back().vendor = {0}; },
      [](ir::Policy& policy) { policy.vendors.front().headquarters = ParseCountry("JP").value(); },
      [](ir::Policy& policy) { policy.models.front().quality = Decimal::FromInteger(1); },
      [](ir::Policy& policy) { policy.attributes.front().fallback.reset(); },
      [](ir::Policy& policy) { policy.attributes.front().name = "renamed"; },
      [](ir::Policy& policy) { if (!policy.services.empty()) policy.services.front().vendor = {0}; },
      [](ir::Policy& policy) { if (!policy.services.empty()) policy.services.pop_back(); },
      [](ir::Policy& policy) { if (!policy.guarantees.empty()) Negate(policy.guarantees.back().when); },
  };
}

auto NamesAService(const ir::DeploymentTest& test) -> bool {
  return test.kind == ir::DeploymentTest::Kind::kServiceIs || std::ranges::any_of(test.children, NamesAService);
}

TEST_CASE("whichever part of a policy changes, a cache of the policy as it was gives what there is without") {
  Limits limits;
  limits.depth = Limits::Depth::kAudit;
  const auto changes = SmallChanges();
  std::size_t different = 0;
  for (std::uint64_t seed = 500; seed < 540; ++seed) {
    CAPTURE(seed);
    const ir::Policy policy = random_policy::MakeRandomPolicy(seed, {.services = 2, .layers = 2, .weekdays = 30, .requests = 150});
    VerdictCache cache;
    const std::string before = Summary(Verify(policy, limits, &cache));
    for (std::size_t i = 0; i < changes.size(); ++i) {
      CAPTURE(i);
      ir::Policy changed = policy;
      changes[i](changed);
      // A test that names a service by its number would name another one, or none.
      if (changed.services.size() != policy.services.size()) {
        for (ir::Rule& rule : changed.rules) {
          if (NamesAService(rule.keep)) rule.keep = ir::DeploymentTest{};
        }
        std::erase_if(changed.guarantees, [](const ir::Guarantee& guarantee) { return guarantee.name == "guarantee_of_services"; });
      }
      const VerifyReport without = Verify(changed, limits);
      const VerifyReport with = Verify(changed, limits, &cache);
      REQUIRE(Summary(with) == Summary(without));
      REQUIRE(WitnessesOf(with) == WitnessesOf(without));
      different += Summary(with) == before ? 0 : 1;
    }
  }
  CHECK(different > 100);
}

TEST_CASE("a cached witness that is no request is looked for anew") {
  // A policy without routes: every request is uncovered, and the smallest is the first of all.
  ir::Policy policy = random_policy::MakeRandomPolicy(1, {.requests = 200});
  policy.routes.clear();
  policy.guarantees.clear();
  policy.tests.clear();
  const VerifyReport truth = Verify(policy, {});
  const ir::ValueClasses classes(policy);
  smt::Solver solver(smt::EngineKind::kSat, Limits{}.rlimit);
  Encoder encoder(policy, classes, solver);
  const smt::Scope scope(solver);
  solver.Assert(encoder.NotRefused());
  const QuestionKey key = encoder.KeyOfClasses(Encoder::Wanted::kSmallest);

  VerdictCache impossible;
  impossible.Add(key, {.exists = true, .classes = {65535}});
  CHECK(WitnessesOf(Verify(policy, {}, &impossible)) == WitnessesOf(truth));
}

}  // namespace
}  // namespace route::verify
