#pragma once

#include <optional>
#include <string>

#include "runtime/table/table.h"

namespace route::driver {

/// The policy of a bundle file that is named, or its only one if `name` is empty; nothing, after saying why, if there is
/// none. Warns of one that was not verified.
auto LoadPolicy(const std::string& bundle, const std::string& name) -> std::optional<Table>;

}  // namespace route::driver
