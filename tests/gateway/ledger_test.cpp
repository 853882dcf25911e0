// The decision log's file: appending from many threads, group commit, torn tails, files that cannot be written.

#include <atomic>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/ledger/reader.h"
#include "runtime/ledger/record.h"
#include "runtime/ledger/writer.h"
#include "tests/gateway/log_folder.h"

using namespace route;
using namespace route::tests;

TEST_CASE("what was reported durable is in the file") {
  const Folder folder;
  const std::string path = folder.File("log");
  auto log = OpenLog(path);
  CHECK(log.torn.bytes == 0);
  CHECK(AppendAndWait(*log.writer, Line(1)) == Durability::kDurable);
  CHECK(Read(path) == Line(1));
  CHECK(AppendAndWait(*log.writer, Line(2) + Line(3)) == Durability::kDurable);
  CHECK(Read(path) == Line(1) + Line(2) + Line(3));
  CHECK(ReadLog(path)->size() == 3);
}

TEST_CASE("many threads, each in its own order, nothing lost or mixed") {
  const Folder folder;
  const std::string path = folder.File("log");
  constexpr int kThreads = 8;
  constexpr int kEach = 2000;
  std::atomic<int> durable = 0;
  {
    auto log = OpenLog(path);
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kEach; ++i) {
          const std::string line =
              "{\"record\":\"x\",\"t\":" + std::to_string(t) + ",\"i\":" + std::to_string(i) + "}\n";
          log.writer->Append(line,
                             [&durable](Durability result) { durable += result == Durability::kDurable ? 1 : 0; });
        }
      });
    }
    threads.clear();
  }  // the destructor writes what waits
  CHECK(durable == kThreads * kEach);
  const auto records = ReadLog(path);
  REQUIRE(records.has_value());
  REQUIRE(records->size() == kThreads * kEach);
  std::vector<int> next(kThreads, 0);
  for (const auto& record : *records) {
    auto& expected = next[record["t"].get<std::size_t>()];
    REQUIRE(record["i"] == expected);
    ++expected;
  }
}

TEST_CASE("a log is continued") {
  const Folder folder;
  const std::string path = folder.File("log");
  AppendAndWait(*OpenLog(path).writer, Line(1));
  AppendAndWait(*OpenLog(path).writer, Line(2));
  CHECK(Read(path) == Line(1) + Line(2));
}

TEST_CASE("a torn tail is cut off and kept, wherever the tear is") {
  const Folder folder;
  const std::string whole = Line(1) + Line(22) + Line(333);
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const std::string path = folder.File("log" + std::to_string(length));
    Write(path, whole.substr(0, length));
    std::size_t keep = 0;
    for (const std::size_t end : {Line(1).size(), Line(1).size() + Line(22).size(), whole.size()}) {
      if (length >= end) keep = end;
    }
    auto log = OpenLog(path);
    REQUIRE(Read(path) == whole.substr(0, keep));
    REQUIRE(log.torn.bytes == length - keep);
    if (length > keep) REQUIRE(Read(log.torn.kept_in) == whole.substr(keep, length - keep));
    REQUIRE(AppendAndWait(*log.writer, Line(4)) == Durability::kDurable);
    REQUIRE(Read(path) == whole.substr(0, keep) + Line(4));
  }
}

TEST_CASE("blocks that a crash left unwritten are no records") {
  const Folder folder;
  const std::string path = folder.File("log");
  const std::string hole = std::string(4096, '\0') + "\n" + std::string(10, '\0');
  Write(path, Line(1) + hole);
  Write(path + ".torn-" + std::to_string(Line(1).size()), "an earlier one");
  const auto log = OpenLog(path);
  CHECK(Read(path) == Line(1));
  CHECK(log.torn.kept_in.ends_with("-1"));
  CHECK(Read(log.torn.kept_in) == hole);
  CHECK(Read(path + ".torn-" + std::to_string(Line(1).size())) == "an earlier one");
}

TEST_CASE("files that are no log are left alone") {
  const Folder folder;
  const std::string path = folder.File("notes");
  for (const char* text : {"dear diary\n", "dear diary", "{\"other\":1}\n", "[1]\n{\n"}) {
    Write(path, text);
    const auto opened = LogWriter::Open(path);
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().contains("is not a decision log"));
    CHECK(Read(path) == text);
  }
  CHECK_FALSE(LogWriter::Open(folder.File("none/log")).has_value());
  CHECK_FALSE(LogWriter::Open("/dev/null").has_value());
}

TEST_CASE("one log, one process") {
  const Folder folder;
  const auto first = OpenLog(folder.File("log"));
  const auto second = LogWriter::Open(folder.File("log"));
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().contains("in use by another process"));
}

TEST_CASE("a deleted log fails for good") {
  const Folder folder;
  const std::string path = folder.File("log");
  auto log = OpenLog(path);
  CHECK(AppendAndWait(*log.writer, Line(1)) == Durability::kDurable);
  std::filesystem::remove(path);
  CHECK(AppendAndWait(*log.writer, Line(2)) == Durability::kFailed);
  CHECK_FALSE(log.writer->healthy());
  Write(path, Line(1));
  CHECK(AppendAndWait(*log.writer, Line(3)) == Durability::kFailed);
}

TEST_CASE("the reader says where a log is damaged") {
  const Folder folder;
  const std::string path = folder.File("log");
  Write(path, Line(1) + "nonsense\n");
  CHECK(ReadLog(path).error().starts_with("line 2 of the decision log"));
  Write(path, Line(1) + "{\"record\"");
  CHECK(ReadLog(path).error().ends_with("is torn"));
  CHECK_FALSE(ReadLog(folder.File("none")).has_value());
}

TEST_CASE("times") {
  CHECK(FormatTime(WallTime{}) == "1970-01-01T00:00:00.000Z");
  CHECK(FormatTime(WallTime{std::chrono::milliseconds(1'772'357'400'250)}) == "2026-03-01T09:30:00.250Z");
}
