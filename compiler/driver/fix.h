#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "compiler/driver/commands.h"
#include "compiler/driver/pipeline.h"

namespace route::driver {

/// A fix that was made: its code, what it did, and where, as the file was in that round.
struct MadeFix {
  std::string code;
  std::string title;
  std::string file;
  std::uint32_t line = 1;
};

struct FixResult {
  std::unique_ptr<Compilation> compilation;  ///< of the files as they are now, verified if they have no errors
  std::vector<MadeFix> made;
};

/// Checks a policy, applies the fixes of what was found to its files, and begins again, until no fix is left or ten rounds
/// are done. Only files of the policy that are on disk are changed, each written whole. Each fix is named on standard
/// error. Nothing, after saying so there, if a file cannot be read or written; what was written before stays. `cache`
/// may be null.
auto FixPolicy(const CheckOptions& options, const CommonOptions& common, verify::VerdictCache* cache)
    -> std::optional<FixResult>;

}  // namespace route::driver
