#include "compiler/base/display_width.h"

#include <llvm/Support/Unicode.h>

#include <algorithm>

namespace route {

auto DisplayWidth(std::string_view text) -> std::size_t {
  // Most text is ASCII, of which every byte counts a column either way.
  bool ascii = std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  int width = ascii ? -1 : llvm::sys::unicode::columnWidthUTF8(llvm::StringRef(text.data(), text.size()));
  return width >= 0 ? static_cast<std::size_t>(width) : text.size();
}

}  // namespace route
