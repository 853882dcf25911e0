#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"

/// Corrections that a machine may make: how they are described and how they are applied.
namespace route::diagnostics {

/// Puts `replacement` in the place of `span`.
auto Replace(const SourceSet& sources, Span span, std::string replacement) -> Fix;

/// Takes `repeated` out of a list, together with what stands between it and the element before it.
auto DeleteFromList(const SourceSet& sources, Span before, Span repeated) -> std::optional<Fix>;

/// Takes `span` out, together with its line if nothing else stands on it.
auto DeleteStatement(const SourceSet& sources, Span span) -> Fix;

/// Puts a declaration on a line of its own behind `after`, or at the start of the file if `after` is empty. Its line's
/// comment stays with `after`.
auto InsertDeclaration(const SourceSet& sources, Span after, const std::string& declaration) -> Fix;

/// The span from `words`, which stand right before `value` with nothing but blanks between them, to the end of `value`;
/// an empty span if other text stands there.
auto WithWordsBefore(const SourceSet& sources, std::string_view words, Span value) -> Span;

/// True for files of the library that is built into the program, which no fix can change.
auto IsBuiltIn(const SourceFile& file) -> bool;

struct AppliedFix {
  Code code{};
  std::string title;
  Span span;  ///< where the first edit was, in the text before it
};

struct FixedFile {
  FileId file;
  std::string text;
};

/// One pass over a policy's files.
struct FixRound {
  std::vector<FixedFile> files;  ///< those that change, whole, in the order in which they were read
  std::vector<AppliedFix> applied;
};

/// Applies the first fix of each diagnostic, in order. A fix whose edits touch those of an earlier one is left for the next
/// round, as is all of one that would change a built-in file. Writes nothing.
auto ApplyFixes(const std::vector<Diagnostic>& diagnostics, const SourceSet& sources) -> FixRound;

/// How many of the diagnostics have a fix that ApplyFixes would consider.
auto CountFixable(const std::vector<Diagnostic>& diagnostics, const SourceSet& sources) -> std::size_t;

}  // namespace route::diagnostics
