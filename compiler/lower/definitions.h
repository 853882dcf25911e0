#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "compiler/ir/classes.h"
#include "compiler/ir/policy.h"
#include "compiler/lower/terms.h"

namespace route::lower {

/// Terms of conditions that stay in proportion to them.
///
/// The disjunctive normal form of `(a or b) and (c or d) and …` doubles with each factor. Where a condition's own form would take
/// more than twice as many terms as the condition has questions, factors become *definitions*: terms under a number, which
/// other terms ask for as for class 1 of a dimension after the real ones. Equal definitions are one, so a condition that many
/// rules name is worked out once.
class Definitions {
 public:
  explicit Definitions(const ir::ValueClasses& classes);

  /// Terms such that the condition holds of a request exactly when one of them does. At most two for each question that the
  /// condition asks, or eight.
  auto TermsOf(const ir::Condition& condition) -> std::vector<Term>;

  /// What the definitions that the terms ask for stand for, each made of dimensions and definitions before it.
  auto all() const -> const std::vector<std::vector<Term>>& { return definitions_; }

 private:
  class Builder;
  auto Define(std::vector<Term> terms) -> Term;

  const ir::ValueClasses& classes_;
  std::vector<std::vector<Term>> definitions_;
  std::map<std::vector<Term>, std::uint32_t> numbers_;
};

}  // namespace route::lower
