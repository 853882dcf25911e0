#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/testing/coverage.h"
#include "compiler/verify/verify.h"

namespace route::testing {

/// A test that reaches what no test of the policy does.
struct Suggestion {
  ir::Test test;
  std::vector<std::size_t> reaches;  ///< indexes into the coverage items, ascending
};

struct Suggestions {
  std::vector<Suggestion> tests;
  std::vector<std::size_t> unreachable;  ///< items that no request reaches
  std::vector<std::size_t> unanswered;   ///< items that the solver gave up on
};

/// A test for each item that nothing has reached yet; one test stands for all that it reaches. Each says what the policy
/// decides now, which is for its author to judge: its request differs from an empty one at `now` in few attributes, it was
/// run on the evaluator, it passes, and it does reach its items. Where the policy reads the clock, the moment is given too,
/// so that the test stays what it is. A few solver queries an item, each within `limits`; the same policy and moment
/// always give the same tests.
auto Suggest(const ir::Policy& policy, const std::vector<CoverageItem>& items, Moment now, const verify::Limits& limits)
    -> Suggestions;

/// What the test reaches that nothing did, as comments of policy text.
auto ReachesText(const ir::Policy& policy, const std::vector<CoverageItem>& items, const Suggestion& suggestion) -> std::string;

/// The test as policy text, in lines of at most 100 columns where its parts allow.
auto TestText(const ir::Policy& policy, const ir::Test& test) -> std::string;

}  // namespace route::testing
