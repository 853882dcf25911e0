#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "runtime/table/table.h"

/// A bundle file with several policies: one operator's file for all of its tenants.
///
/// It is the bundles of the single policies one after another, each byte for byte what `routec build` writes for it
/// alone, so that a policy's hash in a decision record is the same either way. `docs/table-format.md`, "Several policies".
namespace route {

inline constexpr std::size_t kMaxPolicies = 1024;  ///< in one file

/// The tables of a bundle file: one, or as many as it holds, in the file's order, which is that of their names. Names are
/// distinct.
auto LoadTables(const std::string& path) -> std::expected<std::vector<Table>, LoadError>;
auto TablesFromBytes(std::span<const std::byte> bytes, const std::string& name)
    -> std::expected<std::vector<Table>, LoadError>;

/// The bytes of a file with these policies, ordered by name as the loader demands. One bundle alone comes back as it is.
/// Aborts on none and on more than kMaxPolicies.
auto WriteCollection(std::span<const std::vector<std::byte>> bundles) -> std::vector<std::byte>;

}  // namespace route
