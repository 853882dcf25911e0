#pragma once

#include <string>

#include "audit/core.h"

namespace audit {

/// The pack's core in sentences, each beside the lines of the source that it is said to come from. `sources` is the
/// folder that the sources' names start from, `library` the one with the standard library's files; without a file at
/// hand only its place is named. Throws Rejected if a file is another one than the pack is about.
auto Show(const Json& pack, const std::string& sources, const std::string& library) -> std::string;

/// What a guarantee of the core promises, from what the core says and not from the text that comes with it.
auto GuaranteeText(const Json& guarantee) -> std::string;

}  // namespace audit
