#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "compiler/base/internal_error.h"
#include "compiler/base/source.h"
#include "compiler/diagnostics/acceptance.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/diagnostics/report.h"
#include "compiler/driver/commands.h"
#include "compiler/ir/policy.h"
#include "compiler/lower/lower.h"
#include "compiler/resolve/load.h"
#include "compiler/testing/run.h"
#include "compiler/verify/verify.h"
#include "runtime/table/table.h"

namespace llvm {
class raw_fd_ostream;
}

/// Load -> Parse -> Resolve -> Verify -> Lower -> Emit: the steps that the subcommands have in common.
namespace route::driver {

/// A policy and everything that is known about it so far. Its sources outlive every view into them.
struct Compilation {
  SourceSet sources;
  diagnostics::Emitter emitter;
  resolve::LoadedPolicy loaded;
  ir::Policy policy;                     ///< well formed if the emitter has no errors
  std::optional<verify::VerifyReport> report;
  diagnostics::Depth depth = diagnostics::Depth::kCheck;  ///< of the report
  std::vector<std::byte> bundle;         ///< of a policy that was lowered and fits the table, whatever was found
  std::optional<Table> table;            ///< the bundle, loaded
  std::vector<testing::TestResult> tests;         ///< of a policy whose tests were run
  std::vector<diagnostics::Acceptance> acceptances;
  std::vector<diagnostics::Accepted> accepted;  ///< warnings that the policy accepts; the emitter has them no more
};

/// Reads, parses and resolves. Returns nothing, after saying so on standard error, if the file cannot be read at all.
auto ReadPolicy(const std::string& path, const CommonOptions& common) -> std::unique_ptr<Compilation>;

/// Reads and parses only.
auto ReadSyntax(const std::string& path) -> std::unique_ptr<Compilation>;

/// Verifies a policy that was read without errors, compiles it, confirms every witness on the compiled table, and reports
/// what was found and is not accepted, and what is accepted in vain; then runs the policy's tests. A policy with errors is left alone. One that does not fit the table
/// gets R0601 and no findings, because none of them could be confirmed. `cache` may be null.
void VerifyPolicy(Compilation& compilation, const verify::Limits& limits, Moment now,
                  verify::VerdictCache* cache = nullptr);

/// Compiles the policy with the report that it has, into `bundle`. Reports what does not fit (R0601) and returns false.
auto LowerPolicy(Compilation& compilation) -> bool;

/// The bytes of the proof pack of a policy that was verified and fits the table; empty if a question was left unanswered.
/// `most_cases`: see `prove::Inputs`.
auto MakePack(const Compilation& compilation, std::uint32_t most_cases = 256) -> std::string;

/// Whether a path leads to a file that the policy was read from, which nothing else may be written to.
auto IsPolicyFile(const Compilation& compilation, const std::string& path) -> bool;

/// The exit code that what was found stands for.
auto ExitCodeOf(const std::vector<diagnostics::Diagnostic>& findings, diagnostics::FailLevel level) -> int;

/// Prints what the emitter holds, to standard output or standard error: as plain text if that is the format, and else with
/// frames, as wide as the terminal but 60 to 120 columns, or 80 where there is none.
enum class Stream : std::uint8_t { kOut, kErr };
void PrintDiagnostics(const Compilation& compilation, const CommonOptions& common, Stream stream);

/// Columns of the terminal behind a stream, as PrintDiagnostics uses them.
auto WidthOf(Stream stream) -> std::size_t;

/// Switches a stream's colours on or off, as the user asked for it.
void SetColours(llvm::raw_fd_ostream& out, const CommonOptions& common);

/// Prints a document to standard output. Bytes that are not UTF-8, as a file's name may have, are replaced.
void PrintJson(const nlohmann::ordered_json& document);

/// Errors of usage and environment: `routec: error: …` on standard error.
void PrintUsageError(const std::string& sentence);

/// `routec 0.1.0`
auto ToolVersion() -> std::string;

}  // namespace route::driver
