#include "compiler/driver/fix.h"

#include <llvm/Support/raw_ostream.h>

#include "compiler/diagnostics/fixes.h"
#include "compiler/diagnostics/layout.h"
#include "compiler/diagnostics/words.h"

namespace route::driver {
namespace {

/// Writes the files of one round. False, after saying so, if one cannot be written.
auto WriteFiles(const diagnostics::FixRound& round, const SourceSet& sources) -> bool {
  for (const diagnostics::FixedFile& file : round.files) {
    auto written = WriteFileAtomically(sources.Get(file.file).path(), file.text);
    if (written) continue;
    PrintUsageError(written.error());
    return false;
  }
  return true;
}

}  // namespace

auto FixPolicy(const CheckOptions& options, const CommonOptions& common, verify::VerdictCache* cache)
    -> std::optional<FixResult> {
  constexpr int kMostRounds = 10;
  FixResult result;
  for (int i = 0;; ++i) {
    result.compilation = ReadPolicy(options.policies.front(), common);
    if (result.compilation == nullptr) return std::nullopt;
    const SourceSet& sources = result.compilation->sources;
    VerifyPolicy(*result.compilation, options.limits, common.now(), cache);
    if (i == kMostRounds) return result;
    diagnostics::FixRound round = diagnostics::ApplyFixes(result.compilation->emitter.diagnostics(), sources);
    if (round.applied.empty()) return result;
    if (!WriteFiles(round, sources)) return std::nullopt;
    for (const diagnostics::AppliedFix& fix : round.applied) {
      MadeFix made{std::string(diagnostics::Entry(fix.code).name), fix.title,
                   diagnostics::ReportedPath(sources.Get(fix.span.file).path()), sources.Begin(fix.span).line};
      llvm::errs() << "fixed " << made.file << ":" << made.line << ": " << diagnostics::Printable(made.title) << " ["
                   << made.code << "]\n";
      result.made.push_back(std::move(made));
    }
  }
}

}  // namespace route::driver
