#pragma once

#include "audit/core.h"

namespace audit {

struct CheckOptions {
  std::string pack, bundle, sources, library;  ///< paths; `library` is a folder with the standard library, may be empty
};

/// What a check found about one obligation.
struct Finding {
  const Obligation* obligation = nullptr;
  std::string verdict;  ///< proved, violated, unknown: as the pack says, and as was confirmed here unless unknown
  std::string how;      ///< by what it was confirmed
};

struct Checked {
  Json pack;
  Core core;
  std::string pack_hash, bundle_hash;
  std::vector<Finding> findings;  ///< one for each obligation of the core
  std::uint64_t table_bits = 0;
  std::vector<std::string> compared, not_compared;  ///< files whose hash was compared, and which are not at hand
};

/// Checks everything that a pack claims. Throws Rejected, Inconclusive or Unreadable.
auto Check(const CheckOptions& options) -> Checked;

}  // namespace audit
