#include <CLI/CLI.hpp>

#include "compiler/driver/command_line.h"

namespace route::driver {

void AddTestCommands(CommandLine& line) {
  using Coverage = TestOptions::Coverage;
  auto [test, options] = line.Add<TestOptions>("test", "Runs the tests that policies contain", Test);
  auto* chosen = options;
  test->add_option("policies", options->policies, "the policy files")->required()->option_text("FILE.route...");
  test->add_option("--filter", options->filters,
                   "run only the tests whose whole name matches: * stands for any text, ? for one character, [ab] for one of "
                   "these; may be given several times")
      ->allow_extra_args(false)
      ->option_text("PATTERN");
  test->add_flag_callback(
      "--list", [chosen] { chosen->action = TestOptions::Action::kList; }, "name the tests instead of running them");
  test->add_flag_callback(
      "-v,--verbose", [chosen] { chosen->verbosity = TestOptions::Verbosity::kEachTest; }, "name each test that was run");
  const auto at_least = [chosen](Coverage coverage) { chosen->coverage = std::max(chosen->coverage, coverage); };
  test->add_flag_callback(
      "--coverage", [at_least] { at_least(Coverage::kMeasure); }, "say what the tests reach of the policy, and what they do not");
  test->add_option_function<std::uint32_t>(
          "--coverage-threshold",
          [chosen, at_least](std::uint32_t percent) {
            chosen->threshold = percent;
            at_least(Coverage::kMeasure);
          },
          "fail if a policy's tests reach less of it than this, in percent")
      ->check(CLI::Range(1U, 100U).description(""))
      ->option_text("N");
  test->add_option_function<std::string>(
          "--coverage-lcov",
          [chosen, at_least](const std::string& file) {
            chosen->lcov = file;
            at_least(Coverage::kMeasure);
          },
          "write the coverage of each line to a file in the format of lcov")
      ->option_text("FILE");
  test->add_flag_callback(
      "--suggest", [at_least] { at_least(Coverage::kSuggest); }, "print tests that reach what no test does");
  line.WithSolverLimit(test, options->limits);
  line.WithOutput(test, {{"text", Format::kText}, {"json", Format::kJson}, {"junit", Format::kJunit}});
}

}  // namespace route::driver
