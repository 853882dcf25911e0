#include "compiler/diff/joint_space.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "compiler/base/internal_error.h"

namespace route::diff {
namespace {

using ir::Condition;
using Kind = ir::Condition::Kind;

auto Combined(Kind kind, std::vector<Condition> children) -> Condition {
  Condition condition;
  condition.kind = children.empty() ? (kind == Kind::kAll ? Kind::kTrue : Kind::kFalse) : kind;
  condition.children = std::move(children);
  return condition;
}

/// "The class in this dimension is one of these", of the synthetic policy.
auto InClasses(std::size_t dimension, const std::vector<bool>& wanted) -> Condition {
  Condition atom;
  atom.kind = Kind::kIsOneOf;
  atom.attribute = {static_cast<std::uint32_t>(dimension)};
  for (std::uint32_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i]) atom.values.push_back(i);
  }
  if (atom.values.empty()) atom.kind = Kind::kFalse;
  return atom;
}

auto InClass(std::size_t dimension, std::uint32_t number) -> Condition {
  std::vector<bool> wanted(number + 1, false);
  wanted[number] = true;
  return InClasses(dimension, wanted);
}

auto SourceMayLack(const ir::Source& source, AttributeKind kind) -> bool {
  switch (source.kind) {
    case SourceKind::kTenant:
    case SourceKind::kHeader:
    case SourceKind::kClassifier:
      return true;
    case SourceKind::kRequest:  // a body without a prompt is no request; any other field may not be there
      return kind != AttributeKind::kNumber || source.argument != "prompt";
    case SourceKind::kDetector:
    case SourceKind::kBudget:
    case SourceKind::kClock:
      return false;
  }
  throw InternalError("a source of no known kind");
}

auto MayLackValue(const ir::Attribute& attribute) -> bool {
  return std::ranges::all_of(attribute.sources, [&](const ir::Source& source) {
    return !AlwaysMeasures(source.kind, source.argument) && SourceMayLack(source, attribute.kind);
  });
}

auto AreOne(const ir::Attribute& left, const ir::Attribute& right) -> bool {
  return left.name == right.name && left.kind == right.kind && left.unit == right.unit;
}

auto IndexIn(const std::vector<std::string>& names, const std::string& name) -> std::uint32_t {
  return static_cast<std::uint32_t>(std::ranges::find(names, name) - names.begin());
}

}  // namespace

JointSpace::JointSpace(const std::vector<const ir::Policy*>& sides, const std::vector<FurtherCondition>& further) {
  for (const ir::Policy* policy : sides) {
    sides_.emplace_back();
    sides_.back().policy = policy;
  }
  AddAttributes();
  AddConditions(further);
  AddDimensions();
  AddSynthetic();
}

void JointSpace::AddAttributes() {
  for (std::size_t i = sides_.size(); i-- > 0;) {
    Side& side = sides_[i];
    for (const ir::Attribute& attribute : side.policy->attributes) {
      auto found =
          std::ranges::find_if(asked_.attributes, [&](const ir::Attribute& each) { return AreOne(each, attribute); });
      if (found == asked_.attributes.end()) {
        asked_.attributes.push_back(attribute);
        found = std::prev(asked_.attributes.end());
      }
      found->maximum = std::max(found->maximum, attribute.maximum);
      std::vector<std::uint32_t> names;
      for (const std::string& name : attribute.values) {
        const std::uint32_t index = IndexIn(found->values, name);
        if (index == found->values.size()) found->values.push_back(name);
        names.push_back(index);
      }
      side.asked_as.emplace_back(AttributeId{static_cast<std::uint32_t>(found - asked_.attributes.begin())});
      side.names.push_back(std::move(names));
    }
  }
  asked_.jurisdictions = sides_.back().policy->jurisdictions;
}

auto JointSpace::Asked(const Side& side, Condition condition) const -> Condition {
  for (Condition& child : condition.children) child = Asked(side, std::move(child));
  if (condition.kind == Kind::kIsOneOf || condition.kind == Kind::kIncludes) {
    for (std::uint32_t& value : condition.values) value = side.names.at(condition.attribute.index).at(value);
    std::ranges::sort(condition.values);
  }
  const bool is_atom = condition.children.empty() && condition.kind != Kind::kTrue && condition.kind != Kind::kFalse &&
                       condition.kind != Kind::kAll && condition.kind != Kind::kAny;
  if (is_atom) condition.attribute = side.asked_as.at(condition.attribute.index).value();
  return condition;
}

// Only the classes matter, so every condition becomes that of a rule which keeps everything.
void JointSpace::AddConditions(const std::vector<FurtherCondition>& further) {
  for (std::size_t i = 0; i < sides_.size(); ++i) {
    Side& side = sides_[i];
    side.schema = std::make_unique<ir::Policy>();
    side.schema->attributes = side.policy->attributes;
    const auto add = [&](const Condition& condition) {
      side.schema->rules.emplace_back().when = condition;
      asked_.rules.emplace_back().when = Asked(side, condition);
    };
    for (const ir::Rule& rule : side.policy->rules) add(rule.when);
    for (const ir::Refusal& refusal : side.policy->refusals) add(refusal.when);
    for (const ir::Route& route : side.policy->routes) add(route.when);
    for (const FurtherCondition& each : further) {
      if (each.side == i) add(each.condition);
    }
    side.classes = std::make_unique<ir::ValueClasses>(*side.schema);
    for (std::uint32_t own = 0; own < side.policy->attributes.size(); ++own) {  // what is too much for one of them
      const ir::Attribute& attribute = side.policy->attributes[own];
      if (attribute.kind != AttributeKind::kNumber) continue;
      Condition above;
      above.kind = Kind::kInRange;
      above.attribute = *side.asked_as[own];
      above.low = attribute.maximum.micros + StepOf(attribute.unit);
      above.high = std::numeric_limits<std::int64_t>::max();
      if (attribute.maximum < asked_.attributes[above.attribute.index].maximum)
        asked_.rules.emplace_back().when = above;
    }
  }
  asked_classes_ = std::make_unique<ir::ValueClasses>(asked_);
}

auto JointSpace::OwnAttribute(const Side& side, AttributeId asked) const -> std::optional<AttributeId> {
  const auto found = std::ranges::find(side.asked_as, std::optional(asked));
  if (found == side.asked_as.end()) return std::nullopt;
  return AttributeId{static_cast<std::uint32_t>(found - side.asked_as.begin())};
}

auto JointSpace::WhenMissing(const Side& side, AttributeId own) const -> std::optional<ir::Value> {
  const ir::Attribute& attribute = side.policy->attributes.at(own.index);
  if (attribute.fallback) return attribute.fallback;
  if (attribute.kind == AttributeKind::kAnyOf) return ir::AnyOfValue{};
  return std::nullopt;
}

auto JointSpace::ToAsked(const Side& side, AttributeId own, const ir::Value& value) const -> ir::Value {
  const std::vector<std::uint32_t>& names = side.names.at(own.index);
  if (const auto* one = std::get_if<ir::OneOfValue>(&value)) return ir::OneOfValue{names.at(one->index)};
  const auto* any = std::get_if<ir::AnyOfValue>(&value);
  if (any == nullptr) return value;
  ir::AnyOfValue asked;
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    if (((any->members >> i) & 1U) != 0) asked.members |= std::uint64_t{1} << names[i];
  }
  return asked;
}

auto JointSpace::ReadValue(const Side& side, AttributeId own, const std::optional<ir::Value>& given) const
    -> std::optional<ir::Value> {
  if (!given) return WhenMissing(side, own);
  const ir::Attribute& attribute = side.policy->attributes.at(own.index);
  const std::vector<std::uint32_t>& names = side.names.at(own.index);
  switch (attribute.kind) {
    case AttributeKind::kOneOf: {
      const auto found = std::ranges::find(names, std::get<ir::OneOfValue>(*given).index);
      if (found == names.end()) return WhenMissing(side, own);
      return ir::OneOfValue{static_cast<std::uint32_t>(found - names.begin())};
    }
    case AttributeKind::kAnyOf: {
      ir::AnyOfValue value;
      for (std::uint32_t i = 0; i < names.size(); ++i) {
        value.members |= ((std::get<ir::AnyOfValue>(*given).members >> names[i]) & 1U) << i;
      }
      return value;
    }
    case AttributeKind::kNumber:
      if (std::get<Decimal>(*given) <= attribute.maximum) return given;
      // A gateway counts a share of a cap up to the maximum.
      if (attribute.sources.front().kind == SourceKind::kBudget) return attribute.maximum;
      return WhenMissing(side, own);
    case AttributeKind::kYesNo:
    case AttributeKind::kText:
    case AttributeKind::kCountry:
    case AttributeKind::kDate:
      return given;
  }
  throw InternalError("an attribute of no known kind");
}

/// "No value given" needs no class of its own where all policies take it for one and the same value, or all refuse it.
auto JointSpace::MayBeMissing(AttributeId asked) const -> bool {
  bool possible = false;
  std::set<std::optional<ir::Value>> readings;
  for (const Side& side : sides_) {
    const auto own = OwnAttribute(side, asked);
    if (!own) continue;
    possible = possible || MayLackValue(side.policy->attributes[own->index]);
    const auto value = WhenMissing(side, *own);
    readings.insert(value ? std::optional(ToAsked(side, *own, *value)) : std::nullopt);
  }
  const bool all_have_it =
      std::ranges::all_of(sides_, [&](const Side& side) { return OwnAttribute(side, asked).has_value(); });
  const bool all_alike = readings.size() == 1 && (readings.begin()->has_value() || all_have_it);
  return possible && !all_alike;
}

void JointSpace::AddDimensions() {
  for (std::uint32_t i = 0; i < asked_.attributes.size(); ++i) {
    const AttributeId asked{i};
    const ir::Attribute& attribute = asked_.attributes[i];
    const bool may_be_missing = MayBeMissing(asked);
    first_.push_back(dimensions_.size());
    if (attribute.kind != AttributeKind::kAnyOf) {
      const std::uint32_t classes =
          asked_classes_->dimensions().at(asked_classes_->FirstDimension(asked).index).classes;
      dimensions_.push_back({.attribute = asked,
                             .kind = JointDimension::Kind::kValue,
                             .classes = classes + (may_be_missing ? 1 : 0),
                             .may_be_missing = may_be_missing});
      continue;
    }
    if (may_be_missing) dimensions_.push_back({.attribute = asked, .kind = JointDimension::Kind::kGiven, .classes = 2});
    for (std::uint32_t member = 0; member < attribute.values.size(); ++member) {
      dimensions_.push_back(
          {.attribute = asked, .kind = JointDimension::Kind::kMember, .member = member, .classes = 2});
    }
  }
}

void JointSpace::AddSynthetic() {
  for (const JointDimension& dimension : dimensions_) {
    ir::Attribute attribute;
    attribute.name = "dimension " + std::to_string(synthetic_.attributes.size());
    attribute.kind = AttributeKind::kOneOf;
    for (std::uint32_t i = 0; i < dimension.classes; ++i) attribute.values.push_back(std::to_string(i));
    synthetic_.attributes.push_back(std::move(attribute));
  }
  synthetic_classes_ = std::make_unique<ir::ValueClasses>(synthetic_);
  for (const Side& side : sides_) {
    own_classes_.emplace_back();
    for (std::uint32_t own = 0; own < side.policy->attributes.size(); ++own) {
      own_classes_.back().push_back(OwnClasses(side, {own}));
    }
  }
}

auto JointSpace::GivenInClass(const JointDimension& dimension, std::uint32_t number) const -> std::optional<ir::Value> {
  if (dimension.may_be_missing && number + 1 == dimension.classes) return std::nullopt;
  std::vector<std::uint16_t> classes(asked_classes_->dimensions().size(), 0);
  classes.at(asked_classes_->FirstDimension(dimension.attribute).index) = static_cast<std::uint16_t>(number);
  return asked_classes_->Representative(classes).at(dimension.attribute.index);
}

auto JointSpace::OwnClasses(const Side& side, AttributeId own) const -> std::vector<std::optional<std::uint16_t>> {
  std::vector<std::optional<std::uint16_t>> own_classes;
  const JointDimension& dimension = dimensions_.at(FirstDimension(*side.asked_as.at(own.index)));
  if (dimension.kind != JointDimension::Kind::kValue) return own_classes;
  const std::size_t own_dimension = side.classes->FirstDimension(own).index;
  ir::Request request = side.classes->Representative(std::vector<std::uint16_t>(side.classes->dimensions().size(), 0));
  for (std::uint32_t number = 0; number < dimension.classes; ++number) {
    const auto value = ReadValue(side, own, GivenInClass(dimension, number));
    if (!value) {
      own_classes.emplace_back();
      continue;
    }
    request.at(own.index) = *value;
    own_classes.emplace_back(side.classes->Classify(request).at(own_dimension));
  }
  return own_classes;
}

auto JointSpace::TranslateAtom(const Side& side, const Condition& atom) const -> Condition {
  const std::size_t first = FirstDimension(*side.asked_as.at(atom.attribute.index));
  if (atom.kind == Kind::kIncludes) {
    const std::uint32_t member = atom.values.at(0);
    const bool may_be_missing = dimensions_.at(first).kind == JointDimension::Kind::kGiven;
    const std::size_t its = first + (may_be_missing ? 1 : 0) + side.names.at(atom.attribute.index).at(member);
    Condition included = InClass(its, 1);
    if (!may_be_missing) return included;
    const auto missing = std::get<ir::AnyOfValue>(WhenMissing(side, atom.attribute).value());
    Condition given = Combined(Kind::kAll, {InClass(first, 0), std::move(included)});
    if (((missing.members >> member) & 1U) == 0) return given;
    return Combined(Kind::kAny, {std::move(given), InClass(first, 1)});
  }
  const auto index = static_cast<std::size_t>(&side - sides_.data());
  const std::vector<bool> satisfying = side.classes->Satisfying(atom);
  std::vector<bool> wanted;
  for (const auto& own : own_classes_.at(index).at(atom.attribute.index)) wanted.push_back(own && satisfying.at(*own));
  return InClasses(first, wanted);
}

auto JointSpace::Translate(std::size_t side, const Condition& condition) const -> Condition {
  switch (condition.kind) {
    case Kind::kTrue:
    case Kind::kFalse:
      return condition;
    case Kind::kAll:
    case Kind::kAny:
    case Kind::kNot: {
      Condition translated;
      translated.kind = condition.kind;
      for (const Condition& child : condition.children) translated.children.push_back(Translate(side, child));
      return translated;
    }
    case Kind::kIsOneOf:
    case Kind::kIncludes:
    case Kind::kIsYes:
    case Kind::kInRange:
    case Kind::kTextIs:
    case Kind::kStartsWith:
    case Kind::kInCountries:
      return TranslateAtom(sides_.at(side), condition);
  }
  throw InternalError("a condition of no known kind");
}

auto JointSpace::Impossible() const -> Condition {
  std::vector<Condition> impossible;
  std::size_t given = 0;
  for (std::size_t i = 0; i < dimensions_.size(); ++i) {
    if (dimensions_[i].kind == JointDimension::Kind::kGiven) given = i;
    const bool depends = dimensions_[i].kind == JointDimension::Kind::kMember &&
                         dimensions_[FirstDimension(dimensions_[i].attribute)].kind == JointDimension::Kind::kGiven;
    if (depends) impossible.push_back(Combined(Kind::kAll, {InClass(given, 1), InClass(i, 1)}));
  }
  return Combined(Kind::kAny, std::move(impossible));
}

auto JointSpace::MissingValues(std::size_t side) const -> std::vector<MissingValue> {
  std::vector<MissingValue> missing;
  for (std::uint32_t own = 0; own < sides_.at(side).policy->attributes.size(); ++own) {
    std::vector<bool> refused;
    for (const auto& number : own_classes_.at(side).at(own)) refused.push_back(!number);
    if (std::ranges::find(refused, true) == refused.end()) continue;
    missing.push_back({{own}, InClasses(FirstDimension(*sides_[side].asked_as[own]), refused)});
  }
  return missing;
}

auto JointSpace::Given(const std::vector<std::uint16_t>& classes) const -> std::vector<std::optional<ir::Value>> {
  std::vector<std::optional<ir::Value>> given;
  for (std::uint32_t i = 0; i < asked_.attributes.size(); ++i) {
    std::size_t at = first_[i];
    if (asked_.attributes[i].kind != AttributeKind::kAnyOf) {
      given.push_back(GivenInClass(dimensions_[at], classes.at(at)));
      continue;
    }
    if (at < dimensions_.size() && dimensions_[at].kind == JointDimension::Kind::kGiven && classes.at(at++) == 1) {
      given.emplace_back();
      continue;
    }
    ir::AnyOfValue value;
    for (std::size_t member = 0; member < asked_.attributes[i].values.size(); ++member) {
      value.members |= std::uint64_t{classes.at(at + member)} << member;
    }
    given.emplace_back(value);
  }
  return given;
}

auto JointSpace::Read(std::size_t side, const std::vector<std::uint16_t>& classes) const
    -> std::expected<ir::Request, AttributeId> {
  const std::vector<std::optional<ir::Value>> given = Given(classes);
  ir::Request request;
  for (std::uint32_t own = 0; own < sides_.at(side).policy->attributes.size(); ++own) {
    auto value = ReadValue(sides_[side], {own}, given.at(sides_[side].asked_as[own]->index));
    if (!value) return std::unexpected(AttributeId{own});
    request.push_back(std::move(*value));
  }
  return request;
}

}  // namespace route::diff
