#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/diagnostics/report.h"

/// Warnings that a policy's author has looked at and accepts, with a reason: `accept R0504 for old_rule because "…"`.
namespace route::diagnostics {

struct Acceptance {
  struct Subject {
    std::string name;
    Span span;
    std::size_t accepted = 0;  ///< warnings that it accepted so far
  };

  Code code{};
  std::vector<Subject> subjects;  ///< empty: wherever the code is found
  std::string reason;
  Span span;                 ///< of the code that is named
  std::size_t accepted = 0;  ///< warnings so far
};

/// Takes the accepted warnings out of the emitter: those with an acceptance's code of whose `rules` one is among its
/// subjects. The first acceptance that fits counts. Errors are never accepted.
auto TakeAccepted(Emitter& emitter, std::vector<Acceptance>& acceptances) -> std::vector<Accepted>;

/// Reports acceptances, or subjects of one, that accepted nothing (R0405), if their code was looked for.
void ReportUnused(const std::vector<Acceptance>& acceptances, Depth depth, Emitter& emitter);

}  // namespace route::diagnostics
