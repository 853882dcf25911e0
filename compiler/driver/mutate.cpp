#include "compiler/driver/mutate.h"

#include <llvm/Support/raw_ostream.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "compiler/diagnostics/render.h"
#include "compiler/driver/exit_codes.h"

namespace route::driver {
namespace {

/// Nothing, after saying so, if one of them is no kind.
auto ReadKinds(const std::vector<std::string>& names) -> std::optional<std::vector<mutate::Kind>> {
  std::vector<mutate::Kind> kinds;
  for (const std::string& name : names) {
    const std::size_t before = kinds.size();
    std::string known;
    for (std::size_t i = 0; i < mutate::kKinds; ++i) {
      const auto kind = static_cast<mutate::Kind>(i);
      known += (known.empty() ? "`" : ", `") + std::string(mutate::KindName(kind)) + "`";
      if (mutate::KindName(kind) == name) kinds.push_back(kind);
    }
    if (kinds.size() > before) continue;
    PrintUsageError("--only: `" + name + "` is not a kind of change; there are " + known);
    return std::nullopt;
  }
  return kinds;
}

/// On standard error, where somebody is looking.
auto Progress() -> std::function<void(std::size_t, std::size_t)> {
  if (::isatty(STDERR_FILENO) == 0) return {};
  return [](std::size_t done, std::size_t all) {
    constexpr std::size_t kEvery = 10;
    if (done % kEvery == 0) llvm::errs() << "\r" << done << " of " << all << " changes tried";
    if (done + 1 == all) llvm::errs() << "\r\033[K";
  };
}

}  // namespace

auto Mutate(const MutateOptions& options, const CommonOptions& common) -> int {
  const auto kinds = ReadKinds(options.only);
  if (!kinds) return kWrongUsage;
  auto compilation = ReadPolicy(options.policy, common);
  if (compilation == nullptr) return kWrongUsage;
  VerifyPolicy(*compilation, options.limits, common.now());
  const int sound = ExitCodeOf(compilation->emitter.diagnostics(), diagnostics::FailLevel::kError);
  if (sound != kGood) {
    if (common.format == Format::kJson) {
      PrintJson({{"schema", "route.mutate/1"},
                 {"diagnostics", diagnostics::RenderJson(compilation->emitter.diagnostics(), compilation->sources)}});
    } else {
      PrintDiagnostics(*compilation, common, Stream::kErr);
    }
    PrintUsageError("what a policy's guarantees and tests notice can be measured once `routec check` finds no error");
    return sound;
  }
  const mutate::MutationReport report =
      mutate::Run(compilation->policy, compilation->sources, *compilation->table, common.now(),
                  {.only = *kinds, .limits = options.limits, .progress = Progress()});
  PrintMutation(*compilation, report, options, common);
  if (options.fail_under && report.Score() < *options.fail_under) return kPolicyHasErrors;
  return report.Count(mutate::Fate::kUnknown) > 0 ? kInconclusive : kGood;
}

}  // namespace route::driver
