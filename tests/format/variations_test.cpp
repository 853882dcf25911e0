// The same words with other blanks, line ends and comments between them: whatever their author did, formatting keeps
// the words, the comments and the tree, and what it returns is a fixed point.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/syntax/outline.h"
#include "tests/format/properties.h"

namespace {

using namespace route;

auto PolicyFiles() -> std::vector<std::string> {
  std::vector<std::string> files;
  for (const char* folder : {"examples", "stdlib", "tests"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.path().extension() == ".route" && entry.file_size() < 100'000) files.push_back(entry.path().string());
    }
  }
  std::ranges::sort(files);
  return files;
}

auto TextOf(const std::string& file) -> std::string {
  auto text = ReadFile(file, 1 << 20);
  REQUIRE(text);
  return *text;
}

/// A generator whose numbers are the same everywhere, which the standard's distributions are not.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}
  auto Below(std::uint32_t bound) -> std::uint32_t { return static_cast<std::uint32_t>(engine_() % bound); }

 private:
  std::mt19937 engine_;
};

/// How often an author of this kind does what.
struct Habits {
  std::uint32_t line_ends;  ///< of a hundred joints
  std::uint32_t comments;
  const char* line_end;
};

auto Vary(const std::string& text, Dice& dice, const Habits& habits) -> std::string {
  SourceSet sources;
  diagnostics::Emitter emitter;
  FileId file = sources.Add("test.route", text);
  std::string varied;
  std::size_t before_end = 0;
  for (const syntax::Word& word : syntax::ReadOutline(sources, file, emitter)) {
    bool comment = word.joint == syntax::Joint::kComment;
    // The ends of comments stay, and words that touch may go on doing so.
    bool touches = !varied.empty() && before_end == word.begin && dice.Below(2) == 0;
    bool after_comment = text.substr(before_end, word.begin - before_end).find('\n') != std::string::npos;
    std::string blanks = touches ? "" : std::string(1 + dice.Below(3), dice.Below(10) == 0 ? '\t' : ' ');
    if (dice.Below(100) < habits.comments) {
      blanks += (dice.Below(2) == 0 ? "" : habits.line_end) + std::string("# note") + std::string(dice.Below(3), ' ');
      after_comment = true;
    }
    if (after_comment || dice.Below(100) < habits.line_ends) {
      for (std::uint32_t i = 0; i < 1 + dice.Below(3) / 2 * dice.Below(3); ++i) blanks += habits.line_end;
      blanks += std::string(dice.Below(4), ' ');
    }
    varied += blanks + text.substr(word.begin, word.end - word.begin);
    if (comment) varied += habits.line_end;
    before_end = word.end;
  }
  return varied;
}

TEST_CASE("every policy of this repository has the properties") {
  std::size_t formatted = 0;
  for (const std::string& file : PolicyFiles()) {
    std::string text = TextOf(file);
    INFO(file);
    CHECK(WhatIsWrongWithFormatting(text) == "");
    if (Parses(text)) ++formatted;
  }
  CHECK(formatted > 50);
}

TEST_CASE("so does each with other blanks, line ends and comments") {
  constexpr Habits kHabits[] = {{0, 0, "\n"},   {10, 0, "\n"},   {2, 1, "\n"}, {50, 0, "\r\n"},
                                {20, 10, "\n"}, {5, 30, "\r\n"}, {3, 0, "\r"}, {100, 5, "\n"}};
  std::size_t varied = 0;
  std::uint32_t seed = 1;
  for (const std::string& file : PolicyFiles()) {
    std::string text = TextOf(file);
    if (!Parses(text)) continue;
    for (const Habits& habits : kHabits) {
      for (int round = 0; round < 4; ++round) {
        Dice dice(seed++);
        std::string variation = Vary(text, dice, habits);
        INFO(file, " with seed ", seed - 1);
        REQUIRE(Parses(variation));
        REQUIRE(WhatIsWrongWithFormatting(variation) == "");
        ++varied;
      }
    }
  }
  CHECK(varied > 1500);
}

TEST_CASE("and each that is cut at a random place, if it still parses") {
  std::uint32_t seed = 1;
  for (const std::string& file : PolicyFiles()) {
    std::string text = TextOf(file);
    Dice dice(seed++);
    for (int round = 0; round < 6 && !text.empty(); ++round) {
      std::string part = text.substr(0, dice.Below(static_cast<std::uint32_t>(text.size())));
      INFO(file, " with seed ", seed - 1);
      CHECK(WhatIsWrongWithFormatting(part) == "");
    }
  }
}

}  // namespace
