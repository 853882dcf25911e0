#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"

/// A file as a row of words that know where a line may be broken: what a program needs that writes policy text.
namespace route::syntax {

/// How a word hangs together with the one before it.
enum class Joint : std::uint8_t {
  kStart,     ///< it begins a declaration
  kTight,     ///< nothing stands between the two: `80%`, `over(limit)`
  kWord,      ///< the phrase goes on
  kBody,      ///< it begins what stands behind `=`, or what is given above the cases of a test
  kPart,      ///< it begins a part of the declaration: `when …`, `from …`, `because …`
  kPromise,   ///< it begins what a guarantee promises, behind the condition
  kProperty,  ///< it begins a property within braces
  kClose,     ///< it is the brace that closes them
  kCase,      ///< it begins a row of a test: `case …`
  kStep,      ///< it begins the next of several phrases: `and …` between conditions, `then …`, an expectation
  kItem,      ///< it begins the next value of a list, or is the `or` or `and` before it
  kComment,   ///< it is a comment, whatever it stands between
};

struct Word {
  std::uint32_t begin = 0;  ///< bytes of the file, half-open; a comment ends before the line end
  std::uint32_t end = 0;
  Joint joint = Joint::kWord;
  /// In a declaration of this kind, words with the same number (from 1) stand below each other if the declarations
  /// stand below each other; 0 for words that begin no column.
  std::uint8_t column = 0;
  std::uint16_t depth = 0;  ///< of steps and items: those of an outer phrase have the smaller number
};

/// Reads one file's words, comments included, in order. Problems go to the emitter as Parse reports them; the outline
/// of a file with errors is empty. Linear in the text; safe on any bytes.
auto ReadOutline(const SourceSet& sources, FileId file, diagnostics::Emitter& emitter) -> std::vector<Word>;

/// Does another text consist of the same words and comments as this one, whose outline is given, in the same order?
/// Blanks at the end of a comment do not count.
auto SameWords(std::string_view text, const std::vector<Word>& outline, std::string_view other) -> bool;

}  // namespace route::syntax
