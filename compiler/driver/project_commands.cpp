#include <llvm/Support/raw_ostream.h>

#include <map>
#include <vector>

#include "compiler/driver/command_line.h"
#include "compiler/driver/completions.h"
#include "compiler/driver/description.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/init.h"
#include "compiler/driver/manual.h"
#include "compiler/driver/pipeline.h"

namespace route::driver {
namespace {

struct CompletionsOptions {
  Shell shell = Shell::kBash;
};

struct ManualOptions {
  std::vector<std::string> command;
  std::string folder;
};

auto PrintManual(const Command& routec, const ManualOptions& options) -> int {
  if (!options.folder.empty()) {
    if (auto written = WriteManual(routec, options.folder); !written) {
      PrintUsageError(written.error());
      return kWrongUsage;
    }
    return kGood;
  }
  for (const Command* command : WithAllWithin(routec)) {
    if (command->words != options.command) continue;
    llvm::outs() << ManualPage(*command);
    return kGood;
  }
  std::string words;
  for (const std::string& word : options.command) words += " " + word;
  PrintUsageError("there is no command `routec" + words + "`: see `routec --help`");
  return kWrongUsage;
}

}  // namespace

void AddProjectCommands(CommandLine& line) {
  auto [init, init_options] = line.Add<InitOptions>("init", "Writes a policy project to begin with", Init);
  init->add_option("folder", init_options->folder, "where to write it; this folder unless given")->option_text("DIR");
  init->add_flag_callback(
      "--list", [options = init_options] { options->action = InitOptions::Action::kList; },
      "only say what would be written");
  line.WithOutput(init);

  const std::map<std::string, Shell> shells = {{"bash", Shell::kBash}, {"zsh", Shell::kZsh}, {"fish", Shell::kFish}};
  auto [completions, completions_options] =
      line.Add<CompletionsOptions>("completions", "Prints a script with which a shell completes this command line",
                                   [&line](const CompletionsOptions& options, const CommonOptions&) {
                                     llvm::outs() << Completions(Describe(line.app()), options.shell);
                                     return kGood;
                                   });
  completions->add_option("shell", completions_options->shell, "the shell")
      ->required()
      ->transform(CLI::CheckedTransformer(shells).description(""))
      ->option_text("bash|zsh|fish");

  auto [manual, manual_options] = line.Add<ManualOptions>("manual", "Prints a manual page",
                                                          [&line](const ManualOptions& options, const CommonOptions&) {
                                                            return PrintManual(Describe(line.app()), options);
                                                          });
  manual
      ->add_option("command", manual_options->command, "the command that the page is about; routec itself unless given")
      ->option_text("COMMAND");
  manual
      ->add_option("-o,--output", manual_options->folder, "write all pages into this folder instead, in man1 and man5")
      ->option_text("DIR");
}

}  // namespace route::driver
