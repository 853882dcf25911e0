#pragma once

#include "antlr4-runtime.h"
#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/syntax/tokens.h"

/// What is said about text that does not parse (R0101). For this folder only: it shows ANTLR's types.
namespace route::syntax {

/// A word that does not begin a declaration, where one should.
void ReportStrayWord(const SourceSet& sources, const Tokens& tokens, const antlr4::Token& word,
                     diagnostics::Emitter& emitter);

/// The first wrong word of the declaration that begins with `start`, and the kinds of words that could stand there.
void ReportSyntaxError(const SourceSet& sources, const Tokens& tokens, const antlr4::Token& start,
                       const antlr4::Token& wrong, const antlr4::misc::IntervalSet& expected,
                       diagnostics::Emitter& emitter);

}  // namespace route::syntax
