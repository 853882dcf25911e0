#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/format/words.h"
#include "compiler/syntax/parse.h"

namespace route::format {

/// Text that is being written, line by line. Comments at the ends of adjacent lines are aligned, unless that would push
/// one of them over the end of its line; no line ends in blanks.
class Page {
 public:
  /// Ends the line that is being written and begins another, with this many blanks before its first word.
  void StartLine(std::uint32_t indent);
  /// Leaves a blank line, unless nothing has been written.
  void LeaveBlankLine();
  void Put(std::uint32_t gap, std::string_view text, std::uint32_t width);
  /// Puts comments where they stand before the word that comes next, and begins a line for that word if there were any.
  enum class BlankLines : std::uint8_t { kKeep, kDrop };
  void PutComments(std::span<const Comment> comments, std::uint32_t indent, BlankLines blank_lines);

  /// The next word of this line stands at this column or, if the line is longer, behind its gap.
  void MoveTo(std::uint32_t column) { next_column_ = column; }

  /// The column at which a word would stand that is put next.
  auto ColumnBehind(std::uint32_t gap) const -> std::uint32_t;
  /// The widest line so far, without comments.
  auto widest() const -> std::uint32_t { return widest_; }
  /// Has more been written than a file may hold? Nothing was kept after that.
  auto overflowed() const -> bool { return bytes_ > syntax::kMaxFileBytes; }

  /// The text, complete.
  auto Finish() -> std::string;

 private:
  /// Counts what is about to be written. Is there room for it?
  auto Reserve(std::uint64_t bytes) -> bool;
  void EndLine();
  void Flush();

  struct CommentedLine {
    std::string code;
    std::uint32_t width = 0;
    Comment comment;
  };
  /// The column of the comments that wait; 0 if each stands right behind its line.
  auto CommentColumn() const -> std::uint32_t;

  std::string text_;
  std::vector<CommentedLine> commented_;  ///< adjacent lines that wait for the column of their comments
  std::string line_;
  Comment comment_;  ///< at the end of this line; empty if there is none
  std::uint64_t bytes_ = 0;
  std::uint32_t width_ = 0;  ///< of the line so far; its indentation if it has no word yet
  std::uint32_t next_column_ = 0;
  std::uint32_t widest_ = 0;
  bool has_words_ = false;  ///< on the line that is being written
};

}  // namespace route::format
