#include "compiler/lower/terms.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_map>
#include <utility>

namespace route::lower {
namespace {

using Kind = ir::Condition::Kind;
using Terms = std::vector<Term>;

/// Whether a condition is wanted as it stands or under a `not`.
enum class Polarity : std::uint8_t { kPlain, kNegated };

auto Opposite(Polarity polarity) -> Polarity {
  return polarity == Polarity::kPlain ? Polarity::kNegated : Polarity::kPlain;
}

auto Hash(const Constraint& constraint) -> std::uint64_t {
  return (constraint.classes.Hash() + constraint.dimension) * 0xD6E8'FEB8'6659'FD93;
}

/// The sum over its constraints, so that the hash without one of them is a subtraction away.
auto Hash(const Term& term) -> std::uint64_t {
  std::uint64_t hash = 0;
  for (const Constraint& constraint : term) hash += Hash(constraint);
  return hash;
}

/// A bit for each dimension (modulo 64) that the term constrains.
auto Signature(const Term& term) -> std::uint64_t {
  std::uint64_t signature = 0;
  for (const Constraint& constraint : term) signature |= std::uint64_t{1} << (constraint.dimension % 64);
  return signature;
}

/// Does `wide` hold wherever `narrow` does?
auto Subsumes(const Term& wide, const Term& narrow) -> bool {
  auto n = narrow.begin();
  for (const Constraint& constraint : wide) {
    while (n != narrow.end() && n->dimension < constraint.dimension) ++n;
    if (n == narrow.end() || n->dimension != constraint.dimension) return false;
    if (!constraint.classes.Contains(n->classes)) return false;
  }
  return true;
}

auto FindDimension(const Term& term, std::uint32_t dimension) -> Term::const_iterator {
  const auto found = std::ranges::lower_bound(term, dimension, {}, &Constraint::dimension);
  return found != term.end() && found->dimension == dimension ? found : term.end();
}

auto EqualExcept(const Term& left, const Term& right, std::uint32_t dimension) -> bool {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i].dimension == dimension && right[i].dimension == dimension) continue;
    if (left[i] != right[i]) return false;
  }
  return true;
}

void SortAndDropRepeats(Terms& terms) {
  std::ranges::sort(terms);
  const auto repeats = std::ranges::unique(terms);
  terms.erase(repeats.begin(), repeats.end());
}

/// Makes one term of those that differ in `dimension` alone. True if there were any.
auto MergeIn(std::uint32_t dimension, Terms& terms) -> bool {
  std::unordered_multimap<std::uint64_t, std::size_t> by_rest;  // hash without the dimension -> index of a kept term
  Terms kept;
  bool merged = false;
  for (Term& term : terms) {
    const auto here = FindDimension(term, dimension);
    if (here == term.end()) {
      kept.push_back(std::move(term));
      continue;
    }
    const std::uint64_t rest = Hash(term) - Hash(*here);
    const auto [begin, end] = by_rest.equal_range(rest);
    const auto partner =
        std::find_if(begin, end, [&](const auto& entry) { return EqualExcept(kept[entry.second], term, dimension); });
    if (partner == end) {
      by_rest.emplace(rest, kept.size());
      kept.push_back(std::move(term));
    } else {
      Term& other = kept[partner->second];
      auto place = other.begin() + (FindDimension(other, dimension) - other.cbegin());
      place->classes = place->classes.Unite(here->classes);
      merged = true;
    }
  }
  for (Term& term : kept) {
    std::erase_if(term, [](const Constraint& constraint) { return constraint.classes.IsFull(); });
  }
  terms = std::move(kept);
  return merged;
}

void DropSubsumed(Terms& terms) {
  std::vector<std::uint64_t> signatures;
  for (const Term& term : terms) signatures.push_back(Signature(term));
  std::vector<bool> dropped(terms.size(), false);
  for (std::size_t wide = 0; wide < terms.size(); ++wide) {
    if (dropped[wide]) continue;
    for (std::size_t narrow = 0; narrow < terms.size(); ++narrow) {
      if (narrow == wide || dropped[narrow] || (signatures[wide] & ~signatures[narrow]) != 0) continue;
      dropped[narrow] = Subsumes(terms[wide], terms[narrow]);
    }
  }
  Terms kept;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (!dropped[i]) kept.push_back(std::move(terms[i]));
  }
  terms = std::move(kept);
}

}  // namespace

auto Intersect(const Term& left, const Term& right) -> std::optional<Term> {
  Term result;
  result.reserve(left.size() + right.size());
  auto l = left.begin();
  auto r = right.begin();
  while (l != left.end() || r != right.end()) {
    if (r == right.end() || (l != left.end() && l->dimension < r->dimension)) {
      result.push_back(*l++);
    } else if (l == left.end() || r->dimension < l->dimension) {
      result.push_back(*r++);
    } else {
      ClassSet classes = l->classes.Intersect(r->classes);
      if (classes.IsEmpty()) return std::nullopt;
      result.push_back({l->dimension, std::move(classes)});
      ++l;
      ++r;
    }
  }
  return result;
}

void Simplify(Terms& terms) {
  for (bool changed = true; changed;) {
    SortAndDropRepeats(terms);
    std::vector<std::uint32_t> dimensions;
    for (const Term& term : terms) {
      for (const Constraint& constraint : term) dimensions.push_back(constraint.dimension);
    }
    std::ranges::sort(dimensions);
    const auto repeats = std::ranges::unique(dimensions);
    dimensions.erase(repeats.begin(), repeats.end());
    changed = false;
    // Merging first: a long `or` over one attribute is one term before any two are compared.
    for (const std::uint32_t dimension : dimensions) changed = MergeIn(dimension, terms) || changed;
    if (!changed) DropSubsumed(terms);
  }
}

namespace {

class Normaliser {
 public:
  Normaliser(const ir::ValueClasses& classes, std::size_t limit) : classes_(classes), limit_(limit) {}

  auto Normalise(const ir::Condition& condition, Polarity polarity) -> std::optional<Terms> {
    const bool negated = polarity == Polarity::kNegated;
    switch (condition.kind) {
      case Kind::kTrue:
        return negated ? Terms{} : Terms{Term{}};
      case Kind::kFalse:
        return negated ? Terms{Term{}} : Terms{};
      case Kind::kAll:
        return negated ? Union(condition.children, polarity) : Product(condition.children, polarity);
      case Kind::kAny:
        return negated ? Product(condition.children, polarity) : Union(condition.children, polarity);
      case Kind::kNot:
        return Normalise(condition.children.front(), Opposite(polarity));
      case Kind::kIsOneOf:
      case Kind::kIncludes:
      case Kind::kIsYes:
      case Kind::kInRange:
      case Kind::kTextIs:
      case Kind::kStartsWith:
      case Kind::kInCountries: {
        ClassSet satisfying(classes_.Satisfying(condition));
        if (negated) satisfying = satisfying.Complement();
        if (satisfying.IsEmpty()) return Terms{};
        if (satisfying.IsFull()) return Terms{Term{}};
        return Terms{Term{Constraint{classes_.DimensionOf(condition).index, std::move(satisfying)}}};
      }
    }
    std::abort();  // every kind is handled above
  }

 private:
  /// How many pairs of terms the products of one condition may look at, in multiples of the limit on terms. Far more
  /// than any condition under the limit needs; it bounds the time that a hopeless one takes.
  static constexpr std::size_t kPairsForEachTerm = 512;

  auto Union(const std::vector<ir::Condition>& children, Polarity polarity) -> std::optional<Terms> {
    Terms all;
    for (const ir::Condition& child : children) {
      auto terms = Normalise(child, polarity);
      if (!terms) return std::nullopt;
      std::ranges::move(*terms, std::back_inserter(all));
      if (all.size() > 2 * limit_ && !Fits(all)) return std::nullopt;
    }
    if (!Fits(all)) return std::nullopt;
    return all;
  }

  auto Product(const std::vector<ir::Condition>& children, Polarity polarity) -> std::optional<Terms> {
    std::vector<Terms> factors;
    for (const ir::Condition& child : children) {
      auto terms = Normalise(child, polarity);
      if (!terms) return std::nullopt;
      factors.push_back(std::move(*terms));
    }
    // The short ones first: they cut the long ones down before these multiply.
    std::ranges::stable_sort(factors, {}, &Terms::size);
    Terms product{Term{}};
    for (const Terms& factor : factors) {
      Terms next;
      for (const Term& left : product) {
        for (const Term& right : factor) {
          if (++pairs_ > kPairsForEachTerm * limit_) return std::nullopt;
          if (auto term = Intersect(left, right)) next.push_back(std::move(*term));
          if (next.size() > 2 * limit_ && !Fits(next)) return std::nullopt;
        }
      }
      if (!Fits(next)) return std::nullopt;
      product = std::move(next);
    }
    return product;
  }

  auto Fits(Terms& terms) const -> bool {
    Simplify(terms);
    return terms.size() <= limit_;
  }

  const ir::ValueClasses& classes_;
  std::size_t limit_;
  std::size_t pairs_ = 0;
};

}  // namespace

auto ToTerms(const ir::Condition& condition, const ir::ValueClasses& classes, std::size_t limit)
    -> std::optional<std::vector<Term>> {
  return Normaliser(classes, limit).Normalise(condition, Polarity::kPlain);
}

}  // namespace route::lower
