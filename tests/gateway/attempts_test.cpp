// The attempt loop and what it reads of answers, with a made-up clock, made-up upstreams and fixed draws.

#include <algorithm>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include "runtime/upstream/answer.h"
#include "runtime/upstream/attempts.h"
#include "runtime/upstream/caller_error.h"
#include "runtime/upstream/content_meter.h"
#include "runtime/upstream/endpoint.h"
#include "tests/gateway/make_bundle.h"

namespace {

using namespace route;

class Dice final : public Random {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  auto Bits() -> std::uint64_t override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

auto Allowing(std::initializer_list<std::uint32_t> deployments) -> Decision {
  Decision decision;
  decision.outcome = Outcome::kRouted;
  for (const std::uint32_t deployment : deployments)
    decision.allowed[deployment / 64] |= std::uint64_t{1} << (deployment % 64);
  return decision;
}

auto Tier(std::vector<std::uint32_t> deployments) -> DrawnTier {
  return {0, std::move(deployments), {}, {}, {}};
}

/// Drives a loop as a gateway would: every attempt takes `step` and fails as `failures` says, in turn; the last one
/// repeats. Gives the deployments in the order in which they were tried.
struct Run {
  std::vector<std::uint32_t> tried;
  std::vector<Milliseconds> waits;
  StopAttempts::Reason reason = StopAttempts::Reason::kExhausted;
  TimePoint end;
};
auto Drive(const Decision& decision, const std::vector<DrawnTier>& tiers, Limits limits,
           const std::vector<FailedAttempt>& failures, Milliseconds step) -> Run {
  Dice dice(1);
  TimePoint now{};
  AttemptLoop loop(decision, tiers, {limits, Milliseconds(100)}, dice, now);
  Run run;
  for (;;) {
    const AttemptStep next = loop.Next(now);
    if (const auto* wait = std::get_if<WaitUntil>(&next)) {
      run.waits.push_back(std::chrono::duration_cast<Milliseconds>(wait->time - now));
      now = wait->time;
    } else if (const auto* stop = std::get_if<StopAttempts>(&next)) {
      run.reason = stop->reason;
      run.end = now;
      return run;
    } else {
      const auto& start = std::get<StartAttempt>(next);
      run.tried.push_back(start.deployment);
      CHECK(start.number == run.tried.size());
      const auto& failure = failures[std::min(run.tried.size(), failures.size()) - 1];
      now = std::min(now + step, start.answer_by);
      loop.Failed(failure, now);
    }
  }
}

const FailedAttempt kError{Failure::kStatus, {}};
const FailedAttempt kBrokenOne{Failure::kBroken, {}};
using List = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("without retries each deployment gets one attempt, tier by tier") {
  const auto run = Drive(Allowing({1, 2, 3}), {Tier({1, 2}), Tier({3, 1})}, {10, 1000}, {kError}, Milliseconds(1));
  CHECK(run.tried == List{1, 2, 3, 1});
  CHECK(run.waits.empty());
  CHECK(run.reason == StopAttempts::Reason::kExhausted);
}

TEST_CASE("retries go round the tier with a growing pause") {
  auto tier = Tier({1, 2});
  tier.retries = 4;
  const auto run = Drive(Allowing({1, 2, 3}), {tier, Tier({3})}, {10, 10'000}, {kError}, Milliseconds(1));
  CHECK(run.tried == List{1, 2, 1, 2, 1, 2, 3});
  REQUIRE(run.waits.size() == 2);
  CHECK(run.waits[0] >= Milliseconds(50));
  CHECK(run.waits[0] <= Milliseconds(100));
  CHECK(run.waits[1] >= Milliseconds(100));
  CHECK(run.waits[1] <= Milliseconds(200));
}

TEST_CASE("retries come on top of one attempt for each deployment") {
  auto tier = Tier({1, 2, 3});
  for (const auto& [retries, tried] : {std::pair<std::uint32_t, List>{0, {1, 2, 3}},
                                       {1, {1, 2, 3, 1}},
                                       {3, {1, 2, 3, 1, 2, 3}},
                                       {4, {1, 2, 3, 1, 2, 3, 1}}}) {
    tier.retries = retries;
    CHECK(Drive(Allowing({1, 2, 3}), {tier}, {10, 10'000}, {kError}, Milliseconds(1)).tried == tried);
  }
}

TEST_CASE("a deployment that is set up wrongly is not asked again") {
  auto tier = Tier({1, 2});
  tier.retries = 3;
  const auto run = Drive(Allowing({1, 2}), {tier, Tier({1, 2})}, {10, 10'000}, {kBrokenOne, kError}, Milliseconds(1));
  CHECK(run.tried == List{1, 2, 2, 2, 2, 2});
  auto three = Tier({1, 2, 3});
  three.retries = 3;
  const auto rest = Drive(Allowing({1, 2, 3}), {three}, {10, 10'000}, {kBrokenOne, kError}, Milliseconds(1));
  CHECK(rest.tried == List{1, 2, 3, 2, 3, 2});
  const auto all = Drive(Allowing({1, 2, 3}), {three}, {10, 10'000}, {kBrokenOne}, Milliseconds(1));
  CHECK(all.tried == List{1, 2, 3});
}

TEST_CASE("the cap on attempts") {
  auto tier = Tier({1});
  tier.retries = 100;
  CHECK(Drive(Allowing({1}), {tier}, {3, 100'000}, {kError}, Milliseconds(1)).tried.size() == 3);
}

TEST_CASE("a tier's time ends its attempts, and the deadline all of them") {
  auto slow = Tier({1, 2});
  slow.within_ms = 100;
  const auto next = Drive(Allowing({1, 2, 3}), {slow, Tier({3})}, {10, 1000}, {kError}, Milliseconds(500));
  CHECK(next.tried == List{1, 3});
  CHECK(next.reason == StopAttempts::Reason::kExhausted);
  const auto late = Drive(Allowing({1, 2, 3}), {Tier({1, 2, 3})}, {10, 1000}, {kError}, Milliseconds(500));
  CHECK(late.tried == List{1, 2});
  CHECK(late.reason == StopAttempts::Reason::kDeadline);
}

TEST_CASE("Retry-After delays a deployment within the time left, and drops it beyond") {
  auto tier = Tier({1, 2});
  tier.retries = 2;
  const FailedAttempt soon{Failure::kRateLimited, Milliseconds(700)};
  const auto patient = Drive(Allowing({1, 2}), {tier}, {10, 10'000}, {soon, kError}, Milliseconds(1));
  CHECK(patient.tried == List{1, 2, 2, 1});  // 2 is ready first
  const FailedAttempt late{Failure::kRateLimited, Milliseconds(60'000)};
  auto alone = Tier({1});
  alone.retries = 5;
  CHECK(Drive(Allowing({1}), {alone}, {10, 10'000}, {late}, Milliseconds(1)).tried == List{1});
}

TEST_CASE("a plan that holds what is not allowed stops everything") {
  const auto run = Drive(Allowing({1}), {Tier({1, 2})}, {10, 1000}, {kError}, Milliseconds(1));
  CHECK(run.tried == List{1});
  CHECK(run.reason == StopAttempts::Reason::kNotAllowed);
}

TEST_CASE("whatever fails, attempts stay inside the allowed set, the plan and the bounds") {
  std::mt19937_64 dice(20260301);
  const auto below = [&](std::uint64_t bound) { return static_cast<std::uint32_t>(dice() % bound); };
  for (int round = 0; round < 5000; ++round) {
    Decision decision;
    decision.outcome = Outcome::kRouted;
    const std::uint32_t deployments = 1 + below(200);
    for (std::uint32_t d = 0; d < deployments; ++d) {
      if (below(3) != 0) decision.allowed[d / 64] |= std::uint64_t{1} << (d % 64);
    }
    std::vector<DrawnTier> tiers(1 + below(4));
    for (DrawnTier& tier : tiers) {
      for (std::uint32_t n = below(6) + 1; n > 0; --n) {
        const std::uint32_t d = below(deployments);
        const bool seldom_wrong = below(200) == 0;  // stands for a broken plan
        if (!decision.Allows(d) && !seldom_wrong) continue;
        if (std::ranges::find(tier.deployments, d) == tier.deployments.end()) tier.deployments.push_back(d);
      }
      if (below(2) == 0) tier.within_ms = 1 + below(3000);
      if (below(2) == 0) tier.retries = below(6);
    }
    const Limits limits{1 + below(8), 1 + below(5000)};
    Dice draws(dice());
    const TimePoint start{Milliseconds(below(1'000'000))};
    TimePoint now = start;
    AttemptLoop loop(decision, tiers, {limits, Milliseconds(1 + below(300))}, draws, start);
    std::uint32_t attempts = 0;
    std::vector<std::uint32_t> in_tier(tiers.size(), 0);
    std::vector<TimePoint> entered(tiers.size(), TimePoint::max());
    std::vector<std::uint32_t> broken;
    std::uint32_t last_tier = 0;
    for (int steps = 0;; ++steps) {
      REQUIRE(steps < 100);
      const AttemptStep next = loop.Next(now);
      if (const auto* wait = std::get_if<WaitUntil>(&next)) {
        REQUIRE(wait->time > now);
        REQUIRE(wait->time < start + Milliseconds(limits.deadline_ms));
        now = wait->time;
        continue;
      }
      if (const auto* stop = std::get_if<StopAttempts>(&next)) {
        if (stop->reason == StopAttempts::Reason::kDeadline) REQUIRE(now >= start + Milliseconds(limits.deadline_ms));
        if (stop->reason == StopAttempts::Reason::kNotAllowed) {
          const bool wrong = std::ranges::any_of(tiers, [&](const DrawnTier& tier) {
            return std::ranges::any_of(tier.deployments, [&](std::uint32_t d) { return !decision.Allows(d); });
          });
          REQUIRE(wrong);
        }
        break;
      }
      const auto& attempt = std::get<StartAttempt>(next);
      ++attempts;
      ++in_tier[attempt.tier];
      entered[attempt.tier] = std::min(entered[attempt.tier], now);
      const DrawnTier& tier = tiers[attempt.tier];
      REQUIRE(decision.Allows(attempt.deployment));
      REQUIRE(std::ranges::find(tier.deployments, attempt.deployment) != tier.deployments.end());
      REQUIRE(std::ranges::find(broken, attempt.deployment) == broken.end());
      REQUIRE(attempt.tier >= last_tier);
      REQUIRE(attempts <= limits.attempts);
      REQUIRE(in_tier[attempt.tier] <= tier.deployments.size() + tier.retries.value_or(0));
      REQUIRE(now < attempt.answer_by);
      REQUIRE(attempt.answer_by <= attempt.deadline);
      REQUIRE(attempt.deadline == start + Milliseconds(limits.deadline_ms));
      if (tier.within_ms) REQUIRE(attempt.answer_by <= entered[attempt.tier] + Milliseconds(*tier.within_ms));
      last_tier = attempt.tier;
      FailedAttempt failed{static_cast<Failure>(below(9)), {}};
      if (below(3) == 0) failed.retry_after = Milliseconds(below(4000));
      if (failed.failure == Failure::kBroken) broken.push_back(attempt.deployment);
      now = std::min(now + Milliseconds(below(1500)), attempt.answer_by);
      loop.Failed(failed, now);
    }
  }
}

TEST_CASE("when every attempt fails in a way that may pass, each tier goes round its deployments to the end") {
  std::mt19937_64 dice(20260302);
  const auto below = [&](std::uint64_t bound) { return static_cast<std::uint32_t>(dice() % bound); };
  for (int round = 0; round < 500; ++round) {
    std::vector<DrawnTier> tiers(1 + below(4));
    List expected;
    for (DrawnTier& tier : tiers) {
      for (std::uint32_t d = 1 + below(5); d > 0; --d) tier.deployments.push_back(d);
      if (below(2) == 0) tier.retries = below(8);
      const std::size_t size = tier.deployments.size();
      for (std::size_t i = 0; i < size + tier.retries.value_or(0); ++i) expected.push_back(tier.deployments[i % size]);
    }
    const Limits limits{1 + below(40), 100'000'000};
    expected.resize(std::min<std::size_t>(expected.size(), limits.attempts));
    REQUIRE(Drive(Allowing({1, 2, 3, 4, 5}), tiers, limits, {kError}, Milliseconds(1)).tried == expected);
  }
}

TEST_CASE("draws by weight follow the weights and can be replayed") {
  const auto table = Table::FromBytes(testing::SamplePolicy(testing::Verified::kYes));
  REQUIRE(table.has_value());
  std::uint32_t by_weight = 0;
  while (table->tiers()[by_weight].order != TierOrder::kByWeight) ++by_weight;
  const std::vector<PlanTier> plan = {{by_weight, {{2, 3}, {0, 1}, {1, 4}}}};
  Dice dice(7);
  std::vector<int> first(3, 0);
  for (int i = 0; i < 8000; ++i) {
    const DrawnTier tier = DrawTiers(*table, plan, dice).front();
    REQUIRE(tier.draws.size() == 2);
    std::vector<CandidateView> left = plan[0].deployments;
    for (std::size_t pick = 0; pick < 3; ++pick) {
      std::uint64_t draw = pick < 2 ? tier.draws[pick] : 0;
      std::size_t at = 0;
      while (draw >= left[at].weight) draw -= left[at++].weight;
      REQUIRE(left[at].deployment == tier.deployments[pick]);
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(at));
    }
    ++first[tier.deployments[0]];
  }
  CHECK(std::abs(first[2] - 3000) < 250);
  CHECK(std::abs(first[0] - 1000) < 250);
  CHECK(std::abs(first[1] - 4000) < 250);
}

TEST_CASE("status codes") {
  const auto failure = [](unsigned status) { return std::get<Failure>(MeaningOf(status)); };
  CHECK(std::holds_alternative<Answered>(MeaningOf(200)));
  for (const unsigned status : {401U, 402U, 403U, 404U, 301U, 302U, 307U}) CHECK(failure(status) == Failure::kBroken);
  for (const unsigned status : {408U, 409U, 425U, 500U, 502U, 503U, 529U, 599U})
    CHECK(failure(status) == Failure::kStatus);
  CHECK(failure(429) == Failure::kRateLimited);
  for (const unsigned status : {400U, 413U, 422U}) CHECK(std::holds_alternative<CallerMistake>(MeaningOf(status)));
  for (const unsigned status : {101U, 600U, 0U}) CHECK(failure(status) == Failure::kGarbage);
  const std::chrono::sys_seconds now = std::chrono::sys_days(std::chrono::year(2026) / 10 / 21) + std::chrono::hours(7);
  CHECK(ParseRetryAfter("7", now) == Milliseconds(7000));
  CHECK(ParseRetryAfter("Wed, 21 Oct 2026 07:28:00 GMT", now) == std::chrono::minutes(28));
  CHECK(ParseRetryAfter("Wed, 21 Oct 2026 06:28:00 GMT", now) == Milliseconds(0));
  CHECK(ParseRetryAfter("Wed, 21 Oct 2036 06:28:00 GMT", now) == std::chrono::hours(24));
  for (const char* bad :
       {"Wed, 31 Feb 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:00 CET", "Wed, 21 oct 2026 07:28:00 GMT",
        "Wed, 21 Oct 2026 25:28:00 GMT", "Wed, 2x Oct 2026 07:28:00 GMT"}) {
    CHECK_FALSE(ParseRetryAfter(bad, now).has_value());
  }
  CHECK_FALSE(ParseRetryAfter("-1", now).has_value());
  CHECK_FALSE(ParseRetryAfter("", now).has_value());
}

TEST_CASE("content types") {
  CHECK(IsEventStream("text/event-stream"));
  CHECK(IsEventStream("Text/Event-Stream ; charset=utf-8"));
  CHECK_FALSE(IsEventStream("application/json"));
  CHECK(IsJson("application/json; charset=utf-8"));
  CHECK(IsJson("Application/Problem+JSON"));
  CHECK(IsJson(""));
  CHECK_FALSE(IsJson("text/html"));
  CHECK_FALSE(IsJson("text/event-stream"));
}

TEST_CASE("a deployment that is passed over costs no attempt and does not come back in its tier") {
  auto tier = Tier({1, 2});
  tier.retries = 1;
  const std::vector<DrawnTier> tiers = {tier, Tier({2})};
  const Decision decision = Allowing({1, 2});
  Dice dice(1);
  AttemptLoop loop(decision, tiers, {{3, 10'000}, Milliseconds(100)}, dice, TimePoint{});
  TimePoint now{};
  List tried;
  for (AttemptStep step = loop.Next(now); !std::holds_alternative<StopAttempts>(step); step = loop.Next(now)) {
    if (const auto* wait = std::get_if<WaitUntil>(&step)) {
      now = wait->time;
      continue;
    }
    const auto& start = std::get<StartAttempt>(step);
    CHECK(start.number == tried.size() + 1);
    if (start.tier == 0 && start.deployment == 2) {
      loop.PassedOver();
      continue;
    }
    CHECK(start.alone == (start.tier == 1));
    tried.push_back(start.deployment);
    loop.Failed(kError, now);
  }
  CHECK(tried == List{1, 1, 2});
}

TEST_CASE("a prompt that one model has no room for goes to the others, one that a provider refuses to the next tier") {
  auto tier = Tier({1, 2});
  tier.retries = 2;
  const std::vector<DrawnTier> tiers = {tier, Tier({1, 3})};
  const Decision decision = Allowing({1, 2, 3});
  const FailedAttempt too_long{Failure::kTooLong, {}};
  const FailedAttempt content{Failure::kContent, {}};
  CHECK(Drive(decision, tiers, {10, 10'000}, {too_long, too_long, kError}, Milliseconds(1)).tried == List{1, 2, 3});
  CHECK(Drive(decision, tiers, {10, 10'000}, {content, kError}, Milliseconds(1)).tried == List{1, 3});
}

TEST_CASE("errors about the model are told from errors of the caller") {
  const auto meaning = [](std::string_view body) { return RecogniseCallerError(400, body); };
  CHECK(meaning(R"({"error":{"message":"x","code":"context_length_exceeded"}})") == Failure::kTooLong);
  CHECK(meaning(R"({"error":{"message":"x","code":"content_filter","innererror":{"code":"y"}}})") == Failure::kContent);
  CHECK(meaning(R"({"error":{"message":"x","innererror":{"code":"ResponsibleAIPolicyViolation"}}})") ==
        Failure::kContent);
  CHECK(meaning(R"({"type":"error","error":{"type":"invalid_request_error","message":"Prompt is too long: 9 > 8"}})") ==
        Failure::kTooLong);
  CHECK(meaning(R"({"object":"error","message":"This model's maximum context length is 4096 tokens"})") ==
        Failure::kTooLong);
  CHECK_FALSE(meaning(R"({"error":{"message":"bad temperature","code":null}})").has_value());
  CHECK_FALSE(meaning("maximum context length").has_value());
  CHECK_FALSE(meaning(R"({"error":"maximum context length"})").has_value());
  CHECK_FALSE(RecogniseCallerError(418, R"({"error":{"code":"context_length_exceeded"}})").has_value());
}

TEST_CASE("the text of an answer is metered as it passes by") {
  const std::string stream =
      "data: {\"id\":\"text\",\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\" : \"ab\\\"c\"}}]}\n\n"
      "data: "
      "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"name\":\"content\",\"arguments\":\"{}\"}}]}}]}\n\n"
      "data: {\"content\":null,\"text\":\"xyz";
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    ContentMeter meter;
    for (std::size_t at = 0; at < stream.size(); at += piece) meter.Feed(std::string_view(stream).substr(at, piece));
    REQUIRE(meter.bytes() == 5 + 2 + 3);
  }
}

TEST_CASE("events that begin alike are metered like any others") {
  const std::string begins = "data: {\"id\":\"x\",\"content\":\"";
  const std::string stream = begins + "one\"}\n\n" + begins + "three\", \"text\":\"4\"}\n\n" +  // as the first
                             "data: {\"id\":\"y\",\"content\":\"six\"}\n\n" + begins +            // another, then as before
                             "\\\"seven\"}\n\n\"" + begins + "\n" + begins + "8\"";           // not at the beginning of one
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    ContentMeter meter;
    for (std::size_t at = 0; at < stream.size(); at += piece) meter.Feed(std::string_view(stream).substr(at, piece));
    ContentMeter slow;
    for (const char& byte : stream) slow.Feed({&byte, 1});
    REQUIRE(meter.bytes() == slow.bytes());
  }
  ContentMeter two;
  two.Feed(begins + "one\"}\n\n");
  CHECK(two.bytes() == 3);
  two.Feed(begins + "three\"}\n\n");
  CHECK(two.bytes() == 8);
}

TEST_CASE("base URLs") {
  const auto plain = ParseEndpoint("http://127.0.0.1:8000/v1/");
  CHECK(plain->port == "8000");
  CHECK(plain->path == "/v1");
  CHECK(plain->base_url == "http://127.0.0.1:8000/v1");
  const auto tls = ParseEndpoint("https://api.example.com");
  CHECK(tls->port == "443");
  CHECK(tls->host_header == "api.example.com");
  CHECK(tls->path.empty());
  CHECK(ParseEndpoint("https://[::1]:4/x")->host == "::1");
  for (const char* bad :
       {"", "ftp://x", "http://", "https://user:key@host/", "https://host?x", "https://host#x", "http://host:0",
        "http://host:99999", "http://ho st", "http://host\r\nx: y", "http://[::1", "http://[x]", "https://host/v1/chat/completions",
        "https://host/v1/messages/"}) {
    CHECK_FALSE(ParseEndpoint(bad).has_value());
  }
}
