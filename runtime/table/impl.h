#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/table/bits.h"
#include "runtime/table/layout.h"
#include "runtime/table/table.h"

/// What a loaded table holds. For `runtime/table` and `runtime/decide` only.
namespace route {

/// A file's bytes in memory at a 64-byte boundary: a private mapping of the file, or a copy.
class BundleBytes {
 public:
  BundleBytes() = default;
  BundleBytes(const BundleBytes&) = delete;
  BundleBytes(BundleBytes&& other) noexcept;
  auto operator=(const BundleBytes&) -> BundleBytes& = delete;
  auto operator=(BundleBytes&& other) noexcept -> BundleBytes&;
  ~BundleBytes();

  static auto Map(const std::string& path) -> std::expected<BundleBytes, LoadError>;
  static auto Copy(std::span<const std::byte> bytes) -> BundleBytes;

  auto get() const -> std::span<const std::byte> { return {data_, size_}; }

 private:
  enum class Owner : std::uint8_t { kNobody, kMapping, kHeap };

  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  Owner owner_ = Owner::kNobody;
};

/// A value reduced to what a decision needs, and what its canonical text is made from.
struct ReadValue {
  std::uint16_t value_class = 0;  ///< of the attribute's only dimension; not for kAnyOf
  std::uint64_t members = 0;      ///< kAnyOf: bit i for the i-th name
  std::string text;               ///< canonical, reads back to the same value; not for kAnyOf, kNumber and kDate
  std::int64_t point = 0;         ///< kNumber: millionths; kDate: days
};

/// How the values of one attribute fall into classes.
struct AttributeClasses {
  std::span<const std::int64_t> cuts;
  std::vector<std::string_view> prefixes;
  std::vector<std::string_view> texts;
  std::span<const std::uint16_t> country_class;
  ReadValue fallback;  ///< the default, if there is one
};

struct TableImpl {
  BundleBytes bytes;
  std::string hash;
  bool verified = false;
  Limits limits;
  std::string_view policy_name;
  std::string_view policy_version;
  std::string_view tool_version;

  std::vector<AttributeView> attributes;
  std::vector<AttributeClasses> classes;  // by attribute
  std::vector<DeploymentView> deployments;
  std::vector<ServiceView> services;
  std::vector<ScreenView> screens;
  std::vector<RuleView> rules;
  std::vector<RefusalView> refusals;
  std::vector<RouteView> routes;
  std::vector<TierView> tiers;
  std::vector<GuaranteeView> guarantees;
  std::vector<SourceHashView> sources;

  std::span<const layout::DimensionRecord> dimensions;
  std::span<const layout::LineRecord> lines;
  std::span<const layout::ColumnRecord> columns;
  std::span<const layout::RunRecord> runs;
  std::span<const layout::Cell> cells;
  std::span<const layout::Cell> masks;
  std::vector<std::uint32_t> rule_masks;  // by rule: index of its mask

  TableBits bits;  // points into the file and into what follows
  std::vector<layout::Cell> used;
  std::vector<std::uint16_t> last_class;
  std::vector<DefinitionLevel> levels;
  std::vector<const layout::Cell*> term_masks;
  std::vector<std::uint64_t> later_groups;
  std::vector<layout::Cell> everyone;  // mask_cells cells: a bit for each deployment
  std::vector<layout::Cell> reach;     // by route, mask_cells cells each

  auto Excludes(std::uint32_t rule, std::uint32_t deployment) const -> bool {
    const layout::Cell& cell = masks[std::size_t{rule_masks[rule]} * bits.mask_cells + deployment / layout::kCellBits];
    return ((cell.words[deployment / 64 % layout::kCellWords] >> (deployment % 64)) & 1U) != 0;
  }

  /// What the column says of a class: the terms of its line that admit it.
  auto CellOf(const layout::ColumnRecord& column, std::uint32_t value_class) const -> const layout::Cell&;
};

/// Checks every byte of a bundle and builds the table. `name` is what messages call it.
auto LoadTable(BundleBytes bytes, std::string_view name) -> std::expected<std::unique_ptr<TableImpl>, LoadError>;

}  // namespace route
