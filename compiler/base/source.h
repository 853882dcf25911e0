#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace route {

/// Which file of a `SourceSet` a span lies in.
struct FileId {
  std::uint32_t index = 0;

  friend auto operator<=>(FileId, FileId) = default;
};

/// A half-open range of bytes `[begin, end)` of one file's text.
struct Span {
  FileId file;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  friend auto operator<=>(Span, Span) = default;
};

/// From the start of `first` to the end of `last`, which lie in one file.
auto Join(Span first, Span last) -> Span;

/// A place as people count it: both numbers start at 1, and a column counts Unicode code points.
struct LineColumn {
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  friend auto operator<=>(LineColumn, LineColumn) = default;
};

/// One file of policy text. `path` is the name as the user wrote it (`<std>/…` for the embedded library).
class SourceFile {
 public:
  SourceFile(std::string path, std::string text);

  auto path() const -> const std::string& { return path_; }
  auto text() const -> std::string_view { return text_; }

  /// The place of a byte offset. An offset past the end counts as the end. Quick in lines of any length.
  auto Locate(std::uint32_t offset) const -> LineColumn;

  /// The text of a line, counted from 1, without its line end. Empty when there is no such line.
  auto Line(std::uint32_t line) const -> std::string_view;

  /// The byte offset at which a line, counted from 1, begins.
  auto LineStart(std::uint32_t line) const -> std::uint32_t;

 private:
  std::string path_;
  /// Code points that begin before a byte offset.
  auto CodePointsBefore(std::uint32_t offset) const -> std::uint32_t;

  static constexpr std::uint32_t kCountEvery = 1024;

  std::string text_;
  std::vector<std::uint32_t> line_starts_;
  std::vector<std::uint32_t> code_points_;  ///< that begin before each kCountEvery-th byte
};

/// Every file that one run read. Files keep their address for the set's life, so views into them stay good.
class SourceSet {
 public:
  auto Add(std::string path, std::string text) -> FileId;
  auto Get(FileId id) const -> const SourceFile& { return files_.at(id.index); }
  auto size() const -> std::size_t { return files_.size(); }

  auto Begin(Span span) const -> LineColumn { return Get(span.file).Locate(span.begin); }
  auto End(Span span) const -> LineColumn { return Get(span.file).Locate(span.end); }
  auto Text(Span span) const -> std::string_view;

  /// `path:line`, the form used wherever a message speaks of another place.
  auto Describe(Span span) const -> std::string;

 private:
  std::deque<SourceFile> files_;
};

/// Do these two names lead to one and the same file that exists?
auto IsSameFile(const std::string& a, const std::string& b) -> bool;

/// Reads a whole file. The error is one sentence fit for a user. Refuses files of more than `limit` bytes.
auto ReadFile(const std::string& path, std::uint64_t limit) -> std::expected<std::string, std::string>;

/// Reads standard input to its end, under the same terms.
auto ReadStandardInput(std::uint64_t limit) -> std::expected<std::string, std::string>;

/// Replaces a file as a whole: writes a sibling, syncs it and renames it over `path`, so that a reader sees
/// the old bytes or the new ones and never a part. A symbolic link is followed; what is there already must be a regular
/// file, so that no device or pipe is replaced, and keeps its permissions. The error is one sentence fit for a user.
auto WriteFileAtomically(const std::string& path, std::string_view bytes) -> std::expected<void, std::string>;

/// Writes a file that is not there yet, and never over another one, not even one that appears meanwhile. If it cannot be
/// written whole, nothing remains of it. The error is one sentence fit for a user.
auto CreateFile(const std::string& path, std::string_view bytes) -> std::expected<void, std::string>;

}  // namespace route
