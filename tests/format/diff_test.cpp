#include "compiler/format/diff.h"

#include <doctest/doctest.h>

#include <string>

namespace {

using route::format::UnifiedDiff;

auto Diff(const std::string& before, const std::string& after) -> std::string {
  return UnifiedDiff("a", "b", before, after);
}

TEST_CASE("equal texts have no difference") {
  CHECK(Diff("", "") == "");
  CHECK(Diff("x\n", "x\n") == "");
}

TEST_CASE("a changed line has its neighbours around it") {
  CHECK(Diff("1\n2\n3\n4\nfive   5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive 5\n6\n7\n8\n9\n") ==
        "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-five   5\n+five 5\n 6\n 7\n 8\n");
}

TEST_CASE("lines that are divided, joined, added and taken away") {
  CHECK(Diff("a b\nc\nd\n", "a\nb\nc d\n") == "--- a\n+++ b\n@@ -1,3 +1,3 @@\n-a b\n-c\n-d\n+a\n+b\n+c d\n");
  CHECK(Diff("a\n\n\n\nb\n", "a\n\nb\n") == "--- a\n+++ b\n@@ -1,5 +1,3 @@\n a\n \n-\n-\n b\n");
  CHECK(Diff("a\nb\n", "a\n\nb\n") == "--- a\n+++ b\n@@ -1,2 +1,3 @@\n a\n+\n b\n");
  CHECK(Diff("\n\n", "") == "--- a\n+++ b\n@@ -1,2 +0,0 @@\n-\n-\n");
}

TEST_CASE("the last line's missing end is said") {
  CHECK(Diff("a\nb", "a\nb\n") == "--- a\n+++ b\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n");
}

TEST_CASE("changes far from each other are hunks of their own, near ones share one") {
  std::string before = " x\n";
  std::string after = "x\n";
  for (int i = 0; i < 7; ++i) before += "s\n", after += "s\n";
  before += " y\n";
  after += "y\n";
  CHECK(Diff(before, after) ==
        "--- a\n+++ b\n@@ -1,4 +1,4 @@\n- x\n+x\n s\n s\n s\n@@ -6,4 +6,4 @@\n s\n s\n s\n- y\n+y\n");
  CHECK(Diff(" x\ns\ns\ns\ns\ns\ns\n y\n", "x\ns\ns\ns\ns\ns\ns\ny\n") ==
        "--- a\n+++ b\n@@ -1,8 +1,8 @@\n- x\n+x\n s\n s\n s\n s\n s\n s\n- y\n+y\n");
}

}  // namespace
