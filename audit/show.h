#pragma once

#include "audit/core.h"

namespace audit {

/// The policy core of a pack in sentences, beside the source lines where each of its entries stands. `folder` is the folder
/// of the sources, `library` that of the standard library; without one there are no lines of its files. Throws Rejected if a
/// file is another one than the pack is about.
auto Show(const Json& pack, const std::string& folder, const std::string& library) -> std::string;

}  // namespace audit
