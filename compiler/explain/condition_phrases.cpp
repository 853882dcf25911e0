#include <algorithm>

#include "compiler/base/internal_error.h"
#include "compiler/explain/phrases.h"
#include "compiler/ir/words.h"

namespace route::explain {
namespace {

using Kind = ir::Condition::Kind;

constexpr std::size_t kMostValues = 24;

auto InQuotes(const std::string& text) -> std::string {
  return "\"" + text + "\"";
}

auto Opposite(Sense sense) -> Sense {
  return sense == Sense::kAffirmed ? Sense::kDenied : Sense::kAffirmed;
}

/// `is gold or platinum`, `is not gold`, `is neither gold nor platinum`.
auto IsAmong(const std::vector<std::string>& values, Sense sense) -> std::string {
  if (values.size() > kMostValues) {
    return (sense == Sense::kAffirmed ? "is one of " : "is none of ") + ir::EnumerateSome(values, kMostValues);
  }
  if (sense == Sense::kAffirmed) return "is " + ir::Enumerate(values, "or");
  if (values.size() == 1) return "is not " + values.front();
  if (values.size() == 2) return "is neither " + values[0] + " nor " + values[1];
  return "is none of " + ir::Enumerate(values);
}

/// Questions of one kind about one attribute, which can be asked in one breath.
auto AreAlike(const std::vector<ir::Condition>& children) -> bool {
  const ir::Condition& first = children.front();
  const bool is_possible = first.kind == Kind::kIncludes || first.kind == Kind::kTextIs || first.kind == Kind::kStartsWith;
  return is_possible && std::ranges::all_of(children, [&](const ir::Condition& child) {
           return child.kind == first.kind && child.attribute == first.attribute;
         });
}

/// Ranges of one attribute that follow each other and all have to hold are one range, unless nothing is in it.
auto WithJoinedRanges(const std::vector<ir::Condition>& children) -> std::vector<ir::Condition> {
  std::vector<ir::Condition> joined;
  for (const ir::Condition& child : children) {
    if (!joined.empty() && child.kind == Kind::kInRange && joined.back().kind == Kind::kInRange &&
        joined.back().attribute == child.attribute) {
      const std::int64_t low = std::max(joined.back().low, child.low);
      const std::int64_t high = std::min(joined.back().high, child.high);
      if (low < high) {
        joined.back().low = low;
        joined.back().high = high;
        continue;
      }
    }
    joined.push_back(child);
  }
  return joined;
}

}  // namespace

auto Phrases::Join(const std::vector<Part>& parts, Part::Joined joined) -> Part {
  if (parts.size() == 1) return parts.front();
  std::vector<std::string> texts;
  for (const Part& part : parts) {
    const bool needs_parentheses = part.joined != Part::Joined::kNot && part.joined != joined;
    texts.push_back(needs_parentheses ? "(" + part.text + ")" : part.text);
  }
  const std::string word = joined == Part::Joined::kAnd ? " and " : " or ";
  Part result{.text = {}, .joined = joined};
  for (const std::string& text : texts) result.text += (result.text.empty() ? "" : word) + text;
  return result;
}

auto Phrases::Condition(const ir::Condition& condition, Sense sense) -> std::string {
  return ConditionPart(condition, sense).text;
}

auto Phrases::ConditionPart(const ir::Condition& condition, Sense sense) -> Part {
  switch (condition.kind) {
    case Kind::kTrue:
    case Kind::kFalse:
      return {.text = (condition.kind == Kind::kTrue) == (sense == Sense::kAffirmed) ? "whatever it is like" : "never"};
    case Kind::kNot: return ConditionPart(condition.children.at(0), Opposite(sense));
    case Kind::kAll:
    case Kind::kAny: {
      if (condition.children.size() > 1 && AreAlike(condition.children)) return TogetherPart(condition, sense);
      const std::vector<ir::Condition> children =
          condition.kind == Kind::kAll ? WithJoinedRanges(condition.children) : condition.children;
      std::vector<Part> parts;
      for (const ir::Condition& child : children) parts.push_back(ConditionPart(child, sense));
      const bool is_and = (condition.kind == Kind::kAll) == (sense == Sense::kAffirmed);
      return Join(parts, is_and ? Part::Joined::kAnd : Part::Joined::kOr);
    }
    case Kind::kIsOneOf:
    case Kind::kIncludes:
    case Kind::kIsYes:
    case Kind::kInRange:
    case Kind::kTextIs:
    case Kind::kStartsWith:
    case Kind::kInCountries: return {.text = AtomText(condition, sense)};
  }
  throw InternalError("a condition of no known kind");
}

/// Several questions of one kind about one attribute.
auto Phrases::TogetherPart(const ir::Condition& condition, Sense sense) -> Part {
  const ir::Condition& first = condition.children.front();
  const ir::Attribute& attribute = policy_->attributes.at(first.attribute.index);
  const std::string subject = ir::Quoted(attribute.name) + " ";
  const bool affirmed = sense == Sense::kAffirmed;
  const bool any = condition.kind == Kind::kAny;
  std::vector<std::string> values;
  for (const ir::Condition& child : condition.children) {
    values.push_back(child.kind == Kind::kIncludes ? attribute.values.at(child.values.at(0)) : InQuotes(child.text));
  }
  if (first.kind == Kind::kIncludes) {
    const bool is_whole = ir::Distinct(values).size() == attribute.values.size();
    if (any && is_whole) return {.text = subject + (affirmed ? "is not empty" : "is empty")};
    if (affirmed) return {.text = subject + "includes " + ir::Enumerate(values, any ? "or" : "and")};
    if (!any) return {.text = subject + "does not include all of " + ir::Enumerate(values)};
    if (values.size() == 2) return {.text = subject + "includes neither " + values[0] + " nor " + values[1]};
    return {.text = subject + "includes none of " + ir::Enumerate(values)};
  }
  if (!any) {  // one text cannot be two; said as it stands
    std::vector<Part> parts;
    for (const ir::Condition& child : condition.children) parts.push_back({.text = AtomText(child, sense)});
    return Join(parts, affirmed ? Part::Joined::kAnd : Part::Joined::kOr);
  }
  if (first.kind == Kind::kTextIs) return {.text = subject + IsAmong(values, sense)};
  return {.text = subject + (affirmed ? "starts with " : "does not start with ") + ir::Enumerate(values, "or")};
}

auto Phrases::AtomText(const ir::Condition& atom, Sense sense) -> std::string {
  const ir::Attribute& attribute = policy_->attributes.at(atom.attribute.index);
  const std::string subject = ir::Quoted(attribute.name) + " ";
  const bool affirmed = sense == Sense::kAffirmed;
  switch (atom.kind) {
    case Kind::kIsOneOf: {
      std::vector<std::string> values;
      for (std::uint32_t value : atom.values) values.push_back(attribute.values.at(value));
      return subject + IsAmong(values, sense);
    }
    case Kind::kIncludes:
      return subject + (affirmed ? "includes " : "does not include ") + attribute.values.at(atom.values.at(0));
    case Kind::kIsYes: return subject + (affirmed ? "is yes" : "is no");
    case Kind::kInRange:
      return subject + "is " + IntervalPhrase({atom.low, atom.high, attribute.kind, attribute.unit}, sense);
    case Kind::kTextIs: return subject + IsAmong({InQuotes(atom.text)}, sense);
    case Kind::kStartsWith: return subject + (affirmed ? "starts with " : "does not start with ") + InQuotes(atom.text);
    case Kind::kInCountries: return subject + (affirmed ? "is in " : "is not in ") + Places(atom.values, "or");
    case Kind::kTrue:
    case Kind::kFalse:
    case Kind::kAll:
    case Kind::kAny:
    case Kind::kNot: break;
  }
  throw InternalError("a condition that does not ask about one attribute");
}

auto Phrases::Places(const std::vector<std::uint32_t>& countries, const std::string& last_word) -> std::string {
  constexpr std::size_t kMostCodes = 8;
  std::vector<std::string> names;
  std::vector<std::uint32_t> left = countries;
  // The largest jurisdiction that lies within what is left, as long as there is one.
  while (true) {
    std::size_t best = policy_->jurisdictions.size();
    for (std::size_t i = 0; i < policy_->jurisdictions.size(); ++i) {
      const std::vector<std::uint32_t>& its = policy_->jurisdictions[i].countries;
      if (its.size() < 2 || !std::ranges::includes(left, its)) continue;
      if (best == policy_->jurisdictions.size() || its.size() > policy_->jurisdictions[best].countries.size()) best = i;
    }
    if (best == policy_->jurisdictions.size()) break;
    named_.insert(static_cast<std::uint32_t>(best));
    names.push_back(ir::Quoted(policy_->jurisdictions[best].name));
    std::vector<std::uint32_t> fewer;
    std::ranges::set_difference(left, policy_->jurisdictions[best].countries, std::back_inserter(fewer));
    left = std::move(fewer);
  }
  std::vector<std::string> codes;
  for (std::uint32_t country : left) codes.emplace_back(Countries()[country].code);
  if (codes.size() > kMostCodes) {
    std::string list = "one of " + std::to_string(codes.size()) + " countries (";
    for (std::size_t i = 0; i < codes.size(); ++i) list += (i == 0 ? "" : " ") + codes[i];
    names.push_back(list + ")");
  } else {
    names.insert(names.end(), codes.begin(), codes.end());
  }
  return ir::Enumerate(names, last_word);
}

}  // namespace route::explain
