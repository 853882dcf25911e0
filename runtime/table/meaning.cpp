#include "runtime/table/meaning.h"

#include <algorithm>

#include "runtime/table/impl.h"

namespace route {
namespace {

/// A part of the rows and where its words begin in one.
struct Place {
  const RowPart* part = nullptr;
  std::size_t first_word = 0;
};

auto PlaceOf(const TableImpl& table, TermOwner kind) -> Place {
  switch (kind) {
    case TermOwner::kRefusal: return {&table.refusal_part, 0};
    case TermOwner::kRoute: return {&table.route_part, table.refusal_part.words};
    case TermOwner::kRule: return {&table.rule_part, std::size_t{table.refusal_part.words} + table.route_part.words};
  }
  return {};
}

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
  const std::uint64_t terms =
      impl.refusal_part.owners.size() + impl.route_part.owners.size() + impl.rule_part.owners.size();
  return classes * terms;
}

auto TermsOf(const Table& table, TermOwner kind, std::uint32_t index) -> std::vector<Term> {
  const TableImpl& impl = table.impl();
  const Place place = PlaceOf(impl, kind);
  std::vector<Term> terms;
  for (std::size_t t = 0; t < place.part->owners.size(); ++t) {
    if (place.part->owners[t] != index) continue;
    Term term;
    for (const layout::DimensionRecord& dimension : impl.dimensions) {
      TermDimension asked{.attribute = dimension.attribute, .member = dimension.member, .allowed = {}};
      for (std::uint32_t c = 0; c < dimension.classes; ++c) {
        const std::size_t row = (std::size_t{dimension.first_row} + c) * impl.row_words;
        asked.allowed.push_back(((impl.rows[row + place.first_word + t / 64] >> (t % 64)) & 1U) != 0);
      }
      if (std::ranges::find(asked.allowed, false) != asked.allowed.end()) term.push_back(std::move(asked));
    }
    terms.push_back(std::move(term));
  }
  return terms;
}

}  // namespace route
