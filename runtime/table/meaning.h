#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/table/table.h"

/// What the cells of a table say, as sets of classes. For explanations; a decision needs none of it.
namespace route {

/// How the values of one attribute fall into classes, as `docs/table-format.md` numbers them.
struct ClassLists {
  std::vector<std::int64_t> cuts;
  std::vector<std::string> prefixes;
  std::vector<std::string> texts;
  std::vector<std::uint16_t> country_class;
};
auto ClassListsOf(const Table& table, std::uint32_t attribute) -> ClassLists;

/// A dimension that a term asks about: an attribute, or one member of an `any of` attribute, and the classes for which the
/// term still can hold.
struct TermDimension {
  std::uint32_t attribute = 0;
  std::uint32_t member = 0;
  std::vector<bool> allowed;  ///< by class; some but not all
};

/// The dimensions that all have to allow a request. A term without any holds of every request.
using Term = std::vector<TermDimension>;

/// One bit for each class of each dimension and each term, as many of these as `TermsOf` gives in all: what it costs. A term that
/// definitions multiply too often counts as 65,536.
auto RowBits(const Table& table) -> std::uint64_t;

/// The terms of a refusal, a route, a rule or a screen, of which one has to hold. None: it never holds.
/// Terms of definitions are multiplied out; ask RowBits first.
enum class TermOwner : std::uint8_t { kRefusal, kRoute, kRule, kScreen };
auto TermsOf(const Table& table, TermOwner kind, std::uint32_t index) -> std::vector<Term>;

}  // namespace route
