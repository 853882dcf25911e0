#pragma once

#include "audit/core.h"

namespace audit {

struct CheckOptions {
  std::string pack, bundle, sources;  ///< paths
  std::string library;                ///< a folder with the files of the standard library; may be empty
  std::string base;                   ///< a pack of the policy that this one extends; may be empty
  std::string attestation, key;       ///< files; may be empty
};

/// What a check found about one obligation.
struct Finding {
  enum class Verdict { kProved, kViolated, kOpen } verdict = Verdict::kOpen;
  std::string how;  ///< by what it was confirmed, or why nothing is established
};

struct Checked {
  Json pack;
  Core core;
  std::vector<Finding> findings;  ///< one for each obligation of the core
  std::uint64_t table_bits = 0;
  // What `Check` adds:
  std::string pack_hash, bundle_hash;
  std::vector<std::string> compared, not_compared;  ///< files whose hash was compared, and which are not at hand
  std::string base;  ///< the policy whose rules all stand in this one; empty if not asked
};

/// Throws Rejected unless the bundle says exactly what the core and the rest of the pack say: every record of it, and
/// for every refusal, rule and route that its terms hold of the same classes of requests as its condition. Reads
/// version 3 of `docs/table-format.md`. Returns the number of bits of the table, all of which were compared.
auto CheckTable(const Core& core, const Json& pack, const std::string& bundle) -> std::uint64_t;

/// Checks what a pack claims of its core and of the bundle. Throws Rejected or Inconclusive.
auto CheckPack(const Json& pack, const std::string& bundle) -> Checked;

/// Checks everything that a pack claims, of the sources too. Throws Rejected, Inconclusive or Unreadable.
auto Check(const CheckOptions& options) -> Checked;

}  // namespace audit
