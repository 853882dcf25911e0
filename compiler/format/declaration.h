#pragma once

#include "compiler/format/page.h"
#include "compiler/format/rows.h"
#include "compiler/format/words.h"

namespace route::format {

/// A declaration is a row, which may stand in a table with its neighbours, or has a line for each of its parts.
enum class Form : std::uint8_t { kRow, kParts };

auto FormOf(const Words& words, Range declaration) -> Form;

/// May the rows that declarations of this kind form wrap in their last column?
auto LastColumnOf(std::string_view keyword) -> LastColumn;

/// Writes a declaration in parts.
void PutParts(const Words& words, Page& page, Range declaration);

}  // namespace route::format
