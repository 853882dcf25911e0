#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/driver/commands.h"
#include "compiler/ir/policy.h"
#include "compiler/lower/lower.h"
#include "compiler/resolve/load.h"
#include "compiler/verify/verify.h"
#include "runtime/table/table.h"

/// Load -> Parse -> Resolve -> Verify -> Lower -> Emit: the steps that the subcommands have in common.
namespace route::driver {

/// Something that can't happen happened; main prints it and exits with kInternalError.
class InternalError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A policy and everything that is known about it so far. Its sources outlive every view into them.
struct Compilation {
  SourceSet sources;
  diagnostics::Emitter emitter;
  resolve::LoadedPolicy loaded;
  ir::Policy policy;                     ///< well formed if the emitter has no errors
  std::optional<verify::VerifyReport> report;
};

/// Reads, parses and resolves. Returns nothing, after saying so on standard error, if the file cannot be read at all.
auto ReadPolicy(const std::string& path, const CommonOptions& common) -> std::unique_ptr<Compilation>;

/// Reads and parses only.
auto ReadSyntax(const std::string& path) -> std::unique_ptr<Compilation>;

/// Verifies a policy that was read without errors, reports what was found and confirms every witness on the compiled
/// table. A policy with errors is left alone.
void VerifyPolicy(Compilation& compilation, const verify::Limits& limits);

/// The bundle of a verified policy. Reports what does not fit the table (R0601) and then returns nothing. What is
/// returned has been loaded once to see that it loads.
auto LowerPolicy(Compilation& compilation) -> std::optional<std::vector<std::byte>>;

/// The exit code that a verified policy stands for.
auto ExitCodeOf(const Compilation& compilation) -> int;

/// Prints what the emitter holds, to standard output or standard error.
enum class Stream : std::uint8_t { kOut, kErr };
void PrintDiagnostics(const Compilation& compilation, const CommonOptions& common, Stream stream);

/// Errors of usage and environment: `routec: error: …` on standard error.
void PrintUsageError(const std::string& sentence);

/// `routec 0.1.0`
auto ToolVersion() -> std::string;

}  // namespace route::driver
