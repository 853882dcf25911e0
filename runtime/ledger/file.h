#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

/// The system's files, as the ledger uses them.
namespace route {

/// Closes a file descriptor unless it was released.
class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  auto operator=(const File&) -> File& = delete;
  ~File();
  auto get() const -> int { return descriptor_; }
  auto Release() -> int;

 private:
  int descriptor_;
};

/// `what`, and why by the system's last error.
auto Explain(const std::string& what) -> std::string;

/// Exactly so many bytes from there on; nothing if the file has fewer or cannot be read.
auto ReadAt(int file, std::uint64_t offset, std::uint64_t size) -> std::optional<std::string>;

/// From its beginning, at most so many bytes.
auto ReadUpTo(int file, std::uint64_t most) -> std::optional<std::string>;

auto WriteAll(int file, std::string_view bytes) -> bool;
auto WriteAllAt(int file, std::uint64_t offset, std::string_view bytes) -> bool;

/// Puts the bytes, durably, into a new file: of this name, or with `-1`, `-2` … behind it while there is one. Gives the
/// name; the error is one sentence.
auto KeepAside(const std::string& path, std::string_view bytes) -> std::expected<std::string, std::string>;

/// Makes durable which files are in the folder that holds `path`.
auto SyncFolder(const std::string& path) -> bool;

}  // namespace route
