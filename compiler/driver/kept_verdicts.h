#pragma once

#include <string>

#include "compiler/verify/verdict_cache.h"

namespace route::driver {

/// The verdicts that are kept in a folder from one run to the next: `--cache DIR`.
///
/// One file, which is replaced as a whole, so that several runs at once do not disturb each other: of two that end
/// together one may lose what it added. A file that is damaged or another program's is left unread, with a note on
/// standard error, and replaced. Whether the cache can be read or written changes no exit code.
class KeptVerdicts {
 public:
  /// Reads what is there. An empty name: nothing is kept.
  explicit KeptVerdicts(std::string folder);

  /// For `verify::Verify`; null if nothing is kept.
  auto cache() -> verify::VerdictCache* { return folder_.empty() ? nullptr : &cache_; }

  /// Writes what is known now, with what others have written meanwhile, if this run added anything.
  void Keep();

 private:
  auto path() const -> std::string { return folder_ + "/routec.verdicts"; }
  void Read();

  std::string folder_;
  std::string program_;
  verify::VerdictCache cache_;
};

}  // namespace route::driver
