#include "runtime/table/columns.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>

namespace route {
namespace {

using layout::Cell;
using layout::kCellBits;

[[noreturn]] void Impossible(const char* reason) {
  std::fprintf(stderr, "route: WriteTable was given a table that cannot be: %s\n", reason);
  std::abort();
}

void Set(Cell& cell, std::uint32_t bit, bool on) {
  std::uint64_t& word = cell.words[bit / 64];
  const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
  word = on ? word | mask : word & ~mask;
}

/// At this class a term begins or ceases to admit.
struct Change {
  std::uint32_t value_class = 0;
  std::uint32_t bit = 0;
  bool admits = false;
  friend auto operator<=>(const Change&, const Change&) = default;
};

/// What one dimension says about the terms of a line, while they are collected.
struct Draft {
  Cell at_first{};  ///< class 0
  std::vector<Change> changes;
};

/// A stretch of classes that the same terms admit.
struct Stretch {
  std::uint32_t first_class = 0;
  Cell cell{};
};

auto StretchesOf(Draft& draft) -> std::vector<Stretch> {
  std::ranges::sort(draft.changes);
  std::vector<Stretch> stretches = {{0, draft.at_first}};
  for (const Change& change : draft.changes) {
    if (change.value_class != stretches.back().first_class) stretches.push_back({change.value_class, stretches.back().cell});
    Set(stretches.back().cell, change.bit, change.admits);
  }
  const auto repeats = std::ranges::unique(stretches, {}, &Stretch::cell);
  stretches.erase(repeats.begin(), repeats.end());
  return stretches;
}

class Layout {
 public:
  explicit Layout(std::span<const std::uint32_t> classes) : classes_(classes) {}

  auto Run(std::span<const PlacedTerm> terms) -> Columns {
    for (std::size_t next = 0; next < terms.size();) {
      const std::uint64_t line = terms[next].bit / kCellBits;
      while (result_.lines.size() < line) AddLine({});  // none, but for the levels each line has a term
      std::size_t end = next;
      while (end < terms.size() && terms[end].bit / kCellBits == line) ++end;
      AddLine(terms.subspan(next, end - next));
      next = end;
    }
    return std::move(result_);
  }

 private:
  void AddLine(std::span<const PlacedTerm> terms) {
    Cell used{};
    for (const PlacedTerm& placed : terms) Set(used, placed.bit % kCellBits, true);
    std::map<std::uint32_t, Draft> drafts;
    for (const PlacedTerm& placed : terms) AddTerm(placed, used, drafts);

    layout::LineRecord line{static_cast<std::uint32_t>(result_.columns.size()), 0, 0};
    std::vector<std::pair<std::uint32_t, std::vector<Stretch>>> searched;
    for (auto& [dimension, draft] : drafts) {
      auto stretches = StretchesOf(draft);
      if (stretches.size() == 1 && stretches[0].cell == used) continue;
      if (IsDirect(dimension, stretches)) {
        AddDirect(dimension, stretches);
        ++line.direct;
      } else {
        searched.emplace_back(dimension, std::move(stretches));
        ++line.searched;
      }
    }
    for (const auto& [dimension, stretches] : searched) AddSearched(dimension, stretches);
    result_.lines.push_back(line);
  }

  void AddTerm(const PlacedTerm& placed, const Cell& used, std::map<std::uint32_t, Draft>& drafts) {
    const auto bit = static_cast<std::uint32_t>(placed.bit % kCellBits);
    std::uint32_t next_dimension = 0;
    for (const TableSpec::Constraint& constraint : *placed.term) {
      if (constraint.dimension < next_dimension || constraint.dimension >= classes_.size()) {
        Impossible("a term's dimensions do not exist or do not ascend");
      }
      next_dimension = constraint.dimension + 1;
      Draft& draft = drafts.try_emplace(constraint.dimension, Draft{used, {}}).first->second;
      const auto& runs = constraint.classes.runs();
      if (runs.empty() || runs.back().last >= classes_[constraint.dimension]) {
        Impossible("a term names a class that does not exist");
      }
      Set(draft.at_first, bit, runs.front().first == 0);
      for (const auto& run : runs) {
        if (run.first != 0) draft.changes.push_back({run.first, bit, true});
        if (run.last + 1U < classes_[constraint.dimension]) draft.changes.push_back({run.last + 1U, bit, false});
      }
    }
  }

  static auto Distinct(const std::vector<Stretch>& stretches) -> std::map<Cell, std::uint16_t> {
    std::map<Cell, std::uint16_t> numbers;
    for (const Stretch& stretch : stretches) numbers.try_emplace(stretch.cell, static_cast<std::uint16_t>(numbers.size()));
    return numbers;
  }

  /// A direct cell is found at once, so it may take some more room than a run has to be searched for.
  auto IsDirect(std::uint32_t dimension, const std::vector<Stretch>& stretches) const -> bool {
    const std::uint64_t direct = classes_[dimension] * sizeof(Cell);
    const std::uint64_t searched =
        stretches.size() * sizeof(layout::RunRecord) + Distinct(stretches).size() * sizeof(Cell);
    return direct <= 4 * searched;
  }

  auto Begin(std::uint32_t dimension) -> layout::ColumnRecord& {
    if (result_.cells.size() >= kNone || result_.runs.size() >= kNone) Impossible("it does not fit a bundle");
    return result_.columns.emplace_back(layout::ColumnRecord{dimension, static_cast<std::uint32_t>(result_.cells.size()),
                                                             static_cast<std::uint32_t>(result_.runs.size()), 0});
  }

  void AddDirect(std::uint32_t dimension, const std::vector<Stretch>& stretches) {
    Begin(dimension);
    for (std::size_t i = 0; i < stretches.size(); ++i) {
      const std::uint32_t end = i + 1 == stretches.size() ? classes_[dimension] : stretches[i + 1].first_class;
      result_.cells.insert(result_.cells.end(), end - stretches[i].first_class, stretches[i].cell);
    }
  }

  void AddSearched(std::uint32_t dimension, const std::vector<Stretch>& stretches) {
    layout::ColumnRecord& column = Begin(dimension);
    const std::map<Cell, std::uint16_t> numbers = Distinct(stretches);
    result_.cells.resize(result_.cells.size() + numbers.size());
    for (const auto& [cell, number] : numbers) result_.cells[column.first_cell + number] = cell;
    for (const Stretch& stretch : stretches) {
      result_.runs.push_back({static_cast<std::uint16_t>(stretch.first_class), numbers.at(stretch.cell)});
      ++column.runs;
    }
  }

  std::span<const std::uint32_t> classes_;
  Columns result_;
};

}  // namespace

auto LayOut(std::span<const PlacedTerm> terms, std::span<const std::uint32_t> classes) -> Columns {
  return Layout(classes).Run(terms);
}

}  // namespace route
