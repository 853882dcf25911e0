#pragma once

#include <cstdint>

#include "compiler/format/page.h"
#include "compiler/format/words.h"

namespace route::format {

inline constexpr std::uint32_t kIndent = 2;

/// Writes a range of words from where the page stands, on one line if they fit and hold no comments. Otherwise they are
/// broken at their outermost steps, each of which begins a line, or at the items of their outermost list, of which
/// each line takes as many as fit; what is still too long is broken further within. Lines after the first begin at
/// `indent`, those within at `indent` and two more for each level.
void Wrap(const Words& words, Page& page, std::size_t first, std::size_t last, std::uint32_t indent);

/// Is there room for these words in the line that the page stands at, and are there no comments between them?
auto FitsHere(const Words& words, const Page& page, std::size_t first, std::size_t last) -> bool;

/// Begins a line for this word, below the comments that stand before it.
void BeginLine(const Words& words, Page& page, std::size_t word, std::uint32_t indent, Page::BlankLines blank_lines);

}  // namespace route::format
