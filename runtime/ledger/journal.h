#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// A log file's write-ahead journal: it makes appends durable at half the price of a sync of the log.
///
/// A file that grows has its new size and its new blocks made durable too, which on a journaling file system costs a
/// second transaction. So what is appended to the log is also written, past the page cache and synchronously, into a file
/// beside it whose blocks are there already. The log itself is synced when the journal is full; then the journal starts
/// over. After a crash, what the log may have lost is written into it out of the journal.
namespace route {

class Journal {
 public:
  static constexpr std::size_t kBytes = std::size_t{4} << 20U;          ///< of the file
  static constexpr std::size_t kMostPayload = std::size_t{256} << 10U;  ///< of one frame; more is for the log alone

  /// `LOG.journal`.
  static auto PathFor(const std::string& log) -> std::string { return log + ".journal"; }

  /// Makes the journal of an open log, in place of any that is there. Nothing if the file system cannot write past its
  /// page cache or has no room: then every append has to sync the log.
  static auto Create(const std::string& log, int log_file) -> std::unique_ptr<Journal>;

  Journal(const Journal&) = delete;
  auto operator=(const Journal&) -> Journal& = delete;
  ~Journal();

  /// Makes durable that these bytes stand at this offset of the log. False if it could not: there is no room left, or
  /// writing failed, or the file was deleted. Then the log has to be synced.
  auto Put(std::uint64_t offset, std::string_view bytes) -> bool;

  /// The log has been synced: what the journal holds is not needed any more.
  void StartOver();

  /// The same for good; deletes the file.
  void Remove();

  /// Bytes of the log, as a journal that was left behind holds them.
  struct Frame {
    std::uint64_t offset = 0;
    std::string bytes;
  };
  struct Left {
    bool of_this_log = false;  ///< the same file, as the system tells them apart
    std::vector<Frame> frames; ///< in the order in which they were appended, each behind the one before
  };

  /// What a journal still holds whole; no frames if there is none. The error can follow a colon.
  static auto ReadLeft(const std::string& log, int log_file) -> std::expected<Left, std::string>;

 private:
  struct Buffer;

  Journal(std::string path, int file, std::uint64_t log_id, std::unique_ptr<Buffer> buffer);

  std::string path_;
  int file_;
  std::uint64_t log_id_;
  std::uint64_t round_ = 1;  // how often it has started over, from 1
  std::uint64_t next_ = 0;   // the number of the next frame in this round
  std::size_t used_ = 0;     // bytes, always whole blocks
  bool usable_ = true;
  std::unique_ptr<Buffer> buffer_;
};

}  // namespace route
