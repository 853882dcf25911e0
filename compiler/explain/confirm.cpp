#include "compiler/explain/confirm.h"

#include <utility>

#include "compiler/base/internal_error.h"
#include "compiler/ir/report.h"
#include "compiler/ir/text.h"
#include "runtime/decide/decide.h"
#include "runtime/decide/report.h"
#include "runtime/values/given_text.h"

namespace route::explain {
namespace {

/// The way a person would give it, so that the table's own reading of values is confirmed too.
auto ClassesByText(const ir::Policy& policy, const Table& table, const ir::Request& request) -> std::vector<std::uint16_t> {
  Values values(table);
  auto pairs = SplitGiven(ir::FormatRequest(policy, request));
  if (!pairs) throw InternalError("a request does not read back: " + pairs.error());
  for (std::uint32_t i = 0; i < pairs->size(); ++i) {
    if (auto set = values.SetText(i, (*pairs)[i].value); !set) throw InternalError("a request does not read back: " + set.error());
  }
  if (values.Complete()) throw InternalError("a request lacks a value");
  return {values.classes().begin(), values.classes().end()};
}

/// A policy that was rebuilt from a bundle has no place for what the bundle gives none.
auto Comparable(DecisionReport report) -> DecisionReport {
  for (DecisionReport::Rule& rule : report.rules) {
    if (rule.file.empty()) rule.line = 0;
  }
  if (report.route_place && report.route_place->file.empty()) report.route_place->line = 0;
  return report;
}

}  // namespace

auto DecideTwice(const ir::Policy& policy, const SourceSet& sources, const Table& table, const ir::Request& request)
    -> ir::Decision {
  const std::vector<std::uint16_t> classes = ClassesByText(policy, table, request);
  ir::Decision decision = ir::Evaluate(policy, request);
  if (Comparable(Report(table, classes, Decide(table, classes))) != Comparable(ir::Report(policy, sources, decision))) {
    throw InternalError("the table and the evaluator disagree about the request " + ir::FormatRequest(policy, request));
  }
  return decision;
}

}  // namespace route::explain
