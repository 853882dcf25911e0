#pragma once

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/syntax/ast.h"

namespace route::syntax {

inline constexpr std::uint64_t kMaxFileBytes = 64ULL << 20U;  ///< R0105
inline constexpr std::uint32_t kMaxNesting = 100;             ///< parentheses and `not`s within each other, R0104

/// Reads one file's text into its syntax tree.
///
/// Problems go to the emitter, several of them in one run; what could not be read is left out of the tree, so a
/// tree with errors must not be resolved. Linear in the text; safe on any bytes, for it checks encoding and nesting
/// before the generated parser, which would not survive either.
auto Parse(const SourceSet& sources, FileId file, diagnostics::Emitter& emitter) -> ast::File;

}  // namespace route::syntax
