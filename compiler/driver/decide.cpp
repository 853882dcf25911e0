#include "runtime/decide/decide.h"

#include <llvm/Support/raw_ostream.h>

#include "compiler/driver/choose_policy.h"
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

}  // namespace

auto DecideCommand(const DecideOptions& options, const CommonOptions& common) -> int {
  auto tables = LoadTables(options.bundle);
  if (!tables) {
    PrintUsageError(tables.error().message);
    return kWrongUsage;
  }
  const Table* table = ChoosePolicy(*tables, options.policy);
  if (table == nullptr) return kWrongUsage;
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
