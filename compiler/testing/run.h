#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/ir/evaluate.h"
#include "compiler/ir/policy.h"

/// The tests that a policy contains: running them, what they reach, and tests for what they do not reach.
namespace route::testing {

/// What a request becomes.
struct Run {
  ir::Request request;
  ir::Decision decision;
};

struct TestResult {
  std::string name;
  Span span;  ///< the test, or its case
  enum class Verdict : std::uint8_t { kPassed, kFailed };
  Verdict verdict = Verdict::kFailed;
  std::optional<Run> run;  ///< nothing if the request lacks an attribute, so that there is nothing to decide
};

/// Runs one test on the evaluator. Each expectation that is not met is reported (R0701) with what happened instead, the
/// request, and what decided. What the test does not give is as for an empty request at `now`.
auto RunTest(const ir::Policy& policy, const SourceSet& sources, const ir::Test& test, Moment now,
             diagnostics::Emitter& emitter) -> TestResult;

/// Runs all, in order.
auto RunTests(const ir::Policy& policy, const SourceSet& sources, Moment now, diagnostics::Emitter& emitter)
    -> std::vector<TestResult>;

/// What is wrong with a decision, seen from one expectation, as in "but it is routed by `a`"; empty if nothing is.
auto Shortfall(const ir::Policy& policy, const ir::Decision& decision, const ir::Expectation& expectation) -> std::string;

}  // namespace route::testing
