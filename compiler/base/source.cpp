#include "compiler/base/source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "compiler/base/read_file.h"

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

/// Everything, but no more than `most` bytes.
auto ReadAtMost(int fd, const std::string& name, std::uint64_t most) -> std::expected<std::string, std::string> {
  std::string text;
  char buffer[65536];
  while (text.size() < most) {
    std::uint64_t wanted = std::min<std::uint64_t>(sizeof buffer, most - text.size());
    ssize_t count = ::read(fd, buffer, wanted);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(Sentence("cannot read", name));
    if (count == 0) break;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  return text;
}

auto WithinLimit(std::expected<std::string, std::string> text, const std::string& name, std::uint64_t limit)
    -> std::expected<std::string, std::string> {
  if (!text || text->size() <= limit) return text;
  return std::unexpected("cannot read `" + name + "`: it is larger than " + std::to_string(limit) + " bytes");
}

}  // namespace

auto Join(Span first, Span last) -> Span { return {first.file, first.begin, std::max(first.end, last.end)}; }

SourceFile::SourceFile(std::string path, std::string text) : path_(std::move(path)), text_(std::move(text)) {
  line_starts_.push_back(0);
  std::uint32_t code_points = 0;
  for (std::uint32_t i = 0; i < text_.size(); ++i) {
    if (i % kCountEvery == 0) code_points_.push_back(code_points);
    if (!IsContinuation(text_[i])) ++code_points;
    bool ends_line = text_[i] == '\n' || (text_[i] == '\r' && !std::string_view(text_).substr(i + 1).starts_with('\n'));
    if (ends_line) line_starts_.push_back(i + 1);
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
  if (end > begin && text_[end - 1] == '\r' && end < text_.size() && text_[end] == '\n') --end;
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

auto ReadFileUpTo(const std::string& path, std::uint64_t limit, FileKind kind)
    -> std::expected<std::string, std::string> {
  // A pipe without a writer would keep `open` waiting.
  int waiting = kind == FileKind::kRegular ? O_NONBLOCK : 0;
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | waiting));
  if (file.get() < 0) return std::unexpected(Sentence("cannot read", path));
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return std::unexpected(Sentence("cannot read", path));
  if (S_ISDIR(info.st_mode)) return std::unexpected("cannot read `" + path + "`: it is a directory");
  if (kind == FileKind::kRegular && !S_ISREG(info.st_mode)) {
    return std::unexpected("cannot read `" + path + "`: it is not a regular file");
  }
  return ReadAtMost(file.get(), path, limit + 1);
}

auto ReadFile(const std::string& path, std::uint64_t limit) -> std::expected<std::string, std::string> {
  return WithinLimit(ReadFileUpTo(path, limit, FileKind::kAny), path, limit);
}

auto ReadStandardInput(std::uint64_t limit) -> std::expected<std::string, std::string> {
  return WithinLimit(ReadAtMost(STDIN_FILENO, "<stdin>", limit + 1), "<stdin>", limit);
}

auto FileIdentity(const std::string& path) -> std::string {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return path;
  return std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
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

/// Does the name lead through `/proc`, as `/dev/stdout` and `/dev/fd/3` do, to a stream of some process?
auto NamesStream(std::string path) -> bool {
  constexpr int kMostLinks = 40;  // as the kernel allows
  for (int i = 0; i < kMostLinks; ++i) {
    std::string folder = std::filesystem::path(path).parent_path().string();
    std::unique_ptr<char, decltype(&std::free)> real(::realpath(folder.empty() ? "." : folder.c_str(), nullptr), &std::free);
    if (real != nullptr && std::string_view(real.get()).starts_with("/proc/")) return true;
    std::error_code ignored;
    std::filesystem::path target = std::filesystem::read_symlink(path, ignored);
    if (target.empty()) return false;
    path = (std::filesystem::path(folder) / target).string();
  }
  return false;
}

auto IsOpenAs(int stream, const struct stat& file) -> bool {
  struct stat info{};
  return ::fstat(stream, &info) == 0 && info.st_dev == file.st_dev && info.st_ino == file.st_ino;
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
    // Who reads an open stream would not see the file that takes its place.
    if (NamesStream(name) || IsOpenAs(STDOUT_FILENO, existing) || IsOpenAs(STDERR_FILENO, existing)) {
      return std::unexpected("cannot write `" + name +
                             "`: it is an open stream, and a file is replaced as a whole; name another file");
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
