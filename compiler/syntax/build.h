#pragma once

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/syntax/ast.h"
#include "generated/RouteParser.h"

namespace route::syntax {

/// Turns one parse tree, which has no errors in it, into syntax. Reports what the grammar lets through on purpose so
/// that it can be told in plain words: `and` mixed with `or` (R0107), numbers (R0108) and dates (R0109).
auto BuildDeclaration(grammar::RouteParser::DeclarationContext& tree, FileId file, diagnostics::Emitter& emitter)
    -> ast::Declaration;

}  // namespace route::syntax
