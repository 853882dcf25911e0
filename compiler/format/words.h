#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "compiler/syntax/outline.h"

namespace route::format {

using syntax::Joint;

/// A comment stands at the end of a line, behind a word, or has lines of its own before one.
struct Comment {
  enum class Place : std::uint8_t { kBehindWord, kOwnLine };
  std::string_view text;
  std::uint32_t width = 0;  ///< in columns
  Place place = Place::kOwnLine;
  bool after_blank_line = false;
};

/// A file's words, each with the comments before it and what its author put between it and the one before. Ranges of
/// words are half-open.
class Words {
 public:
  Words(std::string_view text, const std::vector<syntax::Word>& outline);

  auto size() const -> std::size_t { return words_.size(); }
  auto Text(std::size_t word) const -> std::string_view { return words_[word].text; }
  auto JointOf(std::size_t word) const -> Joint { return words_[word].joint; }
  auto Column(std::size_t word) const -> std::uint8_t { return words_[word].column; }
  auto Depth(std::size_t word) const -> std::uint16_t { return words_[word].depth; }
  auto Width(std::size_t word) const -> std::uint32_t { return words_[word].width; }

  /// Did its author begin a line with this word, or leave a blank line before it (or before its first comment)?
  auto BeginsLine(std::size_t word) const -> bool { return words_[word].begins_line; }
  auto AfterBlankLine(std::size_t word) const -> bool { return words_[word].after_blank_line; }
  auto AnyBlankLineBefore(std::size_t word) const -> bool;

  /// The comments before a word; those at the end of the file for `size()`.
  auto CommentsBefore(std::size_t word) const -> std::span<const Comment>;
  /// Are there comments between the words of this range?
  auto HasCommentsWithin(std::size_t first, std::size_t last) const -> bool;

  /// The blanks between this word and the one before it on a line.
  auto Gap(std::size_t word) const -> std::uint32_t { return words_[word].gap; }
  /// The columns that a range takes on one line.
  auto FlatWidth(std::size_t first, std::size_t last) const -> std::uint32_t;

  /// Where the declaration ends that begins at this word.
  auto DeclarationEnd(std::size_t first) const -> std::size_t;

 private:
  struct Word {
    std::string_view text;
    std::uint64_t end_column = 0;  ///< if the whole file stood on one line
    std::uint32_t width = 0;
    std::uint32_t gap = 0;
    std::uint32_t comments_end = 0;  ///< in comments_; they begin where those of the word before end
    std::uint16_t depth = 0;
    std::uint8_t column = 0;
    Joint joint = Joint::kWord;
    bool begins_line = false;
    bool after_blank_line = false;
  };

  auto GapBefore(const syntax::Word& word) const -> std::uint32_t;

  std::vector<Word> words_;
  std::vector<Comment> comments_;
};

}  // namespace route::format
