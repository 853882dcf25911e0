#include <filesystem>

#include "compiler/driver/command_line.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/explain.h"
#include "compiler/driver/pipeline.h"

namespace route::driver {
namespace {

auto IsFile(const std::string& path) -> bool {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

auto Explain(const ExplainOptions& options, const CommonOptions& common) -> int {
  if (options.given) return ExplainDecisionOf(options, common);
  // What neither looks like a policy nor is a file was meant as a code.
  const bool is_policy = options.what.ends_with(".route") || options.what.ends_with(".rtb") || IsFile(options.what);
  std::string code = options.what;
  if (code.starts_with('r')) code.front() = 'R';
  if (is_policy && !IsWrittenLikeACode(code)) return ExplainPolicyFile(options, common);
  return ExplainCode(IsWrittenLikeACode(code) ? code : options.what, common);
}

}  // namespace

void AddExplainCommands(CommandLine& line) {
  auto [explain, options] =
      line.Add<ExplainOptions>("explain", "Explains a diagnostic code, a policy or a decision in plain English", Explain);
  explain->add_option("what", options->what, "a code that `routec` printed, for example R0501, a policy or, with --given, a bundle")
      ->required()
      ->option_text("CODE|FILE.route|FILE.rtb");
  explain->add_option("--given", options->given,
                      "explain what is decided about this request, for example \"tier=gold data=health\"")
      ->option_text("TEXT");
  explain->add_option("--policy", options->policy, "which policy of a bundle that holds several")->option_text("NAME");
  line.WithSolverLimit(explain, options->limits);
  line.WithOutput(explain, {{"text", Format::kText}, {"plain", Format::kPlain}, {"markdown", Format::kMarkdown}, {"json", Format::kJson}});
}

}  // namespace route::driver
