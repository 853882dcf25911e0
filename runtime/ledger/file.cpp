#include "runtime/ledger/file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace route {

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

auto File::Release() -> int {
  return std::exchange(descriptor_, -1);
}

auto Explain(const std::string& what) -> std::string {
  return what + ": " + std::strerror(errno);
}

auto ReadAt(int file, std::uint64_t offset, std::uint64_t size) -> std::optional<std::string> {
  std::string bytes(size, '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const auto got = ::pread(file, bytes.data() + have, bytes.size() - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    have += static_cast<std::size_t>(got);
  }
  return bytes;
}

auto ReadUpTo(int file, std::uint64_t most) -> std::optional<std::string> {
  struct stat status {};
  if (::fstat(file, &status) != 0) return std::nullopt;
  return ReadAt(file, 0, std::min(most, static_cast<std::uint64_t>(status.st_size)));
}

auto WriteAll(int file, std::string_view bytes) -> bool {
  while (!bytes.empty()) {
    const auto wrote = ::write(file, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

auto WriteAllAt(int file, std::uint64_t offset, std::string_view bytes) -> bool {
  while (!bytes.empty()) {
    const auto wrote = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
    offset += static_cast<std::uint64_t>(wrote);
  }
  return true;
}

auto KeepAside(const std::string& path, std::string_view bytes) -> std::expected<std::string, std::string> {
  for (int attempt = 0;; ++attempt) {
    std::string name = path + (attempt == 0 ? "" : "-" + std::to_string(attempt));
    const File kept(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (kept.get() < 0 && errno == EEXIST) continue;
    if (kept.get() < 0 || !WriteAll(kept.get(), bytes) || ::fsync(kept.get()) != 0 || !SyncFolder(name)) {
      return std::unexpected(Explain("`" + name + "` cannot be written"));
    }
    return name;
  }
}

auto SyncFolder(const std::string& path) -> bool {
  const auto parent = std::filesystem::path(path).parent_path();
  const File folder(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder.get() >= 0 && ::fsync(folder.get()) == 0;
}

}  // namespace route
