#include "compiler/driver/command_line.h"
#include "compiler/driver/init.h"

namespace route::driver {

void AddProjectCommands(CommandLine& line) {
  auto [init, init_options] = line.Add<InitOptions>("init", "Writes a policy project to begin with", Init);
  init->add_option("folder", init_options->folder, "where to write it; this folder unless given")->option_text("DIR");
  init->add_flag_callback(
      "--list", [options = init_options] { options->action = InitOptions::Action::kList; },
      "only say what would be written");
  line.WithOutput(init);
}

}  // namespace route::driver
