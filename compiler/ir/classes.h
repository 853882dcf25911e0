#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/ir/policy.h"

/// Why a policy is finite: two values that no condition tells apart are one class.
///
/// A *dimension* is an attribute, or one member of an `any of` attribute (present or not). The classes of a
/// dimension partition its values:
///   one of       each value
///   any of       per member: 0 = absent, 1 = included
///   yes/no       0 = no, 1 = yes
///   number, date the intervals between the thresholds that conditions name, ascending
///   text         0 = every other text, then each longest matching prefix, then each named text; both sorted
///   country      the groups of countries that the same country sets contain, by their first country
/// Class 0 comes first when a witness is made as small as it can be.
namespace route::ir {

struct DimensionId {
  std::uint32_t index = 0;
  friend auto operator<=>(DimensionId, DimensionId) = default;
};

struct Dimension {
  AttributeId attribute;
  std::uint32_t member = 0;   ///< kAnyOf only: which of the attribute's values
  std::uint32_t classes = 1;  ///< how many

  std::vector<std::int64_t> cuts;            ///< number, date: class i is [cuts[i-1], cuts[i]); ascending
  std::vector<std::string> prefixes;         ///< text: class 1 + i; sorted
  std::vector<std::string> texts;            ///< text: class 1 + prefixes.size() + i; sorted
  std::vector<std::uint16_t> country_class;  ///< country: the class of each of Countries()
};

class ValueClasses {
 public:
  /// Reads every condition of the policy.
  explicit ValueClasses(const Policy& policy);

  auto dimensions() const -> const std::vector<Dimension>& { return dimensions_; }

  /// The first dimension of an attribute; those of an `any of` attribute's members follow it in order.
  auto FirstDimension(AttributeId attribute) const -> DimensionId { return first_.at(attribute.index); }

  /// The class of each dimension.
  auto Classify(const Request& request) const -> std::vector<std::uint16_t>;

  /// A request with the smallest value of each class, one class for each dimension: the first name, the least
  /// number or date (that is such a day of the week, see `clock.h`), the first country; for other texts a new word.
  auto Representative(const std::vector<std::uint16_t>& classes) const -> Request;

  /// For a condition that asks about one attribute (neither kTrue, kFalse nor a connective): which classes of
  /// its dimension satisfy it. The dimension is that of the attribute, or of the member for kIncludes.
  auto DimensionOf(const Condition& atom) const -> DimensionId;
  auto Satisfying(const Condition& atom) const -> std::vector<bool>;

  /// How many requests there are up to classes, or the largest 64-bit number if there are more.
  auto CountRequests() const -> std::uint64_t;

 private:
  const Policy* policy_;
  std::vector<Dimension> dimensions_;
  std::vector<DimensionId> first_;
};

}  // namespace route::ir
