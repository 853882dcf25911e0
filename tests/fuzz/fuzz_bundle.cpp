// Any bytes as a bundle, as they are and with a checksum that fits them: either refused with a reason, or a table that
// decides any request without undefined behaviour.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <utility>
#include <vector>

#include "runtime/decide/decide.h"
#include "runtime/decide/report.h"
#include "runtime/decide/walk.h"
#include "runtime/table/dump.h"
#include "runtime/table/layout.h"
#include "runtime/table/meaning.h"
#include "runtime/table/table.h"
#include "tests/fuzz/bundle_bytes.h"

namespace {

void Use(std::vector<std::byte> bytes) {
  using namespace route;
  auto table = Table::FromBytes(std::move(bytes));
  if (!table) {
    if (table.error().message.empty()) std::abort();
    return;
  }
  DumpTable(*table);
  if (RowBits(*table) < 100'000) {
    for (std::uint32_t i = 0; i < table->rules().size(); ++i) TermsOf(*table, TermOwner::kRule, i);
  }
  Values values(*table);
  for (std::uint32_t i = 0; i < table->attributes().size(); ++i) {
    for (const char* text : {"", "yes", "5", "FR", "2026-08-02", "other"}) (void)values.SetText(i, text);
    for (std::string_view name : table->attributes()[i].values) (void)values.SetText(i, name);
  }
  values.CompleteAsMeasured(*ParseDate("2026-11-24"));
  Decision decision = Decide(*table, values.classes());
  Plan(*table, decision);
  std::array<std::uint32_t, 8> rules;
  const std::size_t applying = CopyMatchedRules(*table, values.classes(), rules);
  if (applying != MatchedRules(*table, values.classes()).size()) std::abort();
  if ((FirstPlanned(*table, decision) == kNone) != Plan(*table, decision).empty()) std::abort();
  Report(*table, values.classes(), decision);
}

}  // namespace

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  route::TryAsBundle(data, size, Use);
  return 0;
}
