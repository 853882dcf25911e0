#include "runtime/ledger/restore.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/ledger/file.h"
#include "runtime/ledger/journal.h"

namespace route {
namespace {

/// A file that is only appended to takes a write at any place for an append.
class WithoutAppending {
 public:
  explicit WithoutAppending(int file) : file_(file), flags_(::fcntl(file, F_GETFL)) {
    ready_ = flags_ >= 0 && ::fcntl(file_, F_SETFL, flags_ & ~O_APPEND) == 0;
  }
  WithoutAppending(const WithoutAppending&) = delete;
  auto operator=(const WithoutAppending&) -> WithoutAppending& = delete;
  ~WithoutAppending() {
    if (ready_) ::fcntl(file_, F_SETFL, flags_);
  }
  auto ready() const -> bool { return ready_; }

 private:
  int file_;
  int flags_;
  bool ready_ = false;
};

auto KeepFrames(const std::string& log, const Journal::Left& left) -> std::expected<Restored, std::string> {
  std::string lines;
  for (const Journal::Frame& frame : left.frames) lines += frame.bytes;
  auto kept = KeepAside(log + ".journal-" + std::to_string(left.frames.front().offset), lines);
  if (!kept) return std::unexpected("what the journal of another decision log holds cannot be kept: " + kept.error());
  return Restored{lines.size(), std::move(*kept)};
}

/// Writes what is missing, and says how much that was; nothing on an error of the system.
auto WriteMissing(int file, std::uint64_t size, const std::vector<Journal::Frame>& frames) -> std::optional<std::uint64_t> {
  std::uint64_t written = 0;
  for (const Journal::Frame& frame : frames) {
    const std::uint64_t there = size <= frame.offset ? 0 : std::min<std::uint64_t>(size - frame.offset, frame.bytes.size());
    const auto found = ReadAt(file, frame.offset, there);
    if (!found) return std::nullopt;
    if (*found == frame.bytes) continue;
    if (!WriteAllAt(file, frame.offset, frame.bytes)) return std::nullopt;
    written += frame.bytes.size();
  }
  return written;
}

}  // namespace

auto RestoreFromJournal(const std::string& log, int log_file) -> std::expected<Restored, std::string> {
  const auto left = Journal::ReadLeft(log, log_file);
  if (!left) {
    return std::unexpected("the journal `" + Journal::PathFor(log) + "` of the decision log cannot be read: " + left.error());
  }
  if (left->frames.empty()) return Restored{};
  struct stat status {};
  if (::fstat(log_file, &status) != 0) return std::unexpected(Explain("the decision log `" + log + "`"));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (!left->of_this_log || left->frames.front().offset > size) return KeepFrames(log, *left);
  const WithoutAppending without(log_file);
  const auto written = without.ready() ? WriteMissing(log_file, size, left->frames) : std::nullopt;
  if (!written || ::fsync(log_file) != 0) {
    return std::unexpected(Explain("what the journal holds cannot be written into the decision log `" + log + "`"));
  }
  return Restored{*written, ""};
}

}  // namespace route
