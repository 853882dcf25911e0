// Any number of threads decide by one mapped table at once, without a lock, and each gets what one thread alone would.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

#include "compiler/ir/classes.h"
#include "compiler/lower/lower.h"
#include "runtime/decide/decide.h"
#include "runtime/decide/report.h"
#include "runtime/decide/walk.h"
#include "tests/random_policy/random_policy.h"
#include "tests/table/families.h"
#include "tests/table/temporary_file.h"

namespace route {
namespace {

constexpr int kThreads = 16;
constexpr std::uint32_t kRules = 512;  // room for those that apply to one request

using Classes = std::vector<std::uint16_t>;

/// All that is said of a request, by each of the ways to ask.
struct Said {
  Outcome outcome = Outcome::kUncovered;
  std::uint32_t refusal = kNone;
  std::uint32_t route = kNone;
  std::array<std::uint64_t, kMaxDeployments / 64> allowed{};
  std::vector<std::uint32_t> rules;
  std::uint32_t first = kNone;
  std::uint32_t planned = 0;
  DecisionReport report;
  friend auto operator==(const Said&, const Said&) -> bool = default;
};

auto Ask(const Table& table, const Classes& classes) -> Said {
  const Decision decision = Decide(table, classes);
  Said said;
  said.outcome = decision.outcome;
  said.refusal = decision.refusal;
  said.route = decision.route;
  said.allowed = decision.allowed;
  said.rules.resize(kRules);
  said.rules.resize(std::min<std::size_t>(CopyMatchedRules(table, classes, said.rules), kRules));
  said.first = FirstPlanned(table, decision);
  ForEachPlanned(table, decision, [&](std::uint32_t, const CandidateView&) {
    ++said.planned;
    return true;
  });
  said.report = Report(table, classes, decision);
  return said;
}

/// The routes of a batch.
auto AskForAll(const Table& table, const std::vector<Classes>& requests) -> std::vector<std::uint32_t> {
  std::vector<Classes> columns(DimensionCount(table));
  std::vector<const std::uint16_t*> starts;
  for (std::size_t d = 0; d < columns.size(); ++d) {
    for (const Classes& request : requests) columns[d].push_back(request[d]);
    starts.push_back(columns[d].data());
  }
  std::vector<std::uint32_t> routes(requests.size());
  DecideColumns(table, starts, requests.size(), [&](std::size_t i, const Decision& decision) { routes[i] = decision.route; });
  return routes;
}

auto RandomRequests(const ir::Policy& policy, std::uint32_t count) -> std::vector<Classes> {
  const ir::ValueClasses classes(policy);
  random_policy::Random random(7);
  std::vector<Classes> requests(count);
  for (Classes& request : requests) request = classes.Classify(random_policy::MakeRandomRequest(policy, random));
  return requests;
}

void CheckThatThreadsAgree(const ir::Policy& policy) {
  const TemporaryFile file(lower::Lower(policy, {}, {"0.1.0", nullptr}).value());
  const Table table = Table::Load(file.path()).value();
  const std::vector<Classes> requests = RandomRequests(policy, 64);
  std::vector<Said> alone;
  for (const Classes& request : requests) alone.push_back(Ask(table, request));
  const std::vector<std::uint32_t> routes = AskForAll(table, requests);

  std::barrier start(kThreads);
  std::atomic<std::size_t> same{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      for (std::size_t i = 0; i < requests.size(); ++i) {
        const std::size_t own = (i + static_cast<std::size_t>(t) * 5) % requests.size();
        same += Ask(table, requests[own]) == alone[own] ? 1 : 0;
      }
      same += AskForAll(table, requests) == routes ? 1 : 0;
    });
  }
  threads.clear();
  CHECK(same == kThreads * (requests.size() + 1));
}

TEST_CASE("many threads decide by one mapped table at once") {
  CheckThatThreadsAgree(random_policy::MakeRandomPolicy(3, random_policy::Shape{}));
  CheckThatThreadsAgree(random_policy::MakeRandomPolicy(
      3, {.attributes = 9, .deployments = 700, .rules = 300, .refusals = 40, .routes = 80}));
}

TEST_CASE("many threads decide by one mapped table with definitions") {
  CheckThatThreadsAgree(table_families::PolicyWithRule(40, table_families::AllOfPairs(20)));
}

}  // namespace
}  // namespace route
