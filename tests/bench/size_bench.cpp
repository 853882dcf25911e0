// How large a bundle gets of policies that are hard on a table: `ninja bench_size`.
//
// For each family, at seven sizes that double: terms, bytes, and bytes for each flag, name or threshold that it is made
// of. A family grows in proportion if the last column settles. What a bundle has apart from terms (names, the places of
// rules, the sources) is counted too, as it is what an operator stores.
#include <cstdio>
#include <cstdlib>

#include "compiler/lower/lower.h"
#include "runtime/table/impl.h"
#include "tests/table/families.h"

namespace {

using namespace route;

/// Of refusals, routes, rules and definitions.
auto TermsOf(const TableBits& bits) -> std::uint64_t {
  std::uint64_t terms = std::uint64_t{bits.refusals.terms} + bits.routes.terms + bits.rules.terms;
  for (std::uint32_t i = 0; i < bits.levels; ++i) terms += bits.level[i].terms.terms;
  return terms;
}

void Print(const table_families::Family& family) {
  std::printf("\n%-50s %10s %12s %12s\n", family.name, "terms", "bytes", "bytes each");
  for (std::uint32_t n = family.largest / 64; n <= family.largest; n *= 2) {
    auto bytes = lower::Lower(family.make(n), {}, {"bench", nullptr});
    if (!bytes) {
      std::fprintf(stderr, "size_bench: %s\n", bytes.error().message.c_str());
      std::exit(1);
    }
    const std::size_t size = bytes->size();
    const auto table = Table::FromBytes(std::move(*bytes));
    if (!table) std::exit(1);
    const std::uint64_t terms = TermsOf(table->impl().bits);
    std::printf("%50u %10lu %12zu %12.1f\n", n, terms, size, static_cast<double>(size) / n);
  }
}

}  // namespace

auto main() -> int {
  for (const table_families::Family& family : table_families::AllFamilies()) Print(family);
  return 0;
}
