#pragma once

#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>

namespace route {

/// A file with these bytes that goes away with the object. A process has one of them at a time.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::span<const std::byte> bytes)
      : path_(std::filesystem::temp_directory_path() / ("route-test-" + std::to_string(::getpid()) + ".rtb")) {
    std::ofstream out(path_, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  TemporaryFile(const TemporaryFile&) = delete;
  auto operator=(const TemporaryFile&) -> TemporaryFile& = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }

  auto path() const -> std::string { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace route
