#include "compiler/diagnostics/acceptance.h"

#include <algorithm>

namespace route::diagnostics {
namespace {

/// Counts, and says whether the acceptance fits.
auto Accepts(Acceptance& acceptance, const Diagnostic& warning) -> bool {
  if (acceptance.code != warning.code) return false;
  bool fits = acceptance.subjects.empty();
  for (Acceptance::Subject& subject : acceptance.subjects) {
    if (std::ranges::find(warning.rules, subject.name) == warning.rules.end()) continue;
    ++subject.accepted;
    fits = true;
  }
  if (fits) ++acceptance.accepted;
  return fits;
}

}  // namespace

auto TakeAccepted(Emitter& emitter, std::vector<Acceptance>& acceptances) -> std::vector<Accepted> {
  std::vector<const Acceptance*> by;
  auto warnings = emitter.Extract([&](const Diagnostic& diagnostic) {
    if (diagnostic.severity != Severity::kWarning) return false;
    auto found = std::ranges::find_if(acceptances, [&](Acceptance& each) { return Accepts(each, diagnostic); });
    if (found == acceptances.end()) return false;
    by.push_back(&*found);
    return true;
  });
  std::vector<Accepted> accepted;
  for (std::size_t i = 0; i < warnings.size(); ++i) {
    accepted.push_back({std::move(warnings[i]), by[i]->reason, by[i]->span});
  }
  return accepted;
}

void ReportUnused(const std::vector<Acceptance>& acceptances, Depth depth, Emitter& emitter) {
  for (const Acceptance& acceptance : acceptances) {
    if (!IsLookedFor(acceptance.code, depth)) continue;
    std::string code(Entry(acceptance.code).name);
    if (acceptance.subjects.empty() && acceptance.accepted == 0) {
      emitter.Report(Builder(Code::kR0405, acceptance.span, "`" + code + "` is accepted and found nowhere")
                         .WithRules({code})
                         .WithHint("take the acceptance out"));
    }
    for (const Acceptance::Subject& subject : acceptance.subjects) {
      if (subject.accepted > 0) continue;
      emitter.Report(
          Builder(Code::kR0405, subject.span, "`" + code + "` is accepted for `" + subject.name + "` and not found there")
              .WithRules({subject.name})
              .WithHint("take `" + subject.name + "` out of the acceptance"));
    }
  }
}

}  // namespace route::diagnostics
