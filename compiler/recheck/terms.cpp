#include "compiler/recheck/terms.h"

#include <array>
#include <set>
#include <string>
#include <utility>

#include "compiler/recheck/record.h"

namespace route::recheck {
namespace {

constexpr std::uint32_t kLineBits = 512;
constexpr std::uint32_t kCellBytes = 64;

using Cell = std::array<std::uint64_t, 8>;

auto Bit(const Cell& cell, std::uint32_t bit) -> bool { return ((cell[bit / 64] >> (bit % 64)) & 1U) != 0; }

/// From `first_class` on, up to the next one, the same terms are admitted.
struct Step {
  std::uint32_t first_class = 0;
  Cell cell{};
};

class Reader {
 public:
  Reader(std::span<const std::byte> bundle, const BitSections& sections, const BitUse& use, const Classes& classes)
      : bundle_(bundle), sections_(sections), use_(use), classes_(classes), terms_(use.used.size()) {}

  auto Read() -> std::vector<Term> {
    Expect(sections_.lines.count, use_.used.size() / kLineBits, "the number of lines");
    for (std::uint32_t i = 0; i < sections_.lines.count; ++i) ReadLine(i);
    Expect(next_column_, sections_.columns.count, "the number of columns");
    Expect(next_run_, sections_.runs.count, "the number of runs");
    Expect(next_cell_, sections_.cells.count, "the number of cells");
    return std::move(terms_);
  }

 private:
  void ReadLine(std::uint32_t line) {
    Record record(bundle_, sections_.lines.offset + std::uint64_t{line} * 12);
    Expect(record.U32(), next_column_, "the first column of line " + std::to_string(line));
    const std::uint32_t direct = record.U32();
    const std::uint32_t searched = record.U32();
    Cell used{};
    for (std::uint32_t bit = 0; bit < kLineBits; ++bit) {
      if (use_.used[line * kLineBits + bit]) used[bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
    std::set<std::uint32_t> seen;
    for (const auto& [form, count] : {std::pair{Form::kDirect, direct}, std::pair{Form::kSearched, searched}}) {
      std::int64_t last = -1;
      for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t dimension = ReadColumn(line, form, used);
        if (dimension <= last || !seen.insert(dimension).second) Differs(Here() + " is out of order");
        last = dimension;
      }
    }
  }

  enum class Form : std::uint8_t { kDirect, kSearched };

  auto Here() const -> std::string { return "column " + std::to_string(next_column_ - 1); }

  /// Adds to each term of the line what the column says of it; returns the dimension.
  auto ReadColumn(std::uint32_t line, Form form, const Cell& used) -> std::uint32_t {
    if (next_column_ >= sections_.columns.count) Differs("a line has more columns than there are");
    Record record(bundle_, sections_.columns.offset + next_column_++ * 16);
    const std::uint32_t dimension = record.U32();
    Expect(record.U32(), next_cell_, "the first cell of " + Here());
    Expect(record.U32(), next_run_, "the first run of " + Here());
    const std::uint32_t runs = record.U32();
    const bool is_definition = dimension >= classes_.dimensions();
    if (is_definition && dimension - classes_.dimensions() >= use_.definitions_before[line]) {
      Differs(Here() + " asks for a definition that comes later");
    }
    const std::uint32_t classes = is_definition ? 2 : classes_.ClassesOf(dimension);
    if ((form == Form::kDirect) != (runs == 0)) Differs(Here() + " has runs that do not fit its form");
    const std::vector<Step> steps = form == Form::kDirect ? Direct(classes) : Searched(runs, classes);
    CheckBits(steps, used);
    if (is_definition && ((steps.size() == 1) || steps[1].first_class != 1 || steps[1].cell != used)) {
      Differs(Here() + " asks for a definition not to hold");
    }
    for (std::uint32_t bit = 0; bit < kLineBits; ++bit) {
      if (!Bit(used, bit)) continue;
      Runs admitted = AdmittedBy(steps, bit, classes);
      if (admitted != Runs{{0, classes}}) {
        terms_[line * kLineBits + bit].constraints.push_back({dimension, std::move(admitted)});
      }
    }
    return dimension;
  }

  void CheckBits(const std::vector<Step>& steps, const Cell& used) const {
    bool rules_out = false;
    for (const Step& step : steps) {
      for (std::size_t w = 0; w < step.cell.size(); ++w) {
        if ((step.cell[w] & ~used[w]) != 0) Differs(Here() + " has a bit for no term");
      }
      rules_out = rules_out || step.cell != used;
    }
    if (!rules_out) Differs(Here() + " rules nothing out");
  }

  auto NextCell() -> Cell {
    if (next_cell_ >= sections_.cells.count) Differs("a column has more cells than there are");
    Record record(bundle_, sections_.cells.offset + next_cell_++ * kCellBytes);
    Cell cell;
    for (std::uint64_t& word : cell) word = record.U64();
    return cell;
  }

  /// Equal neighbours are one step.
  auto Direct(std::uint32_t classes) -> std::vector<Step> {
    std::vector<Step> steps;
    for (std::uint32_t c = 0; c < classes; ++c) {
      const Cell cell = NextCell();
      if (steps.empty() || steps.back().cell != cell) steps.push_back({c, cell});
    }
    return steps;
  }

  auto Searched(std::uint32_t runs, std::uint32_t classes) -> std::vector<Step> {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> places;  // first class, cell
    std::uint32_t cells = 0;
    for (std::uint32_t i = 0; i < runs; ++i) {
      if (next_run_ >= sections_.runs.count) Differs("a column has more runs than there are");
      Record record(bundle_, sections_.runs.offset + next_run_++ * 4);
      const std::uint32_t first = record.U16();
      const std::uint32_t cell = record.U16();
      if (first >= classes || (i == 0 ? first != 0 : first <= places.back().first)) Differs(Here() + " has runs out of order");
      if (cell > cells || (i > 0 && cell == places.back().second)) Differs(Here() + " has cells out of order");
      cells += cell == cells ? 1 : 0;
      places.emplace_back(first, cell);
    }
    std::vector<Cell> own;
    for (std::uint32_t i = 0; i < cells; ++i) own.push_back(NextCell());
    if (std::set<Cell>(own.begin(), own.end()).size() != own.size()) Differs(Here() + " has the same cell twice");
    std::vector<Step> steps;
    for (const auto& [first, cell] : places) steps.push_back({first, own[cell]});
    return steps;
  }

  static auto AdmittedBy(const std::vector<Step>& steps, std::uint32_t bit, std::uint32_t classes) -> Runs {
    Runs runs;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (!Bit(steps[i].cell, bit)) continue;
      const std::uint32_t end = i + 1 < steps.size() ? steps[i + 1].first_class : classes;
      if (!runs.empty() && runs.back().end == steps[i].first_class) {
        runs.back().end = end;
      } else {
        runs.push_back({steps[i].first_class, end});
      }
    }
    return runs;
  }

  std::span<const std::byte> bundle_;
  const BitSections& sections_;
  const BitUse& use_;
  const Classes& classes_;
  std::vector<Term> terms_;
  std::uint64_t next_column_ = 0;
  std::uint64_t next_run_ = 0;
  std::uint64_t next_cell_ = 0;
};

}  // namespace

auto ReadTerms(std::span<const std::byte> bundle, const BitSections& sections, const BitUse& use, const Classes& classes)
    -> std::vector<Term> {
  return Reader(bundle, sections, use, classes).Read();
}

}  // namespace route::recheck
