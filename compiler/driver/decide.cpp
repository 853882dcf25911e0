#include "runtime/decide/decide.h"

#include <llvm/Support/raw_ostream.h>

#include <algorithm>

#include "compiler/driver/commands.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/pipeline.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/driver/print_decision.h"
#include "runtime/decide/report.h"
#include "runtime/table/collection.h"
#include "runtime/values/given_text.h"

namespace route::driver {
namespace {

auto SetGiven(const Table& table, std::string_view text, Values& values) -> std::expected<void, std::string> {
  auto pairs = SplitGiven(text);
  if (!pairs) return std::unexpected(pairs.error());
  for (const GivenText& pair : *pairs) {
    std::uint32_t attribute = table.FindAttribute(pair.name);
    if (attribute == kNone) {
      std::vector<std::string> known;
      for (const AttributeView& each : table.attributes()) known.emplace_back(each.name);
      std::string nearest = diagnostics::NearestName(pair.name, known);
      return std::unexpected("`" + pair.name + "` is not an attribute" +
                             (nearest.empty() ? "" : "; did you mean `" + nearest + "`?"));
    }
    if (auto set = values.SetText(attribute, pair.value); !set) return set;
  }
  return {};
}

/// The policy that is named, or the only one; the end, after saying why, if there is none.
auto ChoosePolicy(const std::vector<Table>& tables, const DecideOptions& options) -> std::vector<Table>::const_iterator {
  if (options.policy.empty() && tables.size() == 1) return tables.begin();
  auto found = std::ranges::find(tables, options.policy, &Table::policy_name);
  if (found != tables.end()) return found;
  std::string known;
  for (const Table& table : tables) known += (known.empty() ? "`" : ", `") + std::string(table.policy_name()) + "`";
  PrintUsageError(options.policy.empty() ? "this bundle holds several policies; choose one with --policy: " + known
                                         : "the bundle has no policy `" + options.policy + "`; it has " + known);
  return tables.end();
}

}  // namespace

auto DecideCommand(const DecideOptions& options, const CommonOptions& common) -> int {
  auto tables = LoadTables(options.bundle);
  if (!tables) {
    PrintUsageError(tables.error().message);
    return kWrongUsage;
  }
  auto table = ChoosePolicy(*tables, options);
  if (table == tables->end()) return kWrongUsage;
  if (!table->verified()) {
    llvm::errs() << "routec: warning: `" << options.bundle << "` was built without verification\n";
  }
  Values values(*table);
  if (auto set = SetGiven(*table, options.given, values); !set) {
    PrintUsageError("--given: " + set.error());
    return kWrongUsage;
  }
  if (auto missing = values.CompleteAsMeasured(common.now())) {
    PrintDecision(ReportMissingAttribute(table->attributes()[*missing].name), common);
    return kGood;
  }
  PrintDecision(Report(*table, values.classes(), Decide(*table, values.classes())), common);
  return kGood;
}

}  // namespace route::driver
