#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/diagnostics/report.h"
#include "compiler/resolve/resolve.h"
#include "compiler/verify/verify.h"
#include "runtime/values/date.h"

namespace CLI {
class App;
}

/// One function for each subcommand of `routec`; each returns an exit code of exit_codes.h.
namespace route::driver {

/// `kSarif` and `kGithub` are only for commands that do nothing but say what is wrong with a policy, `kJunit` for those and
/// `test`, `kMarkdown` for `explain`.
enum class Format : std::uint8_t { kText, kPlain, kJson, kSarif, kJunit, kGithub, kMarkdown };

/// Formats that people read, on a terminal or in a log.
inline auto IsText(Format format) -> bool { return format == Format::kText || format == Format::kPlain; }

enum class Colour : std::uint8_t { kAuto, kAlways, kNever };

struct CommonOptions {
  Format format = Format::kText;
  Colour colour = Colour::kAuto;
  Date today;  ///< the day that `from clock` and the age of fact sets go by
  std::uint32_t minute = Moment::kNoon;  ///< of that day, for `from clock`
  resolve::Options::Unused unused = resolve::Options::Unused::kIgnore;
  auto now() const -> Moment { return {today, minute}; }
};

struct CheckOptions {
  std::vector<std::string> policies;  ///< at least one, checked one after the other
  verify::Limits limits;
  diagnostics::FailLevel fail_level = diagnostics::FailLevel::kError;
  std::optional<std::string> baseline;        ///< a file whose findings are known
  std::optional<std::string> write_baseline;  ///< a file to write the present findings to
  enum class Fixes : std::uint8_t { kShow, kApply };
  Fixes fixes = Fixes::kShow;
  std::optional<std::string> why;         ///< a guarantee whose proof is to be explained
  std::optional<std::string> save_tests;  ///< a file to write the witnesses to, as tests
  std::optional<std::string> emit_smt2;   ///< a folder to write each question to
  std::string cache;                      ///< a folder that keeps verdicts; empty for none
};
auto Check(const CheckOptions& options, const CommonOptions& common) -> int;

struct BuildOptions {
  std::vector<std::string> policies;  ///< at least one; several go into one file
  std::string output;
  enum class Unverified : std::uint8_t { kRefuse, kAllow };
  Unverified unverified = Unverified::kRefuse;
  std::optional<std::string> pack;  ///< a proof pack to write too, of a bundle of one policy
  verify::Limits limits;
  std::string cache;  ///< a folder that keeps verdicts; empty for none
};
auto Build(const BuildOptions& options, const CommonOptions& common) -> int;

struct ProveOptions {
  std::string policy;
  std::string output;
  std::uint32_t most_cases = 256;  ///< leaves of a tree of cases, above which a clausal proof is written
  verify::Limits limits;
};
auto ProveCommand(const ProveOptions& options, const CommonOptions& common) -> int;

struct EvalOptions {
  std::string policy;
  std::string given;
};
auto Eval(const EvalOptions& options, const CommonOptions& common) -> int;

struct DecideOptions {
  std::string bundle;
  std::string policy;  ///< which of several; may be empty for a bundle of one
  std::string given;
};
auto DecideCommand(const DecideOptions& options, const CommonOptions& common) -> int;

struct TestOptions {
  std::vector<std::string> policies;
  std::vector<std::string> filters;  ///< patterns of names; none: every test
  enum class Action : std::uint8_t { kRun, kList };
  Action action = Action::kRun;
  enum class Verbosity : std::uint8_t { kFailures, kEachTest };
  Verbosity verbosity = Verbosity::kFailures;
  enum class Coverage : std::uint8_t { kNone, kMeasure };
  Coverage coverage = Coverage::kNone;
  enum class Suggest : std::uint8_t { kNothing, kTests };
  Suggest suggest = Suggest::kNothing;
  std::optional<std::uint32_t> threshold;  ///< the least coverage that is good enough, in percent
  std::optional<std::string> lcov;         ///< a file to write
  verify::Limits limits;                   ///< for the suggestions
};
auto Test(const TestOptions& options, const CommonOptions& common) -> int;

struct FmtOptions {
  std::vector<std::string> files;
  enum class Check : std::uint8_t { kNo, kYes };
  enum class Output : std::uint8_t { kFile, kDiff, kCore };
  Check check = Check::kNo;
  Output output = Output::kFile;
};

enum class Phase : std::uint8_t { kAst, kIr, kSmt, kTable };
struct DumpOptions {
  std::string policy;
  Phase phase = Phase::kIr;
};
auto Dump(const DumpOptions& options, const CommonOptions& common) -> int;

}  // namespace route::driver
