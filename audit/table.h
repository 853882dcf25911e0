#pragma once

#include "audit/core.h"

namespace audit {

/// Throws Rejected unless the bundle says exactly what the core and the rest of the pack say: every record of it, and
/// for every refusal, rule and route that its terms hold of the same classes of requests as its condition. Reads
/// version 3 of `docs/table-format.md`. Returns the number of bits of the table, all of which were compared.
auto CheckTable(const Core& core, const Json& pack, const std::string& bundle) -> std::uint64_t;

}  // namespace audit
