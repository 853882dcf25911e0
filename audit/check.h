#pragma once

#include "audit/core.h"

namespace audit {

struct CheckOptions {
  std::string pack, bundle, sources, library;  ///< paths; `library` is a folder with the standard library, may be empty
};

/// What a check found about one obligation.
struct Finding {
  enum class Verdict { kProved, kViolated, kOpen } verdict = Verdict::kOpen;
  std::string how;  ///< by what it was confirmed, or why nothing is established
};

struct Checked {
  Json pack;
  Core core;
  std::string pack_hash, bundle_hash;
  std::vector<Finding> findings;  ///< one for each obligation of the core
  std::uint64_t table_bits = 0;
  std::vector<std::string> compared, not_compared;  ///< files whose hash was compared, and which are not at hand
};

/// Throws Rejected unless the bundle says exactly what the core and the rest of the pack say: every record of it, and
/// for every refusal, rule and route that its terms hold of the same classes of requests as its condition. Reads
/// version 3 of `docs/table-format.md`. Returns the number of bits of the table, all of which were compared.
auto CheckTable(const Core& core, const Json& pack, const std::string& bundle) -> std::uint64_t;

/// Checks everything that a pack claims. Throws Rejected, Inconclusive or Unreadable.
auto Check(const CheckOptions& options) -> Checked;

}  // namespace audit
