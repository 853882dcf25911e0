#include "compiler/testing/suggest.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "compiler/base/internal_error.h"
#include "compiler/ir/text.h"
#include "compiler/ir/words.h"
#include "compiler/testing/witness_finder.h"

namespace route::testing {
namespace {

using Kind = CoverageItem::Kind;

/// An expectation that is met as it stands. `text` is policy text that says the same.
auto Expect(decltype(ir::Expectation::what) what, std::string text) -> ir::Expectation {
  return {.what = std::move(what), .text = std::move(text), .span = {}};
}

/// "deployment a or b": a test of deployments and its text.
struct Among {
  ir::DeploymentTest test;
  std::string text;
};

auto AmongDeployments(const ir::Policy& policy, const std::vector<DeploymentId>& deployments) -> Among {
  Among among;
  among.test.kind = ir::DeploymentTest::Kind::kDeploymentIs;
  std::vector<std::string> names;
  for (DeploymentId id : deployments) {
    among.test.values.push_back(id.index);
    names.push_back(policy.deployments.at(id.index).name);
  }
  std::ranges::sort(among.test.values);
  for (const std::string& name : names) among.text += (among.text.empty() ? "deployment " : " or ") + name;
  return among;
}

/// What a person would write about a decision: what became of it, and who is tried first.
auto ExpectationsOf(const ir::Policy& policy, const ir::Decision& decision) -> std::vector<ir::Expectation> {
  switch (decision.outcome) {
    case Outcome::kRouted: {
      Among first = AmongDeployments(policy, ir::FirstChoices(policy, decision));
      return {Expect(ir::ExpectRoute{*decision.route}, "route " + policy.routes[decision.route->index].name),
              Expect(ir::FirstChoice{std::move(first.test)}, "the first choice is " + first.text)};
    }
    case Outcome::kRefused:
      return {Expect(ir::ExpectOutcome{Outcome::kRefused, decision.refusal},
                     "refused by " + policy.refusals[decision.refusal->index].name)};
    case Outcome::kUncovered: return {Expect(ir::ExpectOutcome{Outcome::kUncovered, std::nullopt}, "uncovered")};
    case Outcome::kUnservable: return {Expect(ir::ExpectOutcome{Outcome::kUnservable, std::nullopt}, "unservable")};
  }
  throw InternalError("an outcome that there is not");
}

/// `never deployment a or b`: those that the rules of these items exclude.
auto ExpectExcluded(const ir::Policy& policy, const ir::Decision& decision, const std::set<std::uint32_t>& rules)
    -> std::optional<ir::Expectation> {
  std::vector<DeploymentId> excluded;
  for (const ir::Exclusion& exclusion : decision.excluded) {
    const bool is_meant = rules.contains(exclusion.by.index);
    if (is_meant && (excluded.empty() || excluded.back() != exclusion.deployment)) excluded.push_back(exclusion.deployment);
  }
  if (excluded.empty()) return std::nullopt;
  Among among = AmongDeployments(policy, excluded);
  ir::DeploymentTest none;
  none.kind = ir::DeploymentTest::Kind::kNot;
  none.children.push_back(std::move(among.test));
  return Expect(ir::EveryDeploymentReached{std::move(none)}, "never " + among.text);
}

/// `never service a or b`: those that the rules of these items, which are about services alone, keep from the prompt.
auto ExpectKeptAway(const ir::Policy& policy, const ir::Decision& decision, const std::set<std::uint32_t>& rules)
    -> std::optional<ir::Expectation> {
  ir::DeploymentTest kept;
  kept.kind = ir::DeploymentTest::Kind::kServiceIs;
  std::string text;
  for (const ir::ServiceUse& use : decision.services) {
    if (std::ranges::none_of(use.rules, [&](RuleId rule) { return rules.contains(rule.index); })) continue;
    kept.values.push_back(use.service.index);
    text += (text.empty() ? "never service " : " or ") + policy.services.at(use.service.index).name;
  }
  if (kept.values.empty()) return std::nullopt;
  ir::DeploymentTest none;
  none.kind = ir::DeploymentTest::Kind::kNot;
  none.children.push_back(std::move(kept));
  return Expect(ir::EveryDeploymentReached{std::move(none)}, std::move(text));
}

/// What has to be given so that the same request comes out on any day.
auto GivenOf(const ir::Policy& policy, const std::vector<bool>& is_asked_about, const ir::Request& request, Moment now)
    -> std::vector<std::pair<AttributeId, ir::Value>> {
  std::vector<std::pair<AttributeId, ir::Value>> given;
  std::vector<ir::GivenValue> clock;
  const auto give = [&](std::uint32_t i) { given.emplace_back(AttributeId{i}, request[i]); };
  for (std::uint32_t i = 0; i < policy.attributes.size(); ++i) {
    const ir::Attribute& attribute = policy.attributes[i];
    const bool from_clock = attribute.sources.front().kind == SourceKind::kClock;
    if (from_clock && is_asked_about[i]) {
      give(i);
      continue;
    }
    std::vector<ir::GivenValue> others;  // all but this one
    for (std::uint32_t k = 0; k < policy.attributes.size(); ++k) {
      if (k != i) others.push_back({{k}, request[k]});
    }
    const auto completed = ir::CompleteRequest(policy, others, now);
    if (!completed || (*completed)[i] != request[i]) give(i);
  }
  return given;
}

auto GivenText(const ir::Attribute& attribute, const ir::Value& value) -> std::string {
  std::string text = ir::FormatValue(attribute, value);
  if (attribute.kind != AttributeKind::kAnyOf) return attribute.name + " " + text;
  for (std::size_t at = text.find(", "); at != std::string::npos; at = text.find(", ", at)) text.replace(at, 2, " and ");
  return attribute.name + " " + text;
}

auto UnusedName(const std::string& wanted, std::set<std::string>& used) -> std::string {
  std::string name = wanted;
  for (std::size_t i = 2; !used.insert(name).second; ++i) name = wanted + " " + std::to_string(i);
  return name;
}

/// The parts with `separator` between them, on lines that begin with `first` and then with `further`. Nothing for no parts.
auto Lines(const std::string& first, const std::string& further, const std::vector<std::string>& parts,
           const std::string& separator) -> std::string {
  constexpr std::size_t kColumns = 100;
  std::string text;
  std::string line = first;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string part = parts[i] + (i + 1 < parts.size() ? separator : "");
    const bool is_first = line == first || line == further;
    if (!is_first && line.size() + 1 + part.size() > kColumns) {
      text += line + "\n";
      line = further + part;
    } else {
      line += (is_first ? "" : " ") + part;
    }
  }
  return parts.empty() ? "" : text + line + "\n";
}

/// ``rule `a` `` as it may stand in the name of a test.
auto PlainWords(std::string text) -> std::string {
  std::erase(text, '`');
  return text;
}

/// Run as it will be run: with what it gives, and nothing else.
void ConfirmPasses(const ir::Policy& policy, const ir::Test& test, const ir::Decision& decision, Moment now) {
  std::vector<ir::GivenValue> given;
  for (const auto& [attribute, value] : test.given) given.push_back({attribute, value});
  const auto request = ir::CompleteRequest(policy, given, now);
  bool passes = request && ir::Evaluate(policy, *request) == decision;
  for (const ir::Expectation& expectation : test.expectations) {
    passes = passes && Shortfall(policy, decision, expectation).empty();
  }
  if (!passes) throw InternalError("a suggested test does not pass: " + test.name);
}

}  // namespace

auto Suggest(const ir::Policy& policy, const std::vector<CoverageItem>& items, Moment now, const verify::Limits& limits)
    -> Suggestions {
  std::vector<CoverageItem> open = items;
  WitnessFinder finder(policy, now, limits);
  std::set<std::string> names;
  for (const ir::Test& test : policy.tests) names.insert(test.name);

  Suggestions suggestions;
  for (std::size_t i = 0; i < open.size(); ++i) {
    if (open[i].reached > 0) continue;
    Found found = finder.Find(open[i]);
    if (found.answer == Found::Answer::kNone) suggestions.unreachable.push_back(i);
    if (found.answer == Found::Answer::kUnknown) suggestions.unanswered.push_back(i);
    if (found.answer != Found::Answer::kFound) continue;
    if (!Reaches(policy, found.run, open[i])) {
      throw InternalError("the evaluator does not confirm that a request reaches " + Described(policy, open[i]));
    }

    Suggestion suggestion;
    std::set<std::uint32_t> rules;
    std::set<std::uint32_t> service_rules;
    std::vector<CoverageItem> after = open;
    CountRun(policy, found.run, after);
    for (std::size_t k = 0; k < open.size(); ++k) {
      if (open[k].reached > 0 || after[k].reached == 0) continue;
      suggestion.reaches.push_back(k);
      if (open[k].kind != Kind::kRule) continue;
      const ir::Rule& rule = policy.rules.at(open[k].index);
      (IsForServicesAlone(policy, rule) ? service_rules : rules).insert(open[k].index);
    }
    open = std::move(after);

    suggestion.test.name = UnusedName(PlainWords(Described(policy, items[i])), names);
    suggestion.test.given = GivenOf(policy, finder.asked_about(), found.run.request, now);
    suggestion.test.expectations = ExpectationsOf(policy, found.run.decision);
    if (auto excluded = ExpectExcluded(policy, found.run.decision, rules)) {
      suggestion.test.expectations.push_back(std::move(*excluded));
    }
    if (auto kept_away = ExpectKeptAway(policy, found.run.decision, service_rules)) {
      suggestion.test.expectations.push_back(std::move(*kept_away));
    }
    ConfirmPasses(policy, suggestion.test, found.run.decision, now);
    suggestions.tests.push_back(std::move(suggestion));
  }
  return suggestions;
}

auto ReachesText(const ir::Policy& policy, const std::vector<CoverageItem>& items, const Suggestion& suggestion)
    -> std::string {
  std::vector<std::string> goals;
  for (std::size_t i : suggestion.reaches) goals.push_back(Goal(policy, items.at(i)));
  return Lines("# ", "# ", goals, ";");
}

auto TestText(const ir::Policy& policy, const ir::Test& test) -> std::string {
  std::vector<std::string> given;
  for (const auto& [id, value] : test.given) given.push_back(GivenText(policy.attributes.at(id.index), value));
  std::vector<std::string> expected;
  for (const ir::Expectation& expectation : test.expectations) expected.push_back(expectation.text);
  return "test \"" + test.name + "\"\n" + Lines("  given ", "        ", given, ",") +
         Lines("  expect ", "         ", expected, ",");
}

}  // namespace route::testing
