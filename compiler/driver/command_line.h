#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "compiler/driver/commands.h"

/// The command line of routec: the commands describe their options here, each group in a file of its own, so that help,
/// shell completions and manual pages all come from one description.
namespace route::driver {

/// What `--format` of a command takes, the default first.
using Formats = std::vector<std::pair<std::string, Format>>;
inline const Formats kTextOrJson = {{"text", Format::kText}, {"plain", Format::kPlain}, {"json", Format::kJson}};

class CommandLine {
 public:
  explicit CommandLine(Date today);

  auto app() -> CLI::App& { return app_; }
  auto common() -> CommonOptions& { return common_; }

  /// A command whose options are kept in a `T` until it runs: `run(options, common)` gives the exit code.
  template <typename T>
  auto Add(const std::string& name, const std::string& description,
           std::function<int(const T&, const CommonOptions&)> run) -> std::pair<CLI::App*, T*> {
    return AddTo<T>(&app_, name, description, std::move(run));
  }

  /// The same as a command of a command: `routec import litellm-prices`.
  template <typename T>
  auto AddTo(CLI::App* parent, const std::string& name, const std::string& description,
             std::function<int(const T&, const CommonOptions&)> run) -> std::pair<CLI::App*, T*> {
    auto options = std::make_shared<T>();
    CLI::App* command = parent->add_subcommand(name, description);
    command->callback([this, options, run = std::move(run)] {
      run_ = [this, options, run] { return run(*options, common_); };
    });
    return {command, options.get()};
  }

  /// `FILE.route`, required.
  void WithPolicy(CLI::App* command, std::string& policy);
  /// `--today` and `--time`.
  void WithToday(CLI::App* command);
  /// `--format` and `--color`.
  void WithFormat(CLI::App* command, const Formats& formats = kTextOrJson);
  /// `--format`, `--color` and `--today`.
  void WithOutput(CLI::App* command, const Formats& formats = kTextOrJson);
  /// The same, with the formats for other programs that read findings.
  void WithReport(CLI::App* command);
  /// `--rlimit` and `--solver`.
  void WithSolverLimit(CLI::App* command, verify::Limits& limits);
  /// `--cache`, or `ROUTEC_CACHE` in the environment.
  void WithCache(CLI::App* command, std::string& folder);

  /// Parses and runs; returns an exit code.
  auto Run(int argc, char** argv) -> int;

 private:

  CLI::App app_;
  CommonOptions common_;
  std::function<int()> run_;
};

// One function for each group of commands, in the order in which `--help` lists them.
void AddCheckCommands(CommandLine& line);     ///< check, build, prove
void AddDecideCommands(CommandLine& line);    ///< eval, decide
void AddTestCommands(CommandLine& line);      ///< test
void AddLanguageCommands(CommandLine& line);  ///< dump
void AddDiffCommands(CommandLine& line);      ///< diff, mutate
void AddExplainCommands(CommandLine& line);   ///< explain
void AddProjectCommands(CommandLine& line);   ///< init, completions, manual
void AddImportCommands(CommandLine& line);    ///< import litellm-prices, import litellm-config
void AddFmtCommand(CommandLine& line);        ///< fmt

}  // namespace route::driver
