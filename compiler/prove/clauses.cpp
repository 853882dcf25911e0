#include "compiler/prove/clauses.h"

#include <utility>

namespace route::prove {
namespace {

class Writer {
 public:
  /// A variable for each class but the first: the request is in this class or a later one.
  auto AddDimension(std::size_t count) -> std::vector<int> {
    std::vector<int> from;
    while (from.size() + 1 < count) from.push_back(++out.variables);
    for (std::size_t c = 1; c < from.size(); ++c) out.clauses.push_back({-from[c], from[c - 1]});
    return from;
  }

  /// The class is in one of the runs of those that are listed.
  auto WriteQuestion(const Formula& question) -> int {
    const std::vector<int>& from = out.from[question.dimension];
    const std::vector<bool>& in = question.classes;
    std::vector<int> runs;
    for (std::size_t c = 0; c < in.size(); ++c) {
      if (!in[c]) continue;
      std::vector<int> both;
      if (c > 0) both.push_back(from[c - 1]);
      while (c + 1 < in.size() && in[c + 1]) ++c;
      if (c < from.size()) both.push_back(-from[c]);
      runs.push_back(And(both));
    }
    return Or(runs);
  }

  /// A literal that is true exactly when all of `parts` are.
  auto And(const std::vector<int>& parts) -> int {
    if (parts.size() == 1) return parts[0];
    const int gate = ++out.variables;
    Clause all = {gate};
    for (const int part : parts) {
      out.clauses.push_back({-gate, part});
      all.push_back(-part);
    }
    out.clauses.push_back(std::move(all));
    return gate;
  }

  auto Or(std::vector<int> parts) -> int {
    for (int& part : parts) part = -part;
    return -And(parts);
  }

  auto Write(const Formula& formula) -> int {
    if (formula.op == Formula::Op::kIn) return WriteQuestion(formula);
    std::vector<int> parts;
    for (const Formula& part : formula.parts) parts.push_back(Write(part));
    if (formula.op == Formula::Op::kNot) return -parts[0];
    return formula.op == Formula::Op::kAll ? And(parts) : Or(std::move(parts));
  }

  RequestClauses out;
};

}  // namespace

auto EncodeRequests(const Model& model, const Obligation& obligation) -> RequestClauses {
  Writer writer;
  for (const ir::Dimension& dimension : model.classes.dimensions()) {
    writer.out.from.push_back(writer.AddDimension(dimension.classes));
  }
  std::vector<int>& outcomes = writer.out.outcomes;
  outcomes.push_back(writer.Write(obligation.when));
  for (const Formula& refusal : model.refusals) outcomes.push_back(writer.Write(refusal));
  for (const Formula& route : model.routes) outcomes.push_back(writer.Write(route));
  std::vector<int> rules, screens;
  for (const Formula& rule : model.rules) rules.push_back(writer.Write(rule));
  for (const Formula& screen : model.screens) screens.push_back(writer.Write(screen));
  const auto add = [&](const std::vector<std::vector<std::uint32_t>>& excluding, const std::vector<int>& excluders) {
    for (const std::vector<std::uint32_t>& own : excluding) {
      std::vector<int> none;
      for (const std::uint32_t excluder : own) none.push_back(-excluders[excluder]);
      outcomes.push_back(writer.And(none));
    }
  };
  add(model.excluding, rules);
  add(model.screening, screens);
  return std::move(writer.out);
}

}  // namespace route::prove
