#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"

/// What a run found, as the formats for other programs need it.
namespace route::diagnostics {

/// A warning that the policy itself accepts (`accept R0504 for … because "…"`).
struct Accepted {
  Diagnostic diagnostic;
  std::string reason;
  Span span;  ///< of the acceptance
};

/// Something with a name of its own that was asked and answered: a guarantee, or a test of the policy.
struct Question {
  enum class Answer : std::uint8_t { kGood, kBad, kUnanswered };
  std::string name;
  Span span;
  Answer answer = Answer::kUnanswered;
};

/// The least severity that makes a run fail.
enum class FailLevel : std::uint8_t { kError, kWarning, kNever };

struct Report {
  std::string tool;          ///< `routec`
  std::string tool_version;  ///< `0.1.0`
  std::string policy;        ///< the file as the user named it
  int exit_code = 0;
  FailLevel fail_level = FailLevel::kError;
  /// Verification only runs on a policy without errors.
  enum class Verification : std::uint8_t { kNotRun, kRun };
  Verification verification = Verification::kNotRun;
  Depth depth = Depth::kCheck;
  enum class Baseline : std::uint8_t { kNone, kUsed };
  Baseline baseline = Baseline::kNone;

  std::map<Code, std::string> pages;  ///< Markdown that explains a code, for those that were found
  std::vector<Diagnostic> open;       ///< to be dealt with
  std::vector<Accepted> accepted;
  std::vector<Diagnostic> known;  ///< to the baseline
  std::vector<Question> guarantees;
  std::vector<Question> tests;
};

/// Whether a finding makes the run fail. A question without an answer (R0520) never does: its exit code is its own.
auto Fails(const Diagnostic& diagnostic, FailLevel level) -> bool;

}  // namespace route::diagnostics
