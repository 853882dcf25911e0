#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>

#include "compiler/base/source.h"
#include "compiler/diff/diff.h"
#include "compiler/resolve/load.h"
#include "compiler/resolve/resolve.h"
#include "tests/realistic_policy/realistic_policy.h"

// How long `routec diff` takes to compare two policies of a thousand rules, once both are read: `ninja bench_diff`.

namespace {

using namespace route;

auto ReadPolicy(std::uint32_t rules, std::uint32_t deployments) -> ir::Policy {
  SourceSet sources;
  const FileId root =
      sources.Add("policy.route", realistic_policy::PolicyText(1, realistic_policy::Size::Of(rules, deployments)));
  diagnostics::Emitter emitter;
  const resolve::LoadedPolicy loaded = resolve::Load(sources, root, emitter);
  ir::Policy policy = resolve::Resolve(sources, loaded, {}, emitter);
  if (emitter.has_errors()) std::abort();
  return policy;
}

/// Of the processor, so that other work on the machine does not count.
auto Seconds(const std::function<void()>& work) -> double {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

void Measure(const char* name, const ir::Policy& before, const ir::Policy& after, double reading) {
  std::string found;
  const double taken = Seconds([&] {
    const auto report = diff::Diff({&before, nullptr, nullptr}, nullptr, {&after, nullptr, nullptr}, {});
    if (!report) std::abort();
    found =
        diff::VerdictName(report->verdict) + ", " +
        (report->listing == diff::DiffReport::Listing::kComplete
             ? std::to_string(report->changes.size()) + " changes, " + report->changed.Text(diff::Count::Groups::kNone)
             : "too many") +
        " of " + report->requests.Text(diff::Count::Groups::kNone) + " classes";
  });
  std::printf("  %-34s %7.3f s  %5.2f of reading  %s\n", name, taken, taken / reading, found.c_str());
}

/// Rule `at` requires what another one does.
void EditRule(ir::Policy& policy, std::size_t at) {
  policy.rules[at].keep = policy.rules[(at + 1) % policy.rules.size()].keep;
}

void EditRules(ir::Policy& policy, std::size_t count) {
  const std::size_t step = policy.rules.size() / count;
  for (std::size_t i = 0; i < count; ++i) EditRule(policy, i * step);
}

}  // namespace

auto main() -> int {
  for (const std::uint32_t rules : {200U, 1000U}) {
    const std::uint32_t deployments = rules == 200 ? 100 : 300;
    ir::Policy policy;
    const double reading = Seconds([&] { policy = ReadPolicy(rules, deployments); });
    std::printf("%u rules, %u deployments; reading takes %.3f s\n", rules, deployments, reading);
    Measure("itself", policy, policy, reading);
    ir::Policy edited = policy;
    EditRule(edited, rules / 2);
    Measure("one rule requires something else", policy, edited, reading);
    edited = policy;
    edited.rules[rules / 3].when.kind = ir::Condition::Kind::kFalse;
    Measure("one rule left out", policy, edited, reading);
    edited = policy;
    std::swap(edited.routes[1], edited.routes[2]);
    Measure("two routes change places", policy, edited, reading);
    edited = policy;
    EditRules(edited, 20);
    Measure("20 rules require something else", policy, edited, reading);
  }
  return 0;
}
