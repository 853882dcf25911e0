#include "runtime/table/meaning.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "runtime/table/impl.h"

namespace route {
namespace {

/// A term that asks for more than this many others in the place of its definitions is not written out.
constexpr std::uint64_t kMostTerms = 1U << 16U;

auto PartOf(const TableBits& bits, TermOwner kind) -> const TermPart& {
  switch (kind) {
    case TermOwner::kRefusal: return bits.refusals;
    case TermOwner::kRoute: return bits.routes;
    case TermOwner::kScreen: return bits.screens;
    case TermOwner::kRule: break;
  }
  return bits.rules;
}

/// A term as it stands: what it asks of dimensions, and the definitions that it asks for.
struct Stated {
  Term term;
  std::vector<std::uint32_t> definitions;
};

auto StatedBy(const TableImpl& table, std::uint32_t bit) -> Stated {
  Stated stated;
  const layout::LineRecord& line = table.lines[bit / layout::kCellBits];
  const auto admits = [&](const layout::ColumnRecord& column, std::uint32_t value_class) {
    const layout::Cell& cell = table.CellOf(column, value_class);
    return ((cell.words[bit / 64 % layout::kCellWords] >> (bit % 64)) & 1U) != 0;
  };
  for (const auto& column : table.columns.subspan(line.first_column, line.direct + line.searched)) {
    if (column.dimension >= table.dimensions.size()) {
      if (!admits(column, 0)) stated.definitions.push_back(column.dimension - static_cast<std::uint32_t>(table.dimensions.size()));
      continue;
    }
    const layout::DimensionRecord& dimension = table.dimensions[column.dimension];
    TermDimension asked{.attribute = dimension.attribute, .member = dimension.member, .allowed = {}};
    for (std::uint32_t c = 0; c < dimension.classes; ++c) asked.allowed.push_back(admits(column, c));
    if (std::ranges::find(asked.allowed, false) != asked.allowed.end()) stated.term.push_back(std::move(asked));
  }
  std::ranges::sort(stated.term, {}, [](const TermDimension& asked) { return std::pair(asked.attribute, asked.member); });
  return stated;
}

/// The term that holds where both do; nothing if that is nowhere.
auto Both(Term left, const Term& right) -> std::optional<Term> {
  const auto place = [](const TermDimension& asked) { return std::pair(asked.attribute, asked.member); };
  for (const TermDimension& asked : right) {
    const auto at = std::ranges::lower_bound(left, place(asked), {}, place);
    if (at == left.end() || place(*at) != place(asked)) {
      left.insert(at, asked);
      continue;
    }
    for (std::size_t c = 0; c < asked.allowed.size(); ++c) at->allowed[c] = at->allowed[c] && asked.allowed[c];
    if (std::ranges::find(at->allowed, true) == at->allowed.end()) return std::nullopt;
  }
  return left;
}

/// Puts the terms of definitions in their place.
class Expander {
 public:
  explicit Expander(const TableImpl& table) : table_(table) {}

  auto Owned(const TermPart& part, std::uint32_t owner) -> std::vector<Term> {
    std::vector<Term> terms;
    for (std::uint32_t t = 0; t < part.terms; ++t) {
      if (part.owners[t] != owner) continue;
      for (Term& term : Expand(StatedBy(table_, part.first_word * 64 + t))) terms.push_back(std::move(term));
    }
    return terms;
  }

 private:
  auto Expand(const Stated& stated) -> std::vector<Term> {
    std::vector<Term> terms = {stated.term};
    for (const std::uint32_t definition : stated.definitions) {
      std::vector<Term> next;
      for (const Term& part : Definition(definition)) {
        for (const Term& term : terms) {
          if (auto both = Both(term, part)) next.push_back(std::move(*both));
        }
      }
      terms = std::move(next);
    }
    return terms;
  }

  auto Definition(std::uint32_t number) -> const std::vector<Term>& {
    const auto [place, is_new] = known_.try_emplace(number);
    if (is_new) {
      for (const DefinitionLevel& level : table_.levels) {
        if (number - level.first_definition < level.definitions) {
          auto terms = Owned(level.terms, number);  // may come back here for others
          known_.at(number) = std::move(terms);
        }
      }
    }
    return known_.at(number);
  }

  const TableImpl& table_;
  std::map<std::uint32_t, std::vector<Term>> known_;
};

/// How many terms there are once definitions are written out, at most kMostTerms for each term.
class Counter {
 public:
  explicit Counter(const TableImpl& table) : table_(table), of_definition_(table.bits.definitions, 0) {
    for (const DefinitionLevel& level : table.levels) {
      for (std::uint32_t t = 0; t < level.terms.terms; ++t) {
        std::uint64_t& count = of_definition_[level.terms.owners[t]];
        count = std::min(kMostTerms, count + Of(level.terms.first_word * 64 + t));
      }
    }
  }

  auto In(const TermPart& part) const -> std::uint64_t {
    std::uint64_t count = 0;
    for (std::uint32_t t = 0; t < part.terms; ++t) count += Of(part.first_word * 64 + t);
    return count;
  }

 private:
  auto Of(std::uint32_t bit) const -> std::uint64_t {
    if (table_.bits.definitions == 0) return 1;
    std::uint64_t count = 1;
    for (const std::uint32_t definition : StatedBy(table_, bit).definitions) {
      count = std::min(kMostTerms, count * of_definition_[definition]);
    }
    return count;
  }

  const TableImpl& table_;
  std::vector<std::uint64_t> of_definition_;
};

}  // namespace

auto ClassListsOf(const Table& table, std::uint32_t attribute) -> ClassLists {
  const AttributeClasses& classes = table.impl().classes.at(attribute);
  return {.cuts = {classes.cuts.begin(), classes.cuts.end()},
          .prefixes = {classes.prefixes.begin(), classes.prefixes.end()},
          .texts = {classes.texts.begin(), classes.texts.end()},
          .country_class = {classes.country_class.begin(), classes.country_class.end()}};
}

auto RowBits(const Table& table) -> std::uint64_t {
  const TableImpl& impl = table.impl();
  std::uint64_t classes = 0;
  for (const layout::DimensionRecord& dimension : impl.dimensions) classes += dimension.classes;
  const Counter counter(impl);
  return classes * (counter.In(impl.bits.refusals) + counter.In(impl.bits.routes) + counter.In(impl.bits.rules));
}

auto TermsOf(const Table& table, TermOwner kind, std::uint32_t index) -> std::vector<Term> {
  const TableImpl& impl = table.impl();
  return Expander(impl).Owned(PartOf(impl.bits, kind), index);
}

}  // namespace route
