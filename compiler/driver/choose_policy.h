#pragma once

#include <string>
#include <vector>

#include "runtime/table/table.h"

namespace route::driver {

/// The policy of a bundle that is named, or its only one if `name` is empty; nothing, after saying why, if there is none.
auto ChoosePolicy(const std::vector<Table>& tables, const std::string& name) -> const Table*;

}  // namespace route::driver
