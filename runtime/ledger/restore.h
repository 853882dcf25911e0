#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace route {

/// What a crash took from a log and its journal gave back.
struct Restored {
  std::uint64_t bytes = 0;  ///< 0: nothing was missing
  std::string kept_in;      ///< the file that they are in if they are not this log's
};

/// Writes into an open log, durably, what its journal says stands there and is missing. A journal whose log is another
/// file, or one that has been shortened, is no reason to touch this one: what it holds goes into `LOG.journal-OFFSET`,
/// as the lines that it is. The error is one sentence.
auto RestoreFromJournal(const std::string& log, int log_file) -> std::expected<Restored, std::string>;

}  // namespace route
