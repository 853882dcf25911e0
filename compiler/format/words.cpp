#include "compiler/format/words.h"

#include <algorithm>

#include "compiler/base/display_width.h"

namespace route::format {
namespace {

/// Line ends in what stands between two words: LF, CR LF or CR.
auto LineEnds(std::string_view blanks) -> std::size_t {
  std::size_t count = 0;
  for (std::size_t i = 0; i < blanks.size(); ++i) {
    if (blanks[i] == '\n' && i > 0 && blanks[i - 1] == '\r') continue;
    if (blanks[i] == '\n' || blanks[i] == '\r') ++count;
  }
  return count;
}

constexpr std::uint32_t kPartGap = 2;
constexpr std::uint32_t kPropertyGap = 3;

}  // namespace

Words::Words(std::string_view text, const std::vector<syntax::Word>& outline) {
  words_.reserve(outline.size());
  std::uint32_t previous_end = 0;
  std::uint64_t column = 0;
  for (const syntax::Word& item : outline) {
    std::size_t line_ends = LineEnds(text.substr(previous_end, item.begin - previous_end));
    std::string_view spelling = text.substr(item.begin, item.end - item.begin);
    bool first = previous_end == 0;
    previous_end = item.end;
    if (item.joint == Joint::kComment) {
      auto place = first || line_ends > 0 ? Comment::Place::kOwnLine : Comment::Place::kBehindWord;
      comments_.push_back({spelling, static_cast<std::uint32_t>(DisplayWidth(spelling)), place, !first && line_ends > 1});
      continue;
    }
    Word word;
    word.text = spelling;
    word.width = static_cast<std::uint32_t>(DisplayWidth(spelling));
    word.gap = GapBefore(item);
    column += word.gap + word.width;
    word.end_column = column;
    word.comments_end = static_cast<std::uint32_t>(comments_.size());
    word.depth = item.depth;
    word.column = item.column;
    word.joint = item.joint;
    word.begins_line = line_ends > 0;
    word.after_blank_line = !first && line_ends > 1;
    words_.push_back(word);
  }
}

auto Words::GapBefore(const syntax::Word& word) const -> std::uint32_t {
  bool opens = !words_.empty() && words_.back().text == "{";
  switch (word.joint) {
    case Joint::kTight:
      return 0;
    case Joint::kProperty:
      return opens ? 1 : kPropertyGap;
    case Joint::kClose:
      return opens ? 0 : 1;
    case Joint::kPart:
      return kPartGap;
    case Joint::kStep:
      return word.column > 0 ? kPartGap : 1;
    case Joint::kStart:
    case Joint::kWord:
    case Joint::kBody:
    case Joint::kPromise:
    case Joint::kCase:
    case Joint::kItem:
    case Joint::kComment:
      return 1;
  }
  return 1;
}

auto Words::CommentsBefore(std::size_t word) const -> std::span<const Comment> {
  std::size_t begin = word == 0 ? 0 : words_[word - 1].comments_end;
  std::size_t end = word < words_.size() ? words_[word].comments_end : comments_.size();
  return std::span(comments_).subspan(begin, end - begin);
}

auto Words::AnyBlankLineBefore(std::size_t word) const -> bool {
  return AfterBlankLine(word) || std::ranges::any_of(CommentsBefore(word), &Comment::after_blank_line);
}

auto Words::HasCommentsWithin(std::size_t first, std::size_t last) const -> bool {
  return words_[last - 1].comments_end > words_[first].comments_end;
}

auto Words::FlatWidth(std::size_t first, std::size_t last) const -> std::uint32_t {
  std::uint64_t width = words_[last - 1].end_column - words_[first].end_column + words_[first].width;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(width, UINT32_MAX));
}

auto Words::DeclarationEnd(std::size_t first) const -> std::size_t {
  std::size_t last = first + 1;
  while (last < words_.size() && words_[last].joint != Joint::kStart) ++last;
  return last;
}

}  // namespace route::format
