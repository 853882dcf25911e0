#include <CLI/CLI.hpp>

#include "compiler/driver/command_line.h"

namespace route::driver {

void AddTestCommands(CommandLine& line) {
  auto [test, options] = line.Add<TestOptions>("test", "Runs the tests that policies contain", Test);
  auto* chosen = options;
  test->add_option("policies", options->policies, "the policy files")->required()->option_text("FILE.route");
  test->add_option("--filter", options->filters,
                   "run only the tests whose whole name matches: * stands for any text, ? for one character, [ab] for one of "
                   "these; may be given several times")
      ->allow_extra_args(false)
      ->option_text("PATTERN");
  test->add_flag_callback(
      "--list", [chosen] { chosen->action = TestOptions::Action::kList; }, "name the tests instead of running them");
  test->add_flag_callback(
      "-v,--verbose", [chosen] { chosen->verbosity = TestOptions::Verbosity::kEachTest; }, "name each test that was run");
  const auto measure = [chosen] { chosen->coverage = TestOptions::Coverage::kMeasure; };
  test->add_flag_callback(
      "--coverage", measure, "say what the tests reach of the policy, and what they do not");
  test->add_option_function<std::uint32_t>(
          "--coverage-threshold",
          [chosen, measure](std::uint32_t percent) {
            chosen->threshold = percent;
            measure();
          },
          "fail if a policy's tests reach less of it than this, in percent")
      ->check(CLI::Range(1U, 100U).description(""))
      ->option_text("N");
  test->add_option_function<std::string>(
          "--coverage-lcov",
          [chosen, measure](const std::string& file) {
            chosen->lcov = file;
            measure();
          },
          "write the coverage of each line to a file in the format of lcov")
      ->option_text("FILE");
  test->add_flag_callback(
      "--suggest", [chosen] { chosen->suggest = TestOptions::Suggest::kTests; }, "print tests that reach what no test does");
  line.WithSolverLimit(test, options->limits);
  line.WithOutput(test, {{"text", Format::kText}, {"plain", Format::kPlain}, {"json", Format::kJson}, {"junit", Format::kJunit}});
}

}  // namespace route::driver
