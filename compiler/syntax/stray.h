#pragma once

#include <vector>

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"

namespace route::syntax {

/// Reports characters that stand where the language has no use for them (R0103): each kind where it first stands, with a
/// fix for all its places where it is sure what was meant. `strays` are single characters, or the two that begin a
/// `//` comment, in order.
void ReportStrayCharacters(const SourceSet& sources, const std::vector<Span>& strays, diagnostics::Emitter& emitter);

}  // namespace route::syntax
