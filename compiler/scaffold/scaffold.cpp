#include "compiler/scaffold/scaffold.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "compiler/base/internal_error.h"
#include "compiler/base/source.h"

namespace route::scaffold {
namespace {

namespace fs = std::filesystem;

/// The folder and those of its parents that are not there, the innermost first.
auto MissingFolders(const fs::path& folder) -> std::vector<fs::path> {
  std::vector<fs::path> missing;
  std::error_code ignored;
  for (fs::path at = folder; !at.empty() && !fs::exists(at, ignored); at = at.parent_path()) missing.push_back(at);
  return missing;
}

/// Removes what a run has created so far, unless the run comes to its end.
class Undo {
 public:
  Undo() = default;
  Undo(const Undo&) = delete;
  auto operator=(const Undo&) -> Undo& = delete;
  ~Undo() {
    std::error_code ignored;
    for (const fs::path& path : files_) fs::remove(path, ignored);
    for (const fs::path& path : folders_) fs::remove(path, ignored);  // an empty one only
  }

  void AddFolders(std::vector<fs::path> folders) { folders_ = std::move(folders); }
  void AddFile(fs::path file) { files_.push_back(std::move(file)); }
  void Forget() {
    files_.clear();
    folders_.clear();
  }

 private:
  std::vector<fs::path> files_;
  std::vector<fs::path> folders_;
};

}  // namespace

auto Files() -> std::vector<File> {
  struct Row {
    std::string_view stored;
    std::string_view name;
    std::string_view purpose;
  };
  static constexpr std::array<Row, 6> rows = {{
      {"policy.route", "policy.route", "the policy, its tests, and an exercise"},
      {"catalog.route", "catalog.route", "who can answer: vendors, models, deployments"},
      {"routegate.json", "routegate.json", "the gateway's configuration"},
      {"check.sh", "check.sh", "what CI runs for every change"},
      {"README.md", "README.md", "what the files are for, and the commands"},
      {"gitignore", ".gitignore", "what is made from the policy, or logged"},
  }};
  std::vector<File> files;
  for (const Row& row : rows) {
    auto stored = std::ranges::find(EmbeddedFiles(), row.stored, &EmbeddedFile::name);
    if (stored == EmbeddedFiles().end())
      throw InternalError("the file " + std::string(row.stored) + " is not embedded");
    files.push_back({std::string(row.name), row.purpose, stored->text});
  }
  return files;
}

auto Write(const std::string& folder) -> std::expected<void, std::string> {
  std::vector<File> files = Files();
  fs::path root(folder);
  std::error_code ignored;
  std::string existing;
  for (const File& file : files) {
    // Of a symbolic link it is the link that counts, even if it leads nowhere.
    if (fs::exists(fs::symlink_status(root / file.name, ignored))) existing += "\n  " + (root / file.name).string();
  }
  if (!existing.empty()) return std::unexpected("nothing was written, for these are there already:" + existing);

  Undo undo;
  undo.AddFolders(MissingFolders(root));
  std::error_code error;
  fs::create_directories(root, error);
  if (error) return std::unexpected("cannot create the folder `" + folder + "`: " + error.message());
  for (const File& file : files) {
    std::string path = (root / file.name).string();
    if (auto created = CreateFile(path, file.text); !created) return created;
    undo.AddFile(path);
  }
  undo.Forget();
  return {};
}

}  // namespace route::scaffold
