#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "compiler/diff/diff.h"
#include "compiler/ir/evaluate.h"
#include "tests/random_policy/random_policy.h"

namespace route::diff {
namespace {

auto SeenBy(const ir::Policy& policy, const ir::Request& request) -> std::set<std::string> {
  std::set<std::string> names;
  for (const ServiceId id : ir::ServicesAsked(ir::Evaluate(policy, request))) names.insert(policy.services[id.index].name);
  return names;
}

/// The policy with a change that can concern services: a rule less, or a service elsewhere.
auto Changed(ir::Policy policy, random_policy::Random& random) -> ir::Policy {
  if (!policy.rules.empty() && random.Chance(60)) {
    policy.rules.erase(policy.rules.begin() + static_cast<std::ptrdiff_t>(random.Below(policy.rules.size())));
  } else {
    ir::Service& service = policy.services[random.Below(policy.services.size())];
    service.vendor = {static_cast<std::uint32_t>(random.Below(policy.vendors.size()))};
    service.processed_in = ParseCountry(random.Chance(50) ? "FR" : "US").value();
  }
  return policy;
}

struct Seen {
  std::size_t lost = 0;
  std::size_t gained = 0;
};

/// Compares the report on a change with what the evaluator says of each of the requests.
auto CheckChange(const ir::Policy& before, const ir::Policy& after, const std::vector<ir::Request>& requests) -> Seen {
  const SourceSet sources = random_policy::Sources();
  const auto report = Diff({&before, &sources, nullptr}, nullptr, {&after, &sources, nullptr}, {});
  REQUIRE(report.has_value());

  std::set<std::string> loses;
  std::set<std::string> gains;
  for (const ir::Request& request : requests) {
    const std::set<std::string> first = SeenBy(before, request);
    const std::set<std::string> second = SeenBy(after, request);
    std::ranges::set_difference(first, second, std::inserter(loses, loses.end()));
    std::ranges::set_difference(second, first, std::inserter(gains, gains.end()));
  }
  std::set<std::string> reported_loses;
  std::set<std::string> reported_gains;
  for (const ServiceChange& change : report->services) {
    REQUIRE(change.counted == ServiceChange::Counted::kYes);
    REQUIRE(change.loses.has_value() == !change.lost.IsZero());
    REQUIRE(change.gains.has_value() == !change.gained.IsZero());
    if (change.loses) reported_loses.insert(change.change.deployment);
    if (change.gains) reported_gains.insert(change.change.deployment);
    REQUIRE((!change.change.facts.empty() || change.loses || change.gains));
  }
  REQUIRE(reported_loses == loses);
  REQUIRE(reported_gains == gains);
  if (!loses.empty()) REQUIRE((report->verdict == Verdict::kNarrower || report->verdict == Verdict::kIncomparable));
  if (!gains.empty()) REQUIRE((report->verdict == Verdict::kWider || report->verdict == Verdict::kIncomparable));
  if (report->verdict == Verdict::kEquivalent) REQUIRE(report->services.empty());
  return {loses.size(), gains.size()};
}

TEST_CASE("whose prompts a service sees no more, or newly, is what every request shows") {
  std::size_t lost = 0;
  std::size_t gained = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    const ir::Policy before = random_policy::MakeRandomPolicy(seed, {.services = 3, .requests = 200});
    if (before.services.empty()) continue;
    random_policy::Random random(seed);
    const ir::Policy after = Changed(before, random);
    // The change adds no condition, so these tell apart whatever either of the two tells apart.
    const std::vector<ir::Request> requests = random_policy::AllRequests(before);
    // Few services are shown anything, so that hardly a change takes something from them; undoing one that gave does.
    const Seen there = CheckChange(before, after, requests);
    const Seen back = CheckChange(after, before, requests);
    REQUIRE(back.lost == there.gained);
    REQUIRE(back.gained == there.lost);
    lost += there.lost + back.lost;
    gained += there.gained + back.gained;
  }
  CHECK(lost > 20);
  CHECK(gained > 20);
}

}  // namespace
}  // namespace route::diff
