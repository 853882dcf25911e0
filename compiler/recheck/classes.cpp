#include "compiler/recheck/classes.h"

#include <algorithm>
#include <map>
#include <set>

#include "compiler/recheck/record.h"
#include "runtime/values/country.h"
#include "runtime/values/date.h"

namespace route::recheck {
namespace {

using Kind = ir::Condition::Kind;

struct Range {
  std::int64_t least = 0;
  std::int64_t greatest = 0;
};

auto RangeOf(const ir::Attribute& attribute) -> Range {
  if (attribute.kind == AttributeKind::kDate) return {kFirstDate.days, kLastDate.days};
  return {0, attribute.maximum.micros};
}

/// All that the policy's conditions ask about one attribute.
struct Asked {
  std::set<std::int64_t> cuts;
  std::set<std::string> prefixes;
  std::set<std::string> texts;
  std::vector<std::vector<std::uint32_t>> countries;
};

void Collect(const ir::Condition& condition, const ir::Policy& policy, std::vector<Asked>& asked) {
  for (const ir::Condition& child : condition.children) Collect(child, policy, asked);
  if (!condition.children.empty()) return;
  if (condition.kind == Kind::kInRange) {
    const Range range = RangeOf(policy.attributes.at(condition.attribute.index));
    for (const std::int64_t cut : {condition.low, condition.high}) {
      if (cut > range.least && cut <= range.greatest) asked.at(condition.attribute.index).cuts.insert(cut);
    }
  }
  if (condition.kind == Kind::kTextIs) asked.at(condition.attribute.index).texts.insert(condition.text);
  if (condition.kind == Kind::kStartsWith) asked.at(condition.attribute.index).prefixes.insert(condition.text);
  if (condition.kind == Kind::kInCountries) asked.at(condition.attribute.index).countries.push_back(condition.values);
}

auto GroupCountries(const std::vector<std::vector<std::uint32_t>>& sets) -> std::vector<std::uint16_t> {
  std::vector<std::vector<std::uint32_t>> member_of(Countries().size());
  for (std::uint32_t set = 0; set < sets.size(); ++set) {
    for (const std::uint32_t country : sets[set]) {
      auto& list = member_of.at(country);
      if (list.empty() || list.back() != set) list.push_back(set);
    }
  }
  std::map<std::vector<std::uint32_t>, std::uint16_t> groups;
  std::vector<std::uint16_t> result;
  for (const auto& list : member_of) {
    result.push_back(groups.try_emplace(list, static_cast<std::uint16_t>(groups.size())).first->second);
  }
  return result;
}

/// The runs of the classes below `classes` for which `holds`.
template <typename Holds>
auto RunsWhere(std::uint32_t classes, Holds holds) -> Runs {
  Runs runs;
  for (std::uint32_t c = 0; c < classes; ++c) {
    if (!holds(c)) continue;
    if (!runs.empty() && runs.back().end == c) {
      ++runs.back().end;
    } else {
      runs.push_back({c, c + 1});
    }
  }
  return runs;
}

auto IndexOf(const auto& sorted, const auto& value) -> std::uint32_t {
  const auto found = std::ranges::lower_bound(sorted, value);
  if (found == sorted.end() || *found != value) Differs("a condition asks for a value that is no class");
  return static_cast<std::uint32_t>(found - sorted.begin());
}

auto AskRange(const ir::Condition& question, const AttributeClasses& here, Range range) -> Runs {
  if (question.low > range.greatest || question.high <= range.least || question.low >= question.high) return {};
  const std::uint32_t first = question.low <= range.least ? 0 : IndexOf(here.cuts, question.low) + 1;
  const std::uint32_t end = question.high > range.greatest ? here.classes : IndexOf(here.cuts, question.high) + 1;
  return {{first, end}};
}

/// Of a class of texts, by its number: 0 begins with none of the prefixes; then the texts of which each prefix is the longest; then
/// each named text.
auto AskPrefix(const ir::Condition& question, const AttributeClasses& here) -> Runs {
  IndexOf(here.prefixes, question.text);  // a prefix that is asked for is one of them, so that no class is half inside
  const std::size_t prefixes = here.prefixes.size();
  return RunsWhere(here.classes, [&](std::uint32_t c) {
    if (c == 0) return false;
    const std::string& start = c <= prefixes ? here.prefixes[c - 1] : here.texts[c - 1 - prefixes];
    return start.starts_with(question.text);
  });
}

auto Exactly(std::uint32_t value_class) -> Runs { return {{value_class, value_class + 1}}; }

}  // namespace

Classes::Classes(const ir::Policy& policy) : policy_(policy) {
  std::vector<Asked> asked(policy.attributes.size());
  for (const auto& rule : policy.rules) Collect(rule.when, policy, asked);
  for (const auto& refusal : policy.refusals) Collect(refusal.when, policy, asked);
  for (const auto& route : policy.routes) Collect(route.when, policy, asked);
  for (const auto& guarantee : policy.guarantees) Collect(guarantee.when, policy, asked);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const ir::Attribute& attribute = policy.attributes[i];
    AttributeClasses here;
    here.first_dimension = dimensions_;
    here.cuts.assign(asked[i].cuts.begin(), asked[i].cuts.end());
    here.prefixes.assign(asked[i].prefixes.begin(), asked[i].prefixes.end());
    here.texts.assign(asked[i].texts.begin(), asked[i].texts.end());
    switch (attribute.kind) {
      case AttributeKind::kOneOf:
        here.classes = static_cast<std::uint32_t>(attribute.values.size());
        break;
      case AttributeKind::kAnyOf:
        here.dimensions = static_cast<std::uint32_t>(attribute.values.size());
        here.classes = 2;
        break;
      case AttributeKind::kYesNo:
        here.classes = 2;
        break;
      case AttributeKind::kNumber:
      case AttributeKind::kDate:
        here.classes = static_cast<std::uint32_t>(here.cuts.size() + 1);
        break;
      case AttributeKind::kText:
        here.classes = static_cast<std::uint32_t>(1 + here.prefixes.size() + here.texts.size());
        break;
      case AttributeKind::kCountry:
        here.country_class = GroupCountries(asked[i].countries);
        here.classes = std::uint32_t{1} + std::ranges::max(here.country_class);
        break;
    }
    dimensions_ += here.dimensions;
    classes_.resize(dimensions_, here.classes);
    attributes_.push_back(std::move(here));
  }
}

auto Classes::Ask(const ir::Condition& question) const -> Answer {
  const AttributeClasses& here = attributes_.at(question.attribute.index);
  Answer answer{here.first_dimension, {}};
  switch (question.kind) {
    case Kind::kIsOneOf:
      answer.yes = RunsWhere(here.classes, [&](std::uint32_t c) { return std::ranges::find(question.values, c) != question.values.end(); });
      break;
    case Kind::kIncludes:
      answer.dimension += question.values.at(0);
      answer.yes = Exactly(1);
      break;
    case Kind::kIsYes:
      answer.yes = Exactly(1);
      break;
    case Kind::kInRange:
      answer.yes = AskRange(question, here, RangeOf(policy_.attributes.at(question.attribute.index)));
      break;
    case Kind::kTextIs:
      answer.yes = Exactly(static_cast<std::uint32_t>(1 + here.prefixes.size()) + IndexOf(here.texts, question.text));
      break;
    case Kind::kStartsWith:
      answer.yes = AskPrefix(question, here);
      break;
    case Kind::kInCountries: {
      std::set<std::uint32_t> inside;
      for (const std::uint32_t country : question.values) inside.insert(here.country_class.at(country));
      for (std::uint32_t country = 0; country < here.country_class.size(); ++country) {
        const bool listed = std::ranges::find(question.values, country) != question.values.end();
        if (listed != inside.contains(here.country_class[country])) Differs("a class of countries is half inside a set");
      }
      answer.yes = RunsWhere(here.classes, [&](std::uint32_t c) { return inside.contains(c); });
      break;
    }
    case Kind::kTrue:
    case Kind::kFalse:
    case Kind::kAll:
    case Kind::kAny:
    case Kind::kNot:
      Differs("a condition was asked as if it were a question");
  }
  return answer;
}

}  // namespace route::recheck
