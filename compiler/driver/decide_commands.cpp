#include "compiler/driver/bundle_commands.h"
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

  auto [simulate, simulate_options] =
      line.Add<SimulateOptions>("simulate", "Says what a bundle would have done with recorded requests", SimulateCommand);
  simulate->add_option("bundle", simulate_options->bundle, "the bundle")->required()->option_text("FILE.rtb");
  simulate->add_option("--trace", simulate_options->trace, "the requests, one JSON object a line; - for standard input")
      ->required()
      ->option_text("FILE.jsonl");
  simulate->add_option("--against", simulate_options->against, "another bundle, to say what would change")
      ->option_text("FILE.rtb");
  simulate->add_option("--policy", simulate_options->policy, "which policy of a bundle with several")->option_text("NAME");
  line.WithOutput(simulate, {{"text", Format::kText}, {"plain", Format::kPlain}, {"json", Format::kJson}, {"markdown", Format::kMarkdown}});

  auto [sign, sign_options] = line.Add<SignOptions>("sign", "Vouches for a bundle with an Ed25519 key", SignCommand);
  sign->add_option("bundle", sign_options->bundle, "the bundle")->required()->option_text("FILE.rtb");
  sign->add_option("--key", sign_options->key, "the private key, a PEM file without a password")->required()->option_text("FILE.pem");
  sign->add_option("-o,--output", sign_options->output, "the signature to write; the bundle's name with .sig unless given")
      ->option_text("FILE.sig");
  line.WithFormat(sign);

  auto [attest, attest_options] =
      line.Add<AttestOptions>("attest", "Says which proof packs belong to a bundle, signed or not", AttestCommand);
  attest->add_option("bundle", attest_options->bundle, "the bundle")->required()->option_text("FILE.rtb");
  attest->add_option("--pack", attest_options->packs, "the proof pack of one of its policies; once for each")
      ->required()
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->option_text("FILE.rpp");
  attest->add_option("--key", attest_options->key, "signs with this private key, a PEM file without a password")->option_text("FILE.pem");
  attest->add_option("-o,--output", attest_options->output, "the file to write; the bundle's name with .proof unless given")
      ->option_text("FILE.proof");
  line.WithFormat(attest);
}

}  // namespace route::driver
