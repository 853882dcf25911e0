#pragma once

#include <cstdint>

#include "runtime/table/layout.h"

/// What a decision reads, as plain pointers into a loaded table. The code that reads it is compiled more than once, for
/// processors of different abilities, so there is nothing here that would need a function.
namespace route {

/// Where the terms of the refusals, of the routes, of the rules or of the screens are: from bit 0 of `first_word`, one after the other.
struct TermPart {
  std::uint32_t first_word = 0;
  std::uint32_t words = 0;
  std::uint32_t terms = 0;
  const std::uint32_t* owners = nullptr;  ///< by term
};

/// One level of definitions, which begins a line.
struct DefinitionLevel {
  TermPart terms;                    ///< owners count from the first definition of all
  std::uint32_t first_definition = 0;
  std::uint32_t definitions = 0;
};

struct TableBits {
  std::uint32_t line_count = 0;
  const layout::LineRecord* lines = nullptr;
  const layout::ColumnRecord* columns = nullptr;
  const layout::RunRecord* runs = nullptr;
  const layout::Cell* cells = nullptr;
  const layout::Cell* used = nullptr;  ///< by line: the bits that stand for terms

  std::uint32_t dimensions = 0;
  const std::uint16_t* last_class = nullptr;  ///< by dimension
  std::uint32_t definitions = 0;
  std::uint32_t levels = 0;
  const DefinitionLevel* level = nullptr;
  TermPart refusals;
  TermPart routes;
  TermPart rules;
  TermPart screens;

  /// How many words of the rules' terms have one that excludes somebody; these come first. By term of these words: the first
  /// cell of the mask of what it excludes, and the bits of the terms of its word that come later and exclude something else.
  std::uint32_t excluding_words = 0;
  const layout::Cell* const* term_masks = nullptr;
  const std::uint64_t* later_groups = nullptr;
  std::uint32_t mask_cells = 0;            ///< of each mask: 512 deployments to a cell
  const layout::Cell* everyone = nullptr;  ///< the deployments that there are
  const layout::Cell* reach = nullptr;     ///< by route: the deployments of its tiers
};

}  // namespace route
