#include "compiler/format/rows.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/format/format.h"
#include "compiler/format/wrap.h"

namespace route::format {
namespace {

constexpr std::uint32_t kWidestCell = 48;     ///< a wider one does not push the columns behind it to the right
constexpr std::uint32_t kDeepestColumn = 58;  ///< at which what wraps may begin

struct Cell {
  std::size_t first = 0;
  std::size_t last = 0;  ///< the same as `first` where a row has nothing in a column
  std::string_view key;  ///< only what has the same key is aligned
  std::uint32_t gap = 0;

  auto empty() const -> bool { return first == last; }
};

struct Row {
  std::vector<Cell> cells;            ///< the last one is not empty
  std::vector<std::uint32_t> starts;  ///< columns of the first cells, up to a wide one; none if the row is not aligned
};

auto KeyOf(const Words& words, std::size_t word) -> std::string_view {
  if (words.JointOf(word) == Joint::kProperty || words.Text(word) == "=") return words.Text(word);
  return words.Text(word) == "{" ? words.Text(word + 1) : std::string_view();
}

auto CellsOf(const Words& words, Range row) -> std::vector<Cell> {
  std::vector<Cell> cells = {{row.first, row.last, {}, 0}};
  for (std::size_t i = row.first + 1; i < row.last; ++i) {
    bool property = words.JointOf(i) == Joint::kProperty && words.Text(i - 1) != "{";
    if (!property && words.Column(i) < cells.size()) continue;
    cells.back().last = i;
    while (!property && cells.size() < words.Column(i)) cells.push_back({i, i, {}, 0});
    cells.push_back({i, row.last, KeyOf(words, i), words.Gap(i)});
  }
  return cells;
}

auto WidthOf(const Words& words, const Cell& cell) -> std::uint32_t {
  return cell.empty() ? 0 : words.FlatWidth(cell.first, cell.last);
}

/// Where lines go on after the first one of a cell at this column: below what follows its `=`, or below the cell.
auto WrapIndent(const Words& words, const Cell& cell, std::uint32_t column) -> std::uint32_t {
  return words.Text(cell.first) == "=" ? column + kIndent : column;
}

/// Can this cell, the last one of its row, begin at this column?
auto FitsAt(const Words& words, const Cell& cell, std::uint32_t column, LastColumn last_column) -> bool {
  if (column + std::uint64_t{WidthOf(words, cell)} <= kMostColumns) return true;
  if (last_column == LastColumn::kOneLine || column > kDeepestColumn) return false;
  Page page;
  page.StartLine(column);
  Wrap(words, page, cell.first, cell.last, WrapIndent(words, cell, column));
  return page.widest() <= kMostColumns;
}

/// Gives rows their columns, from the left to the right. Rows are aligned as long as the keys of their cells are the
/// same; each set of such rows is a group.
void Align(const Words& words, const std::vector<Row*>& rows, std::uint32_t indent) {
  struct Group {
    std::vector<Row*> rows;
    std::uint32_t end = 0;  ///< of the column before
    std::uint32_t gap = 0;
  };
  std::vector<Group> groups = {{rows, indent, 0}};
  for (std::size_t k = 0; !groups.empty(); ++k) {
    std::vector<Group> next_groups;
    for (const Group& group : groups) {
      std::map<std::string_view, Group> by_key;
      std::uint32_t width = 0;
      std::uint32_t gap = 0;
      for (Row* row : group.rows) {
        row->starts.push_back(group.end + group.gap);
        std::uint32_t own = WidthOf(words, row->cells[k]);
        if (k + 1 == row->cells.size() || own > kWidestCell) continue;
        const Cell& next = row->cells[k + 1];
        by_key[next.key].rows.push_back(row);
        width = std::max(width, own);
        gap = std::max(gap, next.gap);
      }
      for (auto& [key, next] : by_key) {
        // Where no row has anything in this column, the next one takes its place.
        next.end = width > 0 ? group.end + group.gap + width : group.end;
        next.gap = gap;
        next_groups.push_back(std::move(next));
      }
    }
    groups = std::move(next_groups);
  }
}

/// Where the last cell of an aligned row begins.
auto StartOfLast(const Words& words, const Row& row) -> std::uint32_t {
  std::uint32_t end = 0;
  for (std::size_t k = 0;; ++k) {
    const Cell& cell = row.cells[k];
    std::uint32_t start = k < row.starts.size() ? row.starts[k] : end + cell.gap;
    if (k + 1 == row.cells.size()) return start;
    end = start + WidthOf(words, cell);
  }
}

void PutRow(const Words& words, Page& page, const Row& row) {
  for (std::size_t k = 0; k < row.cells.size(); ++k) {
    const Cell& cell = row.cells[k];
    if (cell.empty()) continue;
    if (k > 0 && !row.starts.empty()) page.MoveTo(k < row.starts.size() ? row.starts[k] : page.ColumnBehind(cell.gap));
    Wrap(words, page, cell.first, cell.last, WrapIndent(words, cell, page.ColumnBehind(words.Gap(cell.first))));
  }
}

}  // namespace

auto FitsRow(const Words& words, Range row, std::uint32_t indent, LastColumn last_column) -> bool {
  if (words.HasCommentsWithin(row.first, row.last)) return false;
  Cell last = CellsOf(words, row).back();
  std::uint32_t before = last.first == row.first ? 0 : words.FlatWidth(row.first, last.first) + words.Gap(last.first);
  return FitsAt(words, last, indent + before, last_column);
}

void PutRows(const Words& words, Page& page, std::span<const Range> ranges, std::uint32_t indent,
             LastColumn last_column) {
  std::vector<Row> rows;
  for (Range range : ranges) rows.push_back({CellsOf(words, range), {}});
  std::vector<Row*> aligned;
  for (Row& row : rows) aligned.push_back(&row);
  Align(words, aligned, indent);
  // A row that has no room in its columns leaves them; the others are then at most as wide as they were.
  std::erase_if(aligned,
                [&](Row* row) { return !FitsAt(words, row->cells.back(), StartOfLast(words, *row), last_column); });
  for (Row& row : rows) row.starts.clear();
  Align(words, aligned, indent);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    BeginLine(words, page, ranges[i].first, indent, Page::BlankLines::kKeep);
    PutRow(words, page, rows[i]);
  }
}

}  // namespace route::format
