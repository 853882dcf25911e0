#include "compiler/driver/command_line.h"

#include <llvm/Support/raw_ostream.h>

#include <limits>
#include <map>
#include <sstream>

#include "compiler/driver/exit_codes.h"
#include "compiler/driver/pipeline.h"
#include "compiler/driver/usage.h"
#include "runtime/values/value_text.h"

namespace route::driver {

CommandLine::CommandLine(Date today) : app_("Compiles and verifies policies for AI model routing.", "routec") {
  common_.today = today;
  app_.set_version_flag("--version", ToolVersion());
  app_.require_subcommand(1);
  app_.footer("Exit codes: 0 good, 1 the policy has errors, 2 wrong usage or unreadable file, 3 inconclusive, 70 internal "
              "error.");
}

void CommandLine::WithPolicy(CLI::App* command, std::string& policy) {
  command->add_option("policy", policy, "the policy file")->required()->option_text("FILE.route");
}

void CommandLine::WithToday(CLI::App* command) {
  command->add_option_function<std::string>(
      "--today",
      [this](const std::string& text) {
        auto date = ParseDate(text);
        if (!date) throw CLI::ValidationError("--today", "`" + text + "` is not a date such as 2026-08-02");
        common_.today = *date;
      },
      "the day to go by instead of the system's clock, for example 2026-08-02")
      ->option_text("DATE");
  command->add_option_function<std::string>(
      "--time",
      [this](const std::string& text) {
        auto time = ParseTimeOfDay(text);
        if (!time) throw CLI::ValidationError("--time", "`" + text + "` is not a time of day such as 22:30");
        common_.minute = static_cast<std::uint32_t>(time->micros / Decimal::kScale);
      },
      "the time of day to go by, in every time zone; noon if it is left out")
      ->option_text("TIME");
}

void CommandLine::WithReport(CLI::App* command) {
  WithOutput(command, {{"text", Format::kText},
                       {"plain", Format::kPlain},
                       {"json", Format::kJson},
                       {"sarif", Format::kSarif},
                       {"junit", Format::kJunit},
                       {"github", Format::kGithub}});
}

void CommandLine::WithFormat(CLI::App* command, const Formats& formats) {
  std::string names;
  for (const auto& [name, format] : formats) names += (names.empty() ? "" : "|") + name;
  const std::map<std::string, Colour> colours = {
      {"auto", Colour::kAuto}, {"always", Colour::kAlways}, {"never", Colour::kNever}};
  command->add_option("--format", common_.format, "what to print; plain is text for screen readers and logs")
      ->transform(CLI::CheckedTransformer(formats).description(""))
      ->option_text(names);
  command->add_option("--color,--colour", common_.colour, "auto (the default), always or never")
      ->transform(CLI::CheckedTransformer(colours).description(""))
      ->option_text("auto|always|never");
}

void CommandLine::WithOutput(CLI::App* command, const Formats& formats) {
  WithFormat(command, formats);
  WithToday(command);
}

void CommandLine::WithSolverLimit(CLI::App* command, verify::Limits& limits) {
  command->add_option("--rlimit", limits.rlimit, "solver effort for each question (not a time)")
      ->check(CLI::Range(1U, std::numeric_limits<std::uint32_t>::max()).description(""))
      ->option_text("N");
  const std::map<std::string, verify::SolverKind> solvers = {
      {"sat", verify::SolverKind::kSat}, {"z3", verify::SolverKind::kZ3}, {"both", verify::SolverKind::kBoth}};
  command->add_option("--solver", limits.solver, "what answers the questions; `both` compares each answer")
      ->transform(CLI::CheckedTransformer(solvers).description(""))
      ->option_text("sat|z3|both");
}

void CommandLine::WithCache(CLI::App* command, std::string& folder) {
  command->add_option("--cache", folder, "a folder that keeps answers of the solver for the next run")
      ->envname("ROUTEC_CACHE")
      ->option_text("DIR");
}

auto CommandLine::Run(int argc, char** argv) -> int {
  try {
    app_.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 has its own numbers; ours are 0 for --help and --version, and 2 for everything that is wrong.
    if (error.get_exit_code() != 0) {
      PrintUsageError(DescribeUsageError(app_, error));
      return kWrongUsage;
    }
    std::ostringstream text;
    app_.exit(error, text, text);
    llvm::outs() << text.str();
    return kGood;
  }
  return run_();
}

}  // namespace route::driver
