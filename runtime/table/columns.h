#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/table/layout.h"
#include "runtime/table/writer.h"

namespace route {

/// The bits of a table: what the sections kLines, kColumns, kRuns and kCells hold.
struct Columns {
  std::vector<layout::LineRecord> lines;
  std::vector<layout::ColumnRecord> columns;
  std::vector<layout::RunRecord> runs;
  std::vector<layout::Cell> cells;
};

/// A term and the bit that stands for it.
struct PlacedTerm {
  std::uint64_t bit = 0;
  const TableSpec::Term* term = nullptr;
};

/// Lays the terms out in lines. `terms` ascend by their bits; `classes` has the number of classes of each dimension and, after
/// them, a 2 for each definition. A column gets a cell for each class, or only for each run of classes if that takes less than a
/// quarter of the bytes. Aborts on a class or dimension that does not exist. Time and size are linear in the runs of classes
/// that the terms name.
auto LayOut(std::span<const PlacedTerm> terms, std::span<const std::uint32_t> classes) -> Columns;

}  // namespace route
