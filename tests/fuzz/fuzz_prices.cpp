// Any bytes as LiteLLM's price list: an error with a reason, or a catalogue that is sound in a policy and says nothing
// but what a catalogue says.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "compiler/import/litellm_prices.h"
#include "tests/fuzz/imported_text.h"

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  using namespace route;
  import::PriceOptions options;
  options.origin = {"routec fuzz", "prices.json", "0"};
  options.statements.processed_in = ParseCountry("DE");
  options.today = *ParseDate("2026-11-24");
  auto imported = import::ImportPrices({reinterpret_cast<const char*>(data), size}, options);
  if (!imported) {
    if (imported.error().message.empty()) std::abort();
    return 0;
  }
  if (imported->taken > 0)
    fuzz::MustBeSound("policy p\n" + imported->text + "route all to deployments\n", imported->lints);
  return 0;
}
