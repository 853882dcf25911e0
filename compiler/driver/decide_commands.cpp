#include "compiler/driver/command_line.h"

namespace route::driver {

void AddDecideCommands(CommandLine& line) {
  auto [eval, eval_options] = line.Add<EvalOptions>("eval", "Decides one request with the slow evaluator", Eval);
  line.WithPolicy(eval, eval_options->policy);
  eval->add_option("--given", eval_options->given, "the request, for example \"tier=gold data=health\"")->option_text("TEXT");
  line.WithOutput(eval);

  auto [decide, decide_options] =
      line.Add<DecideOptions>("decide", "Decides one request with a bundle's decision table", DecideCommand);
  decide->add_option("bundle", decide_options->bundle, "the bundle")->required()->option_text("FILE.rtb");
  decide->add_option("--policy", decide_options->policy, "which policy of a bundle with several")->option_text("NAME");
  decide->add_option("--given", decide_options->given, "the request, for example \"tier=gold data=health\"")
      ->option_text("TEXT");
  line.WithOutput(decide);
}

}  // namespace route::driver
