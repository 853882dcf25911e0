#include "runtime/ledger/writer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "runtime/ledger/file.h"

namespace route {
namespace {

constexpr std::uint64_t kLongestLine = std::uint64_t{64} << 20U;

auto IsRecord(std::string_view line) -> bool {
  const auto parsed = nlohmann::json::parse(line, nullptr, false);
  return parsed.is_object() && parsed.contains("record");
}

/// Where the last complete record ends.
auto EndOfRecords(int file, std::uint64_t size) -> std::optional<std::uint64_t> {
  std::uint64_t end = size;
  while (end > 0) {
    const std::uint64_t begin = end > kLongestLine ? end - kLongestLine : 0;
    const auto window = ReadAt(file, begin, end - begin);
    if (!window) return std::nullopt;
    std::string_view text = *window;
    const std::size_t last = text.rfind('\n');
    if (last == std::string_view::npos) return begin == 0 ? 0 : std::optional<std::uint64_t>();
    text = text.substr(0, last);
    const std::size_t before = text.rfind('\n');
    const std::size_t start = before == std::string_view::npos ? 0 : before + 1;
    if (IsRecord(text.substr(start))) return begin + last + 1;
    end = begin + start;
  }
  return 0;
}

/// Moves everything behind `end` into a new file next to the log.
auto CutTail(int file, const std::string& path, std::uint64_t end, std::uint64_t size)
    -> std::expected<std::string, std::string> {
  const auto tail = ReadAt(file, end, size - end);
  if (!tail) return std::unexpected(Explain("the torn end of the decision log `" + path + "` cannot be read"));
  auto kept = KeepAside(path + ".torn-" + std::to_string(end), *tail);
  if (!kept) return std::unexpected("the torn end of the decision log cannot be moved: " + kept.error());
  if (::ftruncate(file, static_cast<off_t>(end)) != 0 || ::fsync(file) != 0) {
    return std::unexpected(Explain("the torn end of the decision log `" + path + "` cannot be cut off"));
  }
  return kept;
}

}  // namespace

auto LogWriter::Open(const std::string& path) -> std::expected<Opened, std::string> {
  File file(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (file.get() < 0) return std::unexpected(Explain("the decision log `" + path + "` cannot be opened for writing"));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return std::unexpected(Explain("the decision log `" + path + "`"));
  if (!S_ISREG(status.st_mode)) return std::unexpected("the decision log `" + path + "` is not a regular file");
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return std::unexpected(Explain("the decision log `" + path + "` cannot be locked"));
    return std::unexpected("the decision log `" + path + "` is in use by another process: give each gateway its own");
  }
  auto restored = RestoreFromJournal(path, file.get());
  if (!restored) return std::unexpected(std::move(restored.error()));
  if (::fstat(file.get(), &status) != 0) return std::unexpected(Explain("the decision log `" + path + "`"));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const auto end = EndOfRecords(file.get(), size);
  if (!end) return std::unexpected("the decision log `" + path + "` cannot be read back, or its last line is too long");
  if (*end == 0 && size > 0) {
    const auto head = ReadAt(file.get(), 0, std::min<std::uint64_t>(size, 10));
    if (!head || !std::string_view("{\"record\":").starts_with(*head)) {
      return std::unexpected("the file `" + path + "` is not a decision log: name another, or move it away");
    }
  }
  TornTail torn{size - *end, ""};
  if (torn.bytes > 0) {
    auto kept = CutTail(file.get(), path, *end, size);
    if (!kept) return std::unexpected(kept.error());
    torn.kept_in = std::move(*kept);
  }
  auto journal = Journal::Create(path, file.get());
  if (!SyncFolder(path)) {
    return std::unexpected(Explain("the folder of the decision log `" + path + "` cannot be synced"));
  }
  const int wake = ::eventfd(0, EFD_CLOEXEC);
  if (wake < 0) return std::unexpected(Explain("the decision log's thread cannot be set up"));
  std::unique_ptr<LogWriter> writer(new LogWriter(file.Release(), *end, wake, std::move(journal)));
  return Opened{std::move(writer), std::move(*restored), std::move(torn)};
}

LogWriter::LogWriter(int file, std::uint64_t size, int wake, std::unique_ptr<Journal> journal)
    : file_(file), size_(size), wake_(wake), journal_(std::move(journal)), thread_([this] { Run(); }) {}

LogWriter::~LogWriter() {
  Append({}, {});  // an entry without a callback ends the thread
  thread_.join();
  if (healthy() && Sync() && journal_) journal_->Remove();
  ::close(file_);
  ::close(wake_);
}

void LogWriter::Append(std::string lines, Done done) {
  auto* const entry = new Entry{std::move(lines), std::move(done)};
  Entry* before = queue_.load(std::memory_order_relaxed);
  do {
    entry->next = before;
  } while (!queue_.compare_exchange_weak(before, entry, std::memory_order_release, std::memory_order_relaxed));
  // From here on the entry is the writer's. It sleeps only on an empty queue.
  if (before == nullptr) ::eventfd_write(wake_, 1);
}

void LogWriter::Run() {
  std::vector<Entry*> waiting;
  for (bool running = true; running;) {
    eventfd_t ignored = 0;
    ::eventfd_read(wake_, &ignored);
    for (Entry* entry = queue_.exchange(nullptr, std::memory_order_acquire); entry != nullptr; entry = entry->next) {
      waiting.push_back(entry);
    }
    std::ranges::reverse(waiting);
    for (std::size_t first = 0; first < waiting.size(); first += kBatch) {
      Commit(&waiting[first], std::min<std::size_t>(kBatch, waiting.size() - first));
    }
    for (Entry* entry : waiting) {
      if (!entry->done && entry->lines.empty()) running = false;
      delete entry;
    }
    waiting.clear();
  }
}

void LogWriter::Commit(Entry* const* first, std::size_t count) {
  std::string several;
  if (count > 1) {
    for (std::size_t i = 0; i < count; ++i) several += first[i]->lines;
  }
  const std::string_view bytes = count > 1 ? several : first[0]->lines;
  const Durability result = bytes.empty() ? Durability::kDurable : Write(bytes);
  for (std::size_t i = 0; i < count; ++i) {
    if (first[i]->done) first[i]->done(result);
  }
}

auto LogWriter::Write(std::string_view bytes) -> Durability {
  if (!healthy()) return Durability::kFailed;
  struct stat status {};
  if (::fstat(file_, &status) != 0 || status.st_nlink == 0) {
    healthy_ = false;  // deleted: what is written now would be lost
    return Durability::kFailed;
  }
  if (!WriteAll(file_, bytes)) {
    if (::ftruncate(file_, static_cast<off_t>(size_)) != 0) healthy_ = false;
    return Durability::kFailed;
  }
  const bool journaled = journal_ && journal_->Put(size_, bytes);
  if (!journaled && !Sync()) return Durability::kFailed;
  size_ += bytes.size();
  return Durability::kDurable;
}

/// Makes all of the log durable.
auto LogWriter::Sync() -> bool {
  if (::fdatasync(file_) != 0) {
    healthy_ = false;  // after a failed sync nobody knows what is on disk
    return false;
  }
  if (journal_) journal_->StartOver();
  return true;
}

}  // namespace route
