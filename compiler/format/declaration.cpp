#include "compiler/format/declaration.h"

#include <algorithm>
#include <array>
#include <vector>

#include "compiler/format/wrap.h"

namespace route::format {
namespace {

/// Declarations that are a row if their author made them one and they fit. The others are a row whenever they fit.
constexpr std::array<std::string_view, 12> kAsWritten = {
    "jurisdiction", "type", "vendor", "model", "deployment", "service", "limits", "rule", "refuse", "route", "guarantee", "test"};

auto BeginsPiece(Joint joint) -> bool {
  switch (joint) {
    case Joint::kBody:
    case Joint::kPart:
    case Joint::kPromise:
    case Joint::kProperty:
    case Joint::kClose:
    case Joint::kCase:
      return true;
    case Joint::kStart:
    case Joint::kTight:
    case Joint::kWord:
    case Joint::kStep:
    case Joint::kItem:
    case Joint::kComment:
      return false;
  }
  return false;
}

auto Opens(const Words& words, std::size_t word) -> bool {
  return words.Text(word) == "{";
}

/// Did the author give a part a line of its own? A promise does not count: it begins a line also where a row is
/// wrapped.
auto IsWrittenInParts(const Words& words, Range declaration) -> bool {
  for (std::size_t i = declaration.first + 1; i < declaration.last; ++i) {
    if (!words.BeginsLine(i) || !BeginsPiece(words.JointOf(i)) || words.JointOf(i) == Joint::kPromise) continue;
    if (words.JointOf(i) != Joint::kClose || !Opens(words, i - 1)) return true;
  }
  return false;
}

class PartsWriter {
 public:
  PartsWriter(const Words& words, Page& page, Range declaration)
      : words_(words), page_(page), declaration_(declaration) {}

  void Write() {
    for (std::size_t at = declaration_.first; at < declaration_.last;) {
      at = words_.JointOf(at) == Joint::kCase ? PutCases(at) : PutPiece({at, PieceEnd(at)});
    }
  }

 private:
  auto PieceEnd(std::size_t first) const -> std::size_t {
    std::size_t last = first + 1;
    while (last < declaration_.last && !BeginsPiece(words_.JointOf(last))) ++last;
    return last;
  }

  auto PutPiece(Range piece) -> std::size_t {
    switch (words_.JointOf(piece.first)) {
      case Joint::kBody:
      case Joint::kPromise:
        PutBehind(piece, Page::BlankLines::kDrop);
        break;
      case Joint::kProperty:
        PutProperty(piece);
        break;
      case Joint::kClose:
        PutClose(piece.first);
        break;
      case Joint::kPart:
        PutLine(piece, Page::BlankLines::kDrop);
        break;
      case Joint::kStart:
      case Joint::kTight:
      case Joint::kWord:
      case Joint::kCase:
      case Joint::kStep:
      case Joint::kItem:
      case Joint::kComment:
        Wrap(words_, page_, piece.first, piece.last, kIndent);
        break;
    }
    return piece.last;
  }

  void PutLine(Range piece, Page::BlankLines blank_lines) {
    BeginLine(words_, page_, piece.first, kIndent, blank_lines);
    fits_ = FitsHere(words_, page_, piece.first, piece.last);
    Wrap(words_, page_, piece.first, piece.last, 2 * kIndent);
  }

  /// A piece that goes on in the line of the one before it if its author has it there, and that line has room.
  void PutBehind(Range piece, Page::BlankLines blank_lines) {
    bool joins = fits_ && !words_.BeginsLine(piece.first) && words_.CommentsBefore(piece.first).empty() &&
                 FitsHere(words_, page_, piece.first, piece.last);
    if (!joins) return PutLine(piece, blank_lines);
    Wrap(words_, page_, piece.first, piece.last, kIndent);
  }

  void PutProperty(Range piece) {
    if (Opens(words_, piece.first - 1)) return PutLine(piece, Page::BlankLines::kDrop);
    PutBehind(piece, Page::BlankLines::kKeep);
  }

  void PutClose(std::size_t brace) {
    auto comments = words_.CommentsBefore(brace);
    bool empty = Opens(words_, brace - 1);
    page_.PutComments(comments, kIndent, empty ? Page::BlankLines::kDrop : Page::BlankLines::kKeep);
    if (!empty || !comments.empty()) page_.StartLine(0);
    page_.Put(words_.Gap(brace), words_.Text(brace), words_.Width(brace));
  }

  /// Writes the rows of a test from this one on; a blank line or a row that does not fit ends a table.
  auto PutCases(std::size_t at) -> std::size_t {
    std::vector<Range> rows;
    while (at < declaration_.last) {
      Range row{at, PieceEnd(at)};
      if (!rows.empty() && words_.AnyBlankLineBefore(at)) break;
      if (!FitsRow(words_, row, kIndent, LastColumn::kMayWrap)) break;
      rows.push_back(row);
      at = row.last;
    }
    if (!rows.empty()) {
      PutRows(words_, page_, rows, kIndent, LastColumn::kMayWrap);
      return at;
    }
    Range row{at, PieceEnd(at)};
    PutLine(row, Page::BlankLines::kKeep);
    return row.last;
  }

  const Words& words_;
  Page& page_;
  Range declaration_;
  bool fits_ = true;  ///< does what the line began with fit in it?
};

}  // namespace

auto LastColumnOf(std::string_view keyword) -> LastColumn {
  bool wraps = keyword == "route" || keyword == "guarantee" || keyword == "condition" || keyword == "group";
  return wraps ? LastColumn::kMayWrap : LastColumn::kOneLine;
}

auto FormOf(const Words& words, Range declaration) -> Form {
  for (std::size_t i = declaration.first; i < declaration.last; ++i) {
    if (words.JointOf(i) == Joint::kCase) return Form::kParts;
  }
  std::string_view keyword = words.Text(declaration.first);
  bool as_written = std::ranges::find(kAsWritten, keyword) != kAsWritten.end();
  if (as_written && IsWrittenInParts(words, declaration)) return Form::kParts;
  return FitsRow(words, declaration, 0, LastColumnOf(keyword)) ? Form::kRow : Form::kParts;
}

void PutParts(const Words& words, Page& page, Range declaration) {
  BeginLine(words, page, declaration.first, 0, Page::BlankLines::kKeep);
  PartsWriter(words, page, declaration).Write();
}

}  // namespace route::format
