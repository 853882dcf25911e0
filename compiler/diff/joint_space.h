#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/ir/classes.h"
#include "compiler/ir/policy.h"

/// The requests that several policies are asked about at once, when their attributes need not be the same.
///
/// A request gives values to the attributes of all of them. Two attributes are one if name, kind and unit agree. Each
/// policy reads the request as a gateway would: an attribute that it does not declare is not looked at; a value that it
/// does not know (a name that it lacks, a number above its maximum) is no value, so that its own default applies, and
/// without a default the request is refused. A member of an `any of` attribute that it lacks is not looked at either.
/// "No value given" is a class of its own wherever the policies would make something different of it.
///
/// The classes of a dimension are those that the conditions of all policies together tell apart, so that each policy
/// decides all requests of one combination of classes alike.
namespace route::diff {

/// A condition that stands beside the rules of one of the policies, such as an intended change's.
struct FurtherCondition {
  std::size_t side = 0;  ///< whose attributes it speaks of
  ir::Condition condition;
};

struct JointDimension {
  AttributeId attribute;  ///< of `JointSpace::asked()`
  enum class Kind : std::uint8_t {
    kValue,   ///< the attribute's value; the last class may be "not given"
    kGiven,   ///< `any of`: 0 a value is given, 1 none is
    kMember,  ///< `any of`: 0 the member is absent, 1 it is included
  };
  Kind kind = Kind::kValue;
  std::uint32_t member = 0;     ///< kMember
  std::uint32_t classes = 1;    ///< how many, "not given" included
  bool may_be_missing = false;  ///< kValue: the last class is "not given"
};

/// Why a policy refuses a request before its own refusals are asked.
struct MissingValue {
  AttributeId attribute;  ///< of that policy
  ir::Condition when;     ///< over the joint classes
};

class JointSpace {
 public:
  /// The policies must outlive the space. Attributes come in the last policy's order, then those that only others have.
  JointSpace(const std::vector<const ir::Policy*>& sides, const std::vector<FurtherCondition>& further);
  JointSpace(const JointSpace&) = delete;
  auto operator=(const JointSpace&) -> JointSpace& = delete;

  auto sides() const -> std::size_t { return sides_.size(); }
  auto policy(std::size_t side) const -> const ir::Policy& { return *sides_.at(side).policy; }
  auto dimensions() const -> const std::vector<JointDimension>& { return dimensions_; }

  /// A policy with all attributes and nothing else but the last policy's jurisdictions: for saying what is asked.
  auto asked() const -> const ir::Policy& { return asked_; }
  auto asked_classes() const -> const ir::ValueClasses& { return *asked_classes_; }

  /// A policy with one `one of` attribute for each dimension, of which translated conditions speak, and its classes.
  auto synthetic() const -> const ir::Policy& { return synthetic_; }
  auto synthetic_classes() const -> const ir::ValueClasses& { return *synthetic_classes_; }

  /// The same condition over the joint classes.
  auto Translate(std::size_t side, const ir::Condition& condition) const -> ir::Condition;

  /// Combinations of classes that stand for no request: a value that is not given has no members.
  auto Impossible() const -> ir::Condition;

  /// The values whose lack makes a policy refuse, in the order of its attributes.
  auto MissingValues(std::size_t side) const -> std::vector<MissingValue>;

  /// What is given of each attribute of `asked()`: the smallest value of the class, or nothing.
  auto Given(const std::vector<std::uint16_t>& classes) const -> std::vector<std::optional<ir::Value>>;

  /// What a policy makes of it, or the attribute for whose lack it refuses.
  auto Read(std::size_t side, const std::vector<std::uint16_t>& classes) const
      -> std::expected<ir::Request, AttributeId>;

 private:
  struct Side {
    const ir::Policy* policy = nullptr;
    std::unique_ptr<ir::Policy> schema;  // the attributes, and every condition as that of a rule
    std::unique_ptr<ir::ValueClasses> classes;
    std::vector<std::optional<AttributeId>> asked_as;  // by its own attribute: that of `asked()`
    std::vector<std::vector<std::uint32_t>> names;     // by its own attribute: the index of each of its names there
  };

  void AddAttributes();
  void AddConditions(const std::vector<FurtherCondition>& further);
  void AddDimensions();
  void AddSynthetic();
  auto Asked(const Side& side, ir::Condition condition) const -> ir::Condition;
  auto OwnAttribute(const Side& side, AttributeId asked) const -> std::optional<AttributeId>;
  auto MayBeMissing(AttributeId asked) const -> bool;
  auto WhenMissing(const Side& side, AttributeId own) const -> std::optional<ir::Value>;
  auto ReadValue(const Side& side, AttributeId own, const std::optional<ir::Value>& given) const
      -> std::optional<ir::Value>;
  auto ToAsked(const Side& side, AttributeId own, const ir::Value& value) const -> ir::Value;
  auto FirstDimension(AttributeId asked) const -> std::size_t { return first_.at(asked.index); }
  auto GivenInClass(const JointDimension& dimension, std::uint32_t number) const -> std::optional<ir::Value>;
  auto OwnClasses(const Side& side, AttributeId own) const -> std::vector<std::optional<std::uint16_t>>;
  auto TranslateAtom(const Side& side, const ir::Condition& atom) const -> ir::Condition;

  std::vector<Side> sides_;
  ir::Policy asked_;
  std::unique_ptr<ir::ValueClasses> asked_classes_;
  std::vector<JointDimension> dimensions_;
  std::vector<std::size_t> first_;  // by attribute of asked_
  ir::Policy synthetic_;
  std::unique_ptr<ir::ValueClasses> synthetic_classes_;
  // [side][own attribute]: the class that it reads in each class of the joint dimension; kValue dimensions only
  std::vector<std::vector<std::vector<std::optional<std::uint16_t>>>> own_classes_;
};

}  // namespace route::diff
