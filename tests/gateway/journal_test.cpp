// The decision log's journal: what a crash takes from the log comes back out of it, and nothing else changes.

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "runtime/ledger/journal.h"
#include "runtime/ledger/writer.h"
#include "tests/gateway/log_folder.h"

namespace {

using namespace route;
using namespace route::tests;

/// A process that appends each of the texts, waits until it is durable, and ends without closing anything.
void AppendAndCrash(const std::string& path, const std::vector<std::string>& texts) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto opened = LogWriter::Open(path);
    if (!opened) ::_exit(1);
    for (const std::string& text : texts) {
      if (AppendAndWait(*opened->writer, text) != Durability::kDurable) ::_exit(2);
    }
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
}

auto LeftOf(const std::string& path) -> Journal::Left {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  auto left = Journal::ReadLeft(path, file);
  ::close(file);
  REQUIRE(left.has_value());
  return std::move(*left);
}

/// Whether this file system can have journals at all; the log works either way.
auto HasJournals() -> bool {
  const Folder folder;
  const auto log = OpenLog(folder.File("log"));
  const bool has = std::filesystem::exists(folder.File("log.journal"));
  if (!has) MESSAGE("this file system has no direct writes: journals are not tested");
  return has;
}

void Overwrite(const std::string& path, std::size_t at, const std::string& bytes) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  REQUIRE(::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at)) == static_cast<ssize_t>(bytes.size()));
  ::close(file);
}

/// A line of so many bytes.
auto LongLine(std::size_t size) -> std::string {
  std::string line = R"({"record":"x","text":")";
  line.append(size - line.size() - 3, 'a');
  return line + "\"}\n";
}

}  // namespace

TEST_CASE("a log that is closed leaves no journal") {
  const Folder folder;
  { AppendAndWait(*OpenLog(folder.File("log")).writer, Line(1)); }
  CHECK(Read(folder.File("log")) == Line(1));
  CHECK_FALSE(std::filesystem::exists(folder.File("log.journal")));
}

TEST_CASE("whatever the log lost at its end comes back") {
  if (!HasJournals()) return;
  const std::string before = Line(1) + Line(22);
  const std::string all = before + Line(333) + Line(4444) + Line(5);
  for (std::size_t size = before.size(); size <= all.size(); ++size) {
    const Folder folder;
    const std::string path = folder.File("log");
    Write(path, before);
    AppendAndCrash(path, {Line(333), Line(4444) + Line(5)});
    REQUIRE(Read(path) == all);
    std::filesystem::resize_file(path, size);
    {
      auto log = OpenLog(path);
      REQUIRE(Read(path) == all);
      REQUIRE((log.restored.bytes > 0) == (size < all.size()));
      REQUIRE(log.restored.kept_in.empty());
      REQUIRE(log.torn.bytes == 0);
      REQUIRE(AppendAndWait(*log.writer, Line(6)) == Durability::kDurable);
    }
    REQUIRE(Read(path) == all + Line(6));
  }
}

TEST_CASE("so do blocks that a crash left unwritten, and what lies behind them stays") {
  if (!HasJournals()) return;
  const Folder folder;
  const std::string path = folder.File("log");
  AppendAndCrash(path, {Line(1), Line(2), Line(3)});
  const std::string all = Line(1) + Line(2) + Line(3) + Line(4);
  Overwrite(path, all.size() - Line(4).size(), Line(4));  // appended, but not reported durable
  Overwrite(path, Line(1).size(), std::string(Line(2).size(), '\0'));
  const auto log = OpenLog(path);
  CHECK(Read(path) == all);
  CHECK(log.restored.bytes == Line(2).size());
}

TEST_CASE("a frame that was not written whole, and all behind it, is not believed") {
  if (!HasJournals()) return;
  constexpr std::size_t kBlock = 4096;
  for (const std::size_t damaged : {0U, 1U, 2U}) {
    for (const std::size_t byte : {0U, 9U, 20U, 30U, 40U, 50U, 60U}) {
      const Folder folder;
      const std::string path = folder.File("log");
      AppendAndCrash(path, {Line(1), Line(2), Line(3)});
      const std::size_t at = damaged * kBlock + byte;
      Overwrite(path + ".journal", at, std::string(1, static_cast<char>(Read(path + ".journal")[at] ^ 0x40)));
      std::filesystem::resize_file(path, 0);
      const auto log = OpenLog(path);
      std::string expected;
      for (std::size_t i = 0; i < damaged; ++i) expected += Line(static_cast<int>(i) + 1);
      REQUIRE(Read(path) == expected);
    }
  }
}

TEST_CASE("the journal starts over when it is full") {
  if (!HasJournals()) return;
  const Folder folder;
  const std::string path = folder.File("log");
  std::vector<std::string> texts;
  std::string all;
  for (std::size_t i = 0; all.size() < 2 * Journal::kBytes + Journal::kBytes / 2; ++i) {
    texts.push_back(LongLine(20'000 + 7'919 * i % 100'000));
    all += texts.back();
  }
  AppendAndCrash(path, texts);
  const auto left = LeftOf(path);
  REQUIRE(left.of_this_log);
  REQUIRE_FALSE(left.frames.empty());
  CHECK(left.frames.front().offset > Journal::kBytes);
  CHECK(left.frames.back().offset + left.frames.back().bytes.size() == all.size());
  std::filesystem::resize_file(path, left.frames.front().offset);
  const auto log = OpenLog(path);
  CHECK(Read(path) == all);
}

TEST_CASE("an append too long for the journal is made durable without it") {
  if (!HasJournals()) return;
  const Folder folder;
  const std::string path = folder.File("log");
  const std::string longest = LongLine(Journal::kMostPayload);
  const std::string longer = LongLine(Journal::kMostPayload + 1);
  AppendAndCrash(path, {Line(1), longer, longest, Line(2)});
  const auto left = LeftOf(path);
  REQUIRE(left.frames.size() == 2);
  CHECK(left.frames.front().offset == Line(1).size() + longer.size());
  std::filesystem::resize_file(path, left.frames.front().offset + 3);
  const auto log = OpenLog(path);
  CHECK(Read(path) == Line(1) + longer + longest + Line(2));
}

TEST_CASE("another file in the log's place is not touched, and what the journal holds is kept") {
  if (!HasJournals()) return;
  const Folder folder;
  const std::string path = folder.File("log");
  Write(path, Line(1));
  AppendAndCrash(path, {Line(2), Line(3)});
  std::filesystem::rename(path, path + ".1");
  Write(path, Line(4));
  const auto log = OpenLog(path);
  CHECK(Read(path) == Line(4));
  CHECK(log.restored.bytes == Line(2).size() + Line(3).size());
  CHECK(log.restored.kept_in == path + ".journal-" + std::to_string(Line(1).size()));
  CHECK(Read(log.restored.kept_in) == Line(2) + Line(3));
}

TEST_CASE("nor is a log that has been shortened to less than there was before the journal began") {
  if (!HasJournals()) return;
  const Folder folder;
  const std::string path = folder.File("log");
  Write(path, Line(1) + Line(2));
  AppendAndCrash(path, {Line(3)});
  std::filesystem::resize_file(path, Line(1).size());
  const auto log = OpenLog(path);
  CHECK(Read(path) == Line(1));
  CHECK(Read(log.restored.kept_in) == Line(3));
}

TEST_CASE("without room for a journal every append syncs the log") {
  const Folder folder;
  const std::string path = folder.File("log");
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit limit{Journal::kBytes / 2, Journal::kBytes / 2};
    ::signal(SIGXFSZ, SIG_IGN);
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(1);
    auto log = LogWriter::Open(path);
    if (!log || std::filesystem::exists(Journal::PathFor(path))) ::_exit(2);
    ::_exit(AppendAndWait(*log->writer, Line(1)) == Durability::kDurable ? 0 : 3);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(Read(path) == Line(1));
}

TEST_CASE("a journal that is deleted is not trusted any more") {
  const Folder folder;
  const std::string path = folder.File("log");
  auto log = OpenLog(path);
  CHECK(AppendAndWait(*log.writer, Line(1)) == Durability::kDurable);
  std::filesystem::remove(path + ".journal");
  CHECK(AppendAndWait(*log.writer, Line(2)) == Durability::kDurable);
  CHECK(Read(path) == Line(1) + Line(2));
}

TEST_CASE("what is no journal is neither followed nor replaced") {
  const Folder folder;
  const std::string path = folder.File("log");
  Write(folder.File("precious"), "precious");
  std::filesystem::create_symlink(folder.File("precious"), path + ".journal");
  auto log = LogWriter::Open(path);
  REQUIRE_FALSE(log.has_value());
  CHECK(log.error().starts_with("the journal `" + path + ".journal` of the decision log cannot be read: "));
  std::filesystem::remove(path + ".journal");
  std::filesystem::create_directory(path + ".journal");
  log = LogWriter::Open(path);
  REQUIRE_FALSE(log.has_value());
  CHECK(log.error().contains("is not a regular file"));
  CHECK(Read(folder.File("precious")) == "precious");
}
