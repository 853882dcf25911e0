#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"

namespace route::format {

inline constexpr std::uint32_t kMostColumns = 120;  ///< where lines end unless a single word is longer

/// The file in its canonical form: the same words and the same comments in the same order, with other blanks and line
/// ends (docs/formatting.md has the rules). Formatting what it returns changes nothing.
///
/// Nothing if the file does not parse, or its canonical form would be larger than a file may be; the emitter then says
/// why. Throws InternalError instead of returning text whose words are not the file's. Linear in the text, for the
/// parser limits how deep phrases nest.
auto Format(const SourceSet& sources, FileId file, diagnostics::Emitter& emitter) -> std::optional<std::string>;

}  // namespace route::format
