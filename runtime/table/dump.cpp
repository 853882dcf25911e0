#include "runtime/table/dump.h"

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

auto Bits(std::span<const std::uint64_t> words, std::uint32_t count) -> std::string {
  std::string text;
  for (std::uint32_t i = 0; i < count; ++i) text.push_back(((words[i / 64] >> (i % 64)) & 1U) != 0 ? '1' : '.');
  return text;
}

template <typename View>
void DumpTerms(std::string_view title, const std::vector<View>& views, const RowPart& part, std::string& out) {
  out += std::string(title) + ": " + std::to_string(views.size()) + " in " + std::to_string(part.owners.size()) + " terms\n";
  for (std::size_t i = 0; i < views.size(); ++i) {
    out += "  " + std::string(views[i].name) + "  terms";
    for (std::size_t term = 0; term < part.owners.size(); ++term) {
      if (part.owners[term] == i) out += " " + std::to_string(term);
    }
    out += "\n";
  }
}

}  // namespace

auto DumpTable(const Table& table) -> std::string {
  const TableImpl& impl = table.impl();
  std::string out;
  out += "policy " + std::string(impl.policy_name) + (impl.policy_version.empty() ? "" : " ") +
         std::string(impl.policy_version) + ", " +
         (impl.verified ? "verified" : "not verified") + ", " + std::to_string(impl.bytes.get().size()) + " bytes\n";
  out += std::to_string(impl.deployments.size()) + " deployments, rows of " + std::to_string(impl.row_words) + " words, " +
         std::to_string(impl.masks.size() / std::max<std::uint32_t>(impl.mask_words, 1)) + " masks\n";
  DumpTerms("refusals", impl.refusals, impl.refusal_part, out);
  DumpTerms("routes", impl.routes, impl.route_part, out);
  DumpTerms("rules", impl.rules, impl.rule_part, out);
  out += "rows: refusals | routes | rules\n";
  std::uint32_t last = kNone;
  for (const layout::DimensionRecord& dimension : impl.dimensions) {
    if (dimension.attribute != last) out += "  " + std::string(impl.attributes[dimension.attribute].name) + "\n";
    last = dimension.attribute;
    for (std::uint32_t c = 0; c < dimension.classes; ++c) {
      auto row = impl.rows.subspan(std::size_t{dimension.first_row + c} * impl.row_words, impl.row_words);
      out += "    ";
      for (const RowPart* part : {&impl.refusal_part, &impl.route_part, &impl.rule_part}) {
        out += Bits(row, static_cast<std::uint32_t>(part->owners.size())) + (part == &impl.rule_part ? "  " : " | ");
        row = row.subspan(part->words);
      }
      out += ClassName(impl, dimension, c) + "\n";
    }
  }
  out += "excluded by each rule (a bit for each deployment)\n";
  for (std::uint32_t rule = 0; rule < impl.rules.size(); ++rule) {
    out += "    " + Bits(impl.Mask(rule), static_cast<std::uint32_t>(impl.deployments.size())) + "  " +
           std::string(impl.rules[rule].name) + "\n";
  }
  return out;
}

}  // namespace route
