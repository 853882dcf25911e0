#pragma once

#include "antlr4-runtime.h"
#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/syntax/tokens.h"

/// What is said about text that does not parse (R0101). For this folder only: it shows ANTLR's types. Words are named
/// by their index.
namespace route::syntax {

/// A word that does not begin a declaration, where one should.
void ReportStrayWord(const SourceSet& sources, const Tokens& tokens, std::size_t word, diagnostics::Emitter& emitter);

/// The first wrong word of the declaration that begins with `start`, and the kinds of words that could stand there.
void ReportSyntaxError(const SourceSet& sources, const Tokens& tokens, std::size_t start, std::size_t wrong,
                       const antlr4::misc::IntervalSet& expected, diagnostics::Emitter& emitter);

}  // namespace route::syntax
