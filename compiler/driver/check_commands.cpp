#include "compiler/driver/command_line.h"

namespace route::driver {

void AddCheckCommands(CommandLine& line) {
  auto [check, check_options] =
      line.Add<CheckOptions>("check", "Finds errors in a policy and proves its guarantees", Check);
  line.WithPolicy(check, check_options->policy);
  line.WithSolverLimit(check, check_options->limits);
  line.WithOutput(check);

  auto [build, build_options] = line.Add<BuildOptions>("build", "Checks a policy and writes its decision table", Build);
  build->add_option("policy", build_options->policies, "the policy file, or the files of several policies for one bundle")
      ->required()
      ->option_text("FILE.route...");
  build->add_option("-o,--output", build_options->output, "the bundle to write")->required()->option_text("FILE.rtb");
  line.WithSolverLimit(build, build_options->limits);
  build->add_flag_callback(
      "--unverified", [options = build_options] { options->unverified = BuildOptions::Unverified::kAllow; },
      "write the table even if verification failed; a gateway refuses it unless told otherwise");
  line.WithOutput(build);
}

}  // namespace route::driver
