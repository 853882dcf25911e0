#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/ir/policy.h"

namespace route::driver {

struct TestResult {
  std::string name;
  Span span;
  enum class Verdict : std::uint8_t { kPassed, kFailed };
  Verdict verdict = Verdict::kFailed;
};

/// Runs the tests that a policy contains, in order, on the evaluator. Each expectation that is not met is reported (R0701).
auto RunTests(const ir::Policy& policy, Moment now, diagnostics::Emitter& emitter) -> std::vector<TestResult>;

}  // namespace route::driver
