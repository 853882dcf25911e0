// The kernel, for inclusion by one source file for each kind of processor, which defines ROUTE_KERNEL as the name of its
// kernel and ROUTE_LANE_BYTES as the width of its registers. It calls no function of the standard library: an inline one
// would be compiled for the wider processor too, and the linker could then choose that copy for the whole program.
//
// The idea: a column says for each class of a dimension which terms of a line the class admits. The AND of the cells of a
// request's classes is therefore the set of terms that hold, 512 at a time. A line has no column for a dimension that none
// of its terms asks about, so what is not needed is not read. Lines are worked out when they are asked for: a small table
// has one for refusals, routes and rules together. What the rules that apply exclude is gathered in registers.

#include "runtime/decide/kernel.h"

#if ROUTE_LANE_BYTES > 16
#include <immintrin.h>
#endif

namespace route {
namespace {

/// As much of a cell as fits a register. Cells are aligned, but what a caller gives need not be.
typedef std::uint64_t Lane __attribute__((vector_size(ROUTE_LANE_BYTES), aligned(8), may_alias));
constexpr unsigned kLanes = sizeof(layout::Cell) / sizeof(Lane);

inline auto LanesOf(const layout::Cell& cell) noexcept -> const Lane* { return reinterpret_cast<const Lane*>(&cell); }

/// A cell in registers.
struct Wide {
  Wide() noexcept = default;
  explicit Wide(const layout::Cell& cell) noexcept {
    for (unsigned i = 0; i < kLanes; ++i) lane[i] = LanesOf(cell)[i];
  }
  void Keep(const layout::Cell& cell) noexcept {
    for (unsigned i = 0; i < kLanes; ++i) lane[i] &= LanesOf(cell)[i];
  }
  void Add(const layout::Cell& cell) noexcept {
    for (unsigned i = 0; i < kLanes; ++i) lane[i] |= LanesOf(cell)[i];
  }
  void Without(const Wide& other) noexcept {
    for (unsigned i = 0; i < kLanes; ++i) lane[i] &= ~other.lane[i];
  }
  auto IsEmpty() const noexcept -> bool {
    Lane all = lane[0];
    for (unsigned i = 1; i < kLanes; ++i) all |= lane[i];
#if ROUTE_LANE_BYTES == 64
    return _mm512_test_epi64_mask(reinterpret_cast<__m512i>(all), reinterpret_cast<__m512i>(all)) == 0;
#elif ROUTE_LANE_BYTES == 32
    return _mm256_testz_si256(reinterpret_cast<__m256i>(all), reinterpret_cast<__m256i>(all)) != 0;
#else
    return (all[0] | all[1]) == 0;
#endif
  }
  void Store(std::uint64_t* words) const noexcept {
    for (unsigned i = 0; i < kLanes; ++i) reinterpret_cast<Lane*>(words)[i] = lane[i];
  }
  Lane lane[kLanes] = {};
};

inline auto FirstBit(std::uint64_t word) noexcept -> std::uint32_t {
  return static_cast<std::uint32_t>(__builtin_ctzll(word));
}

/// The run that a class belongs to, without a branch that could be guessed wrong.
inline auto FindRun(const layout::RunRecord* runs, std::uint32_t count, std::uint32_t value_class) noexcept
    -> const layout::RunRecord& {
  while (count > 1) {
    const std::uint32_t half = count / 2;
    runs += runs[half].first_class <= value_class ? half : 0;
    count -= half;
  }
  return *runs;
}

/// The terms of a line that hold for a request with these classes.
inline auto TermsOf(const TableBits& table, const std::uint16_t* classes, std::uint32_t line) noexcept -> Wide {
  const layout::LineRecord& record = table.lines[line];
  const layout::ColumnRecord* column = table.columns + record.first_column;
  const layout::ColumnRecord* const searched = column + record.direct;
  const layout::ColumnRecord* const end = searched + record.searched;
  Wide all(table.used[line]);
  const auto keep = [&](const layout::ColumnRecord& direct) {
    all.Keep(table.cells[direct.first_cell + classes[direct.dimension]]);
  };
  for (; searched - column >= 4; column += 4) {
    keep(column[0]);
    keep(column[1]);
    keep(column[2]);
    keep(column[3]);
  }
  for (; column != searched; ++column) keep(*column);
  for (; column != end; ++column) {
    const std::uint32_t value_class = classes[column->dimension];
    all.Keep(table.cells[column->first_cell + FindRun(table.runs + column->first_run, column->runs, value_class).cell]);
  }
  return all;
}

/// The terms that hold for one request, of a table that has one line.
class OneLine {
 public:
  OneLine(const TableBits& table, const std::uint16_t* classes) noexcept { TermsOf(table, classes, 0).Store(words_); }

  /// Calls `visit(i, word)` for each of `count` words from word `first` on in which a term holds, `i` counting from 0, in order,
  /// until it returns true.
  template <typename Visit>
  void ForEachWord(std::uint32_t first, std::uint32_t count, Visit visit) noexcept {
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint64_t terms = words_[first + i];
      if (terms != 0 && visit(i, terms)) return;
    }
  }

 private:
  alignas(64) std::uint64_t words_[layout::kCellWords];
};

/// The same of any table. Keeps the line that was asked for last.
class ManyLines {
 public:
  ManyLines(const TableBits& table, const std::uint16_t* classes) noexcept : table_(table), classes_(classes) {}

  template <typename Visit>
  void ForEachWord(std::uint32_t first, std::uint32_t count, Visit visit) noexcept {
    const std::uint32_t end = first + count;
    for (std::uint32_t word = first; word != end;) {
      const std::uint32_t line = word / layout::kCellWords;
      if (line != line_) Take(line);
      const std::uint32_t line_end = (line + 1) * layout::kCellWords;
      const std::uint32_t stop = line_end < end ? line_end : end;
      if (is_empty_) word = stop;
      for (; word != stop; ++word) {
        const std::uint64_t terms = words_[word % layout::kCellWords];
        if (terms != 0 && visit(word - first, terms)) return;
      }
    }
  }

 private:
  void Take(std::uint32_t line) noexcept {
    const Wide terms = TermsOf(table_, classes_, line);
    terms.Store(words_);
    is_empty_ = terms.IsEmpty();
    line_ = line;
  }

  const TableBits& table_;
  const std::uint16_t* classes_;
  std::uint32_t line_ = kNone;
  bool is_empty_ = true;
  alignas(64) std::uint64_t words_[layout::kCellWords];
};

/// The owner of the part's first term that holds, or kNone.
template <typename Terms>
inline auto FirstOwner(const TermPart& part, Terms& terms) noexcept -> std::uint32_t {
  std::uint32_t owner = kNone;
  terms.ForEachWord(part.first_word, part.words, [&](std::uint32_t i, std::uint64_t word) noexcept {
    owner = part.owners[i * 64 + FirstBit(word)];
    return true;
  });
  return owner;
}

/// Finds which definitions hold, level by level. `classes` has room for them after the dimensions.
void Define(const TableBits& table, std::uint16_t* classes) noexcept {
  for (std::uint32_t i = 0; i < table.definitions; ++i) classes[table.dimensions + i] = 0;
  for (std::uint32_t l = 0; l < table.levels; ++l) {
    const TermPart& part = table.level[l].terms;
    ManyLines terms(table, classes);
    terms.ForEachWord(part.first_word, part.words, [&](std::uint32_t i, std::uint64_t word) noexcept {
      for (; word != 0; word &= word - 1) classes[table.dimensions + part.owners[i * 64 + FirstBit(word)]] = 1;
      return false;
    });
  }
}

/// A set of deployments in registers. `kMaskCells` are the cells of a mask.
template <unsigned kMaskCells>
struct Deployments {
  void Add(const layout::Cell* mask) noexcept {
    for (unsigned i = 0; i < kMaskCells; ++i) cell[i].Add(mask[i]);
  }
  Wide cell[kMaskCells];
};

/// The rest of a decision that is not refused. Of the rules' terms that hold, those that exclude the same follow each other,
/// and a word of nothing else is done after the first. (To go on by `later_groups` itself would make each step wait for a load.)
template <unsigned kMaskCells, typename Terms>
inline void Allow(const TableBits& table, Terms& terms, Answer& answer) noexcept {
  Deployments<kMaskCells> excluded;
  terms.ForEachWord(table.rules.first_word, table.excluding_words, [&](std::uint32_t i, std::uint64_t word) noexcept {
    const layout::Cell* const* masks = table.term_masks + 64 * i;
    const std::uint64_t* later_groups = table.later_groups + 64 * i;
    for (bool more = true; more; word &= word - 1) {
      const std::uint32_t term = FirstBit(word);
      excluded.Add(masks[term]);
      more = (word & later_groups[term]) != 0;
    }
    return false;
  });
  bool reaches = false;
  for (unsigned i = 0; i < kMaskCells; ++i) {
    Wide allowed(table.everyone[i]);
    allowed.Without(excluded.cell[i]);
    allowed.Store(answer.allowed + i * layout::kCellWords);
    if (answer.route == kNone) continue;
    allowed.Keep(table.reach[answer.route * kMaskCells + i]);
    reaches |= !allowed.IsEmpty();
  }
  answer.reaches = reaches;
}

template <typename Terms>
void DecideBy(const TableBits& table, const std::uint16_t* classes, Answer& answer) noexcept {
  Terms terms(table, classes);
  answer.refusal = FirstOwner(table.refusals, terms);
  if (answer.refusal != kNone) return;
  answer.route = FirstOwner(table.routes, terms);
  static_assert(kMaxDeployments == 2 * layout::kCellBits);
  if (table.mask_cells == 1) return Allow<1>(table, terms, answer);
  if (table.mask_cells == 2) return Allow<2>(table, terms, answer);
  // There are no deployments.
}

void TermsDefined(const TableBits& table, const std::uint16_t* classes, std::uint32_t first, std::uint32_t count,
                      std::uint64_t* words) noexcept {
  ManyLines terms(table, classes);
  for (std::uint32_t i = 0; i < count; ++i) words[i] = 0;
  terms.ForEachWord(first, count, [&](std::uint32_t i, std::uint64_t word) noexcept {
    words[i] = word;
    return false;
  });
}

/// The classes of the dimensions and, worked out, of the definitions. In functions of their own, so that a table without
/// definitions needs no room for them.
struct Extended {
  Extended(const TableBits& table, const std::uint16_t* given) noexcept {
    for (std::uint32_t i = 0; i < table.dimensions; ++i) classes[i] = given[i];
    Define(table, classes);
  }
  std::uint16_t classes[kMaxDimensions + layout::kMaxDefinitions];
};

[[gnu::noinline]] void DecideWithDefinitions(const TableBits& table, const std::uint16_t* classes, Answer& answer) noexcept {
  const Extended extended(table, classes);
  DecideBy<ManyLines>(table, extended.classes, answer);
}

[[gnu::noinline]] void TermsWithDefinitions(const TableBits& table, const std::uint16_t* classes,
                                                std::uint32_t first, std::uint32_t count, std::uint64_t* words) noexcept {
  const Extended extended(table, classes);
  TermsDefined(table, extended.classes, first, count, words);
}

void DecideKernel(const TableBits& table, const std::uint16_t* classes, Answer& answer) noexcept {
  if (table.definitions != 0) return DecideWithDefinitions(table, classes, answer);
  if (table.line_count == 1) return DecideBy<OneLine>(table, classes, answer);
  DecideBy<ManyLines>(table, classes, answer);
}

void TermsKernel(const TableBits& table, const std::uint16_t* classes, std::uint32_t first, std::uint32_t count,
                     std::uint64_t* words) noexcept {
  if (table.definitions != 0) return TermsWithDefinitions(table, classes, first, count, words);
  TermsDefined(table, classes, first, count, words);
}

}  // namespace

const Kernel ROUTE_KERNEL = {DecideKernel, TermsKernel};

}  // namespace route
