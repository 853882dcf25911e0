#pragma once

#include <string>

#include "compiler/base/source.h"
#include "compiler/syntax/ast.h"

namespace route::syntax {

/// A file's syntax tree for people to read, one node a line, indented below its parent, each with the line on which it
/// begins: `routec dump --phase=ast`.
auto Dump(const ast::File& file, const SourceSet& sources) -> std::string;

}  // namespace route::syntax
