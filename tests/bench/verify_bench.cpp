// How long `routec check` takes to answer all its questions, and that the time grows in proportion to the policy.
//
// The policies are those of tests/realistic_policy with the seeds that are printed, and the hardest case for a sweep over
// routes: as many rules and routes as there are values of one text or of one number. Processor time is measured, of
// Verify alone and of reading the text (parse and resolve), so that other programs do not disturb it much. The
// reference in the same run is Z3 on the same questions; it is left out where it would take minutes (`-`).
//
//   verify_bench          the table
//   verify_bench FILE     one file with both solvers, for a profiler
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "compiler/resolve/load.h"
#include "compiler/resolve/resolve.h"
#include "compiler/verify/verify.h"
#include "tests/realistic_policy/realistic_policy.h"

namespace {

using namespace route;

auto ProcessorSeconds() -> double {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

struct Resolved {
  ir::Policy policy;
  double seconds = 0;
};

auto ResolveText(std::string text) -> Resolved {
  SourceSet sources;
  diagnostics::Emitter emitter;
  const double start = ProcessorSeconds();
  const FileId root = sources.Add("bench.route", std::move(text));
  const resolve::LoadedPolicy loaded = resolve::Load(sources, root, emitter);
  ir::Policy policy = resolve::Resolve(sources, loaded, {*ParseDate("2026-11-24")}, emitter);
  if (emitter.has_errors()) {
    std::fprintf(stderr, "the policy is wrong: %s\n", emitter.diagnostics().front().message.c_str());
    std::exit(1);
  }
  return {std::move(policy), ProcessorSeconds() - start};
}

auto SecondsOf(const ir::Policy& policy, verify::SolverKind solver) -> double {
  const double start = ProcessorSeconds();
  const verify::VerifyReport report = verify::Verify(policy, {.solver = solver});
  const double seconds = ProcessorSeconds() - start;
  if (!report.unanswered.empty()) std::printf("not everything was answered\n");
  return seconds;
}

enum class Reference : std::uint8_t { kAsk, kLeaveOut };

/// Prints a row and returns the seconds that Verify took.
auto Measure(const std::string& name, std::string text, Reference reference) -> double {
  const Resolved resolved = ResolveText(std::move(text));
  const double sat = SecondsOf(resolved.policy, verify::SolverKind::kSat);
  std::printf("%-34s %9.3f %9.3f", name.c_str(), resolved.seconds, sat);
  if (reference == Reference::kAsk) {
    const double z3 = SecondsOf(resolved.policy, verify::SolverKind::kZ3);
    std::printf(" %9.3f %8.1f", z3, z3 / sat);
  } else {
    std::printf(" %9s %8s", "-", "-");
  }
  std::printf("\n");
  std::fflush(stdout);
  return sat;
}

void MeasureRealistic(std::uint64_t seed, std::uint32_t rules, std::uint32_t deployments, Reference reference) {
  using namespace realistic_policy;
  const std::string name =
      "seed " + std::to_string(seed) + ": " + std::to_string(rules) + " rules x " + std::to_string(deployments) + " x 12";
  Measure(name, PolicyText(seed, Size::Of(rules, deployments)), reference);
}

void MeasureCurve(const std::string& what, realistic_policy::Over over) {
  double last = 0;
  for (const std::uint32_t count : {500U, 1000U, 2000U, 4000U, 8000U}) {
    const double seconds = Measure(std::to_string(count) + " rules and routes on one " + what,
                                   realistic_policy::OneAttributeText(count, over),
                                   count <= 1000 ? Reference::kAsk : Reference::kLeaveOut);
    if (last > 0) std::printf("%34s twice the size takes %.2f times as long (2.00 is linear)\n", "", seconds / last);
    last = seconds;
  }
}

}  // namespace

auto main(int argc, char** argv) -> int {
  std::printf("%-34s %9s %9s %9s %8s\n", "seconds of processor time", "read", "verify", "with z3", "ratio");
  if (argc == 2) {
    std::ifstream file(argv[1]);
    Measure(argv[1], std::string(std::istreambuf_iterator<char>(file), {}), Reference::kAsk);
    return 0;
  }
  MeasureRealistic(1, 200, 100, Reference::kAsk);
  MeasureRealistic(2, 200, 100, Reference::kAsk);
  MeasureRealistic(1, 1000, 300, Reference::kAsk);
  MeasureRealistic(2, 1000, 300, Reference::kAsk);
  MeasureRealistic(1, 5000, 300, Reference::kLeaveOut);
  MeasureCurve("text", realistic_policy::Over::kText);
  MeasureCurve("number", realistic_policy::Over::kNumber);
  return 0;
}
