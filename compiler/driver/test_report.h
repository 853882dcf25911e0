#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/driver/commands.h"
#include "compiler/driver/pipeline.h"
#include "compiler/testing/coverage.h"
#include "compiler/testing/suggest.h"

namespace route::driver {

/// What `routec test` did with one policy.
struct TestedPolicy {
  std::string path;                          ///< as it was given
  std::unique_ptr<Compilation> compilation;  ///< its emitter holds the policy's errors and the failed expectations
  enum class State : std::uint8_t { kHasErrors, kRun };
  State state = State::kHasErrors;
  std::vector<const ir::Test*> chosen = {};             ///< by the filters; all without one
  std::vector<testing::TestResult> results = {};        ///< of the chosen ones; empty if they are only listed
  std::vector<testing::CoverageItem> items = {};        ///< when coverage is asked for
  std::optional<testing::Suggestions> suggestions = {};  ///< when they are asked for

  auto passed() const -> std::size_t;
  auto failed() const -> std::size_t { return results.size() - passed(); }
};

/// `policy.route:12`
auto PlaceOf(const TestedPolicy& tested, Span span) -> std::string;

// Each prints the whole run to standard output.
void PrintTestText(const std::vector<TestedPolicy>& all, const TestOptions& options, const CommonOptions& common);
void PrintTestJson(const std::vector<TestedPolicy>& all, const TestOptions& options);
void PrintTestJunit(const std::vector<TestedPolicy>& all);

/// `--list`: the names with their places, as text or JSON.
void PrintTestList(const std::vector<TestedPolicy>& all, const CommonOptions& common);

}  // namespace route::driver
