/// Every engine says the same of every request of many small random policies: the evaluator, the compiled table (in
/// memory and read back from a file) and the solver, whose verdicts are compared with trying every request.
///
/// The environment variable ROUTE_SHARD, such as `1/4`, picks the seeds that leave the remainder 1 when divided by 4.
/// ROUTE_SEED picks a single seed, which a failure names. Without either, all seeds are tried. ROUTE_SEEDS sets how
/// many there are.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <type_traits>

#include "compiler/ir/classes.h"
#include "compiler/ir/cost.h"
#include "compiler/ir/evaluate.h"
#include "compiler/ir/report.h"
#include "compiler/ir/text.h"
#include "compiler/lower/lower.h"
#include "compiler/verify/verify.h"
#include "runtime/decide/decide.h"
#include "runtime/decide/report.h"
#include "tests/differential/brute_force.h"
#include "tests/differential/seeds.h"
#include "tests/random_policy/random_policy.h"
#include "tests/table/temporary_file.h"

namespace route::differential {
namespace {

constexpr int kRandomRequests = 60;  // for each policy, besides one for each combination of classes

// --- The table ------------------------------------------------------------------------------------------------------

auto TableOf(const ir::Policy& policy, const verify::VerifyReport& report, const SourceSet& sources)
    -> std::vector<std::byte> {
  auto bytes = lower::Lower(policy, report, {.tool_version = "differential", .sources = &sources});
  REQUIRE_MESSAGE(bytes.has_value(), bytes.error().message);
  return *bytes;
}

auto FromBytes(std::vector<std::byte> bytes) -> Table {
  auto table = Table::FromBytes(std::move(bytes));
  REQUIRE_MESSAGE(table.has_value(), table.error().message);
  return std::move(*table);
}

void SetMeasured(Values& values, std::uint32_t attribute, const ir::Attribute& declared, const ir::Value& value) {
  std::expected<void, std::string> done;
  if (const auto* number = std::get_if<Decimal>(&value)) {
    done = values.SetNumber(attribute, *number);
  } else if (const auto* date = std::get_if<Date>(&value)) {
    done = values.SetDate(attribute, *date);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    done = values.SetRawText(attribute, *text);
  } else {
    done = values.SetText(attribute, ir::FormatValue(declared, value));
  }
  REQUIRE_MESSAGE(done.has_value(), done.error());
}

// The word that stands for the value in a header: policy text, but for quotes around a text.
auto HeaderText(const ir::Attribute& declared, const ir::Value& value) -> std::string {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return ir::FormatValue(declared, value);
}

void CompareValues(const ir::Policy& policy, const ir::ValueClasses& classes, const Table& table,
                   const ir::Request& request) {
  const std::vector<std::uint16_t> expected = classes.Classify(request);
  const auto check = [&](Values& values) {
    REQUIRE(!values.Complete());
    REQUIRE(std::vector<std::uint16_t>(values.classes().begin(), values.classes().end()) == expected);
  };
  Values measured(table);
  Values given(table);
  Values repeated(table);
  for (std::uint32_t i = 0; i < policy.attributes.size(); ++i) {
    SetMeasured(measured, i, policy.attributes[i], request[i]);
    REQUIRE(given.SetText(i, HeaderText(policy.attributes[i], request[i])));
  }
  check(measured);
  check(given);
  for (std::uint32_t i = 0; i < policy.attributes.size(); ++i) REQUIRE(repeated.SetText(i, given.Text(i)));
  check(repeated);
}

void CompareDecision(const ir::Policy& policy, const SourceSet& sources, const Table& table,
                     const std::vector<std::uint16_t>& classes, const ir::Decision& expected) {
  const Decision decision = Decide(table, classes);
  REQUIRE(decision.outcome == expected.outcome);
  REQUIRE(decision.refusal == (expected.refusal ? expected.refusal->index : kNone));
  REQUIRE(decision.route == (expected.route ? expected.route->index : kNone));
  REQUIRE(Report(table, classes, decision) == ir::Report(policy, sources, expected));
  std::uint64_t asked = 0;
  for (const ServiceId id : ir::ServicesAsked(expected)) asked |= std::uint64_t{1} << id.index;
  REQUIRE(ServicesAsked(table, classes) == asked);

  if (expected.outcome != Outcome::kRefused) {
    std::vector<std::uint32_t> rules;
    for (RuleId id : expected.rules) rules.push_back(id.index);
    REQUIRE(MatchedRules(table, classes) == rules);
    std::vector<bool> allowed(policy.deployments.size(), true);
    for (const ir::Exclusion& exclusion : expected.excluded) allowed[exclusion.deployment.index] = false;
    for (std::uint32_t i = 0; i < allowed.size(); ++i) REQUIRE(decision.Allows(i) == allowed[i]);
  }

  const std::vector<PlanTier> plan = Plan(table, decision);
  REQUIRE(plan.size() == expected.plan.size());
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const ir::PlanTier& wanted = expected.plan[i];
    REQUIRE(plan[i].tier == table.routes()[decision.route].first_tier + wanted.tier);
    REQUIRE(plan[i].deployments.size() == wanted.deployments.size());
    for (std::size_t k = 0; k < wanted.deployments.size(); ++k) {
      REQUIRE(plan[i].deployments[k].deployment == wanted.deployments[k].deployment.index);
      REQUIRE(plan[i].deployments[k].weight == wanted.deployments[k].weight);
    }
  }
}

void CompareCatalogue(const ir::Policy& policy, const verify::VerifyReport& report, const Table& table) {
  for (std::uint32_t rule = 0; rule < policy.rules.size(); ++rule) {
    for (std::uint32_t i = 0; i < policy.deployments.size(); ++i) {
      REQUIRE(RuleExcludes(table, rule, i) == !ir::Holds(policy.rules[rule].keep, policy, {i}));
    }
  }
  REQUIRE(table.verified() == report.passed());
  REQUIRE(table.guarantees().size() == report.guarantees.size());
  for (std::size_t i = 0; i < report.guarantees.size(); ++i) {
    REQUIRE(table.guarantees()[i].verdict == report.guarantees[i].verdict);
  }
}

TEST_CASE("the table decides every request as the evaluator does") {
  const SourceSet sources = random_policy::Sources();
  for (const std::uint64_t seed : Seeds()) {
    CAPTURE(seed);
    const ir::Policy policy = PolicyOf(seed);
    const ir::ValueClasses classes(policy);
    const verify::VerifyReport report = verify::Verify(policy, {});
    const std::vector<std::byte> bytes = TableOf(policy, report, sources);
    REQUIRE(bytes == TableOf(policy, report, sources));
    const Table in_memory = FromBytes(bytes);
    const TemporaryFile file(bytes);
    auto loaded = Table::Load(file.path());
    REQUIRE_MESSAGE(loaded.has_value(), loaded.error().message);
    REQUIRE(loaded->hash() == in_memory.hash());
    CompareCatalogue(policy, report, in_memory);

    std::vector<ir::Request> requests = random_policy::AllRequests(policy);
    random_policy::Random random(seed);
    for (int i = 0; i < kRandomRequests; ++i) requests.push_back(random_policy::MakeRandomRequest(policy, random));
    for (const ir::Request& request : requests) {
      CAPTURE(ir::FormatRequest(policy, request));
      const ir::Decision decision = ir::Evaluate(policy, request);
      CompareValues(policy, classes, in_memory, request);
      CompareDecision(policy, sources, in_memory, classes.Classify(request), decision);
      CompareDecision(policy, sources, *loaded, classes.Classify(request), decision);
    }
  }
}

TEST_CASE("the table completes a request as the evaluator does") {
  const SourceSet sources = random_policy::Sources();
  const Date today{20'000};
  for (const std::uint64_t seed : Seeds()) {
    CAPTURE(seed);
    const ir::Policy policy = PolicyOf(seed);
    const ir::ValueClasses classes(policy);
    const Table table = FromBytes(TableOf(policy, {}, sources));
    random_policy::Random random(seed);
    for (int i = 0; i < kRandomRequests; ++i) {
      const ir::Request request = random_policy::MakeRandomRequest(policy, random);
      std::vector<ir::GivenValue> given;
      Values values(table);
      for (std::uint32_t k = 0; k < policy.attributes.size(); ++k) {
        if (random.Chance(40)) continue;
        given.push_back({{k}, request[k]});
        SetMeasured(values, k, policy.attributes[k], request[k]);
      }
      const auto completed = ir::CompleteRequest(policy, given, today);
      const auto missing = values.CompleteAsMeasured(today);
      REQUIRE(completed.has_value() == !missing.has_value());
      if (!completed) {
        REQUIRE(completed.error().index == *missing);
        continue;
      }
      REQUIRE(std::vector<std::uint16_t>(values.classes().begin(), values.classes().end()) ==
              classes.Classify(*completed));
    }
  }
}

// --- The solver -----------------------------------------------------------------------------------------------------

void CompareWitness(const ir::Policy& policy, const ir::Request& witness, const ir::Request& smallest) {
  CAPTURE(ir::FormatRequest(policy, witness));
  CAPTURE(ir::FormatRequest(policy, smallest));
  REQUIRE(witness == smallest);
}

void CompareUncovered(const ir::Policy& policy, const BruteForce& truth, const verify::VerifyReport& report) {
  const auto first = truth.First([&](std::size_t i) { return truth.decisions()[i].outcome == Outcome::kUncovered; });
  REQUIRE(report.uncovered.size() == (first ? 1 : 0));
  if (first) CompareWitness(policy, report.uncovered[0].witness, truth.requests()[*first]);
}

void CompareUnservable(const ir::Policy& policy, const BruteForce& truth, const verify::VerifyReport& report) {
  std::size_t next = 0;
  for (std::uint32_t route = 0; route < policy.routes.size(); ++route) {
    CAPTURE(route);
    const auto first = truth.First([&](std::size_t i) {
      return truth.decisions()[i].outcome == Outcome::kUnservable && truth.decisions()[i].route == RouteId{route};
    });
    const bool reported = next < report.unservable.size() && report.unservable[next].route == RouteId{route};
    REQUIRE(reported == first.has_value());
    if (!first) continue;
    const verify::Unservable& finding = report.unservable[next++];
    CompareWitness(policy, finding.witness, truth.requests()[*first]);
    const std::vector<RuleId>& applying = truth.decisions()[*first].rules;
    for (RuleId id : finding.rules) REQUIRE(std::ranges::find(applying, id) != applying.end());
    REQUIRE(std::ranges::is_sorted(finding.rules));
    REQUIRE(truth.RulesEmptyChain(finding.rules, {route}, finding.witness));
    for (std::size_t left_out = 0; left_out < finding.rules.size(); ++left_out) {
      std::vector<RuleId> fewer = finding.rules;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(left_out));
      REQUIRE(!truth.RulesEmptyChain(fewer, {route}, finding.witness));
    }
  }
  REQUIRE(next == report.unservable.size());
}

void CompareDeadRoutes(const ir::Policy& policy, const BruteForce& truth, const verify::VerifyReport& report) {
  std::size_t next = 0;
  for (std::uint32_t route = 0; route < policy.routes.size(); ++route) {
    CAPTURE(route);
    const bool dead = !truth.First([&](std::size_t i) { return truth.decisions()[i].route == RouteId{route}; });
    const bool reported = next < report.dead_routes.size() && report.dead_routes[next].route == RouteId{route};
    REQUIRE(reported == dead);
    if (!dead) continue;
    const verify::DeadRoute& finding = report.dead_routes[next++];
    REQUIRE(finding.never_matches == !truth.CanHold(policy.routes[route].when));
    if (finding.never_matches) {
      REQUIRE(finding.hidden_by.empty());
      REQUIRE(finding.refused_by.empty());
      continue;
    }
    std::vector<const ir::Condition*> covers;
    for (RefusalId id : finding.refused_by) covers.push_back(&policy.refusals.at(id.index).when);
    for (RouteId id : finding.hidden_by) {
      REQUIRE(id.index < route);
      covers.push_back(&policy.routes[id.index].when);
    }
    REQUIRE(std::ranges::is_sorted(finding.refused_by));
    REQUIRE(std::ranges::is_sorted(finding.hidden_by));
    REQUIRE(truth.IsCoveredMinimally(policy.routes[route].when, covers));
  }
  REQUIRE(next == report.dead_routes.size());
}

void CompareDeadRules(const ir::Policy& policy, const BruteForce& truth, const verify::VerifyReport& report) {
  std::vector<RuleId> dead;
  for (std::uint32_t rule = 0; rule < policy.rules.size(); ++rule) {
    if (policy.rules[rule].origin != ir::Rule::Origin::kWritten) continue;
    if (!truth.CanHold(policy.rules[rule].when)) dead.push_back({rule});
  }
  std::vector<RuleId> reported;
  for (const verify::DeadRule& finding : report.dead_rules) reported.push_back(finding.rule);
  REQUIRE(reported == dead);
}

void CompareDeadRefusals(const ir::Policy& policy, const BruteForce& truth, const verify::VerifyReport& report) {
  std::size_t next = 0;
  for (std::uint32_t refusal = 0; refusal < policy.refusals.size(); ++refusal) {
    CAPTURE(refusal);
    const bool dead = !truth.First([&](std::size_t i) { return truth.decisions()[i].refusal == RefusalId{refusal}; });
    const bool reported =
        next < report.dead_refusals.size() && report.dead_refusals[next].refusal == RefusalId{refusal};
    REQUIRE(reported == dead);
    if (!dead) continue;
    const verify::DeadRefusal& finding = report.dead_refusals[next++];
    REQUIRE(finding.never_matches == !truth.CanHold(policy.refusals[refusal].when));
    if (finding.never_matches) {
      REQUIRE(finding.hidden_by.empty());
      continue;
    }
    std::vector<const ir::Condition*> covers;
    for (RefusalId id : finding.hidden_by) {
      REQUIRE(id.index < refusal);
      covers.push_back(&policy.refusals[id.index].when);
    }
    REQUIRE(std::ranges::is_sorted(finding.hidden_by));
    REQUIRE(truth.IsCoveredMinimally(policy.refusals[refusal].when, covers));
  }
  REQUIRE(next == report.dead_refusals.size());
}

void CompareDeadServices(const ir::Policy& policy, const BruteForce& truth, const verify::VerifyReport& report) {
  std::vector<ServiceId> dead;
  for (std::uint32_t service = 0; service < policy.services.size(); ++service) {
    if (ir::AskedFor(policy, {service}).empty()) continue;
    const auto sees = [&](std::size_t i) {
      const std::vector<ServiceId> asked = ir::ServicesAsked(truth.decisions()[i]);
      return std::ranges::find(asked, ServiceId{service}) != asked.end();
    };
    if (!truth.First(sees)) dead.push_back({service});
  }
  std::vector<ServiceId> reported;
  for (const verify::DeadService& finding : report.dead_services) {
    reported.push_back(finding.service);
    REQUIRE(!(finding.rules.empty() && finding.refusals.empty()));
  }
  REQUIRE(reported == dead);
}

// Who sees a prompt is the same whatever the services say of it, and is allowed to, whatever they say.
void CheckServices(const ir::Policy& policy, const BruteForce& truth) {
  if (policy.services.empty()) return;
  const ir::ValueClasses classes(policy);
  std::map<std::vector<std::uint16_t>, std::vector<ServiceId>> asked_by_known;
  for (std::size_t i = 0; i < truth.requests().size(); ++i) {
    const ir::Decision& decision = truth.decisions()[i];
    std::vector<std::uint16_t> known = classes.Classify(truth.requests()[i]);
    for (std::size_t d = 0; d < known.size(); ++d) {
      if (ir::IsAnswered(policy, classes.dimensions()[d].attribute)) known[d] = 0;
    }
    const std::vector<ServiceId> asked = ir::ServicesAsked(decision);
    REQUIRE(asked_by_known.try_emplace(std::move(known), asked).first->second == asked);
    for (const RuleId rule : decision.rules) {
      for (const ServiceId id : asked) REQUIRE(ir::Says(policy.rules[rule.index].keep, policy, id) != ir::Said::kNo);
    }
  }
}

auto IsVacuous(const ir::Guarantee& guarantee, const BruteForce& truth) -> bool {
  const bool counts_refused = std::holds_alternative<ir::Served>(guarantee.promise) ||
                              std::holds_alternative<ir::Compared>(guarantee.promise);
  return !truth.First([&](std::size_t i) {
    return ir::Holds(guarantee.when, truth.requests()[i]) &&
           (counts_refused || truth.decisions()[i].outcome != Outcome::kRefused);
  });
}

// The evaluator's short way to the smallest loss gives what trying every loss and every draw gives.
void CompareLosses(const ir::Policy& policy, BruteForce& truth, const ir::Guarantee& guarantee) {
  const auto* promise = std::get_if<ir::SurvivesLoss>(&guarantee.promise);
  if (promise == nullptr) return;
  for (std::size_t i = 0; i < truth.requests().size(); ++i) {
    const ir::Decision& decision = truth.decisions()[i];
    if (decision.outcome != Outcome::kRouted) continue;
    const std::size_t fewest = truth.FewestLosses(decision, promise->unit);
    REQUIRE(ir::SmallestLoss(policy, decision, promise->unit).size() == fewest);
    REQUIRE(ir::Holds(guarantee, policy, truth.requests()[i]) ==
            (fewest > promise->count || !ir::Holds(guarantee.when, truth.requests()[i])));
  }
}

// The evaluator's short way to the highest cost gives what trying every failure gives, if the plan is not too long for that.
void CompareCosts(const ir::Policy& policy, const BruteForce& truth) {
  if (policy.limits.answer_tokens == 0 || !ir::PromptAttribute(policy)) return;
  for (std::size_t i = 0; i < truth.requests().size(); ++i) {
    const ir::Request& request = truth.requests()[i];
    const ir::Decision& decision = truth.decisions()[i];
    std::size_t deployments = 0;
    for (const ir::PlanTier& tier : decision.plan) deployments += tier.deployments.size();
    if (deployments > 6) continue;
    const std::int64_t prompt = std::get<Decimal>(request.at(ir::PromptAttribute(policy)->index)).micros / Decimal::kScale;
    const std::int64_t most = truth.MostCost(decision, [&](DeploymentId id) {
      const ir::Deployment& deployment = policy.deployments.at(id.index);
      return deployment.price_in.micros * prompt + deployment.price_out.micros * policy.limits.answer_tokens;
    });
    const std::int64_t limit = policy.limits.cost_hundredth_cents * std::int64_t{100'000'000};
    REQUIRE(ir::WorstCost(policy, request, decision) == (limit > 0 ? std::min(most, limit) : most));
  }
}

// What a violated promise about a cost shows: of the smallest class that has a violation, the shortest prompt.
void CompareCostWitness(const ir::Policy& policy, const ir::Guarantee& guarantee, const ir::Request& witness,
                        const ir::Request& smallest) {
  const ir::ValueClasses classes(policy);
  REQUIRE(classes.Classify(witness) == classes.Classify(smallest));
  REQUIRE(!ir::Holds(guarantee, policy, witness));
  ir::Request shorter = witness;
  Decimal& prompt = std::get<Decimal>(shorter.at(ir::PromptAttribute(policy)->index));
  prompt.micros -= Decimal::kScale;
  if (witness != smallest) REQUIRE(ir::Holds(guarantee, policy, shorter));
}

void CompareGuaranteeWitness(const ir::Policy& policy, const ir::Guarantee& guarantee,
                             const verify::GuaranteeResult& result, const ir::Request& smallest) {
  const auto* comparison = std::get_if<ir::Compared>(&guarantee.promise);
  REQUIRE(result.compared_with.has_value() == (comparison != nullptr));
  if (std::holds_alternative<ir::CostsAtMost>(guarantee.promise)) {
    CompareCostWitness(policy, guarantee, *result.witness, smallest);
  } else if (comparison != nullptr) {
    CompareWitness(policy, *result.witness, ir::PairOf(*comparison, smallest).with);
    CompareWitness(policy, *result.compared_with, ir::PairOf(*comparison, smallest).than);
  } else {
    CompareWitness(policy, *result.witness, smallest);
  }
}

// The deployments that a violated promise about a plan names are in the plan, and are at fault.
void CompareFault(const ir::Policy& policy, BruteForce& truth, const ir::Guarantee& guarantee,
                  const ir::Decision& decision, const verify::GuaranteeResult& result) {
  const std::vector<DeploymentId>& named = result.deployments;
  std::vector<DeploymentId> reached;
  for (const ir::PlanTier& tier : decision.plan) {
    for (const ir::Candidate& candidate : tier.deployments) reached.push_back(candidate.deployment);
  }
  const auto names_only = [&](const std::vector<DeploymentId>& among, const ir::DeploymentTest& test) {
    REQUIRE(!named.empty());
    for (DeploymentId id : named) {
      REQUIRE(std::ranges::find(among, id) != among.end());
      REQUIRE(!ir::Holds(test, policy, id));
    }
  };
  if (const auto* every = std::get_if<ir::EveryDeploymentReached>(&guarantee.promise)) {
    std::vector<ServiceId> seeing;
    for (const ServiceId id : ir::ServicesAsked(decision)) {
      if (ir::Says(every->test, policy, id) == ir::Said::kNo) seeing.push_back(id);
    }
    REQUIRE(result.services == seeing);
    if (seeing.empty() || !named.empty()) names_only(reached, every->test);
  }
  if (const auto* first = std::get_if<ir::FirstChoice>(&guarantee.promise)) {
    names_only(ir::FirstChoices(policy, decision), first->test);
  }
  if (const auto* loss = std::get_if<ir::SurvivesLoss>(&guarantee.promise)) {
    std::set<std::uint32_t> lost;
    for (DeploymentId id : named) lost.insert(ir::UnitOf(policy, loss->unit, id));
    REQUIRE(lost.size() <= loss->count);
    REQUIRE(lost.size() == truth.FewestLosses(decision, loss->unit));
    REQUIRE(truth.CanEndService(decision, loss->unit, lost));
    REQUIRE(!ir::IsServedDespite(policy, decision, loss->unit, {lost.begin(), lost.end()}));
    for (DeploymentId id : named) REQUIRE(std::ranges::find(reached, id) != reached.end());
    for (DeploymentId id : reached) {
      const bool is_named = std::ranges::find(named, id) != named.end();
      REQUIRE(is_named == lost.contains(ir::UnitOf(policy, loss->unit, id)));
    }
  }
}

void CompareGuarantees(const ir::Policy& policy, BruteForce& truth, const verify::VerifyReport& report) {
  REQUIRE(report.guarantees.size() == policy.guarantees.size());
  CompareCosts(policy, truth);
  for (const ir::Decision& decision : truth.decisions()) {
    REQUIRE(ir::PlanAttempts(policy, decision) == truth.AttemptsWhenAllFail(decision));
  }
  for (std::uint32_t i = 0; i < policy.guarantees.size(); ++i) {
    const ir::Guarantee& guarantee = policy.guarantees[i];
    const verify::GuaranteeResult& result = report.guarantees[i];
    CAPTURE(i);
    REQUIRE(result.guarantee == GuaranteeId{i});
    CompareLosses(policy, truth, guarantee);
    const auto broken = truth.FirstBroken(guarantee);
    REQUIRE(result.verdict == (broken ? Verdict::kViolated : Verdict::kProved));
    REQUIRE(result.witness.has_value() == broken.has_value());
    if (!broken) {
      REQUIRE(result.vacuous == IsVacuous(guarantee, truth));
      continue;
    }
    CompareGuaranteeWitness(policy, guarantee, result, truth.requests()[*broken]);
    REQUIRE(!result.vacuous);
    REQUIRE(!result.explanation.empty());
    const ir::Decision decision = ir::Evaluate(policy, *result.witness);
    REQUIRE(result.route == decision.route);
    CompareFault(policy, truth, guarantee, decision, result);
  }
}

TEST_CASE("the solver's verdicts are those of trying every request") {
  std::size_t violated = 0;
  std::size_t proved = 0;
  std::size_t unservable = 0;
  std::size_t hidden = 0;
  std::size_t attempts_used_up = 0;
  std::size_t badly_drawn = 0;
  std::size_t shown = 0;
  std::size_t dead_services = 0;
  for (const std::uint64_t seed : Seeds()) {
    CAPTURE(seed);
    const ir::Policy policy = PolicyOf(seed);
    BruteForce truth(policy);
    const verify::VerifyReport report = verify::Verify(policy, {});
    REQUIRE(report.unanswered.empty());
    CompareUncovered(policy, truth, report);
    CompareUnservable(policy, truth, report);
    CompareDeadRoutes(policy, truth, report);
    CompareDeadRules(policy, truth, report);
    CompareDeadRefusals(policy, truth, report);
    CompareDeadServices(policy, truth, report);
    CheckServices(policy, truth);
    CompareGuarantees(policy, truth, report);

    const auto is_violated = [](const verify::GuaranteeResult& result) { return result.verdict == Verdict::kViolated; };
    const auto broken = static_cast<std::size_t>(std::ranges::count_if(report.guarantees, is_violated));
    REQUIRE(report.passed() ==
            (report.uncovered.empty() && report.unservable.empty() && report.dead_routes.empty() && broken == 0));
    for (const verify::GuaranteeResult& result : report.guarantees) {
      if (result.explanation.contains("uses up the")) ++attempts_used_up;
      if (result.explanation.ends_with("in the worst draw")) ++badly_drawn;
    }
    for (const verify::GuaranteeResult& result : report.guarantees) shown += result.services.empty() ? 0 : 1;
    dead_services += report.dead_services.size();
    violated += broken;
    proved += report.guarantees.size() - broken;
    unservable += report.unservable.size();
    hidden += report.dead_routes.size();
  }
  MESSAGE("guarantees: " << proved << " proved, " << violated << " violated; " << unservable << " unservable routes, "
                         << hidden << " dead routes; " << attempts_used_up << " losses that use up the attempts, "
                         << badly_drawn << " in the worst draw; " << shown << " promises that services break, "
                         << dead_services << " services that may see nothing");
  // Random policies that never show a finding would test nothing.
  if (std::getenv("ROUTE_SEED") == nullptr) {
    CHECK(violated > 50);
    CHECK(proved > 50);
    CHECK(unservable > 20);
    CHECK(hidden > 20);
    CHECK(attempts_used_up > 20);
    CHECK(badly_drawn > 5);
    CHECK(shown > 20);
    CHECK(dead_services > 5);
  }
}

}  // namespace
}  // namespace route::differential
