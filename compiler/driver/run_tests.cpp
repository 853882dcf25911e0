#include "compiler/driver/run_tests.h"

#include "compiler/ir/evaluate.h"
#include "compiler/ir/text.h"

namespace route::driver {
namespace {

using diagnostics::Builder;
using diagnostics::Code;

auto Names(const ir::Policy& policy, const std::vector<DeploymentId>& deployments) -> std::string {
  std::string text;
  for (DeploymentId id : deployments) text += (text.empty() ? "`" : ", `") + policy.deployments[id.index].name + "`";
  return text;
}

auto Describe(const ir::Policy& policy, const ir::Decision& decision) -> std::string {
  switch (decision.outcome) {
    case Outcome::kRouted: return "it is routed by `" + policy.routes[decision.route->index].name + "`";
    case Outcome::kRefused: return "it is refused by `" + policy.refusals[decision.refusal->index].name + "`";
    case Outcome::kUncovered: return "no route matches it";
    case Outcome::kUnservable:
      return "route `" + policy.routes[decision.route->index].name + "` matches it and has no deployment left";
  }
  return {};
}

/// What is wrong with the decision, seen from one expectation; empty if nothing is.
auto Failure(const ir::Policy& policy, const ir::Decision& decision, const ir::Expectation& expectation) -> std::string {
  if (const auto* outcome = std::get_if<ir::ExpectOutcome>(&expectation.what)) {
    bool met = decision.outcome == outcome->outcome && (!outcome->refusal || decision.refusal == outcome->refusal);
    return met ? "" : Describe(policy, decision);
  }
  if (const auto* route = std::get_if<ir::ExpectRoute>(&expectation.what)) {
    bool met = decision.outcome == Outcome::kRouted && decision.route == route->route;
    return met ? "" : Describe(policy, decision);
  }
  // As in a guarantee: a request that reaches no deployment reaches none that fails the test.
  std::vector<DeploymentId> at_fault;
  if (const auto* every = std::get_if<ir::EveryDeploymentReached>(&expectation.what)) {
    for (const ir::PlanTier& tier : decision.plan) {
      for (const ir::Candidate& candidate : tier.deployments) {
        if (!ir::Holds(every->test, policy, candidate.deployment)) at_fault.push_back(candidate.deployment);
      }
    }
  } else {
    const auto& first = std::get<ir::FirstChoice>(expectation.what);
    for (DeploymentId id : ir::FirstChoices(policy, decision)) {
      if (!ir::Holds(first.test, policy, id)) at_fault.push_back(id);
    }
  }
  return at_fault.empty() ? "" : Describe(policy, decision) + " and can reach " + Names(policy, at_fault);
}

/// Reports each expectation that is not met. True if all are.
auto RunTest(const ir::Policy& policy, const ir::Test& test, Moment now, diagnostics::Emitter& emitter) -> bool {
  std::vector<ir::GivenValue> given;
  for (const auto& [attribute, value] : test.given) given.push_back({attribute, value});
  auto request = ir::CompleteRequest(policy, given, now);
  if (!request) {
    const std::string& name = policy.attributes[request.error().index].name;
    emitter.Report(Builder(Code::kR0701, test.span, "test \"" + test.name + "\" gives no `" + name +
                               "`, which has no default, so the gateway would refuse the request")
                       .WithRules({test.name})
                       .WithHint("add `" + name + " …` to what is given"));
    return false;
  }
  ir::Decision decision = ir::Evaluate(policy, *request);
  bool passed = true;
  for (const ir::Expectation& expectation : test.expectations) {
    std::string failure = Failure(policy, decision, expectation);
    if (failure.empty()) continue;
    passed = false;
    emitter.Report(Builder(Code::kR0701, expectation.span, "test \"" + test.name + "\" expects `" + expectation.text +
                               "`, but " + failure)
                       .WithRules({test.name})
                       .WithHint("see why with `routec eval … --given '" + ir::FormatRequest(policy, *request) + "'`"));
  }
  return passed;
}

}  // namespace

auto RunTests(const ir::Policy& policy, Moment now, diagnostics::Emitter& emitter) -> std::vector<TestResult> {
  std::vector<TestResult> results;
  for (const ir::Test& test : policy.tests) {
    auto verdict = RunTest(policy, test, now, emitter) ? TestResult::Verdict::kPassed : TestResult::Verdict::kFailed;
    results.push_back({test.name, test.span, verdict});
  }
  return results;
}

}  // namespace route::driver
