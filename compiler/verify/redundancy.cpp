#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "compiler/verify/questions.h"
#include "compiler/verify/witness.h"

namespace route::verify {
namespace {

/// Equal for tests that ask the same in the same words.
auto KeyOf(const ir::DeploymentTest& test) -> std::string {
  std::string key = std::to_string(static_cast<int>(test.kind)) + "(" + test.property + "," + test.text + "," +
                    std::to_string(test.low) + "," + std::to_string(test.high);
  for (const std::uint32_t value : test.values) key += "," + std::to_string(value);
  for (const ir::DeploymentTest& child : test.children) key += "," + KeyOf(child);
  return key + ")";
}

/// "The rule keeps some service from seeing the prompt."
auto Screens(const Encoder& encoder, RuleId rule) -> smt::Term {
  for (const Encoder::Screen& screen : encoder.screens()) {
    if (const auto* by = std::get_if<RuleId>(&screen.meaning->by); by != nullptr && *by == rule) return screen.holds;
  }
  return smt::kFalse;
}

/// Some request to which the rule applies; nothing if there is none, or none is known.
auto RequestOf(Encoder& encoder, RuleId rule) -> std::optional<ir::Request> {
  if (encoder.solver().Check({encoder.Matches(rule)}) != smt::Answer::kYes) return std::nullopt;
  return encoder.classes().Representative(encoder.ModelClasses());
}

/// Whatever is inside the one is inside the other.
auto IsWithin(const Hull& inner, const Hull& outer, const ir::ValueClasses& classes) -> bool {
  return std::ranges::all_of(outer.sides, [&](const auto& side) {
    const ClassRanges all{{0, classes.dimensions().at(side.first).classes}};
    const auto own = inner.sides.find(side.first);
    const ClassRanges& of_inner = own == inner.sides.end() ? all : own->second;
    return std::ranges::all_of(of_inner, [&](const auto& range) {
      return std::ranges::any_of(side.second, [&](const auto& around) {
        return around.first <= range.first && range.second <= around.second;
      });
    });
  });
}

auto IsEverything(const Hull& hull, const ir::ValueClasses& classes) -> bool {
  return std::ranges::all_of(hull.sides, [&](const auto& side) {
    const ClassRanges all{{0, classes.dimensions().at(side.first).classes}};
    return side.second == all;
  });
}

}  // namespace

auto FindRedundantRules(Encoder& encoder) -> Findings<RedundantRule> {
  const ir::Policy& policy = encoder.policy();
  smt::Solver& solver = encoder.solver();
  Findings<RedundantRule> findings;
  std::map<std::pair<std::uint32_t, std::string>, std::vector<std::uint32_t>> alike;
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    const ir::Rule& rule = policy.rules[i];
    if (rule.origin == ir::Rule::Origin::kWritten) alike[{rule.layer, KeyOf(rule.keep)}].push_back(i);
  }
  std::vector<bool> is_redundant(policy.rules.size(), false);
  for (const auto& [key, rules] : alike) {
    if (rules.size() < 2) continue;
    // From the last to the first, so that of two that say the same the first stays.
    for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) {
      const std::optional<ir::Request> request = RequestOf(encoder, {*rule});
      if (!request) continue;
      const Hull& hull = encoder.HullOf(RuleId{*rule});
      for (const std::uint32_t other : rules) {
        if (other == *rule || is_redundant[other] || !ir::Holds(policy.rules[other].when, *request)) continue;
        if (hull.is_exact && encoder.CombinesFreely() && !IsWithin(hull, encoder.HullOf(RuleId{other}), encoder.classes())) continue;
        const smt::Answer more = encoder.Ask({encoder.Matches(RuleId{*rule}), solver.Not(encoder.Matches(RuleId{other}))});
        if (more == smt::Answer::kUnknown) {
          findings.unanswered.push_back({"does rule `" + policy.rules[*rule].name + "` add anything to rule `" +
                                             policy.rules[other].name + "`", policy.rules[*rule].span});
        }
        if (more != smt::Answer::kNo) continue;
        // Both require the same, so they are about the same services; but one could apply where the other could not.
        const smt::Term keeps_more = solver.And({Screens(encoder, {*rule}), solver.Not(Screens(encoder, {other}))});
        if (keeps_more != smt::kFalse && encoder.Ask({keeps_more}) != smt::Answer::kNo) continue;
        is_redundant[*rule] = true;
        findings.found.push_back({.rule = {*rule}, .covered_by = {other}});
        break;
      }
    }
  }
  std::ranges::sort(findings.found, {}, [](const RedundantRule& found) { return found.rule.index; });
  return findings;
}

auto FindAlwaysHolds(Encoder& encoder) -> Findings<AlwaysHolds> {
  const ir::Policy& policy = encoder.policy();
  smt::Solver& solver = encoder.solver();
  Findings<AlwaysHolds> findings;
  const auto ask = [&](auto id, const auto& whose, const std::string& what) {
    if (whose.when.kind == ir::Condition::Kind::kTrue || !IsEverything(encoder.HullOf(id), encoder.classes())) return;
    switch (encoder.Ask({solver.Not(encoder.Matches(id))})) {
      case smt::Answer::kYes:
        break;
      case smt::Answer::kNo:
        findings.found.push_back({id});
        break;
      case smt::Answer::kUnknown:
        findings.unanswered.push_back({"does the condition of " + what + " `" + whose.name + "` always hold", whose.span});
        break;
    }
  };
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    if (policy.rules[i].origin == ir::Rule::Origin::kWritten) ask(RuleId{i}, policy.rules[i], "rule");
  }
  for (std::uint32_t i = 0; i < policy.refusals.size(); ++i) ask(RefusalId{i}, policy.refusals[i], "refusal");
  for (std::uint32_t i = 0; i < policy.routes.size(); ++i) ask(RouteId{i}, policy.routes[i], "route");
  return findings;
}

}  // namespace route::verify
