#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"

/// What must hold of a file's bytes before the generated lexer may see them.
namespace route::syntax {

/// Reports bytes that are not UTF-8 (R0102) and characters that make text look like something else: bidirectional
/// controls, invisible characters (R0110; the first hundred). Returns false if the text must not be lexed.
auto CheckText(const SourceSet& sources, FileId file, diagnostics::Emitter& emitter) -> bool;

/// The lexer counts code points; everything else counts bytes. Costs nothing for a file that is plain ASCII.
class CodePointMap {
 public:
  explicit CodePointMap(std::string_view text);

  /// The byte offset of the code point with this index; the end of the text for an index past it.
  auto ByteOffset(std::size_t code_point) const -> std::uint32_t;

 private:
  std::uint32_t size_;
  std::vector<std::uint32_t> offsets_;  // empty for ASCII
};

}  // namespace route::syntax
