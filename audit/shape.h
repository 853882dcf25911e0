#pragma once

#include "audit/core.h"

/// "The shape of the text". Nothing here can make a pack acceptable that `CheckPack` rejects: it is so that a pack says nothing that
/// no checker reads, and that two checkers can't differ about what is malformed.
namespace audit {

/// Throws Rejected, naming the place, unless the pack has each member and list element that it should, of the right type, and
/// nothing else, and every number that stands for an entry, a dimension or a class stands for one that there is.
void CheckShape(const Json& pack);

}  // namespace audit
