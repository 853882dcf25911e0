#pragma once

#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <string>
#include <utility>

#include <stdlib.h>

#include <doctest/doctest.h>

#include "runtime/ledger/writer.h"

/// What the tests of the decision log's file share.
namespace route::tests {

/// A folder of its own for each test.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "route-ledger-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  Folder(const Folder&) = delete;
  auto operator=(const Folder&) -> Folder& = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  auto File(const std::string& name) const -> std::string { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline auto Read(const std::string& path) -> std::string {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void Write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline auto AppendAndWait(LogWriter& log, const std::string& line) -> Durability {
  std::promise<Durability> done;
  log.Append(line, [&done](Durability result) { done.set_value(result); });
  return done.get_future().get();
}

inline auto OpenLog(const std::string& path) -> LogWriter::Opened {
  auto opened = LogWriter::Open(path);
  REQUIRE_MESSAGE(opened.has_value(), opened.error());
  return std::move(*opened);
}

inline auto Line(int n) -> std::string {
  return "{\"record\":\"x\",\"n\":" + std::to_string(n) + "}\n";
}

}  // namespace route::tests
