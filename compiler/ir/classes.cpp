#include "compiler/ir/classes.h"

#include "compiler/ir/clock.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <limits>
#include <map>
#include <set>

namespace route::ir {
namespace {

// Calls `visit` for every condition in the policy that asks about one attribute.
void VisitAtoms(const Condition& condition, const std::function<void(const Condition&)>& visit) {
  using Kind = Condition::Kind;
  switch (condition.kind) {
    case Kind::kTrue:
    case Kind::kFalse:
      return;
    case Kind::kAll:
    case Kind::kAny:
    case Kind::kNot:
      for (const Condition& child : condition.children) VisitAtoms(child, visit);
      return;
    case Kind::kIsOneOf:
    case Kind::kIncludes:
    case Kind::kIsYes:
    case Kind::kInRange:
    case Kind::kTextIs:
    case Kind::kStartsWith:
    case Kind::kInCountries:
      visit(condition);
      return;
  }
}

void VisitAtoms(const Policy& policy, const std::function<void(const Condition&)>& visit) {
  for (const Rule& rule : policy.rules) VisitAtoms(rule.when, visit);
  for (const Refusal& refusal : policy.refusals) VisitAtoms(refusal.when, visit);
  for (const Route& route : policy.routes) VisitAtoms(route.when, visit);
  for (const Guarantee& guarantee : policy.guarantees) VisitAtoms(guarantee.when, visit);
}

auto LeastValue(const Attribute& attribute) -> std::int64_t {
  return attribute.kind == AttributeKind::kDate ? kFirstDate.days : 0;
}

auto GreatestValue(const Attribute& attribute) -> std::int64_t {
  return attribute.kind == AttributeKind::kDate ? kLastDate.days : attribute.maximum.micros;
}

// What the conditions of a policy say about one attribute.
struct Mentions {
  std::set<std::int64_t> cuts;
  std::set<std::string> prefixes;
  std::set<std::string> texts;
  std::vector<std::vector<std::uint32_t>> country_sets;
};

// The class of each country: countries in exactly the same sets share one, numbered by the first country.
auto ClassesOfCountries(const std::vector<std::vector<std::uint32_t>>& sets) -> std::vector<std::uint16_t> {
  std::vector<std::vector<bool>> memberships(Countries().size(), std::vector<bool>(sets.size()));
  for (std::size_t i = 0; i < sets.size(); ++i) {
    for (std::uint32_t country : sets[i]) memberships.at(country)[i] = true;
  }
  std::map<std::vector<bool>, std::uint16_t> numbers;
  std::vector<std::uint16_t> classes;
  for (const std::vector<bool>& membership : memberships) {
    const auto next = static_cast<std::uint16_t>(numbers.size());
    classes.push_back(numbers.try_emplace(membership, next).first->second);
  }
  return classes;
}

auto ClassOfNumber(const Dimension& dimension, std::int64_t value) -> std::uint32_t {
  return static_cast<std::uint32_t>(std::ranges::upper_bound(dimension.cuts, value) - dimension.cuts.begin());
}

auto ClassOfText(const Dimension& dimension, const std::string& text) -> std::uint32_t {
  const auto named = std::ranges::find(dimension.texts, text);
  if (named != dimension.texts.end()) {
    return static_cast<std::uint32_t>(1 + dimension.prefixes.size()) +
           static_cast<std::uint32_t>(named - dimension.texts.begin());
  }
  std::uint32_t best = 0;
  std::size_t longest = 0;
  for (std::uint32_t i = 0; i < dimension.prefixes.size(); ++i) {
    const std::string& prefix = dimension.prefixes[i];
    if (prefix.size() > longest && text.starts_with(prefix)) {
      best = 1 + i;
      longest = prefix.size();
    }
  }
  return best;
}

auto EncodeUtf8(std::uint32_t code_point) -> std::string {
  const auto byte = [](std::uint32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
  if (code_point < 0x80) return {byte(code_point)};
  if (code_point < 0x800) return {byte(0xC0 | (code_point >> 6)), byte(0x80 | (code_point & 0x3F))};
  return {byte(0xE0 | (code_point >> 12)), byte(0x80 | ((code_point >> 6) & 0x3F)), byte(0x80 | (code_point & 0x3F))};
}

// A text of the class: `start` itself (unless empty), or `start` + `word`, with a number behind it where the plain word
// belongs to another class. Where every text with that word does, some other character takes the word's place: only
// finitely many are the next character of a named prefix, and behind the first that is not, only the finitely many
// named texts are in the way.
auto FindText(const Dimension& dimension, std::uint32_t wanted, const std::string& start, const std::string& word)
    -> std::string {
  if (!start.empty() && ClassOfText(dimension, start) == wanted) return start;
  const std::size_t names = dimension.texts.size() + dimension.prefixes.size();
  const auto with_word = [&](const std::string& middle) -> std::optional<std::string> {
    for (std::size_t i = 0; i <= names; ++i) {
      std::string text = start + middle + (i == 0 ? "" : std::to_string(i));
      if (ClassOfText(dimension, text) == wanted) return text;
    }
    return std::nullopt;
  };
  if (const auto found = with_word(word)) return *found;
  for (std::uint32_t code_point = 'a'; code_point < 0xD800; ++code_point) {
    if (code_point > 'z' && code_point < 0xA1) continue;
    if (const auto found = with_word(EncodeUtf8(code_point))) return *found;
  }
  std::abort();  // fifty thousand prefixes would each have to begin with another character
}

auto TextOfClass(const Dimension& dimension, std::uint32_t wanted) -> std::string {
  if (wanted == 0) return FindText(dimension, 0, "", "other");
  if (wanted <= dimension.prefixes.size()) {
    return FindText(dimension, wanted, dimension.prefixes[wanted - 1], "-other");
  }
  return dimension.texts.at(wanted - 1 - dimension.prefixes.size());
}

}  // namespace

ValueClasses::ValueClasses(const Policy& policy) : policy_(&policy) {
  std::vector<Mentions> mentions(policy.attributes.size());
  VisitAtoms(policy, [&](const Condition& atom) {
    Mentions& here = mentions.at(atom.attribute.index);
    switch (atom.kind) {
      case Condition::Kind::kInRange: {
        const Attribute& attribute = policy.attributes[atom.attribute.index];
        for (std::int64_t cut : {atom.low, atom.high}) {
          if (LeastValue(attribute) < cut && cut <= GreatestValue(attribute)) here.cuts.insert(cut);
        }
        return;
      }
      case Condition::Kind::kTextIs:
        here.texts.insert(atom.text);
        return;
      case Condition::Kind::kStartsWith:
        here.prefixes.insert(atom.text);
        return;
      case Condition::Kind::kInCountries:
        here.country_sets.push_back(atom.values);
        return;
      case Condition::Kind::kTrue:
      case Condition::Kind::kFalse:
      case Condition::Kind::kAll:
      case Condition::Kind::kAny:
      case Condition::Kind::kNot:
      case Condition::Kind::kIsOneOf:
      case Condition::Kind::kIncludes:
      case Condition::Kind::kIsYes:
        return;
    }
  });

  for (std::uint32_t i = 0; i < policy.attributes.size(); ++i) {
    const Attribute& attribute = policy.attributes[i];
    const Mentions& here = mentions[i];
    first_.push_back({static_cast<std::uint32_t>(dimensions_.size())});
    Dimension dimension;
    dimension.attribute = {i};
    switch (attribute.kind) {
      case AttributeKind::kOneOf:
        dimension.classes = static_cast<std::uint32_t>(attribute.values.size());
        break;
      case AttributeKind::kAnyOf:
        dimension.classes = 2;
        for (; dimension.member < attribute.values.size(); ++dimension.member) dimensions_.push_back(dimension);
        continue;
      case AttributeKind::kYesNo:
        dimension.classes = 2;
        break;
      case AttributeKind::kNumber:
      case AttributeKind::kDate:
        dimension.cuts.assign(here.cuts.begin(), here.cuts.end());
        dimension.classes = static_cast<std::uint32_t>(1 + here.cuts.size());
        break;
      case AttributeKind::kText:
        dimension.prefixes.assign(here.prefixes.begin(), here.prefixes.end());
        dimension.texts.assign(here.texts.begin(), here.texts.end());
        dimension.classes = static_cast<std::uint32_t>(1 + here.prefixes.size() + here.texts.size());
        break;
      case AttributeKind::kCountry:
        dimension.country_class = ClassesOfCountries(here.country_sets);
        dimension.classes = std::uint32_t{1} + std::ranges::max(dimension.country_class);
        break;
    }
    dimensions_.push_back(std::move(dimension));
  }
}

auto ValueClasses::Classify(const Request& request) const -> std::vector<std::uint16_t> {
  std::vector<std::uint16_t> classes;
  for (const Dimension& dimension : dimensions_) {
    const Value& value = request.at(dimension.attribute.index);
    std::uint32_t number = 0;
    switch (policy_->attributes[dimension.attribute.index].kind) {
      case AttributeKind::kOneOf:
        number = std::get<OneOfValue>(value).index;
        break;
      case AttributeKind::kAnyOf:
        number = (std::get<AnyOfValue>(value).members >> dimension.member) & 1U;
        break;
      case AttributeKind::kYesNo:
        number = std::get<YesNoValue>(value).yes ? 1 : 0;
        break;
      case AttributeKind::kNumber:
        number = ClassOfNumber(dimension, std::get<Decimal>(value).micros);
        break;
      case AttributeKind::kText:
        number = ClassOfText(dimension, std::get<std::string>(value));
        break;
      case AttributeKind::kCountry:
        number = dimension.country_class.at(std::get<Country>(value).index);
        break;
      case AttributeKind::kDate:
        number = ClassOfNumber(dimension, std::get<Date>(value).days);
        break;
    }
    classes.push_back(static_cast<std::uint16_t>(number));
  }
  return classes;
}

auto ValueClasses::Representative(const std::vector<std::uint16_t>& classes) const -> Request {
  Request request;
  for (std::uint32_t i = 0; i < policy_->attributes.size(); ++i) {
    const Attribute& attribute = policy_->attributes[i];
    const std::uint32_t first = first_[i].index;
    if (attribute.kind == AttributeKind::kAnyOf) {
      AnyOfValue value;
      for (std::uint32_t member = 0; member < attribute.values.size(); ++member) {
        value.members |= std::uint64_t{classes.at(first + member)} << member;
      }
      request.emplace_back(value);
      continue;
    }
    const Dimension& dimension = dimensions_[first];
    const std::uint16_t number = classes.at(first);
    const auto least = [&] { return number == 0 ? LeastValue(attribute) : dimension.cuts.at(number - 1U); };
    switch (attribute.kind) {
      case AttributeKind::kOneOf:
        request.emplace_back(OneOfValue{number});
        break;
      case AttributeKind::kAnyOf:
        break;  // done above
      case AttributeKind::kYesNo:
        request.emplace_back(YesNoValue{number == 1});
        break;
      case AttributeKind::kNumber:
        request.emplace_back(Decimal{least()});
        break;
      case AttributeKind::kText:
        request.emplace_back(TextOfClass(dimension, number));
        break;
      case AttributeKind::kCountry: {
        const auto found = std::ranges::find(dimension.country_class, number);
        request.emplace_back(Country{static_cast<std::uint16_t>(found - dimension.country_class.begin())});
        break;
      }
      case AttributeKind::kDate:
        request.emplace_back(Date{static_cast<std::int32_t>(least())});
        break;
    }
  }
  for (const ClockPair& pair : ClockPairs(*policy_)) {
    const DimensionId date = FirstDimension(pair.date);
    const std::uint32_t weekday = std::get<OneOfValue>(request[pair.weekday.index]).index;
    const std::optional<Date> day = FirstOn(weekday, DaysOf(dimensions_[date.index], classes.at(date.index)));
    if (day) request[pair.date.index] = *day;
  }
  return request;
}

auto ValueClasses::DimensionOf(const Condition& atom) const -> DimensionId {
  const DimensionId first = FirstDimension(atom.attribute);
  if (atom.kind == Condition::Kind::kIncludes) return {first.index + atom.values.at(0)};
  return first;
}

auto ValueClasses::Satisfying(const Condition& atom) const -> std::vector<bool> {
  using Kind = Condition::Kind;
  const Dimension& dimension = dimensions_.at(DimensionOf(atom).index);
  std::vector<bool> satisfying(dimension.classes);
  switch (atom.kind) {
    case Kind::kIsOneOf:
      for (std::uint32_t value : atom.values) satisfying.at(value) = true;
      return satisfying;
    case Kind::kIncludes:
    case Kind::kIsYes:
      satisfying.at(1) = true;
      return satisfying;
    case Kind::kInRange:
      for (std::uint32_t i = 0; i < dimension.classes; ++i) {
        const Attribute& attribute = policy_->attributes[dimension.attribute.index];
        const std::int64_t least = i == 0 ? LeastValue(attribute) : dimension.cuts[i - 1];
        satisfying[i] = atom.low <= least && least < atom.high;
      }
      return satisfying;
    case Kind::kTextIs:
      satisfying.at(ClassOfText(dimension, atom.text)) = true;
      return satisfying;
    case Kind::kStartsWith:
      // A text whose longest named prefix does not begin with this one cannot begin with it either.
      for (std::uint32_t i = 0; i < dimension.prefixes.size(); ++i) {
        satisfying[1 + i] = dimension.prefixes[i].starts_with(atom.text);
      }
      for (std::uint32_t i = 0; i < dimension.texts.size(); ++i) {
        satisfying[1 + dimension.prefixes.size() + i] = dimension.texts[i].starts_with(atom.text);
      }
      return satisfying;
    case Kind::kInCountries:
      for (std::uint32_t country : atom.values) satisfying.at(dimension.country_class.at(country)) = true;
      return satisfying;
    case Kind::kTrue:
    case Kind::kFalse:
    case Kind::kAll:
    case Kind::kAny:
    case Kind::kNot:
      break;
  }
  std::abort();  // the caller passed a condition that does not ask about one attribute
}

auto ValueClasses::CountRequests() const -> std::uint64_t {
  std::uint64_t count = 1;
  for (const Dimension& dimension : dimensions_) {
    if (__builtin_mul_overflow(count, std::uint64_t{dimension.classes}, &count)) {
      return std::numeric_limits<std::uint64_t>::max();
    }
  }
  return count;
}

}  // namespace route::ir
