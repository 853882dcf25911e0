#pragma once

#include <string>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/syntax/ast.h"

namespace route::resolve {

inline constexpr std::size_t kMaxFiles = 1000;  ///< files that one policy may import, R0210

struct LoadedDeclaration {
  const ast::Declaration* declaration;  ///< in one of the files
  std::uint32_t layer;
};

/// A policy's files, each once, an imported file before what follows its `import` line. It moves, but is not copied:
/// its declarations point into its files.
struct LoadedPolicy {
  LoadedPolicy() = default;
  LoadedPolicy(LoadedPolicy&&) = default;
  auto operator=(LoadedPolicy&&) -> LoadedPolicy& = default;

  std::vector<ast::File> files;
  std::vector<LoadedDeclaration> declarations;  ///< of all files, in that order, without imports; the base's layer first
  std::vector<std::uint32_t> file_layers;       ///< by FileId
  std::uint32_t layers = 1;                     ///< policies that extend each other; the last is the root file's
};

/// Reads a policy file and everything that it imports, and parses each.
///
/// `import "x.route"` is relative to the importing file; `import std.x` is a file of the library that is built into
/// the program. A file that is imported by several files counts once, and twice by the same one is a warning (R0212);
/// a cycle, a missing file and an unknown library file are errors (R0210). `policy a extends b` takes `b` from an imported
/// file: what that file and its own imports say is the layer below (R0406). The library is part of the lowest layer, whoever
/// imports it. `root` must already be in `sources`.
auto Load(SourceSet& sources, FileId root, diagnostics::Emitter& emitter) -> LoadedPolicy;

}  // namespace route::resolve
