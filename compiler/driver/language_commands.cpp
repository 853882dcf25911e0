#include "compiler/driver/command_line.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/pipeline.h"

namespace route::driver {
namespace {

/// Names that the contract fixes and whose work is not built yet: said plainly, and never mistaken for success.
void AddNotBuiltYet(CommandLine& line, const std::string& name) {
  struct Nothing {};
  auto [command, options] = line.Add<Nothing>(name, "Not built yet", [name](const Nothing&, const CommonOptions&) {
    PrintUsageError("`" + name + "` is not built yet");
    return kWrongUsage;
  });
  command->allow_extras();
}

}  // namespace

void AddLanguageCommands(CommandLine& line) {
  const std::map<std::string, Phase> phases = {
      {"ast", Phase::kAst}, {"ir", Phase::kIr}, {"smt", Phase::kSmt}, {"table", Phase::kTable}};
  auto [dump, dump_options] = line.Add<DumpOptions>("dump", "Prints what a phase of the compiler made of a policy", Dump);
  line.WithPolicy(dump, dump_options->policy);
  dump->add_option("--phase", dump_options->phase, "ast, ir (the default), smt or table")
      ->transform(CLI::CheckedTransformer(phases).description(""))
      ->option_text("ast|ir|smt|table");
  line.WithOutput(dump);

  AddNotBuiltYet(line, "diff");
}

}  // namespace route::driver
