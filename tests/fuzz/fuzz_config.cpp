// Any bytes as the configuration of LiteLLM's proxy: an error with a reason, or a policy that is sound and says nothing
// but what such a configuration can say.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "compiler/import/litellm_config.h"
#include "tests/fuzz/imported_text.h"

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  using namespace route;
  import::ConfigOptions options;
  options.origin = {"routec fuzz", "config.yaml", "0"};
  options.prices = R"({"gpt-x": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-06,
                                 "output_cost_per_token": 2e-06, "max_input_tokens": 128000}})";
  options.policy = "p";
  options.statements.processed_in = ParseCountry("DE");
  options.today = *ParseDate("2026-11-24");
  auto imported = import::ImportConfig({reinterpret_cast<const char*>(data), size}, options);
  if (!imported) {
    if (imported.error().error.message.empty()) std::abort();
    return 0;
  }
  // A model whose name cannot stand in a condition has no route, and a policy needs one.
  if (imported->taken > 0) fuzz::MustBeSound(imported->text + "route ALL to deployments\n", imported->lints);
  return 0;
}
