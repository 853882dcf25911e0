#include "compiler/driver/command_line.h"
#include "compiler/driver/explain.h"

namespace route::driver {
namespace {

auto Explain(const ExplainOptions& options, const CommonOptions& common) -> int {
  return options.given ? ExplainDecisionOf(options, common) : ExplainPolicyFile(options, common);
}

}  // namespace

void AddExplainCommands(CommandLine& line) {
  auto [explain, options] = line.Add<ExplainOptions>("explain", "Explains a policy, or a decision, in plain English", Explain);
  explain->add_option("what", options->what, "a policy, or with --given a bundle")
      ->required()
      ->option_text("FILE.route|FILE.rtb");
  explain->add_option("--given", options->given, "explain what is decided about this request, for example \"tier=gold data=health\"")
      ->option_text("TEXT");
  line.WithSolverLimit(explain, options->limits);
  line.WithOutput(explain, {{"text", Format::kText}, {"markdown", Format::kMarkdown}, {"json", Format::kJson}});
}

}  // namespace route::driver
