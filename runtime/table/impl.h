#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

/// A value reduced to what a decision needs, with its canonical text.
struct ReadValue {
  std::uint16_t value_class = 0;  ///< of the attribute's only dimension; not for kAnyOf
  std::uint64_t members = 0;      ///< kAnyOf: bit i for the i-th name
  std::string text;               ///< canonical, reads back to the same value; not for kAnyOf
};

/// How the values of one attribute fall into classes.
struct AttributeClasses {
  std::span<const std::int64_t> cuts;
  std::vector<std::string_view> prefixes;
  std::vector<std::string_view> texts;
  std::span<const std::uint16_t> country_class;
  ReadValue fallback;  ///< the default, if there is one
};

/// One of the three parts of every row: the bits of the refusals, of the routes or of the rules.
struct RowPart {
  /// A dimension whose rows rule out some term of this part; the others need not be read.
  struct Column {
    std::uint32_t dimension = 0;
    std::uint64_t first_word = 0;  ///< in `rows`: this part's first word in the row of class 0
  };

  std::uint32_t words = 0;
  std::uint64_t last_word = 0;  ///< the bits of the last word that stand for terms
  std::vector<Column> columns;
  std::span<const std::uint32_t> owners;  ///< by term
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
  std::vector<RuleView> rules;
  std::vector<RefusalView> refusals;
  std::vector<RouteView> routes;
  std::vector<TierView> tiers;
  std::vector<GuaranteeView> guarantees;
  std::vector<SourceHashView> sources;

  std::span<const layout::DimensionRecord> dimensions;
  std::span<const std::uint64_t> rows;
  std::uint32_t row_words = 0;
  RowPart refusal_part;
  RowPart route_part;
  RowPart rule_part;

  std::uint32_t mask_words = 0;
  std::span<const std::uint64_t> masks;
  std::vector<std::uint32_t> rule_masks;       // by rule: index of its mask
  std::vector<std::uint64_t> all_deployments;  // mask_words words: a bit for each deployment
  std::vector<std::uint64_t> route_reach;      // by route, mask_words words each: the deployments of its tiers

  auto Mask(std::uint32_t rule) const -> std::span<const std::uint64_t> {
    return masks.subspan(std::size_t{rule_masks[rule]} * mask_words, mask_words);
  }
};

/// Checks every byte of a bundle and builds the table. `name` is what messages call it.
auto LoadTable(BundleBytes bytes, std::string_view name) -> std::expected<std::unique_ptr<TableImpl>, LoadError>;

}  // namespace route
