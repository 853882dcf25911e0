#include "compiler/driver/choose_policy.h"

#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <utility>

#include "compiler/diagnostics/layout.h"
#include "compiler/driver/pipeline.h"
#include "runtime/table/collection.h"

namespace route::driver {

auto LoadPolicy(const std::string& bundle, const std::string& name) -> std::optional<Table> {
  auto tables = LoadTables(bundle);
  if (!tables) {
    PrintUsageError(tables.error().message);
    return std::nullopt;
  }
  const bool only_one = name.empty() && tables->size() == 1;
  auto found = only_one ? tables->begin() : std::ranges::find(*tables, name, &Table::policy_name);
  if (found == tables->end()) {
    std::string known;
    for (const Table& table : *tables) known += (known.empty() ? "`" : ", `") + std::string(table.policy_name()) + "`";
    PrintUsageError(name.empty() ? "this bundle holds several policies; choose one with --policy: " + known
                                 : "the bundle has no policy `" + name + "`; it has " + known);
    return std::nullopt;
  }
  if (!found->verified()) llvm::errs() << "routec: warning: `" << diagnostics::Printable(bundle) << "` was built without verification\n";
  return std::move(*found);
}

}  // namespace route::driver
