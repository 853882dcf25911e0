#include "runtime/table/dump.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "runtime/table/impl.h"
#include "runtime/values/value_text.h"

namespace route {
namespace {

/// What the class means, in the words of `docs/table-format.md`.
auto ClassName(const TableImpl& table, const layout::DimensionRecord& dimension, std::uint32_t value_class) -> std::string {
  const AttributeView& attribute = table.attributes[dimension.attribute];
  const AttributeClasses& classes = table.classes[dimension.attribute];
  auto number = [&](std::int64_t cut) {
    return attribute.kind == AttributeKind::kDate ? FormatDate({static_cast<std::int32_t>(cut)})
                                                  : FormatQuantity({cut}, attribute.unit);
  };
  switch (attribute.kind) {
    case AttributeKind::kOneOf: return std::string(attribute.values[value_class]);
    case AttributeKind::kAnyOf:
      return (value_class == 0 ? "without " : "with ") + std::string(attribute.values[dimension.member]);
    case AttributeKind::kYesNo: return value_class == 0 ? "no" : "yes";
    case AttributeKind::kNumber:
    case AttributeKind::kDate:
      if (classes.cuts.empty()) return "any";
      if (value_class == 0) return "below " + number(classes.cuts[0]);
      return "from " + number(classes.cuts[value_class - 1]) +
             (value_class < classes.cuts.size() ? " to below " + number(classes.cuts[value_class]) : "");
    case AttributeKind::kText:
      if (value_class == 0) return "any other";
      if (value_class <= classes.prefixes.size()) return "\"" + std::string(classes.prefixes[value_class - 1]) + "\"…";
      return "\"" + std::string(classes.texts[value_class - 1 - classes.prefixes.size()]) + "\"";
    case AttributeKind::kCountry: {
      std::string text;
      std::size_t more = 0;
      for (std::uint16_t i = 0; i < classes.country_class.size(); ++i) {
        if (classes.country_class[i] != value_class) continue;
        if (text.size() < 24) {
          text += (text.empty() ? "" : " ") + std::string(CountryCode({i}));
        } else {
          ++more;
        }
      }
      return more == 0 ? text : text + " and " + std::to_string(more) + " more";
    }
  }
  return {};
}

/// The bits of a part's terms, or of one word after the other, as `.` and `1`.
template <typename Word>
auto Bits(std::uint32_t count, Word word) -> std::string {
  std::string text;
  for (std::uint32_t i = 0; i < count; ++i) text.push_back(((word(i / 64) >> (i % 64)) & 1U) != 0 ? '1' : '.');
  return text;
}

/// Terms by their owner's name: `name(i)`.
template <typename Name>
void DumpTerms(std::string_view title, std::size_t owners, const TermPart& part, Name name, std::string& out) {
  out += std::string(title) + ": " + std::to_string(owners) + " in " + std::to_string(part.terms) + " terms\n";
  for (std::uint32_t i = 0; i < owners; ++i) {
    out += "  " + name(i) + "  terms";
    for (std::uint32_t term = 0; term < part.terms; ++term) {
      if (part.owners[term] == i) out += " " + std::to_string(term);
    }
    out += "\n";
  }
}

template <typename View>
void DumpTerms(std::string_view title, const std::vector<View>& views, const TermPart& part, std::string& out) {
  DumpTerms(title, views.size(), part, [&](std::uint32_t i) { return std::string(views[i].name); }, out);
}

/// Every column of every line, class by class.
class ColumnDump {
 public:
  ColumnDump(const TableImpl& table, std::string& out) : table_(table), out_(out) {
    for (const DefinitionLevel& level : table.levels) parts_.push_back(level.terms);
    for (const TermPart& part : {table.bits.refusals, table.bits.routes, table.bits.rules, table.bits.screens}) parts_.push_back(part);
  }

  void Run() {
    for (std::size_t i = 0; i < table_.lines.size(); ++i) {
      const auto& line = table_.lines[i];
      out_ += "line " + std::to_string(i) + ": " + std::to_string(line.direct) + " direct columns, " +
              std::to_string(line.searched) + " searched\n";
      for (const auto& column : table_.columns.subspan(line.first_column, line.direct + line.searched)) Dump(i, column);
    }
  }

 private:
  void Dump(std::size_t line, const layout::ColumnRecord& column) {
    if (column.dimension >= table_.dimensions.size()) {
      out_ += "  definition " + std::to_string(column.dimension - table_.dimensions.size()) + "\n";
      DumpCell(line, column, 0, "does not hold");
      DumpCell(line, column, 1, "holds");
      return;
    }
    const layout::DimensionRecord& dimension = table_.dimensions[column.dimension];
    out_ += "  " + std::string(table_.attributes[dimension.attribute].name) + "\n";
    if (column.runs == 0) {
      for (std::uint32_t c = 0; c < dimension.classes; ++c) DumpCell(line, column, c, ClassName(table_, dimension, c));
      return;
    }
    for (const auto& run : table_.runs.subspan(column.first_run, column.runs)) {
      DumpCell(line, column, run.first_class, "class " + std::to_string(run.first_class) + " and on: " +
                                                  ClassName(table_, dimension, run.first_class));
    }
  }

  void DumpCell(std::size_t line, const layout::ColumnRecord& column, std::uint32_t value_class, const std::string& name) {
    const layout::Cell& cell = table_.CellOf(column, value_class);
    out_ += "    ";
    std::string_view gap;
    for (const TermPart& part : parts_) {
      const std::size_t begin = std::max<std::size_t>(part.first_word, line * layout::kCellWords);
      const std::size_t end = std::min<std::size_t>(part.first_word + part.words, (line + 1) * layout::kCellWords);
      if (begin >= end) continue;
      const std::size_t before = (begin - part.first_word) * 64;
      const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(part.terms - before, (end - begin) * 64));
      out_ += std::string(gap) + Bits(count, [&](std::size_t i) { return cell.words[(begin + i) % layout::kCellWords]; });
      gap = " | ";
    }
    out_ += "  " + name + "\n";
  }

  const TableImpl& table_;
  std::string& out_;
  std::vector<TermPart> parts_;
};

}  // namespace

auto DumpTable(const Table& table) -> std::string {
  const TableImpl& impl = table.impl();
  std::string out;
  out += "policy " + std::string(impl.policy_name) + (impl.policy_version.empty() ? "" : " ") +
         std::string(impl.policy_version) + ", " +
         (impl.verified ? "verified" : "not verified") + ", " + std::to_string(impl.bytes.get().size()) + " bytes\n";
  const TableBits& bits = impl.bits;
  out += std::to_string(impl.deployments.size()) + " deployments, " + std::to_string(impl.lines.size()) + " lines, " +
         std::to_string(impl.columns.size()) + " columns, " + std::to_string(impl.cells.size()) + " cells, " +
         std::to_string(impl.masks.size() / std::max<std::uint32_t>(bits.mask_cells, 1)) + " masks\n";
  for (const DefinitionLevel& level : impl.levels) {
    const auto name = [&](std::uint32_t i) { return "definition " + std::to_string(level.first_definition + i); };
    TermPart part = level.terms;
    std::vector<std::uint32_t> own(part.owners, part.owners + part.terms);
    for (std::uint32_t& owner : own) owner -= level.first_definition;
    part.owners = own.data();
    DumpTerms("definitions", level.definitions, part, name, out);
  }
  DumpTerms("refusals", impl.refusals, bits.refusals, out);
  DumpTerms("routes", impl.routes, bits.routes, out);
  DumpTerms("rules", impl.rules, bits.rules, out);
  if (!impl.services.empty()) {
    const auto name = [&](std::uint32_t i) {
      const ScreenView& screen = impl.screens[i];
      std::string text(screen.by == ScreenView::By::kRule ? impl.rules[screen.index].name : impl.refusals[screen.index].name);
      text += " keeps";
      for (std::size_t s = 0; s < impl.services.size(); ++s) {
        if (((screen.services >> s) & 1U) != 0) text += " " + std::string(impl.services[s].name);
      }
      return text;
    };
    DumpTerms("screens", impl.screens.size(), bits.screens, name, out);
  }
  ColumnDump(impl, out).Run();
  out += "excluded by each rule (a bit for each deployment)\n";
  for (std::uint32_t rule = 0; rule < impl.rules.size(); ++rule) {
    const layout::Cell* mask = impl.masks.data() + std::size_t{impl.rule_masks[rule]} * bits.mask_cells;
    out += "    " +
           Bits(static_cast<std::uint32_t>(impl.deployments.size()),
                [&](std::size_t i) { return mask[i / layout::kCellWords].words[i % layout::kCellWords]; }) +
           "  " + std::string(impl.rules[rule].name) + "\n";
  }
  return out;
}

}  // namespace route
