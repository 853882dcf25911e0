#include "compiler/diagnostics/diagnostic.h"

#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>
#include <set>

#include "compiler/base/source.h"

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
  CHECK(diagnostics::NearestName(std::string(1000, 'a'), {std::string(1000, 'a')}) == "");
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
