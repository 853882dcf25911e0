#include "compiler/diff/words.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "compiler/base/internal_error.h"
#include "compiler/explain/class_conditions.h"
#include "compiler/explain/phrases.h"
#include "compiler/ir/words.h"
#include "runtime/values/value_text.h"

namespace route::diff {
namespace {

constexpr const char* kArrow = " → ";

auto Members(const lower::ClassSet& set, std::size_t classes) -> std::vector<bool> {
  std::vector<bool> members(classes, false);
  for (const std::uint16_t member : set.Members()) members.at(member) = true;
  return members;
}

auto NoneOf(const std::vector<bool>& flags) -> bool {
  return std::ranges::find(flags, true) == flags.end();
}
auto AllOf(const std::vector<bool>& flags) -> bool {
  return std::ranges::find(flags, false) == flags.end();
}

auto ListsOf(const ir::Dimension& dimension) -> ClassLists {
  return {.cuts = dimension.cuts,
          .prefixes = dimension.prefixes,
          .texts = dimension.texts,
          .country_class = dimension.country_class};
}

/// The condition on values; a long list of countries is said by the few that are not in it.
auto ValuesCondition(const ir::Policy& asked, const ir::Dimension& dimension, const std::vector<bool>& wanted)
    -> ir::Condition {
  const auto in_classes = [&](const std::vector<bool>& classes) {
    return explain::InClasses(asked, dimension.attribute, dimension.member, ListsOf(dimension), classes);
  };
  if (asked.attributes.at(dimension.attribute.index).kind != AttributeKind::kCountry) return in_classes(wanted);
  ir::Condition condition = in_classes(wanted);
  if (2 * condition.values.size() <= Countries().size()) return condition;
  std::vector<bool> others = wanted;
  others.flip();
  ir::Condition negated;
  negated.kind = ir::Condition::Kind::kNot;
  negated.children.push_back(in_classes(others));
  return negated;
}

/// What a cube says of one dimension that is an attribute; nothing if it says nothing.
auto ValueText(const JointSpace& space, const JointDimension& dimension, const lower::ClassSet& set)
    -> std::optional<std::string> {
  if (set.IsFull()) return std::nullopt;
  const std::string name = ir::Quoted(space.asked().attributes.at(dimension.attribute.index).name);
  std::vector<bool> wanted = Members(set, dimension.classes);
  const bool missing_too = dimension.may_be_missing && wanted.back();
  if (dimension.may_be_missing) wanted.pop_back();
  if (NoneOf(wanted)) return name + " is not given";
  if (AllOf(wanted)) return name + " is given";
  const ir::Dimension& asked =
      space.asked_classes().dimensions().at(space.asked_classes().FirstDimension(dimension.attribute).index);
  std::string text = explain::Phrases(space.asked()).Condition(ValuesCondition(space.asked(), asked, wanted));
  if (missing_too) text = "(" + text + " or " + name + " is not given)";
  return text;
}

auto IncludesAll(AttributeId attribute, const std::vector<std::uint32_t>& members, ir::Condition::Kind kind)
    -> ir::Condition {
  ir::Condition all;
  all.kind = kind;
  for (const std::uint32_t member : members) {
    ir::Condition atom;
    atom.kind = ir::Condition::Kind::kIncludes;
    atom.attribute = attribute;
    atom.values = {member};
    all.children.push_back(std::move(atom));
  }
  return all;
}

/// What a cube says of an `any of` attribute, whose dimensions begin at `first`.
auto MembersTexts(const JointSpace& space, const Cube& cube, std::size_t first) -> std::vector<std::string> {
  const auto& dimensions = space.dimensions();
  const AttributeId attribute = dimensions[first].attribute;
  const std::string name = ir::Quoted(space.asked().attributes.at(attribute.index).name);
  std::vector<std::uint32_t> included;
  std::vector<std::uint32_t> absent;
  for (std::size_t i = first; i < dimensions.size() && dimensions[i].attribute == attribute; ++i) {
    if (cube[i].IsFull()) continue;
    const bool second = cube[i].Members().front() == 1;
    if (dimensions[i].kind == JointDimension::Kind::kGiven) {
      if (second) return {name + " is not given"};
      continue;
    }
    (second ? included : absent).push_back(dimensions[i].member);
  }
  std::vector<std::string> texts;
  explain::Phrases phrases(space.asked());
  if (!included.empty())
    texts.push_back(phrases.Condition(IncludesAll(attribute, included, ir::Condition::Kind::kAll)));
  if (!absent.empty()) {
    texts.push_back(
        phrases.Condition(IncludesAll(attribute, absent, ir::Condition::Kind::kAny), explain::Sense::kDenied));
  }
  const bool only_given =
      dimensions[first].kind == JointDimension::Kind::kGiven && !cube[first].IsFull() && texts.empty();
  if (only_given) texts.push_back(name + " is given");
  return texts;
}

auto NamesOf(const std::vector<std::uint32_t>& indexes, const std::vector<std::string>& names) -> std::string {
  std::vector<std::string> list;
  for (const std::uint32_t index : indexes) list.push_back(names.at(index));
  constexpr std::size_t kMost = 12;
  return ir::EnumerateSome(list, kMost);
}

auto EndText(const Delta::End& end, const Program& program) -> std::string {
  if (end.outcome != Outcome::kRouted && end.outcome != Outcome::kRefused) return std::string(OutcomeName(end.outcome));
  if (!end.answer) return "routed";
  const Answer& answer = program.answers.at(*end.answer);
  if (answer.name.empty()) return "refused because " + answer.reason;
  return "refused by " + ir::Quoted(answer.name) + (answer.reason.empty() ? "" : " with \"" + answer.reason + "\"");
}

auto RouteName(const Side& side, std::uint32_t route) -> std::string {
  return ir::Quoted(side.policy->routes.at(route).name);
}

auto PlaceOf(const Side& side, Span span) -> std::string {
  if (side.sources == nullptr || span.file.index >= side.sources->size()) return "";
  return " (" + side.sources->Describe(span) + ")";
}

auto TierText(const Side& side, const ir::Tier& tier, const ir::PlanTier& planned) -> std::string {
  std::vector<std::string> names;
  for (const ir::Candidate& candidate : planned.deployments) {
    std::string name = side.policy->deployments.at(candidate.deployment.index).name;
    if (tier.order == TierOrder::kByWeight && planned.deployments.size() > 1)
      name += " weight " + std::to_string(candidate.weight);
    names.push_back(std::move(name));
  }
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  if (tier.within_ms) text += " within " + FormatDuration(*tier.within_ms);
  if (tier.retries) text += " retry " + std::to_string(*tier.retries);
  return text;
}

/// The rules that keep one of these deployments, by name, out of the decision.
void AddExclusions(const Side& side, const ir::Decision& decision, const std::vector<std::uint32_t>& wanted,
                   const std::vector<std::string>& names, const std::string& verb, std::vector<std::string>& texts) {
  for (const ir::Exclusion& exclusion : decision.excluded) {
    const std::string& name = side.policy->deployments.at(exclusion.deployment.index).name;
    const bool is_wanted = std::ranges::any_of(wanted, [&](std::uint32_t index) { return names.at(index) == name; });
    if (!is_wanted) continue;
    const ir::Rule& rule = side.policy->rules.at(exclusion.by.index);
    texts.push_back(name + verb + ir::Quoted(rule.name) + PlaceOf(side, rule.span));
  }
}

}  // namespace

auto WhereText(const JointSpace& space, const Cube& cube) -> std::string {
  std::vector<std::string> parts;
  const auto& dimensions = space.dimensions();
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    if (dimensions[i].kind == JointDimension::Kind::kValue) {
      if (auto text = ValueText(space, dimensions[i], cube[i])) parts.push_back(std::move(*text));
      continue;
    }
    if (i > 0 && dimensions[i - 1].attribute == dimensions[i].attribute) continue;
    for (std::string& text : MembersTexts(space, cube, i)) parts.push_back(std::move(text));
  }
  std::string text;
  for (const std::string& part : parts) {
    const bool mixes = parts.size() > 1 && part.front() != '(' && part.find("` or `") != std::string::npos;
    text += (text.empty() ? "" : " and ") + (mixes ? "(" + part + ")" : part);
  }
  return text.empty() ? "every request" : text;
}

auto FirstChoiceText(const FirstChoice& choice, const std::vector<std::string>& names) -> std::string {
  if (choice.empty()) return "nothing";
  std::uint64_t sum = 0;
  for (const ir::Candidate& candidate : choice) sum += candidate.weight;
  std::vector<std::string> parts;
  for (const ir::Candidate& candidate : choice) {
    std::string part = names.at(candidate.deployment.index);
    if (choice.size() > 1) part += " (" + std::to_string(candidate.weight) + " of " + std::to_string(sum) + ")";
    parts.push_back(std::move(part));
  }
  return ir::Enumerate(parts, "or");
}

auto WhatText(const DiffReport& report, const Side& before, const Side& after, const Delta& delta)
    -> std::vector<std::string> {
  const std::vector<std::string>& names = report.program.deployments;
  std::vector<std::string> what;
  if (delta.ends)
    what.push_back(EndText(delta.ends->first, report.program) + kArrow + EndText(delta.ends->second, report.program));
  if (delta.first) {
    what.push_back("first choice " + FirstChoiceText(delta.first->first, names) + kArrow +
                   FirstChoiceText(delta.first->second, names));
  }
  if (!delta.lost.empty()) what.push_back("no longer reached: " + NamesOf(delta.lost, names));
  if (!delta.gained.empty()) what.push_back("newly reached: " + NamesOf(delta.gained, names));
  if (delta.chain) what.emplace_back("what is still reached has another order, other weights, retries or times");
  if (delta.routes &&
      before.policy->routes.at(delta.routes->first).name != after.policy->routes.at(delta.routes->second).name) {
    what.push_back("route " + RouteName(before, delta.routes->first) + kArrow + RouteName(after, delta.routes->second));
  }
  return what;
}

auto CauseText(Cause cause) -> std::string {
  switch (cause) {
    case Cause::kUnknown:
      return "";
    case Cause::kCatalogue:
      return "catalogue";
    case Cause::kRules:
      return "rules";
    case Cause::kBoth:
      return "rules and catalogue";
  }
  throw InternalError("a cause of no known kind");
}

auto BlameTexts(const DiffReport& report, const Side& before, const Side& after, const Change& change)
    -> std::vector<std::string> {
  std::vector<std::string> texts;
  const auto& names = report.program.deployments;
  const Delta& delta = change.difference.delta;
  AddExclusions(after, change.witness.after.decision, delta.lost, names, " is excluded by ", texts);
  AddExclusions(before, change.witness.before.decision, delta.gained, names, " was excluded by ", texts);
  return texts;
}

auto DecisionText(const Side& side, const Witness::Reading& reading) -> std::string {
  const ir::Decision& decision = reading.decision;
  if (!reading.missing.empty())
    return "refused: attribute " + ir::Quoted(reading.missing) + " has no value and no default";
  if (decision.refusal) {
    const ir::Refusal& refusal = side.policy->refusals.at(decision.refusal->index);
    return "refused by " + ir::Quoted(refusal.name) + PlaceOf(side, refusal.span);
  }
  if (!decision.route) return "no route takes it";
  const ir::Route& route = side.policy->routes.at(decision.route->index);
  std::string text = "route " + ir::Quoted(route.name) + PlaceOf(side, route.span) + ": ";
  if (decision.plan.empty()) return text + "nothing is allowed";
  for (std::size_t i = 0; i < decision.plan.size(); ++i) {
    text += (i == 0 ? "" : ", then ") + TierText(side, route.tiers.at(decision.plan[i].tier), decision.plan[i]);
  }
  return text;
}

auto GivenText(const Witness& witness) -> std::string {
  std::string text = witness.given;
  if (witness.not_given.empty()) return text;
  return text + (text.empty() ? "" : ", ") + "without " + ir::Enumerate(witness.not_given);
}

namespace {

auto VerdictOfReach(const DiffReport& report) -> std::string {
  switch (report.verdict) {
    case Verdict::kEquivalent:
      return "every request is decided alike";
    case Verdict::kSameReach:
      return report.listing == DiffReport::Listing::kComplete
                 ? "every request reaches the same deployments, but not everything else is the same"
                 : "every request reaches the same deployments; whether anything else differs was not found out";
    case Verdict::kNarrower:
      return "no request reaches a deployment that it did not, and some reach fewer";
    case Verdict::kWider:
      return "every request reaches what it did, and some reach more";
    case Verdict::kIncomparable:
      return "some requests reach deployments that they did not, and some reach others no more";
    case Verdict::kUnknown:
      return "whether requests reach more or less was not found out within the limits";
  }
  throw InternalError("a verdict of no known kind");
}

}  // namespace

auto VerdictText(const DiffReport& report) -> std::string {
  return VerdictOfReach(report) + (report.services.empty() ? "" : "; services that see prompts count as deployments do");
}

auto CostChangeText(const DiffReport& report, const Side& before, const Side& after, const Delta& delta, Tokens tokens)
    -> std::string {
  if (!delta.first || delta.first->first.empty() || delta.first->second.empty()) return "";
  const Cost old_cost = CostOf(delta.first->first, report.program.deployments, *before.policy, tokens);
  const Cost new_cost = CostOf(delta.first->second, report.program.deployments, *after.policy, tokens);
  return CostText(old_cost) + kArrow + CostText(new_cost) + ": " + DifferenceText(old_cost, new_cost);
}

auto FactTexts(const DeploymentChange& change) -> std::vector<std::string> {
  if (change.kind == DeploymentChange::Kind::kAdded) return {"added"};
  if (change.kind == DeploymentChange::Kind::kRemoved) return {"removed"};
  std::vector<std::string> texts;
  for (const FactChange& fact : change.facts) {
    const auto shown = [](const std::string& value) { return value.empty() ? std::string("not stated") : value; };
    texts.push_back(fact.fact + ": " + shown(fact.before) + kArrow + shown(fact.after));
  }
  return texts;
}

}  // namespace route::diff
