#include "compiler/driver/choose_policy.h"

#include <algorithm>

#include "compiler/driver/pipeline.h"

namespace route::driver {

auto ChoosePolicy(const std::vector<Table>& tables, const std::string& name) -> const Table* {
  if (name.empty() && tables.size() == 1) return &tables.front();
  auto found = std::ranges::find(tables, name, &Table::policy_name);
  if (found != tables.end()) return &*found;
  std::string known;
  for (const Table& table : tables) known += (known.empty() ? "`" : ", `") + std::string(table.policy_name()) + "`";
  PrintUsageError(name.empty() ? "this bundle holds several policies; choose one with --policy: " + known
                               : "the bundle has no policy `" + name + "`; it has " + known);
  return nullptr;
}

}  // namespace route::driver
