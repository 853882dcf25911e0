// How long `routec mutate` takes for a realistic policy, of processor time: `ninja bench_mutate`.
//
//   mutate_bench                      200 rules x 100 deployments, all kinds of mutants
//   mutate_bench RULES DEPLOYMENTS    of another size
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "compiler/base/source.h"
#include "compiler/lower/lower.h"
#include "compiler/mutate/mutate.h"
#include "compiler/resolve/load.h"
#include "compiler/resolve/resolve.h"
#include "compiler/verify/verify.h"
#include "runtime/table/table.h"
#include "tests/realistic_policy/realistic_policy.h"

namespace {

using namespace route;

auto SecondsSince(std::clock_t start) -> double { return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC; }

void Measure(std::uint32_t rules, std::uint32_t deployments) {
  const Date today = *ParseDate("2026-11-24");
  SourceSet sources;
  diagnostics::Emitter emitter;
  const FileId root =
      sources.Add("policy.route", realistic_policy::PolicyText(1, realistic_policy::Size::Of(rules, deployments)));
  const resolve::LoadedPolicy loaded = resolve::Load(sources, root, emitter);
  const ir::Policy policy = resolve::Resolve(sources, loaded, {today}, emitter);
  if (emitter.has_errors()) std::abort();
  const auto bytes = lower::Lower(policy, verify::Verify(policy, {}), {"bench", &sources});
  if (!bytes) std::abort();
  const auto table = Table::FromBytes(*bytes);
  if (!table) std::abort();

  const std::clock_t start = std::clock();
  mutate::Options options;
  options.progress = [&](std::size_t done, std::size_t all) {
    if (done % 100 == 0) std::fprintf(stderr, "  %zu of %zu after %.1f s\n", done, all, SecondsSince(start));
  };
  const mutate::MutationReport report = mutate::Run(policy, sources, *table, {today}, options);
  std::printf("%u rules, %u deployments: %zu mutants in %.1f s: %zu noticed, %zu survived, %zu equivalent, %zu unknown\n",
              rules, deployments, report.results.size(), SecondsSince(start), report.Count(mutate::Fate::kNoticed),
              report.Count(mutate::Fate::kSurvived), report.Count(mutate::Fate::kEquivalent),
              report.Count(mutate::Fate::kUnknown));
}

}  // namespace

auto main(int argc, char** argv) -> int {
  if (argc == 3) {
    Measure(static_cast<std::uint32_t>(std::atoi(argv[1])), static_cast<std::uint32_t>(std::atoi(argv[2])));
  } else {
    Measure(200, 100);
  }
  return 0;
}
