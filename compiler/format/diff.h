#pragma once

#include <string>
#include <string_view>

namespace route::format {

/// The difference of two texts that are the same but for blanks and line ends, as a unified diff with three lines of
/// context; empty if they are equal. Lines are matched by how much text stands before them, so the cost is linear
/// whatever changed.
auto UnifiedDiff(const std::string& old_name, const std::string& new_name, std::string_view before,
                 std::string_view after) -> std::string;

}  // namespace route::format
