#pragma once

#include <expected>
#include <string>

#include "compiler/base/source.h"
#include "compiler/ir/policy.h"
#include "runtime/table/table.h"

namespace route::explain {

/// A policy core that decides as a bundle does, for a bundle whose source is not at hand.
struct FromTable {
  ir::Policy policy;
  SourceSet sources;  ///< the files that the bundle names, with nothing but lines, so that places can be told
};

/// An attribute as a bundle describes it, without its default.
auto AttributeOf(const AttributeView& view) -> ir::Attribute;

/// Conditions are made of the table's terms, and a rule names the deployments that it excludes instead of the facts that it
/// asks about, which a bundle does not hold; nor does it hold guarantees as such, tests or named conditions. The value
/// classes are those of the table. The error is a sentence without a full stop: the table is too large for this, or was not
/// written by routec.
auto PolicyOf(const Table& table) -> std::expected<FromTable, std::string>;

}  // namespace route::explain
