#include "compiler/testing/run.h"

#include <algorithm>

#include "compiler/base/internal_error.h"
#include "compiler/ir/text.h"
#include "compiler/ir/words.h"
#include "compiler/verify/diagnose.h"

namespace route::testing {
namespace {

using diagnostics::Builder;
using diagnostics::Code;
using ir::Quoted;

constexpr std::size_t kMostNames = 6;

auto NameOf(const ir::Policy& policy, DeploymentId id) -> std::string {
  return Quoted(policy.deployments.at(id.index).name);
}

auto Names(const ir::Policy& policy, const std::vector<DeploymentId>& deployments) -> std::string {
  std::vector<std::string> names;
  for (DeploymentId id : deployments) names.push_back(NameOf(policy, id));
  return ir::EnumerateSome(names, kMostNames);
}

auto Describe(const ir::Policy& policy, const ir::Decision& decision) -> std::string {
  switch (decision.outcome) {
    case Outcome::kRouted: return "it is routed by " + Quoted(policy.routes[decision.route->index].name);
    case Outcome::kRefused: return "it is refused by " + Quoted(policy.refusals[decision.refusal->index].name);
    case Outcome::kUncovered: return "no route matches it";
    case Outcome::kUnservable:
      return "route " + Quoted(policy.routes[decision.route->index].name) + " matches it and has no deployment left";
  }
  throw InternalError("an outcome that there is not");
}

/// `a` and `b`, then `c`.
auto PlanText(const ir::Policy& policy, const ir::Decision& decision) -> std::string {
  std::string text;
  for (const ir::PlanTier& tier : decision.plan) {
    std::vector<std::string> names;
    for (const ir::Candidate& candidate : tier.deployments) names.push_back(NameOf(policy, candidate.deployment));
    text += (text.empty() ? "" : ", then ") + ir::EnumerateSome(names, kMostNames);
  }
  return text;
}

/// What decided, in short: the plan, the rules that apply, and who is out because of which.
auto Evidence(const ir::Policy& policy, const ir::Decision& decision) -> std::string {
  if (decision.refusal) {
    const ir::Refusal& refusal = policy.refusals[decision.refusal->index];
    return "refusal " + Quoted(refusal.name) + " answers" +
           (refusal.reason.empty() ? "" : " with \"" + refusal.reason + "\"") + ", before any rule or route is asked";
  }
  std::string text = decision.plan.empty() ? "its plan is empty" : "its plan is " + PlanText(policy, decision);
  std::vector<std::string> rules;
  for (RuleId id : decision.rules) rules.push_back(Quoted(policy.rules[id.index].name));
  if (rules.empty()) return text + "; no rule applies";
  text += "; " + ir::EnumerateSome(rules, kMostNames) + (rules.size() == 1 ? " applies" : " apply");

  std::vector<std::string> out;
  for (std::size_t i = 0; i < decision.excluded.size();) {
    const DeploymentId deployment = decision.excluded[i].deployment;
    std::vector<std::string> by;
    for (; i < decision.excluded.size() && decision.excluded[i].deployment == deployment; ++i) {
      by.push_back(Quoted(policy.rules[decision.excluded[i].by.index].name));
    }
    out.push_back(NameOf(policy, deployment) + " (" + ir::Enumerate(by) + ")");
  }
  if (out.empty()) return text + " and exclude" + (rules.size() == 1 ? "s" : "") + " nothing";
  return text + "; excluded: " + ir::EnumerateSome(out, kMostNames);
}

/// One word for a shell.
auto ShellWord(const std::string& text) -> std::string {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=,:%+@";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string word = "'";
  for (char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

}  // namespace

auto Shortfall(const ir::Policy& policy, const ir::Decision& decision, const ir::Expectation& expectation) -> std::string {
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
    if (!at_fault.empty()) return Describe(policy, decision) + " and can reach " + Names(policy, at_fault);
    for (const ServiceId id : ir::ServicesAsked(decision)) {
      if (ir::Says(every->test, policy, id) != ir::Said::kNo) continue;
      return Describe(policy, decision) + " and its prompt is shown to service " + Quoted(policy.services.at(id.index).name);
    }
    return "";
  }
  const auto& first = std::get<ir::FirstChoice>(expectation.what);
  for (DeploymentId id : ir::FirstChoices(policy, decision)) {
    if (!ir::Holds(first.test, policy, id)) at_fault.push_back(id);
  }
  return at_fault.empty() ? "" : Describe(policy, decision) + " and can try " + Names(policy, at_fault) + " first";
}

auto RunTest(const ir::Policy& policy, const SourceSet& sources, const ir::Test& test, Moment now,
             diagnostics::Emitter& emitter) -> TestResult {
  TestResult result{.name = test.name, .span = test.span, .verdict = TestResult::Verdict::kFailed, .run = {}};
  std::vector<ir::GivenValue> given;
  for (const auto& [attribute, value] : test.given) given.push_back({attribute, value});
  auto request = ir::CompleteRequest(policy, given, now);
  if (!request) {
    const std::string& name = policy.attributes[request.error().index].name;
    emitter.Report(Builder(Code::kR0701, test.span, "test \"" + test.name + "\" gives no " + Quoted(name) +
                               ", which has no default, so the gateway would refuse the request")
                       .WithRules({test.name})
                       .WithHint("add `" + name + " …` to what is given"));
    return result;
  }
  ir::Decision decision = ir::Evaluate(policy, *request);
  result.verdict = TestResult::Verdict::kPassed;
  for (const ir::Expectation& expectation : test.expectations) {
    std::string shortfall = Shortfall(policy, decision, expectation);
    if (shortfall.empty()) continue;
    result.verdict = TestResult::Verdict::kFailed;
    const std::string command = "routec explain " + ShellWord(sources.Get(policy.span.file).path()) + " --given " +
                                ShellWord(ir::FormatRequest(policy, *request));
    emitter.Report(Builder(Code::kR0701, expectation.span, "test \"" + test.name + "\" expects `" + expectation.text +
                               "`, but " + shortfall)
                       .WithRules({test.name})
                       .WithWitness(verify::WitnessValues(policy, *request), Evidence(policy, decision))
                       .WithHint("see more with `" + command + "`"));
  }
  result.run = Run{std::move(*request), std::move(decision)};
  return result;
}

auto RunTests(const ir::Policy& policy, const SourceSet& sources, Moment now, diagnostics::Emitter& emitter)
    -> std::vector<TestResult> {
  std::vector<TestResult> results;
  for (const ir::Test& test : policy.tests) results.push_back(RunTest(policy, sources, test, now, emitter));
  return results;
}

}  // namespace route::testing
