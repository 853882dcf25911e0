#include "compiler/lower/definitions.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace route::lower {
namespace {

using Kind = ir::Condition::Kind;
using Terms = std::vector<Term>;

constexpr std::size_t kAlwaysPlain = 8;  // so many terms are never worth a definition

auto CountQuestions(const ir::Condition& condition) -> std::size_t {
  if (condition.children.empty()) return 1;
  std::size_t count = 0;
  for (const ir::Condition& child : condition.children) count += CountQuestions(child);
  return count;
}

}  // namespace

/// Follows the shape of one condition.
class Definitions::Builder {
 public:
  explicit Builder(Definitions& definitions) : definitions_(definitions) {}

  auto Build(const ir::Condition& condition, bool negated) -> Terms {
    switch (condition.kind) {
      case Kind::kNot:
        return Build(condition.children.front(), !negated);
      case Kind::kAll:
        return negated ? Union(condition.children, negated) : Product(condition.children, negated);
      case Kind::kAny:
        return negated ? Product(condition.children, negated) : Union(condition.children, negated);
      case Kind::kTrue:
      case Kind::kFalse:
      case Kind::kIsOneOf:
      case Kind::kIncludes:
      case Kind::kIsYes:
      case Kind::kInRange:
      case Kind::kTextIs:
      case Kind::kStartsWith:
      case Kind::kInCountries:
        return Simple(condition, negated);
    }
    std::abort();  // every kind is handled above
  }

 private:
  auto Simple(const ir::Condition& condition, bool negated) -> Terms {
    if (!negated) return ToTerms(condition, definitions_.classes_, 1).value();
    ir::Condition opposite;
    opposite.kind = Kind::kNot;
    opposite.children = {condition};
    return ToTerms(opposite, definitions_.classes_, 1).value();
  }

  auto Union(const std::vector<ir::Condition>& children, bool negated) -> Terms {
    Terms all;
    for (const ir::Condition& child : children) std::ranges::move(Build(child, negated), std::back_inserter(all));
    Simplify(all);
    return all;
  }

  /// The factor with the most terms stays as it is; of the others, each with more than one becomes a definition. So the
  /// product has as many terms as its largest factor.
  auto Product(const std::vector<ir::Condition>& children, bool negated) -> Terms {
    std::vector<Terms> factors;
    for (const ir::Condition& child : children) factors.push_back(Build(child, negated));
    const auto largest = std::ranges::max_element(factors, {}, &Terms::size);
    Term common;
    for (auto factor = factors.begin(); factor != factors.end(); ++factor) {
      if (factor == largest) continue;
      if (factor->empty()) return {};
      auto both = Intersect(common, factor->size() == 1 ? factor->front() : definitions_.Define(std::move(*factor)));
      if (!both) return {};
      common = std::move(*both);
    }
    Terms product;
    for (const Term& term : *largest) {
      if (auto both = Intersect(common, term)) product.push_back(std::move(*both));
    }
    Simplify(product);
    return product;
  }

  Definitions& definitions_;
};

Definitions::Definitions(const ir::ValueClasses& classes) : classes_(classes) {}

auto Definitions::TermsOf(const ir::Condition& condition) -> std::vector<Term> {
  const std::size_t limit = std::max(kAlwaysPlain, 2 * CountQuestions(condition));
  if (auto plain = ToTerms(condition, classes_, limit)) return std::move(*plain);
  return Builder(*this).Build(condition, false);
}

auto Definitions::Define(std::vector<Term> terms) -> Term {
  const auto [place, is_new] = numbers_.try_emplace(terms, static_cast<std::uint32_t>(definitions_.size()));
  if (is_new) definitions_.push_back(std::move(terms));
  const auto dimension = static_cast<std::uint32_t>(classes_.dimensions().size()) + place->second;
  return {Constraint{dimension, ClassSet({false, true})}};
}

}  // namespace route::lower
