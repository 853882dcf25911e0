#include "compiler/base/source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

namespace route {
namespace {

auto IsContinuation(char byte) -> bool { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

auto Sentence(std::string_view what, const std::string& path) -> std::string {
  return std::string(what) + " `" + path + "`: " + std::strerror(errno);
}

/// Closes a file descriptor at the end of a scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  auto operator=(const Descriptor&) -> Descriptor& = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  auto get() const -> int { return fd_; }

 private:
  int fd_;
};

auto ReadAll(int fd, const std::string& name, std::uint64_t limit) -> std::expected<std::string, std::string> {
  std::string text;
  char buffer[65536];
  while (true) {
    ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(Sentence("cannot read", name));
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > limit) {
      return std::unexpected("cannot read `" + name + "`: it is larger than " + std::to_string(limit) + " bytes");
    }
  }
}

}  // namespace

auto Join(Span first, Span last) -> Span { return {first.file, first.begin, std::max(first.end, last.end)}; }

SourceFile::SourceFile(std::string path, std::string text) : path_(std::move(path)), text_(std::move(text)) {
  line_starts_.push_back(0);
  std::uint32_t code_points = 0;
  for (std::uint32_t i = 0; i < text_.size(); ++i) {
    if (i % kCountEvery == 0) code_points_.push_back(code_points);
    if (!IsContinuation(text_[i])) ++code_points;
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
  if (text_.size() % kCountEvery == 0) code_points_.push_back(code_points);
}

auto SourceFile::Locate(std::uint32_t offset) const -> LineColumn {
  offset = std::min(offset, static_cast<std::uint32_t>(text_.size()));
  auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  auto line = static_cast<std::uint32_t>(after - line_starts_.begin());
  return {line, CodePointsBefore(offset) - CodePointsBefore(line_starts_[line - 1]) + 1};
}

auto SourceFile::CodePointsBefore(std::uint32_t offset) const -> std::uint32_t {
  std::uint32_t count = code_points_[offset / kCountEvery];
  for (std::uint32_t i = offset - offset % kCountEvery; i < offset; ++i) {
    if (!IsContinuation(text_[i])) ++count;
  }
  return count;
}

auto SourceFile::Line(std::uint32_t line) const -> std::string_view {
  if (line == 0 || line > line_starts_.size()) return {};
  std::size_t begin = line_starts_[line - 1];
  std::size_t end = line < line_starts_.size() ? line_starts_[line] - 1 : text_.size();
  if (end > begin && text_[end - 1] == '\r') --end;
  return std::string_view(text_).substr(begin, end - begin);
}

auto SourceFile::LineStart(std::uint32_t line) const -> std::uint32_t {
  if (line == 0 || line > line_starts_.size()) return static_cast<std::uint32_t>(text_.size());
  return line_starts_[line - 1];
}

auto SourceSet::Add(std::string path, std::string text) -> FileId {
  files_.emplace_back(std::move(path), std::move(text));
  return {static_cast<std::uint32_t>(files_.size() - 1)};
}

auto SourceSet::Text(Span span) const -> std::string_view {
  return Get(span.file).text().substr(span.begin, span.end - span.begin);
}

auto SourceSet::Describe(Span span) const -> std::string {
  return Get(span.file).path() + ":" + std::to_string(Begin(span).line);
}

auto ReadFile(const std::string& path, std::uint64_t limit) -> std::expected<std::string, std::string> {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return std::unexpected(Sentence("cannot read", path));
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return std::unexpected(Sentence("cannot read", path));
  if (S_ISDIR(info.st_mode)) return std::unexpected("cannot read `" + path + "`: it is a directory");
  return ReadAll(file.get(), path, limit);
}

auto ReadStandardInput(std::uint64_t limit) -> std::expected<std::string, std::string> {
  return ReadAll(STDIN_FILENO, "<stdin>", limit);
}

auto IsSameFile(const std::string& a, const std::string& b) -> bool {
  struct stat first{};
  struct stat second{};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

namespace {

/// All bytes, and on disk. On failure errno says why.
auto WriteAll(int file, std::string_view bytes) -> bool {
  while (!bytes.empty()) {
    ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return ::fsync(file) == 0;
}

}  // namespace

auto WriteFileAtomically(const std::string& name, std::string_view bytes) -> std::expected<void, std::string> {
  std::string path = name;
  std::optional<mode_t> permissions;
  struct stat existing{};
  bool replaces = ::stat(name.c_str(), &existing) == 0;
  if (replaces) {
    if (!S_ISREG(existing.st_mode)) {
      return std::unexpected("cannot write `" + name + "`: it is there already and is not a regular file");
    }
    permissions = existing.st_mode & static_cast<mode_t>(07777);
    std::unique_ptr<char, decltype(&std::free)> real(::realpath(name.c_str(), nullptr), &std::free);
    if (real != nullptr) path = real.get();
  }
  std::string sibling = path + ".tmp." + std::to_string(::getpid());
  {
    Descriptor file(::open(sibling.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions ? 0600 : 0644));
    if (file.get() < 0) return std::unexpected(Sentence("cannot write", path));
    auto fail = [&] {
      std::string sentence = Sentence("cannot write", path);
      ::unlink(sibling.c_str());
      return std::unexpected(sentence);
    };
    if (permissions && ::fchmod(file.get(), *permissions) != 0) return fail();
    if (!WriteAll(file.get(), bytes)) return fail();
    if (::rename(sibling.c_str(), path.c_str()) != 0) return fail();
  }
  // The rename itself is durable only once the directory is.
  auto slash = path.find_last_of('/');
  std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0) ::fsync(directory.get());
  return {};
}

auto CreateFile(const std::string& path, std::string_view bytes) -> std::expected<void, std::string> {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (file.get() < 0) return std::unexpected(Sentence("cannot write", path));
  if (WriteAll(file.get(), bytes)) return {};
  std::string sentence = Sentence("cannot write", path);
  ::unlink(path.c_str());
  return std::unexpected(sentence);
}

}  // namespace route
