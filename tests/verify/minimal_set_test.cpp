#include "compiler/verify/minimal_set.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

namespace route::verify {
namespace {

using Set = std::vector<std::size_t>;

/// Whether some of `cores` is within `kept` and the first `count`.
auto HasCore(const std::vector<Set>& cores, const Set& kept, std::size_t count) -> bool {
  return std::ranges::any_of(cores, [&](const Set& core) {
    return std::ranges::all_of(core,
                               [&](std::size_t i) { return i < count || std::ranges::find(kept, i) != kept.end(); });
  });
}

TEST_CASE("a minimal set of those that contradict") {
  const auto minimal = [](std::size_t count, const std::vector<Set>& cores) {
    return MinimalSet(count, [&](const Set& kept, std::size_t first) -> std::optional<std::size_t> {
      return HasCore(cores, kept, first) ? std::optional(first) : std::nullopt;
    });
  };
  CHECK(minimal(1, {{0}}) == Set{0});
  CHECK(minimal(8, {{7}}) == Set{7});
  CHECK(minimal(8, {{1, 4, 6}}) == Set{1, 4, 6});
  CHECK(minimal(8, {{1, 4, 6}, {2, 3}, {0, 5}}) == Set{2, 3});
  CHECK(minimal(4, {{0, 1, 2, 3}}) == Set{0, 1, 2, 3});
  CHECK(minimal(5, {{}}) == Set{});
}

TEST_CASE("an answer that was not known, and a later one that would have answered it") {
  // Of eight the first four are not known to contradict; then of the first six the first two turn out to.
  std::vector<std::size_t> asked;
  const Set found = MinimalSet(8, [&](const Set& kept, std::size_t count) -> std::optional<std::size_t> {
    asked.push_back(count);
    if (kept.empty()) return count == 6 ? std::optional<std::size_t>(2) : std::nullopt;
    return count >= 1 ? std::optional(count) : std::nullopt;
  });
  CHECK(asked == std::vector<std::size_t>{0, 4, 6, 0});
  CHECK(found == Set{0, 1});

  // The same, and it takes none of the candidates at all.
  CHECK(MinimalSet(8, [](const Set&, std::size_t count) -> std::optional<std::size_t> {
          return count == 6 ? std::optional<std::size_t>(0) : std::nullopt;
        }) == Set{});

  // Nothing is ever known: everything is kept.
  CHECK(MinimalSet(3, [](const Set&, std::size_t) -> std::optional<std::size_t> { return std::nullopt; }) ==
        Set{0, 1, 2});
}

TEST_CASE("whatever is not known, the set contradicts and is found in few questions") {
  std::mt19937 random(11);
  for (int round = 0; round < 20'000; ++round) {
    const std::size_t count = 1 + random() % 12;
    std::vector<Set> cores;
    for (std::size_t n = 1 + random() % 3; n > 0; --n) {
      Set core;
      for (std::size_t i = 0; i < count; ++i) {
        if (random() % 3 == 0) core.push_back(i);
      }
      cores.push_back(std::move(core));
    }
    const std::size_t unknown = random() % 5;  // how many in four answers are withheld; 4: none is given
    std::size_t questions = 0;
    const Set found = MinimalSet(count, [&](const Set& kept, std::size_t first) -> std::optional<std::size_t> {
      ++questions;
      REQUIRE(first <= count);
      for (const std::size_t i : kept) REQUIRE(i < count);
      if (random() % 4 < unknown || !HasCore(cores, kept, first)) return std::nullopt;
      std::size_t enough = 0;
      while (!HasCore(cores, kept, enough)) ++enough;
      return enough + random() % (first - enough + 1);
    });
    REQUIRE(std::ranges::is_sorted(found));
    REQUIRE(std::ranges::adjacent_find(found) == found.end());
    REQUIRE(HasCore(cores, found, 0));
    REQUIRE(questions <= 6 * (count + 1));
    if (unknown > 0) continue;
    for (const std::size_t left_out : found) {
      Set fewer = found;
      std::erase(fewer, left_out);
      REQUIRE(!HasCore(cores, fewer, 0));
    }
  }
}

}  // namespace
}  // namespace route::verify
