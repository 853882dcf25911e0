// The kernel, for inclusion by one source file for each kind of processor, which defines ROUTE_KERNEL as the name of its
// kernel and ROUTE_LANE_BYTES as the width of its registers. It calls no function of the standard library: an inline one would be compiled for the wider processor too, and
// the linker could then choose that copy for the whole program.
//
// The idea: a column says for each class of a dimension which terms of a line the class admits. The AND of the cells of a
// request's classes is therefore the set of terms that hold, 512 at a time. A line has no column for a dimension that none
// of its terms asks about, so what is not needed is not read. Lines are worked out when they are asked for: a small table
// has one for refusals, routes and rules together.

#include "runtime/decide/kernel.h"

namespace route {
namespace {

/// As much of a cell as fits a register. Cells are aligned, but what a caller gives need not be.
typedef std::uint64_t Lane __attribute__((vector_size(ROUTE_LANE_BYTES), aligned(8), may_alias));
constexpr unsigned kLanes = sizeof(layout::Cell) / sizeof(Lane);

inline auto LanesOf(const layout::Cell& cell) noexcept -> const Lane* { return reinterpret_cast<const Lane*>(&cell); }

/// A cell in registers.
struct Wide {
  explicit Wide(const layout::Cell& cell) noexcept {
    for (unsigned i = 0; i < kLanes; ++i) lane[i] = LanesOf(cell)[i];
  }
  void Keep(const layout::Cell& cell) noexcept {
    for (unsigned i = 0; i < kLanes; ++i) lane[i] &= LanesOf(cell)[i];
  }
  void Store(std::uint64_t* words) const noexcept {
    for (unsigned i = 0; i < kLanes; ++i) reinterpret_cast<Lane*>(words)[i] = lane[i];
  }
  Lane lane[kLanes];
};

/// Takes the bits of the cell out of 512 bits.
inline void TakeOut(std::uint64_t* words, const layout::Cell& cell) noexcept {
  for (unsigned i = 0; i < kLanes; ++i) reinterpret_cast<Lane*>(words)[i] &= ~LanesOf(cell)[i];
}

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

/// The terms that hold for one request, by word. Keeps the line that was asked for last.
class Terms {
 public:
  Terms(const TableBits& table, const std::uint16_t* classes) noexcept : table_(table), classes_(classes) {}

  auto Word(std::uint32_t word) noexcept -> std::uint64_t {
    const std::uint32_t line = word / layout::kCellWords;
    if (line != line_) Take(line);
    return words_[word % layout::kCellWords];
  }

 private:
  void Take(std::uint32_t line) noexcept {
    line_ = line;
    const layout::LineRecord& record = table_.lines[line];
    const layout::ColumnRecord* column = table_.columns + record.first_column;
    const layout::ColumnRecord* const searched = column + record.direct;
    const layout::ColumnRecord* const end = searched + record.searched;
    Wide all(table_.used[line]);
    for (; column != searched; ++column) {
      all.Keep(table_.cells[column->first_cell + classes_[column->dimension]]);
    }
    for (; column != end; ++column) {
      const std::uint32_t value_class = classes_[column->dimension];
      all.Keep(table_.cells[column->first_cell + FindRun(table_.runs + column->first_run, column->runs, value_class).cell]);
    }
    all.Store(words_);
  }

  const TableBits& table_;
  const std::uint16_t* classes_;
  std::uint32_t line_ = kNone;
  alignas(64) std::uint64_t words_[layout::kCellWords];
};

/// The owner of the part's first term that holds, or kNone.
inline auto FirstOwner(const TermPart& part, Terms& terms) noexcept -> std::uint32_t {
  for (std::uint32_t i = 0; i < part.words; ++i) {
    const std::uint64_t word = terms.Word(part.first_word + i);
    if (word != 0) return part.owners[i * 64 + FirstBit(word)];
  }
  return kNone;
}

/// Finds which definitions hold, level by level. `classes` has room for them after the dimensions.
void Define(const TableBits& table, std::uint16_t* classes) noexcept {
  for (std::uint32_t i = 0; i < table.definitions; ++i) classes[table.dimensions + i] = 0;
  for (std::uint32_t l = 0; l < table.levels; ++l) {
    const TermPart& part = table.level[l].terms;
    Terms terms(table, classes);
    for (std::uint32_t i = 0; i < part.words; ++i) {
      for (std::uint64_t word = terms.Word(part.first_word + i); word != 0; word &= word - 1) {
        classes[table.dimensions + part.owners[i * 64 + FirstBit(word)]] = 1;
      }
    }
  }
}

/// Takes out what the rules that apply exclude: once for each group of rules that exclude the same.
inline void Exclude(const TableBits& table, Terms& terms, std::uint64_t* allowed) noexcept {
  for (std::uint32_t term = 0; term < table.excluding_terms;) {
    const std::uint32_t base = term / 64 * 64;
    const std::uint64_t word = terms.Word(table.rules.first_word + term / 64) & (~std::uint64_t{0} << (term - base));
    if (word == 0) {
      term = base + 64;
      continue;
    }
    term = base + FirstBit(word);
    if (term >= table.excluding_terms) break;  // the rest of the word excludes nobody
    const ExclusionGroup& group = table.groups[table.term_group[term]];
    for (std::uint32_t i = 0; i < table.mask_cells; ++i) {
      TakeOut(allowed + i * layout::kCellWords, table.masks[group.mask + i]);
    }
    term = group.end_term;
  }
}

inline auto Reaches(const TableBits& table, std::uint32_t route, const std::uint64_t* allowed) noexcept -> bool {
  std::uint64_t reached = 0;
  for (std::uint32_t i = 0; i < table.mask_cells; ++i) {
    const layout::Cell& cell = table.reach[route * table.mask_cells + i];
    for (std::uint32_t k = 0; k < layout::kCellWords; ++k) reached |= cell.words[k] & allowed[i * layout::kCellWords + k];
  }
  return reached != 0;
}

void DecideDefined(const TableBits& table, const std::uint16_t* classes, Answer& answer) noexcept {
  Terms terms(table, classes);
  answer.refusal = FirstOwner(table.refusals, terms);
  if (answer.refusal != kNone) return;
  answer.route = FirstOwner(table.routes, terms);
  for (std::uint32_t i = 0; i < table.mask_cells; ++i) {
    Wide(table.everyone[i]).Store(answer.allowed + i * layout::kCellWords);
  }
  Exclude(table, terms, answer.allowed);
  answer.reaches = answer.route != kNone && Reaches(table, answer.route, answer.allowed);
}

void TermsDefined(const TableBits& table, const std::uint16_t* classes, std::uint32_t first, std::uint32_t count,
                      std::uint64_t* words) noexcept {
  Terms terms(table, classes);
  for (std::uint32_t i = 0; i < count; ++i) words[i] = terms.Word(first + i);
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
  DecideDefined(table, extended.classes, answer);
}

[[gnu::noinline]] void TermsWithDefinitions(const TableBits& table, const std::uint16_t* classes,
                                                std::uint32_t first, std::uint32_t count, std::uint64_t* words) noexcept {
  const Extended extended(table, classes);
  TermsDefined(table, extended.classes, first, count, words);
}

void DecideKernel(const TableBits& table, const std::uint16_t* classes, Answer& answer) noexcept {
  if (table.definitions != 0) return DecideWithDefinitions(table, classes, answer);
  DecideDefined(table, classes, answer);
}

void TermsKernel(const TableBits& table, const std::uint16_t* classes, std::uint32_t first, std::uint32_t count,
                     std::uint64_t* words) noexcept {
  if (table.definitions != 0) return TermsWithDefinitions(table, classes, first, count, words);
  TermsDefined(table, classes, first, count, words);
}

}  // namespace

const Kernel ROUTE_KERNEL = {DecideKernel, TermsKernel};

}  // namespace route
