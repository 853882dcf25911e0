#include "compiler/driver/command_line.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/explain.h"
#include "compiler/driver/pipeline.h"

namespace route::driver {
namespace {

auto Explain(const ExplainOptions& options, const CommonOptions& common) -> int {
  return ExplainCode(options.what, common);
}

}  // namespace

void AddExplainCommands(CommandLine& line) {
  auto [explain, options] = line.Add<ExplainOptions>("explain", "Explains what a diagnostic code means and what to do", Explain);
  explain->add_option("what", options->what, "a code that `routec` printed, for example R0501")
      ->required()
      ->option_text("CODE");
  line.WithOutput(explain);
}

}  // namespace route::driver
