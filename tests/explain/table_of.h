#pragma once

#include <doctest/doctest.h>

#include "compiler/lower/lower.h"
#include "compiler/verify/verify.h"
#include "runtime/table/table.h"

namespace route::explain {

/// The policy compiled, unverified.
inline auto TableOf(const ir::Policy& policy, const SourceSet& sources) -> Table {
  auto bytes = lower::Lower(policy, verify::VerifyReport{}, {.tool_version = "test", .sources = &sources});
  REQUIRE_MESSAGE(bytes.has_value(), bytes.error().message);
  auto table = Table::FromBytes(std::move(*bytes));
  REQUIRE_MESSAGE(table.has_value(), table.error().message);
  return std::move(*table);
}

}  // namespace route::explain
