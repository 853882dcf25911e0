#include "compiler/explain/class_conditions.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "compiler/base/internal_error.h"

namespace route::explain {
namespace {

using ir::Condition;
using Kind = ir::Condition::Kind;

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();

auto Atom(Kind kind, AttributeId attribute) -> Condition {
  Condition atom;
  atom.kind = kind;
  atom.attribute = attribute;
  return atom;
}

auto Combined(Kind kind, std::vector<Condition> children) -> Condition {
  if (children.size() == 1) return std::move(children.front());
  Condition condition;
  condition.kind = children.empty() ? (kind == Kind::kAll ? Kind::kTrue : Kind::kFalse) : kind;
  condition.children = std::move(children);
  return condition;
}

auto Not(Condition child) -> Condition {
  Condition condition;
  condition.kind = Kind::kNot;
  condition.children.push_back(std::move(child));
  return condition;
}

auto Range(AttributeId attribute, std::int64_t low, std::int64_t high) -> Condition {
  Condition range = Atom(Kind::kInRange, attribute);
  range.low = low;
  range.high = high;
  return range;
}

auto Text(Kind kind, AttributeId attribute, const std::string& text) -> Condition {
  Condition atom = Atom(kind, attribute);
  atom.text = text;
  return atom;
}

/// Runs of classes that follow each other are one range.
auto InRanges(AttributeId attribute, const ClassLists& lists, const std::vector<bool>& wanted) -> Condition {
  std::vector<Condition> ranges;
  for (std::size_t begin = 0; begin < wanted.size(); ++begin) {
    if (!wanted[begin]) continue;
    std::size_t end = begin + 1;
    while (end < wanted.size() && wanted[end]) ++end;
    ranges.push_back(Range(attribute, begin == 0 ? kLowest : lists.cuts.at(begin - 1),
                           end == wanted.size() ? kHighest : lists.cuts.at(end - 1)));
    begin = end;
  }
  return Combined(Kind::kAny, std::move(ranges));
}

/// Texts in classes other than that of all texts that nothing names. A prefix stands for those of its texts that no longer
/// prefix or named text takes away.
auto AmongTexts(AttributeId attribute, const ClassLists& lists, const std::vector<bool>& wanted) -> Condition {
  const std::size_t prefixes = lists.prefixes.size();
  std::vector<Condition> parts;
  std::vector<std::string> whole;  // prefixes all of whose texts are wanted
  const auto is_covered = [&](const std::string& text) {
    return std::ranges::any_of(whole, [&](const std::string& prefix) { return text.starts_with(prefix); });
  };
  for (std::size_t i = 0; i < prefixes; ++i) {  // sorted, so a prefix comes before what it begins
    const std::string& prefix = lists.prefixes[i];
    if (!wanted.at(1 + i) || is_covered(prefix)) continue;
    std::vector<Condition> longer;
    bool is_whole = true;
    for (std::size_t k = 0; k < prefixes; ++k) {
      if (k == i || !lists.prefixes[k].starts_with(prefix)) continue;
      longer.push_back(Text(Kind::kStartsWith, attribute, lists.prefixes[k]));
      is_whole = is_whole && wanted.at(1 + k);
    }
    for (std::size_t k = 0; k < lists.texts.size(); ++k) {
      if (!lists.texts[k].starts_with(prefix)) continue;
      longer.push_back(Text(Kind::kTextIs, attribute, lists.texts[k]));
      is_whole = is_whole && wanted.at(1 + prefixes + k);
    }
    Condition starts = Text(Kind::kStartsWith, attribute, prefix);
    if (is_whole) {
      whole.push_back(prefix);
      parts.push_back(std::move(starts));
    } else {
      parts.push_back(Combined(Kind::kAll, {std::move(starts), Not(Combined(Kind::kAny, std::move(longer)))}));
    }
  }
  for (std::size_t k = 0; k < lists.texts.size(); ++k) {
    const std::string& text = lists.texts[k];
    if (wanted.at(1 + prefixes + k) && !is_covered(text)) parts.push_back(Text(Kind::kTextIs, attribute, text));
  }
  return Combined(Kind::kAny, std::move(parts));
}

auto IsOneOf(AttributeId attribute, const std::vector<bool>& wanted) -> Condition {
  const auto count = std::ranges::count(wanted, true);
  const bool negate = 2 * static_cast<std::size_t>(count) > wanted.size();
  Condition atom = Atom(Kind::kIsOneOf, attribute);
  for (std::uint32_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] != negate) atom.values.push_back(i);
  }
  return negate ? Not(std::move(atom)) : atom;
}

}  // namespace

auto InClasses(const ir::Policy& policy, AttributeId attribute, std::uint32_t member, const ClassLists& lists,
               const std::vector<bool>& wanted) -> Condition {
  switch (policy.attributes.at(attribute.index).kind) {
    case AttributeKind::kOneOf: return IsOneOf(attribute, wanted);
    case AttributeKind::kAnyOf: {
      Condition atom = Atom(Kind::kIncludes, attribute);
      atom.values = {member};
      return wanted.at(1) ? atom : Not(std::move(atom));
    }
    case AttributeKind::kYesNo: {
      Condition atom = Atom(Kind::kIsYes, attribute);
      return wanted.at(1) ? atom : Not(std::move(atom));
    }
    case AttributeKind::kNumber:
    case AttributeKind::kDate: return InRanges(attribute, lists, wanted);
    case AttributeKind::kText: {
      if (!wanted.at(0)) return AmongTexts(attribute, lists, wanted);
      std::vector<bool> others = wanted;
      others.flip();
      return Not(AmongTexts(attribute, lists, others));
    }
    case AttributeKind::kCountry: {
      Condition atom = Atom(Kind::kInCountries, attribute);
      for (std::uint32_t i = 0; i < lists.country_class.size(); ++i) {
        if (wanted.at(lists.country_class[i])) atom.values.push_back(i);
      }
      return atom;
    }
  }
  throw InternalError("an unknown kind of attribute");
}

auto TellingApart(const ir::Policy& policy, AttributeId attribute, const ClassLists& lists) -> Condition {
  std::vector<Condition> parts;
  switch (policy.attributes.at(attribute.index).kind) {
    case AttributeKind::kOneOf:
    case AttributeKind::kAnyOf:
    case AttributeKind::kYesNo: break;  // every value has a class of its own
    case AttributeKind::kNumber:
    case AttributeKind::kDate:
      for (std::int64_t cut : lists.cuts) parts.push_back(Range(attribute, cut, kHighest));
      break;
    case AttributeKind::kText:
      for (const std::string& prefix : lists.prefixes) parts.push_back(Text(Kind::kStartsWith, attribute, prefix));
      for (const std::string& text : lists.texts) parts.push_back(Text(Kind::kTextIs, attribute, text));
      break;
    case AttributeKind::kCountry: {
      const std::uint16_t last = lists.country_class.empty() ? std::uint16_t{0} : std::ranges::max(lists.country_class);
      for (std::uint16_t c = 1; c <= last; ++c) {
        std::vector<bool> wanted(last + std::size_t{1});
        wanted[c] = true;
        parts.push_back(InClasses(policy, attribute, 0, lists, wanted));
      }
      break;
    }
  }
  return Combined(Kind::kAny, std::move(parts));
}

}  // namespace route::explain
