// How long `routec check` takes to answer all its questions, and that the time grows in proportion to the policy.
//
// The policies are those of tests/realistic_policy with the seeds that are printed, and the hardest case for a sweep
// over routes: as many rules and routes as there are values of one text or of one number. Processor time is measured,
// of Verify alone and of reading the text (parse and resolve), so that other programs do not disturb it much. The
// reference in the same run is Z3 on the same questions; it is left out where it would take minutes (`-`).
//
//   verify_bench                   the tables
//   verify_bench --cache           only what a cache of verdicts saves
//   verify_bench --promises        only promises that compare, and about money
//   verify_bench --growth          only the curves
//   verify_bench FILE              one file with both solvers, for a profiler
//   verify_bench --questions FILE  one file, question by question
#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "compiler/resolve/load.h"
#include "compiler/resolve/resolve.h"
#include "compiler/verify/questions.h"
#include "compiler/verify/verify.h"
#include "tests/realistic_policy/realistic_policy.h"

namespace {

using namespace route;

auto ProcessorSeconds() -> double {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

auto SecondsOf(const std::function<void()>& work) -> double {
  const double start = ProcessorSeconds();
  work();
  return ProcessorSeconds() - start;
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

auto TextOf(const char* path) -> std::string {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// --- All questions
// ----------------------------------------------------------------------------------------------------

auto VerifySeconds(const ir::Policy& policy, const verify::Limits& limits) -> double {
  return SecondsOf([&] {
    const verify::VerifyReport report = verify::Verify(policy, limits);
    if (!report.unanswered.empty()) std::printf("%zu questions were not answered\n", report.unanswered.size());
  });
}

enum class Reference : std::uint8_t { kAsk, kLeaveOut };

void Measure(const std::string& name, std::string text, Reference reference) {
  using Depth = verify::Limits::Depth;
  const Resolved resolved = ResolveText(std::move(text));
  const double sat = VerifySeconds(resolved.policy, {});
  std::printf("%-34s %9.3f %9.3f %9.3f", name.c_str(), resolved.seconds, sat,
              VerifySeconds(resolved.policy, {.depth = Depth::kAudit}));
  if (reference == Reference::kAsk) {
    const double z3 = VerifySeconds(resolved.policy, {.solver = verify::SolverKind::kZ3});
    std::printf(" %9.3f %8.1f", z3, z3 / sat);
  } else {
    std::printf(" %9s %8s", "-", "-");
  }
  std::printf("\n");
  std::fflush(stdout);
}

void MeasureRealistic(std::uint64_t seed, std::uint32_t rules, std::uint32_t deployments, Reference reference) {
  using namespace realistic_policy;
  const std::string name = "seed " + std::to_string(seed) + ": " + std::to_string(rules) + " rules x " +
                           std::to_string(deployments) + " x 12";
  Measure(name, PolicyText(seed, Size::Of(rules, deployments)), reference);
}

// --- Growth
// -----------------------------------------------------------------------------------------------------------

/// Processor seconds of the parts of a check.
struct Parts {
  double encoding = 0;  ///< the policy as formulas, which every question needs
  double coverage = 0;  ///< is every request taken by a route
  double dead_routes = 0;
  double all = 0;  ///< Verify as a whole
};

auto PartsOf(const ir::Policy& policy) -> Parts {
  Parts parts;
  const verify::Limits limits;
  const ir::ValueClasses classes(policy);
  smt::Solver solver(verify::EngineOf(limits.solver), limits.rlimit);
  std::optional<verify::Encoder> encoder;
  parts.encoding = SecondsOf([&] { encoder.emplace(policy, classes, solver); });
  parts.coverage = SecondsOf([&] { verify::FindUncovered(*encoder); });
  parts.dead_routes = SecondsOf([&] { verify::FindDeadRoutes(*encoder); });
  parts.all = VerifySeconds(policy, limits);
  return parts;
}

/// The power of the size with which the time grows: the slope of the line through the logarithms, by least squares.
auto Exponent(const std::vector<double>& sizes, const std::vector<double>& seconds) -> double {
  double sum_x = 0;
  double sum_y = 0;
  double sum_xx = 0;
  double sum_xy = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const double x = std::log(sizes[i]);
    const double y = std::log(std::max(seconds[i], 1e-6));
    sum_x += x;
    sum_y += y;
    sum_xx += x * x;
    sum_xy += x * y;
  }
  const auto n = static_cast<double>(sizes.size());
  return (n * sum_xy - sum_x * sum_y) / (n * sum_xx - sum_x * sum_x);
}

void MeasureCurve(const std::string& what, const std::function<std::string(std::uint32_t)>& text,
                  const std::vector<std::uint32_t>& counts) {
  std::printf("\n%-34s %9s %9s %9s %9s %9s\n", what.c_str(), "read", "encode", "coverage", "dead", "verify");
  std::vector<double> sizes;
  std::vector<double> reading;
  std::vector<Parts> parts;
  for (const std::uint32_t count : counts) {
    const Resolved resolved = ResolveText(text(count));
    sizes.push_back(count);
    reading.push_back(resolved.seconds);
    parts.push_back(PartsOf(resolved.policy));
    const Parts& last = parts.back();
    std::printf("%34u %9.3f %9.3f %9.3f %9.3f %9.3f\n", count, resolved.seconds, last.encoding, last.coverage,
                last.dead_routes, last.all);
    std::fflush(stdout);
  }
  const auto exponent = [&](double Parts::*part) {
    std::vector<double> seconds;
    for (const Parts& each : parts) seconds.push_back(each.*part);
    return Exponent(sizes, seconds);
  };
  std::printf("%34s %9.2f %9.2f %9.2f %9.2f %9.2f\n", "grows with this power of the size", Exponent(sizes, reading),
              exponent(&Parts::encoding), exponent(&Parts::coverage), exponent(&Parts::dead_routes),
              exponent(&Parts::all));
}

void MeasureGrowth() {
  using namespace realistic_policy;
  MeasureCurve("rules of a realistic policy, x 300",
               [](std::uint32_t count) { return PolicyText(1, Size::Of(count, 300)); },
               {250, 500, 1000, 2000, 4000, 8000});
  MeasureCurve("rules and routes on one text", [](std::uint32_t count) { return OneAttributeText(count, Over::kText); },
               {250, 500, 1000, 2000, 4000, 8000});
  MeasureCurve("rules and routes on one number",
               [](std::uint32_t count) { return OneAttributeText(count, Over::kNumber); },
               {250, 500, 1000, 2000, 4000, 8000});
}

// --- A cache of verdicts
// ----------------------------------------------------------------------------------------------

void MeasureCache(std::uint32_t rules, const verify::Limits& limits, const char* how) {
  ir::Policy policy = ResolveText(realistic_policy::PolicyText(1, realistic_policy::Size::Of(rules, 300))).policy;
  verify::VerdictCache cache;
  const auto seconds = [&](verify::VerdictCache* with) {
    return SecondsOf([&] { verify::Verify(policy, limits, with); });
  };
  const double without = seconds(nullptr);
  const double filling = seconds(&cache);
  const double unchanged = seconds(&cache);
  policy.rules[rules / 2].keep = policy.rules[rules / 2 + 1].keep;
  const verify::VerdictCache::Counts before = cache.counts();
  const double edited = seconds(&cache);
  const double edited_without = seconds(nullptr);
  const verify::VerdictCache::Counts after = cache.counts();
  std::printf("%5u rules, %-9s %9.3f %9.3f %9.3f %9.3f %9.3f   %zu known, %zu asked\n", rules, how, without, filling,
              unchanged, edited, edited_without, after.found - before.found, after.added - before.added);
  std::fflush(stdout);
}

void MeasureCaches() {
  using Depth = verify::Limits::Depth;
  std::printf("\n%-22s %9s %9s %9s %9s %9s\n", "verdicts kept", "without", "filling", "again", "edited", "without");
  MeasureCache(1000, {}, "check");
  MeasureCache(1000, {.depth = Depth::kAudit}, "audit");
  MeasureCache(1000, {.solver = verify::SolverKind::kZ3}, "z3");
  MeasureCache(5000, {}, "check");
}

// --- Promises that compare, and promises about money
// ----------------------------------------------------------------------------------------

void MeasurePromise(std::uint32_t rules, const std::string& promise) {
  const std::string text = realistic_policy::PolicyText(1, realistic_policy::Size::Of(rules, 300)) +
                           "\nlimits { attempts 4   deadline 30 s   answer 8_000 tokens }\n";
  ir::Policy policy = ResolveText(text + "guarantee measured " + promise + "\n").policy;
  policy.guarantees.erase(policy.guarantees.begin(), policy.guarantees.end() - 1);
  const ir::ValueClasses classes(policy);
  smt::Solver solver(verify::EngineOf(verify::SolverKind::kSat), verify::Limits().rlimit);
  verify::Encoder encoder(policy, classes, solver);
  std::string verdict;
  const double seconds = SecondsOf([&] {
    const verify::GuaranteeResult result = verify::CheckGuarantees(encoder).found.at(0);
    verdict = result.verdict == Verdict::kProved ? "proved" : result.verdict == Verdict::kViolated ? "violated" : "unknown";
  });
  std::printf("%5u rules %9.3f  %-9s %s\n", rules, seconds, verdict.c_str(), promise.c_str());
  std::fflush(stdout);
}

void MeasurePromises() {
  std::printf("\n%s\n", "promises that compare, and about money: seconds");
  for (const std::uint32_t rules : {200U, 1000U}) {
    for (const char* promise :
         {"every request with tier platinum is allowed every deployment that the same request with tier free is",
          "every request with workload chat is allowed every deployment that the same request with workload code is",
          "every request with tier platinum is served if the same request with tier free is",
          "the first choice with tier platinum has quality at least that with tier free",
          "the first choice with tier platinum has price out at most that with tier free",
          "every request costs at most 60 USD", "every request costs at most 20 USD",
          "when tier is free, every request costs at most 40 USD"}) {
      MeasurePromise(rules, promise);
    }
  }
}

// --- One policy, question by question
// ---------------------------------------------------------------------------------

void MeasureQuestions(const ir::Policy& policy) {
  const verify::Limits limits;
  const ir::ValueClasses classes(policy);
  smt::Solver solver(verify::EngineOf(limits.solver), limits.rlimit);
  std::optional<verify::Encoder> encoder;
  const auto print = [](const char* name, double seconds) { std::printf("%-34s %9.3f\n", name, seconds); };
  print("encode", SecondsOf([&] { encoder.emplace(policy, classes, solver); }));
  print("R0501 uncovered", SecondsOf([&] { verify::FindUncovered(*encoder); }));
  print("R0502 unservable", SecondsOf([&] { verify::FindUnservable(*encoder); }));
  print("R0503 dead routes", SecondsOf([&] { verify::FindDeadRoutes(*encoder); }));
  print("R0504 dead rules", SecondsOf([&] { verify::FindDeadRules(*encoder); }));
  print("R0505 dead refusals", SecondsOf([&] { verify::FindDeadRefusals(*encoder); }));
  print("R0506 redundant rules", SecondsOf([&] { verify::FindRedundantRules(*encoder); }));
  print("R0507 always holds", SecondsOf([&] { verify::FindAlwaysHolds(*encoder); }));
  print("R0508 dead tiers", SecondsOf([&] { verify::FindDeadTiers(*encoder); }));
  print("R0509 untried tiers", SecondsOf([&] { verify::FindUntriedTiers(*encoder); }));
  print("R0512 slow failovers", SecondsOf([&] { verify::FindSlowFailovers(*encoder); }));
  print("R0517 dearer spills", SecondsOf([&] { verify::FindDearerSpills(*encoder); }));
  print("R0518 dead members", SecondsOf([&] { verify::FindDeadMembers(*encoder); }));
  print("R0519 retries cut short", SecondsOf([&] { verify::FindCutShort(*encoder); }));
  print("R0521 idle parts", SecondsOf([&] { verify::FindIdleParts(*encoder, verify::Limits::Depth::kAudit); }));
  print("R0522 out of date", SecondsOf([&] { verify::FindOutOfDate(*encoder, *ParseDate("2026-11-24"), limits.depth); }));
  print("R0510 guarantees", SecondsOf([&] { verify::CheckGuarantees(*encoder); }));
  print("R0513, R0514 gains by a value", SecondsOf([&] { verify::FindValueGains(*encoder); }));
  print("R0515 single losses", SecondsOf([&] { verify::FindSingleLosses(*encoder); }));
  print("R0516 trivial guarantees", SecondsOf([&] { verify::FindTrivialGuarantees(*encoder); }));
  print("R0523 idle rules", SecondsOf([&] { verify::FindIdleRules(*encoder); }));
}

}  // namespace

auto main(int argc, char** argv) -> int {
  if (argc == 3 && std::strcmp(argv[1], "--questions") == 0) {
    MeasureQuestions(ResolveText(TextOf(argv[2])).policy);
    return 0;
  }
  std::printf("%-34s %9s %9s %9s %9s %8s\n", "seconds of processor time", "read", "verify", "audit", "with z3",
              "z3/verify");
  if (argc == 2 && std::strcmp(argv[1], "--cache") == 0) {
    MeasureCaches();
    return 0;
  }
  if (argc == 2 && std::strcmp(argv[1], "--promises") == 0) {
    MeasurePromises();
    return 0;
  }
  if (argc == 2 && std::strcmp(argv[1], "--growth") == 0) {
    MeasureGrowth();
    return 0;
  }
  if (argc == 2) {
    Measure(argv[1], TextOf(argv[1]), Reference::kAsk);
    return 0;
  }
  MeasureRealistic(1, 200, 100, Reference::kAsk);
  MeasureRealistic(2, 200, 100, Reference::kAsk);
  MeasureRealistic(1, 1000, 300, Reference::kAsk);
  MeasureRealistic(2, 1000, 300, Reference::kAsk);
  MeasureRealistic(1, 5000, 300, Reference::kLeaveOut);
  MeasureCaches();
  MeasurePromises();
  MeasureGrowth();
  return 0;
}
