#pragma once

#include <cstddef>
#include <string_view>

namespace route {

/// Columns that text takes on a terminal. Text with characters that LLVM calls unprintable, such as unassigned ones, counts
/// a column for each byte.
auto DisplayWidth(std::string_view text) -> std::size_t;

}  // namespace route
