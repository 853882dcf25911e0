#include "compiler/driver/command_line.h"

namespace route::driver {
void AddLanguageCommands(CommandLine& line) {
  const std::map<std::string, Phase> phases = {
      {"ast", Phase::kAst}, {"ir", Phase::kIr}, {"smt", Phase::kSmt}, {"table", Phase::kTable}};
  auto [dump, dump_options] = line.Add<DumpOptions>("dump", "Prints what a phase of the compiler made of a policy", Dump);
  line.WithPolicy(dump, dump_options->policy);
  dump->add_option("--phase", dump_options->phase, "ast, ir (the default), smt or table")
      ->transform(CLI::CheckedTransformer(phases).description(""))
      ->option_text("ast|ir|smt|table");
  line.WithOutput(dump);
}

}  // namespace route::driver
