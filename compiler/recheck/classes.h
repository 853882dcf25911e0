#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/ir/policy.h"

/// How a policy's values fall into classes, worked out anew from `docs/table-format.md`, "Classes".
namespace route::recheck {

/// Classes from `first` up to `end`, which is not one of them.
struct Run {
  std::uint32_t first = 0;
  std::uint32_t end = 0;
  friend auto operator==(Run, Run) -> bool = default;
};

/// A set of classes: ascending runs, none touching the next.
using Runs = std::vector<Run>;

/// What tells the values of one attribute apart.
struct AttributeClasses {
  std::uint32_t first_dimension = 0;
  std::uint32_t dimensions = 1;
  std::uint32_t classes = 0;  ///< of each of its dimensions
  std::vector<std::int64_t> cuts;
  std::vector<std::string> prefixes;
  std::vector<std::string> texts;
  std::vector<std::uint16_t> country_class;  ///< of country attributes: by index of the country
};

class Classes {
 public:
  explicit Classes(const ir::Policy& policy);

  auto attributes() const -> const std::vector<AttributeClasses>& { return attributes_; }
  auto dimensions() const -> std::uint32_t { return dimensions_; }
  auto ClassesOf(std::uint32_t dimension) const -> std::uint32_t { return classes_.at(dimension); }

  /// The dimension that a question about one attribute is about, and the classes for which the answer is yes.
  struct Answer {
    std::uint32_t dimension = 0;
    Runs yes;
  };
  auto Ask(const ir::Condition& question) const -> Answer;

 private:
  const ir::Policy& policy_;
  std::vector<AttributeClasses> attributes_;
  std::vector<std::uint32_t> classes_;  // by dimension
  std::uint32_t dimensions_ = 0;
};

}  // namespace route::recheck
