#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "runtime/ledger/journal.h"
#include "runtime/ledger/restore.h"

/// The decision log's file: JSON Lines, only ever appended to.
namespace route {

enum class Durability : std::uint8_t {
  kDurable,  ///< the lines are on disk
  kFailed,   ///< they are not, and never will be
};

/// Appends lines for any number of threads and says when they are on disk.
///
/// One thread writes. Lines wait in a queue without a lock; everything that is waiting, up to kBatch appends, is
/// written with one call and made durable together (group commit), in the journal or, without one, by a sync of the log.
/// So a lone append costs one such write, and many at once share it. Lines of one append stay together, and appends of one
/// thread stay in order.
///
/// A batch that cannot be written in full is taken out of the file again and fails as a whole; later ones are tried
/// anew. When even that is impossible, a sync fails or the file is deleted, every later append fails until a restart.
class LogWriter {
 public:
  static constexpr std::uint32_t kBatch = 256;

  /// What a crash left behind the last complete record, and where it went.
  struct TornTail {
    std::uint64_t bytes = 0;  ///< 0: the log was whole
    std::string kept_in;      ///< the sidecar file
  };

  struct Opened;

  /// Opens or creates the log, for this process alone, and gives it back what a crash took and its journal still has. A
  /// tail that is no complete record is moved to a file next to the log, `PATH.torn-OFFSET`, and cut off. The error is one
  /// sentence fit for a user: not writable, in use by another process, or not a decision log.
  static auto Open(const std::string& path) -> std::expected<Opened, std::string>;

  LogWriter(const LogWriter&) = delete;
  auto operator=(const LogWriter&) -> LogWriter& = delete;

  /// Writes what is waiting, ends the thread and, when all of it is on disk in the log, deletes the journal.
  ~LogWriter();

  using Done = std::move_only_function<void(Durability)>;

  /// Queues lines, each ended by a line feed. `done` is called once, on the writer's thread, and must not block.
  void Append(std::string lines, Done done);

  /// False once every append fails.
  auto healthy() const -> bool { return healthy_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    std::string lines;
    Done done;
    Entry* next = nullptr;
  };

  LogWriter(int file, std::uint64_t size, int wake, std::unique_ptr<Journal> journal);

  void Run();
  void Commit(Entry* const* first, std::size_t count);
  auto Write(std::string_view bytes) -> Durability;
  auto Sync() -> bool;

  int file_;
  std::uint64_t size_;  // up to which the file holds whole batches
  std::atomic<bool> healthy_{true};
  std::atomic<Entry*> queue_{nullptr};  // newest first
  int wake_;                            // an event descriptor, told when the queue was empty
  std::unique_ptr<Journal> journal_;    // nothing where the file system does not allow it
  std::thread thread_;
};

struct LogWriter::Opened {
  std::unique_ptr<LogWriter> writer;
  Restored restored;
  TornTail torn;
};

}  // namespace route
