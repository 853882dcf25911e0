#include "compiler/driver/command_line.h"
#include "compiler/driver/diff.h"
#include "compiler/driver/mutate.h"

namespace route::driver {

void AddDiffCommands(CommandLine& line) {
  auto [diff, options] =
      line.Add<DiffOptions>("diff", "Says what changes for requests when one policy takes another's place", Diff);
  auto* chosen = options;
  diff->add_option("before", options->before, "the old policy")->required()->option_text("FILE.route|FILE.rtb");
  diff->add_option("after", options->after, "the new policy")->required()->option_text("FILE.route|FILE.rtb");
  diff->add_option("--policy", options->policy, "which policy of a bundle that holds several")->option_text("NAME");
  diff->add_option("--allow", options->allow, "a file of intended changes; any other makes the exit code 1")
      ->option_text("FILE");
  diff->add_option_function<std::string>(
          "--tokens",
          [chosen](const std::string& text) {
            const auto tokens = route::diff::ReadTokens(text);
            if (!tokens) {
              throw CLI::ValidationError("--tokens",
                                         "`" + text + "` is not two whole numbers up to 1000M such as 2000,500");
            }
            chosen->tokens = *tokens;
          },
          "tokens in and out of the request whose cost is compared; a million each if it is left out")
      ->option_text("IN,OUT");
  diff->add_option("--most", options->most, "how many changes text and Markdown show; 20 if it is left out")
      ->check(CLI::Range(1U, 1'000'000U).description(""))
      ->option_text("N");
  diff->footer("Exit codes: 0 nothing changes or all that does is allowed, 1 a change is not allowed or a policy has errors, 2 wrong "
               "usage or unreadable file, 3 the verdict is unknown, 70 internal error.");
  line.WithSolverLimit(diff, options->limits);
  line.WithOutput(
      diff,
      {{"text", Format::kText}, {"plain", Format::kPlain}, {"json", Format::kJson}, {"markdown", Format::kMarkdown}});

  auto [mutate, mutations] = line.Add<MutateOptions>(
      "mutate", "Changes a policy in small ways and says which changes its guarantees and tests let pass", Mutate);
  auto* measured = mutations;
  line.WithPolicy(mutate, mutations->policy);
  mutate->add_option("--only", mutations->only, "kinds of change, such as rule,threshold; all if it is left out")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->option_text("KINDS");
  mutate->add_option("--fail-under", mutations->fail_under, "fail if less than this is noticed, in percent")
      ->check(CLI::Range(1U, 100U).description(""))
      ->option_text("N");
  mutate->add_flag_callback(
      "-v,--verbose", [measured] { measured->verbosity = MutateOptions::Verbosity::kEachMutant; },
      "show what is noticed too");
  line.WithSolverLimit(mutate, mutations->limits);
  line.WithOutput(mutate, {{"text", Format::kText},
                           {"plain", Format::kPlain},
                           {"json", Format::kJson},
                           {"junit", Format::kJunit},
                           {"markdown", Format::kMarkdown}});
}

}  // namespace route::driver
