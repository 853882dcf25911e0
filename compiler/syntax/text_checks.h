#pragma once

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"

/// What must hold of a file's bytes before the generated lexer may see them.
namespace route::syntax {

/// Reports bytes that are not UTF-8 (R0102) and characters that make text look like something else: bidirectional
/// controls, invisible characters (R0110; the first hundred). Returns false if the text must not be lexed.
auto CheckText(const SourceSet& sources, FileId file, diagnostics::Emitter& emitter) -> bool;

}  // namespace route::syntax
