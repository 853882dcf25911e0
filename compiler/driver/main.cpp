#include <llvm/Support/raw_ostream.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>

#include "compiler/driver/commands.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/pipeline.h"

namespace {

using namespace route;
using namespace route::driver;

auto Today() -> Date {
  auto days = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  return {static_cast<std::int32_t>(days.time_since_epoch().count())};
}

/// Names that the contract fixes and whose work is not built yet: said plainly, and never mistaken for success.
auto NotBuiltYet(const std::string& name) -> int {
  PrintUsageError("`" + name + "` is not built yet");
  return kWrongUsage;
}

auto RunRoutec(int argc, char** argv) -> int {
  // Tools ask for the version again and again, so it is answered before the options are even described.
  if (argc == 2 && std::string_view(argv[1]) == "--version") {
    llvm::outs() << ToolVersion() << "\n";
    return kGood;
  }
  CLI::App app("Compiles and verifies policies for AI model routing.", "routec");
  app.set_version_flag("--version", ToolVersion());
  app.require_subcommand(1);
  app.footer("Exit codes: 0 good, 1 the policy has errors, 2 wrong usage or unreadable file, 3 inconclusive, 70 internal "
             "error.");

  CommonOptions common;
  common.today = Today();
  std::function<int()> run;
  const std::map<std::string, Format> formats = {{"text", Format::kText}, {"json", Format::kJson}};
  const std::map<std::string, Colour> colours = {
      {"auto", Colour::kAuto}, {"always", Colour::kAlways}, {"never", Colour::kNever}};
  auto with_today = [&](CLI::App* command) {
    command->add_option_function<std::string>(
        "--today",
        [&](const std::string& text) {
          auto date = ParseDate(text);
          if (!date) throw CLI::ValidationError("--today", "`" + text + "` is not a date such as 2026-08-02");
          common.today = *date;
        },
        "the day to go by instead of the system's clock, for example 2026-08-02");
  };
  auto with_output = [&](CLI::App* command) {
    command->add_option("--format", common.format, "text (the default) or json")
        ->transform(CLI::CheckedTransformer(formats).description(""))
        ->option_text("text|json");
    command->add_option("--color,--colour", common.colour, "auto (the default), always or never")
        ->transform(CLI::CheckedTransformer(colours).description(""))
        ->option_text("auto|always|never");
    with_today(command);
  };

  CheckOptions check;
  auto* check_command = app.add_subcommand("check", "Finds errors in a policy and proves its guarantees");
  check_command->add_option("policy", check.policy, "the policy file")->required()->option_text("FILE.route");
  check_command->add_option("--rlimit", check.limits.rlimit, "solver effort for each question (not a time)")
      ->check(CLI::Range(1U, std::numeric_limits<std::uint32_t>::max()).description(""))
      ->option_text("N");
  with_output(check_command);
  check_command->callback([&] { run = [&] { return Check(check, common); }; });

  BuildOptions build;
  auto* build_command = app.add_subcommand("build", "Checks a policy and writes its decision table");
  build_command->add_option("policy", build.policy, "the policy file")->required()->option_text("FILE.route");
  build_command->add_option("-o,--output", build.output, "the bundle to write")->required()->option_text("FILE.rtb");
  build_command->add_option("--rlimit", build.limits.rlimit, "solver effort for each question (not a time)")
      ->check(CLI::Range(1U, std::numeric_limits<std::uint32_t>::max()).description(""))
      ->option_text("N");
  build_command->add_flag_callback(
      "--unverified", [&] { build.unverified = BuildOptions::Unverified::kAllow; },
      "write the table even if verification failed; a gateway refuses it unless told otherwise");
  with_output(build_command);
  build_command->callback([&] { run = [&] { return Build(build, common); }; });

  EvalOptions eval;
  auto* eval_command = app.add_subcommand("eval", "Decides one request with the slow evaluator");
  eval_command->add_option("policy", eval.policy, "the policy file")->required()->option_text("FILE.route");
  eval_command->add_option("--given", eval.given, "the request, for example \"tier=gold data=health\"")->option_text("TEXT");
  with_output(eval_command);
  eval_command->callback([&] { run = [&] { return Eval(eval, common); }; });

  DecideOptions decide;
  auto* decide_command = app.add_subcommand("decide", "Decides one request with a bundle's decision table");
  decide_command->add_option("bundle", decide.bundle, "the bundle")->required()->option_text("FILE.rtb");
  decide_command->add_option("--given", decide.given, "the request, for example \"tier=gold data=health\"")->option_text("TEXT");
  with_output(decide_command);
  decide_command->callback([&] { run = [&] { return DecideCommand(decide, common); }; });

  TestOptions test;
  auto* test_command = app.add_subcommand("test", "Runs the tests that a policy contains");
  test_command->add_option("policy", test.policy, "the policy file")->required()->option_text("FILE.route");
  with_output(test_command);
  test_command->callback([&] { run = [&] { return Test(test, common); }; });

  DumpOptions dump;
  const std::map<std::string, Phase> phases = {
      {"ast", Phase::kAst}, {"ir", Phase::kIr}, {"smt", Phase::kSmt}, {"table", Phase::kTable}};
  auto* dump_command = app.add_subcommand("dump", "Prints what a phase of the compiler made of a policy");
  dump_command->add_option("policy", dump.policy, "the policy file")->required()->option_text("FILE.route");
  dump_command->add_option("--phase", dump.phase, "ast, ir (the default), smt or table")
      ->transform(CLI::CheckedTransformer(phases).description(""))
      ->option_text("ast|ir|smt|table");
  with_output(dump_command);
  dump_command->callback([&] { run = [&] { return Dump(dump, common); }; });

  for (const char* name : {"explain", "fmt", "diff"}) {
    auto* command = app.add_subcommand(name, "Not built yet");
    command->allow_extras();
    command->callback([&run, name] { run = [name] { return NotBuiltYet(name); }; });
  }

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 has its own numbers; ours are 0 for --help and --version, and 2 for everything that is wrong.
    return app.exit(error) == 0 ? kGood : kWrongUsage;
  }
  int code = run();
  llvm::outs().flush();
  if (llvm::outs().has_error()) {
    std::string reason = llvm::outs().error().message();
    llvm::outs().clear_error();
    PrintUsageError("cannot write to standard output: " + reason);
    return kWrongUsage;
  }
  return code;
}

}  // namespace

auto main(int argc, char** argv) -> int {
  try {
    return RunRoutec(argc, argv);
  } catch (const std::exception& error) {
    llvm::errs() << "routec: internal error: " << error.what()
                 << "\nThis is a bug in routec, not in your policy; please report it with the policy that shows it.\n";
    return kInternalError;
  }
}
