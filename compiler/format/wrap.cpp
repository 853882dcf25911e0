#include "compiler/format/wrap.h"

#include <algorithm>
#include <optional>

#include "compiler/format/format.h"

namespace route::format {
namespace {

/// However deep phrases are nested, their lines keep half of the page.
constexpr std::uint32_t kDeepestIndent = kMostColumns / 2;

auto MayBreakBefore(const Words& words, std::size_t word) -> bool {
  Joint joint = words.JointOf(word);
  return joint == Joint::kStep || joint == Joint::kItem || joint == Joint::kPromise;
}

/// The smallest depth at which this range can be broken behind its first word.
auto OutermostBreak(const Words& words, std::size_t first, std::size_t last) -> std::optional<std::uint16_t> {
  std::optional<std::uint16_t> depth;
  for (std::size_t i = first + 1; i < last; ++i) {
    if (MayBreakBefore(words, i) && (!depth || words.Depth(i) < *depth)) depth = words.Depth(i);
  }
  return depth;
}

/// The words one after the other; a line ends only where a comment does.
void PutAll(const Words& words, Page& page, std::size_t first, std::size_t last, std::uint32_t indent) {
  for (std::size_t i = first; i < last; ++i) {
    if (i > first) page.PutComments(words.CommentsBefore(i), indent, Page::BlankLines::kDrop);
    page.Put(words.Gap(i), words.Text(i), words.Width(i));
  }
}

}  // namespace

auto FitsHere(const Words& words, const Page& page, std::size_t first, std::size_t last) -> bool {
  return !words.HasCommentsWithin(first, last) &&
         page.ColumnBehind(words.Gap(first)) + std::uint64_t{words.FlatWidth(first, last)} <= kMostColumns;
}

void BeginLine(const Words& words, Page& page, std::size_t word, std::uint32_t indent, Page::BlankLines blank_lines) {
  page.PutComments(words.CommentsBefore(word), indent, blank_lines);
  if (blank_lines == Page::BlankLines::kKeep && words.AfterBlankLine(word)) page.LeaveBlankLine();
  page.StartLine(indent);
}

void Wrap(const Words& words, Page& page, std::size_t first, std::size_t last, std::uint32_t indent) {
  indent = std::min(indent, kDeepestIndent);
  auto depth = FitsHere(words, page, first, last) ? std::nullopt : OutermostBreak(words, first, last);
  if (!depth) return PutAll(words, page, first, last, indent);
  for (std::size_t begin = first; begin < last;) {
    std::size_t end = begin + 1;
    while (end < last && !(MayBreakBefore(words, end) && words.Depth(end) == *depth)) ++end;
    if (begin > first) {
      auto comments = words.CommentsBefore(begin);
      page.PutComments(comments, indent, Page::BlankLines::kDrop);
      bool joins = words.JointOf(begin) == Joint::kItem && FitsHere(words, page, begin, end);
      if (comments.empty() && !joins) page.StartLine(indent);
    }
    Wrap(words, page, begin, end, indent + kIndent);
    begin = end;
  }
}

}  // namespace route::format
