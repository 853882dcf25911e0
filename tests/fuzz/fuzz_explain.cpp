// Any bytes as a bundle whose source is not at hand, as they are and with a checksum that fits them: what the table is
// rebuilt to is a well-formed policy that decides as the table does and can be explained, or there is a reason why not.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "compiler/explain/document.h"
#include "compiler/explain/explain.h"
#include "compiler/explain/from_table.h"
#include "compiler/ir/check.h"
#include "runtime/table/table.h"
#include "tests/fuzz/bundle_bytes.h"

namespace {

void Use(std::vector<std::byte> bytes) {
  using namespace route;
  auto table = Table::FromBytes(std::move(bytes));
  if (!table) return;
  auto rebuilt = explain::PolicyOf(*table);
  if (!rebuilt) {
    if (rebuilt.error().empty()) std::abort();
    return;
  }
  if (!ir::CheckWellFormed(rebuilt->policy).empty()) std::abort();
  explain::ToText(explain::ExplainPolicy(rebuilt->policy, rebuilt->sources, nullptr), 80);
}

}  // namespace

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  route::TryAsBundle(data, size, Use);
  return 0;
}
