#pragma once

#include <cstdint>
#include <span>

#include "compiler/format/page.h"
#include "compiler/format/words.h"

namespace route::format {

struct Range {
  std::size_t first = 0;
  std::size_t last = 0;
};

/// May what stands in a row's last column go on in the next line, below itself?
enum class LastColumn : std::uint8_t { kOneLine, kMayWrap };

/// Can these words be a row: do they fit on a line, or all but a last column that can be wrapped?
auto FitsRow(const Words& words, Range row, std::uint32_t indent, LastColumn last_column) -> bool;

/// Writes rows of one kind, all of which fit, below each other: what begins a column stands where it does in the
/// others. A row whose last column then does not fit is not aligned, and what is very wide moves nothing but its own
/// row.
void PutRows(const Words& words, Page& page, std::span<const Range> rows, std::uint32_t indent, LastColumn last_column);

}  // namespace route::format
