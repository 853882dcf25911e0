#pragma once

#include <string_view>
#include <vector>

#include "compiler/syntax/outline.h"
#include "compiler/syntax/tokens.h"
#include "generated/RouteParser.h"

namespace route::syntax {

/// The words of a text whose tokens these are, with the joints that punctuation has wherever it stands. A word has the
/// index of its token.
auto WordsOf(const Tokens& tokens, std::string_view text) -> std::vector<Word>;

/// Where a comment ends if the blanks at its end do not count.
auto TrimmedEnd(std::string_view text, std::uint32_t begin, std::uint32_t end) -> std::uint32_t;

/// Writes the joints of one declaration, which has no errors in it, into the words of its tokens.
void Annotate(grammar::RouteParser::DeclarationContext& tree, std::vector<Word>& words);

}  // namespace route::syntax
