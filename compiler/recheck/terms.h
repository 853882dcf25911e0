#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/recheck/classes.h"

namespace route::recheck {

/// One conjunction as a bundle has it: for each dimension that it asks about, the classes that it admits. Dimensions from
/// `Classes::dimensions()` on are definitions, which it asks to hold.
struct Term {
  struct Constraint {
    std::uint32_t dimension = 0;
    Runs admitted;
  };
  std::vector<Constraint> constraints;
};

/// The places of the four sections that hold the bits.
struct BitSections {
  struct Place {
    std::uint64_t offset = 0;
    std::uint64_t count = 0;
  };
  Place lines;
  Place columns;
  Place runs;
  Place cells;
};

/// Which bits stand for terms, and what a line may ask for.
struct BitUse {
  std::vector<bool> used;                         ///< by bit
  std::vector<std::uint32_t> definitions_before;  ///< by line: of earlier levels
};

/// Reads every line, column, run and cell once, and gives the term of each bit (none where `use.used` is false). Throws a
/// `Mismatch` unless each of them is where it has to be, says something, and leaves the unused bits alone.
auto ReadTerms(std::span<const std::byte> bundle, const BitSections& sections, const BitUse& use, const Classes& classes)
    -> std::vector<Term>;

}  // namespace route::recheck
