#pragma once

#include <cstddef>
#include <string_view>

namespace llvm {
class raw_ostream;
}

namespace route::pages {

/// Prints a page for reading on a terminal: headings on lines of their own, paragraphs and lists wrapped at `width`
/// columns, code indented by four blanks and never wrapped. Colours follow the stream's own setting, and without them
/// the text is the same.
///
/// Reads the part of Markdown that our pages use: `#` and `##` headings, paragraphs, lists with `- `, fenced code,
/// `` `code` ``, `**words**`, links, of which the text is printed, and comments, which are left out.
void RenderPage(std::string_view markdown, std::size_t width, llvm::raw_ostream& out);

}  // namespace route::pages
