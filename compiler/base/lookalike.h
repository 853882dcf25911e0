#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Letters that readers take for other letters (Unicode Technical Standard 39).
namespace route {

/// What a name of the language looks like: two names with the same skeleton are taken for each other. Of the ASCII pairs in
/// Unicode's confusables.txt it has `0`/`O`, `1`/`l`/`I` and `rn`/`m`, and `vv`/`w` besides; whole names are compared, so
/// `gpt_4o` and `gpt_40` differ (`0` looks like a capital O only), and so do `gpt_4` and `gpt_41`.
auto NameSkeleton(std::string_view name) -> std::string;

/// The ASCII letter that a Greek or Cyrillic letter is taken for; nothing if there is none.
auto AsciiLookalike(char32_t c) -> std::optional<char>;

/// A word of a text that mixes the Latin script with Greek or Cyrillic letters that look like Latin ones, as no language
/// does. Offsets are bytes.
struct MixedWord {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t foreign = 0;  ///< where the first letter that looks like a Latin one stands
  std::string latin;        ///< the word with Latin letters alone; empty if some letter has no Latin look-alike
};

/// Every such word, in order. Words are letters, digits, `_` and marks that combine; `GPT-модель` is two of them. `text`
/// must be UTF-8.
auto FindMixedWords(std::string_view text) -> std::vector<MixedWord>;

}  // namespace route
