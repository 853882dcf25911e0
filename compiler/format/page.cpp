#include "compiler/format/page.h"

#include <algorithm>

#include "compiler/format/format.h"

namespace route::format {
namespace {

constexpr std::uint32_t kCommentGap = 2;

}  // namespace

void Page::StartLine(std::uint32_t indent) {
  EndLine();
  width_ = indent;
}

void Page::LeaveBlankLine() {
  EndLine();
  Flush();
  if (!text_.empty()) text_ += '\n';
}

auto Page::ColumnBehind(std::uint32_t gap) const -> std::uint32_t {
  // A line's indentation stands in for the gap of its first word.
  return has_words_ ? std::max(width_ + gap, next_column_) : width_;
}

void Page::Put(std::uint32_t gap, std::string_view text, std::uint32_t width) {
  std::uint32_t column = ColumnBehind(gap);
  std::uint32_t blanks = has_words_ ? column - width_ : column;
  width_ = column + width;
  next_column_ = 0;
  widest_ = std::max(widest_, width_);
  has_words_ = true;
  if (!Reserve(blanks + text.size())) return;
  line_.append(blanks, ' ');
  line_ += text;
}

void Page::PutComments(std::span<const Comment> comments, std::uint32_t indent, BlankLines blank_lines) {
  for (const Comment& comment : comments) {
    if (comment.place == Comment::Place::kBehindWord) {
      comment_ = comment;
      continue;
    }
    if (comment.after_blank_line && blank_lines == BlankLines::kKeep) LeaveBlankLine();
    StartLine(indent);
    Put(0, comment.text, 0);
  }
  if (!comments.empty()) StartLine(indent);
}

auto Page::Reserve(std::uint64_t bytes) -> bool {
  bytes_ += bytes + 1;
  return bytes_ <= syntax::kMaxFileBytes;
}

void Page::EndLine() {
  if (has_words_) {
    if (comment_.text.empty()) {
      Flush();
      text_ += line_;
      text_ += '\n';
    } else {
      commented_.push_back({line_, width_, comment_});
    }
  }
  line_.clear();
  comment_ = {};
  width_ = 0;
  next_column_ = 0;
  has_words_ = false;
}

auto Page::CommentColumn() const -> std::uint32_t {
  std::uint32_t column = 0;
  for (const CommentedLine& line : commented_) {
    if (line.width <= kMostColumns) column = std::max(column, line.width + kCommentGap);
  }
  for (const CommentedLine& line : commented_) {
    bool fits = line.width + kCommentGap + std::uint64_t{line.comment.width} <= kMostColumns;
    if (fits && column + line.comment.width > kMostColumns) return 0;
  }
  return column;
}

void Page::Flush() {
  std::uint32_t column = CommentColumn();
  for (const CommentedLine& line : commented_) {
    std::uint32_t gap = std::max(kCommentGap, column - std::min(column, line.width));
    if (!Reserve(gap + line.comment.text.size())) break;
    text_ += line.code;
    text_.append(gap, ' ');
    text_ += line.comment.text;
    text_ += '\n';
  }
  commented_.clear();
}

auto Page::Finish() -> std::string {
  EndLine();
  Flush();
  return std::move(text_);
}

}  // namespace route::format
