#include "compiler/diagnostics/layout.h"

#include <llvm/Support/Unicode.h>

#include <algorithm>

#include "compiler/base/utf8.h"

namespace route::diagnostics {

auto Printable(std::string_view text) -> std::string {
  constexpr std::size_t kTabWidth = 4;
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    Utf8Character character = DecodeUtf8(text, i);
    if (character.length == 0) {
      result += "\uFFFD";
      ++i;
      continue;
    }
    if (character.code_point == '\t') {
      result.append(kTabWidth, ' ');
    } else if (character.code_point == '\n' || character.code_point == '\r') {
      result.push_back(' ');
    } else if (IsMisleading(character.code_point)) {
      result += "<" + CodePointName(character.code_point) + ">";
    } else {
      result += text.substr(i, character.length);
    }
    i += character.length;
  }
  return result;
}

auto DisplayWidth(std::string_view text) -> std::size_t {
  int width = llvm::sys::unicode::columnWidthUTF8(llvm::StringRef(text.data(), text.size()));
  // Text with characters that LLVM calls unprintable, such as unassigned ones, counts a column for each byte.
  return width >= 0 ? static_cast<std::size_t>(width) : text.size();
}

auto Wrap(std::string_view text, std::size_t first, std::size_t indent, std::size_t width) -> std::string {
  std::string result;
  std::size_t column = first;
  std::size_t at = std::min(text.find_first_not_of(' '), text.size());
  std::size_t blanks = 0;  // before the word at `at`; several that follow each other are kept within a line
  while (at < text.size()) {
    std::size_t end = std::min(text.find(' ', at), text.size());
    std::string word = Printable(text.substr(at, end - at));
    std::size_t columns = DisplayWidth(word);
    if (blanks > 0 && column + blanks + columns > width) {
      result += "\n" + std::string(indent, ' ');
      column = indent;
      blanks = 0;
    }
    result.append(blanks, ' ');
    result += word;
    column += blanks + columns;
    at = std::min(text.find_first_not_of(' ', end), text.size());
    blanks = at - end;
  }
  return result;
}

}  // namespace route::diagnostics
