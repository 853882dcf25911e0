#include "compiler/diagnostics/diagnostic.h"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "compiler/base/read_file.h"
#include "compiler/base/source.h"
#include "compiler/diagnostics/fixes.h"
#include "compiler/diagnostics/layout.h"
#include "compiler/diagnostics/words.h"

namespace {

using namespace route;

TEST_CASE("codes are unique, sorted, and look themselves up") {
  std::string last;
  for (const auto& entry : diagnostics::Catalogue()) {
    CHECK(last < entry.name);
    last = entry.name;
    CHECK(&diagnostics::Entry(entry.code) == &entry);
    CHECK_FALSE(entry.title.empty());
  }
}

TEST_CASE("the nearest name is near and the first of equals") {
  CHECK(diagnostics::NearestName("teir", {"data", "tier", "spend"}) == "tier");
  CHECK(diagnostics::NearestName("golden", {"gold", "silver"}) == "gold");
  CHECK(diagnostics::NearestName("xyz", {"gold", "silver"}) == "");
  CHECK(diagnostics::NearestName("ab", {"ac", "ad"}) == "ac");
  CHECK(diagnostics::NearestName("", {"gold"}) == "");
  CHECK(diagnostics::NearestName("a", {"b", "ab"}) == "");
  CHECK(diagnostics::NearestName("a", {"b", "A"}) == "A");
  CHECK(diagnostics::NearestName(std::string(1000, 'a'), {std::string(1000, 'a')}) == "");
}

TEST_CASE("a name is put in the place of another only if no other is as near") {
  CHECK(diagnostics::OnlyNearestName("teir", {"data", "tier", "spend"}) == "tier");
  CHECK(diagnostics::OnlyNearestName("ab", {"ac", "ad"}) == "");
  CHECK(diagnostics::OnlyNearestName("ab", {"ac", "ac"}) == "ac");
  CHECK(diagnostics::OnlyNearestName("GOLD", {"bold", "gold"}) == "gold");
}

TEST_CASE("text is broken between words, and no line ends in a blank") {
  using diagnostics::Wrap;
  CHECK(Wrap("one two three", 0, 2, 80) == "one two three");
  CHECK(Wrap("one two three", 0, 2, 8) == "one two\n  three");
  CHECK(Wrap("one two three", 5, 2, 8) == "one\n  two\n  three");
  CHECK(Wrap("a  b", 0, 0, 80) == "a  b");
  CHECK(Wrap("aaaa  bbbb", 0, 0, 8) == "aaaa\nbbbb");
  CHECK(Wrap("longerthanthis x", 0, 1, 8) == "longerthanthis\n x");
  CHECK(Wrap("日本語 日本語", 0, 0, 8) == "日本語\n日本語");
  CHECK(Wrap("", 0, 0, 8) == "");
  CHECK(Wrap("a\tb\x1b", 0, 0, 80) == "a    b<U+001B>");
}

/// A diagnostic whose only fix has these edits.
auto Fixable(std::vector<diagnostics::Edit> edits) -> diagnostics::Diagnostic {
  return diagnostics::Builder(diagnostics::Code::kR0201, edits.front().span, "m").WithFix({"t", std::move(edits)}).Take();
}

TEST_CASE("fixes that touch an earlier one wait, whole") {
  SourceSet sources;
  FileId file = sources.Add("f.route", "abcdef");
  FileId built_in = sources.Add("<std.x>", "abc");
  auto applied = [&](const std::vector<diagnostics::Diagnostic>& found) {
    diagnostics::FixRound round = diagnostics::ApplyFixes(found, sources);
    CHECK(round.files.size() == (round.applied.empty() ? 0 : 1));
    return round.files.empty() ? std::string("abcdef") : round.files[0].text;
  };
  CHECK(applied({}) == "abcdef");
  CHECK(applied({Fixable({{{file, 1, 2}, "X"}}), Fixable({{{file, 2, 3}, ""}})}) == "aXdef");
  CHECK(applied({Fixable({{{file, 1, 3}, "X"}}), Fixable({{{file, 2, 4}, "Y"}})}) == "aXdef");
  CHECK(applied({Fixable({{{file, 3, 4}, "X"}}), Fixable({{{file, 0, 1}, "Y"}, {{file, 3, 5}, "Z"}})}) == "abcXef");
  CHECK(applied({Fixable({{{file, 2, 2}, "X"}}), Fixable({{{file, 2, 2}, "X"}})}) == "abXcdef");
  CHECK(applied({Fixable({{{file, 0, 2}, ""}}), Fixable({{{file, 2, 2}, "X"}})}) == "cdef");
  CHECK(applied({Fixable({{{file, 4, 6}, ""}, {{file, 0, 1}, "ZZ"}})}) == "ZZbcd");
  CHECK(applied({Fixable({{{built_in, 0, 1}, "X"}}), Fixable({{{built_in, 0, 1}, "X"}, {{file, 0, 1}, "X"}})}) == "abcdef");
  CHECK(diagnostics::CountFixable({Fixable({{{built_in, 0, 1}, "X"}}), Fixable({{{file, 0, 1}, "X"}})}, sources) == 1);
}

TEST_CASE("a statement is taken out with its line, a declaration put in on one of its own") {
  SourceSet sources;
  auto after = [&](std::string text, auto fix) {
    FileId file = sources.Add("f.route", std::move(text));
    std::vector<diagnostics::Diagnostic> found = {Fixable(fix(file).edits)};
    return diagnostics::ApplyFixes(found, sources).files.at(0).text;
  };
  auto take_out = [&](std::uint32_t begin, std::uint32_t end) {
    return [&sources, begin, end](FileId file) { return diagnostics::DeleteStatement(sources, {file, begin, end}); };
  };
  CHECK(after("a\nb\nc\n", take_out(2, 3)) == "a\nc\n");
  CHECK(after("a\r\n b \r\nc", take_out(4, 5)) == "a\r\nc");
  CHECK(after("a\nb", take_out(2, 3)) == "a\n");
  CHECK(after("a b c", take_out(2, 3)) == "a c");
  CHECK(after("b # why\nc", take_out(0, 1)) == "# why\nc");
  auto put_in = [&](std::uint32_t end) {
    return [&sources, end](FileId file) { return diagnostics::InsertDeclaration(sources, {file, 0, end}, "x"); };
  };
  CHECK(after("a\nb\n", put_in(1)) == "a\nx\nb\n");
  CHECK(after("a  # why\nb\n", put_in(1)) == "a  # why\nx\nb\n");
  CHECK(after("a b\n", put_in(1)) == "a\nx\n b\n");
  CHECK(after("a", put_in(1)) == "a\nx\n");
  CHECK(after("b\n", put_in(0)) == "x\nb\n");
}

TEST_CASE("fingerprints do not depend on places") {
  using diagnostics::Fingerprint;
  auto make = [](std::uint32_t at, std::string message, std::vector<std::string> rules) {
    return diagnostics::Builder(diagnostics::Code::kR0504, {{0}, at, at + 1}, std::move(message)).WithRules(std::move(rules)).Take();
  };
  CHECK(Fingerprint(make(0, "m", {"a"})) == Fingerprint(make(9, "m", {"a"})));
  CHECK(Fingerprint(make(0, "m", {"a"})) != Fingerprint(make(0, "n", {"a"})));
  CHECK(Fingerprint(make(0, "m", {"a", "b"})) != Fingerprint(make(0, "m", {"ab"})));
  CHECK(Fingerprint(make(0, "m", {"a"})) != Fingerprint(make(0, "m", {})));
}

TEST_CASE("places count lines and code points from 1") {
  SourceSet sources;
  FileId file = sources.Add("f", "ab\r\né𝒳x\n\nlast");
  const SourceFile& text = sources.Get(file);
  CHECK(text.Locate(0) == LineColumn{1, 1});
  CHECK(text.Locate(4) == LineColumn{2, 1});
  CHECK(text.Locate(10) == LineColumn{2, 3});
  CHECK(text.Locate(1000) == LineColumn{4, 5});
  CHECK(text.Line(1) == "ab");
  CHECK(text.Line(3) == "");
  CHECK(text.Line(4) == "last");
  CHECK(text.Line(0) == "");
  CHECK(text.Line(9) == "");
  CHECK(sources.Describe({file, 13, 14}) == "f:4");
}

TEST_CASE("a carriage return alone ends a line, too") {
  SourceSet sources;
  FileId file = sources.Add("f", "ab\rcd\r\n\r\ref\n\rg\r");
  const SourceFile& text = sources.Get(file);
  CHECK(text.Locate(3) == LineColumn{2, 1});
  CHECK(text.Line(1) == "ab");
  CHECK(text.Line(2) == "cd");
  CHECK(text.Line(3) == "");
  CHECK(text.Line(4) == "");
  CHECK(text.Line(5) == "ef");
  CHECK(text.Line(6) == "");
  CHECK(text.Line(7) == "g");
  CHECK(text.Line(8) == "");
  CHECK(text.LineStart(5) == 9);
}

TEST_CASE("a file that another one names is read if it is a regular file, and no further than it may be long") {
  std::filesystem::path folder = std::filesystem::temp_directory_path() / ("route_kind_" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  std::string file = (folder / "file").string();
  std::string pipe = (folder / "pipe").string();
  REQUIRE(WriteFileAtomically(file, std::string(200'000, 'x')));
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(ReadFileUpTo(file, 200'000, FileKind::kRegular)->size() == 200'000);
  CHECK(ReadFileUpTo(file, 70'000, FileKind::kRegular)->size() == 70'001);
  CHECK(ReadFileUpTo(pipe, 10, FileKind::kRegular).error() == "cannot read `" + pipe + "`: it is not a regular file");
  CHECK_FALSE(ReadFileUpTo(folder.string(), 10, FileKind::kRegular));
  std::filesystem::create_symlink("file", folder / "link");
  CHECK(FileIdentity(file) == FileIdentity((folder / "link").string()));
  CHECK(FileIdentity(file) != FileIdentity(pipe));
  CHECK(FileIdentity("/no/such/file") == "/no/such/file");
  std::filesystem::remove_all(folder);
}

TEST_CASE("a file is not replaced under an open stream's name") {
  std::filesystem::path folder = std::filesystem::temp_directory_path() / ("route_stream_" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  std::string path = (folder / "file").string();
  REQUIRE(WriteFileAtomically(path, "first"));
  int stream = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  REQUIRE(stream >= 0);
  CHECK_FALSE(WriteFileAtomically("/dev/fd/" + std::to_string(stream), "second"));
  std::filesystem::create_symlink("/proc/self/fd/" + std::to_string(stream), folder / "link");
  CHECK_FALSE(WriteFileAtomically((folder / "link").string(), "second"));
  CHECK(*ReadFile(path, 10) == "first");
  ::close(stream);
  CHECK(WriteFileAtomically(path, "second"));
  std::filesystem::remove_all(folder);
}

TEST_CASE("files are read whole and replaced whole") {
  std::filesystem::path folder = std::filesystem::temp_directory_path() / ("route_test_" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  std::string path = (folder / "file").string();
  REQUIRE(WriteFileAtomically(path, "first"));
  REQUIRE(WriteFileAtomically(path, std::string(200'000, 'x')));
  CHECK(ReadFile(path, 200'000)->size() == 200'000);
  CHECK_FALSE(ReadFile(path, 199'999));
  CHECK_FALSE(ReadFile((folder / "missing").string(), 10));
  CHECK_FALSE(ReadFile(folder.string(), 10));
  CHECK_FALSE(WriteFileAtomically((folder / "no" / "file").string(), "x"));
  CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 1);
  std::filesystem::remove_all(folder);
}

}  // namespace
