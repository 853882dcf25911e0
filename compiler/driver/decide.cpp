#include "runtime/decide/decide.h"

#include "compiler/driver/choose_policy.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/pipeline.h"
#include "compiler/driver/print_decision.h"
#include "compiler/explain/from_table.h"
#include "compiler/ir/text.h"
#include "runtime/decide/report.h"
#include "runtime/values/given_text.h"

namespace route::driver {
namespace {

/// Reads a request in the words of `eval`, and sets its values. The error is a sentence without a full stop.
auto SetGiven(const Table& table, std::string_view text, Values& values) -> std::expected<void, std::string> {
  ir::Policy attributes;
  for (const AttributeView& view : table.attributes()) attributes.attributes.push_back(explain::AttributeOf(view));
  auto given = ir::ParseGiven(attributes, text);
  if (!given) return std::unexpected(given.error());
  const std::vector<GivenText> pairs = SplitGiven(text).value();
  for (const GivenText& pair : pairs) {
    if (auto set = values.SetText(table.FindAttribute(pair.name), pair.value); !set) return set;
  }
  return {};
}

}  // namespace

auto DecideCommand(const DecideOptions& options, const CommonOptions& common) -> int {
  auto table = LoadPolicy(options.bundle, options.policy);
  if (!table) return kWrongUsage;
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
