#pragma once

#include <string>

#include "runtime/table/table.h"

namespace route {

/// What a table holds, for people to read: its sizes, the terms of each refusal, route and rule, and for every class of
/// every dimension the bits of its row (first term left, `.` for 0). `routec dump --phase=table`.
auto DumpTable(const Table& table) -> std::string;

}  // namespace route
