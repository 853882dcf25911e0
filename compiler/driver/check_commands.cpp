#include "compiler/driver/command_line.h"

#include <map>

namespace route::driver {

void AddCheckCommands(CommandLine& line) {
  auto [check, check_options] =
      line.Add<CheckOptions>("check", "Finds errors in a policy and proves its guarantees", Check);
  check->add_option("policy", check_options->policies, "the policy file, or several, each checked by itself")
      ->required()
      ->option_text("FILE.route");
  line.WithSolverLimit(check, check_options->limits);
  line.WithCache(check, check_options->cache);
  const std::map<std::string, diagnostics::FailLevel> levels = {{"error", diagnostics::FailLevel::kError},
                                                                {"warning", diagnostics::FailLevel::kWarning},
                                                                {"never", diagnostics::FailLevel::kNever}};
  check->add_option("--fail-level", check_options->fail_level, "the least severity that makes the exit code 1")
      ->transform(CLI::CheckedTransformer(levels).description(""))
      ->option_text("error|warning|never");
  check->add_option("--baseline", check_options->baseline, "findings in this file are known: they are counted and not shown")
      ->option_text("FILE.json");
  check->add_option("--write-baseline", check_options->write_baseline, "write the present findings to this file")
      ->option_text("FILE.json");
  check->add_flag_callback(
      "--audit",
      [options = check_options, &common = line.common()] {
        options->limits.depth = verify::Limits::Depth::kAudit;
        common.unused = resolve::Options::Unused::kReport;
      },
      "also ask what an auditor would: gains by claims, single losses, guarantees that say nothing, unused declarations");
  check->add_option("--why", check_options->why, "the rules and refusals that the proof of this guarantee rests on")
      ->option_text("GUARANTEE");
  check->add_option("--save-tests", check_options->save_tests, "write the witnesses to this file, as tests")
      ->option_text("FILE.route");
  check->add_option("--emit-smt2", check_options->emit_smt2, "write each question to a file of its own in this folder")
      ->option_text("DIR");
  check->add_flag_callback(
      "--fix", [options = check_options] { options->fixes = CheckOptions::Fixes::kApply; },
      "apply the fixes that are sure to the policy's files, and check what they are then");
  line.WithReport(check);

  auto [build, build_options] = line.Add<BuildOptions>("build", "Checks a policy and writes its decision table", Build);
  build->add_option("policy", build_options->policies, "the policy file, or the files of several policies for one bundle")
      ->required()
      ->option_text("FILE.route...");
  build->add_option("-o,--output", build_options->output, "the bundle to write")->required()->option_text("FILE.rtb");
  line.WithSolverLimit(build, build_options->limits);
  line.WithCache(build, build_options->cache);
  build->add_flag_callback(
      "--unverified", [options = build_options] { options->unverified = BuildOptions::Unverified::kAllow; },
      "write the table even if verification failed; a gateway refuses it unless told otherwise");
  build->add_option("--prove", build_options->pack, "write the proof pack of the bundle to this file too")
      ->option_text("FILE.rpp");
  line.WithOutput(build);

  auto [prove, prove_options] =
      line.Add<ProveOptions>("prove", "Writes a proof pack, which routeaudit checks without trusting routec", ProveCommand);
  line.WithPolicy(prove, prove_options->policy);
  prove->add_option("-o,--output", prove_options->output, "the proof pack to write")->required()->option_text("FILE.rpp");
  prove->add_option("--most-cases", prove_options->most_cases,
                    "the largest tree of cases (256 if it is left out); above it a clausal proof is written, with 0 always")
      ->check(CLI::Range(0U, 1'000'000U).description(""))
      ->option_text("N");
  line.WithSolverLimit(prove, prove_options->limits);
  line.WithOutput(prove);
}

}  // namespace route::driver
