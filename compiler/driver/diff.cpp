#include "compiler/driver/diff.h"

#include <llvm/Support/raw_ostream.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "compiler/diagnostics/render.h"
#include "compiler/driver/choose_policy.h"
#include "compiler/driver/exit_codes.h"

namespace route::driver {
namespace {

auto IsBundle(const std::string& path) -> bool {
  return path.ends_with(".rtb");
}

void PrintErrors(const Compilation& compilation, const CommonOptions& common) {
  if (common.format == Format::kJson) {
    PrintJson({{"schema", "route.diff/1"},
               {"diagnostics", diagnostics::RenderJson(compilation.emitter.diagnostics(), compilation.sources)}});
  } else {
    PrintDiagnostics(compilation, common, Stream::kErr);
  }
}

auto ReadBundle(const std::string& path, const std::string& policy) -> std::expected<ComparedPolicy, int> {
  ComparedPolicy compared{
      .path = path, .compilation = nullptr, .rebuilt = std::nullopt, .table = LoadPolicy(path, policy)};
  if (!compared.table) return std::unexpected(kWrongUsage);
  auto rebuilt = explain::PolicyOf(*compared.table);
  if (!rebuilt) {
    PrintUsageError(rebuilt.error());
    return std::unexpected(kWrongUsage);
  }
  compared.rebuilt = std::move(*rebuilt);
  return compared;
}

}  // namespace

auto ComparedPolicy::side() const -> diff::Side {
  if (rebuilt) return {.policy = &rebuilt->policy, .sources = &rebuilt->sources, .table = &*table};
  return {.policy = &compilation->policy, .sources = &compilation->sources, .table = &*compilation->table};
}

auto ReadCompared(const std::string& path, const std::string& policy, const CommonOptions& common)
    -> std::expected<ComparedPolicy, int> {
  if (IsBundle(path)) return ReadBundle(path, policy);
  ComparedPolicy compared{
      .path = path, .compilation = ReadPolicy(path, common), .rebuilt = std::nullopt, .table = std::nullopt};
  if (compared.compilation == nullptr) return std::unexpected(kWrongUsage);
  // Two decisions can be compared whether or not the policies keep their promises.
  compared.compilation->report = verify::VerifyReport{};
  if (compared.compilation->emitter.has_errors() || !LowerPolicy(*compared.compilation)) {
    PrintErrors(*compared.compilation, common);
    return std::unexpected(kPolicyHasErrors);
  }
  return compared;
}

auto Diff(const DiffOptions& command, const CommonOptions& common) -> int {
  const auto before = ReadCompared(command.before, command.policy, common);
  if (!before) return before.error();
  const auto after = ReadCompared(command.after, command.policy, common);
  if (!after) return after.error();
  diff::Options options;
  options.limits = command.limits;
  if (before->rebuilt || after->rebuilt) options.facts = diff::Compared::kFactsOfBundles;
  if (command.allow && !ReadAllowed(command, *before, *after, common, options)) return kWrongUsage;

  std::unique_ptr<Compilation> between;
  const bool has_sources = !before->rebuilt && !after->rebuilt;
  if (has_sources && !diff::CompareCatalogues(*before->side().policy, *after->side().policy, options.facts).empty()) {
    between = ReadBetween(command.before, command.after, common);
  }
  const auto report =
      diff::Diff(before->side(), between == nullptr ? nullptr : &between->policy, after->side(), options);
  if (!report) {
    PrintUsageError(
        "a condition is too large to be compared: over the values that both policies tell apart it needs more than " +
        std::to_string(diff::kMaxTermsPerCondition) + " terms");
    return kInconclusive;
  }
  PrintDiff({*before, *after, *report, options, command}, common);
  if (report->HasUnexplained()) return kPolicyHasErrors;
  return report->verdict == diff::Verdict::kUnknown ? kInconclusive : kGood;
}

}  // namespace route::driver
