#pragma once

#include <string>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/syntax/ast.h"

namespace route::resolve {

inline constexpr std::size_t kMaxFiles = 1000;  ///< files that one policy may import, R0210

/// A policy's files, each once, an imported file before what follows its `import` line.
struct LoadedPolicy {
  std::vector<ast::File> files;
  std::vector<ast::Declaration> declarations;  ///< of all files, in that order, without imports
};

/// Reads a policy file and everything that it imports, and parses each.
///
/// `import "x.route"` is relative to the importing file; `import std.x` is a file of the library that is built into
/// the program. A file that is imported twice counts once (R0212); a cycle, a missing file and an unknown library
/// file are errors (R0210). `root` must already be in `sources`.
auto Load(SourceSet& sources, FileId root, diagnostics::Emitter& emitter) -> LoadedPolicy;

}  // namespace route::resolve
