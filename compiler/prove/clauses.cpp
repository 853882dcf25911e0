#include "compiler/prove/clauses.h"

#include <utility>

namespace route::prove {
namespace {

class Writer {
 public:
  auto AddClasses(std::size_t count) -> std::vector<int> {
    std::vector<int> classes;
    for (std::size_t c = 0; c < count; ++c) classes.push_back(++out.variables);
    out.clauses.push_back(classes);
    int earlier = classes.at(0);
    for (std::size_t c = 1; c < count; ++c) {
      out.clauses.push_back({-earlier, -classes[c]});
      if (c + 1 < count) earlier = -And({-earlier, -classes[c]});
    }
    return classes;
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

  auto Write(const Formula& formula) -> int {
    std::vector<int> parts;
    for (const Formula& part : formula.parts) parts.push_back(Write(part));
    if (formula.op == Formula::Op::kNot) return -parts[0];
    if (formula.op == Formula::Op::kAll) return And(parts);
    for (std::size_t c = 0; c < formula.classes.size(); ++c) {
      if (formula.classes[c]) parts.push_back(out.classes[formula.dimension][c]);
    }
    for (int& part : parts) part = -part;
    return -And(parts);
  }

  RequestClauses out;
};

}  // namespace

auto EncodeRequests(const Model& model, const Obligation& obligation) -> RequestClauses {
  Writer writer;
  for (const ir::Dimension& dimension : model.classes.dimensions()) {
    writer.out.classes.push_back(writer.AddClasses(dimension.classes));
  }
  std::vector<int>& outcomes = writer.out.outcomes;
  outcomes.push_back(writer.Write(obligation.when));
  for (const Formula& refusal : model.refusals) outcomes.push_back(writer.Write(refusal));
  for (const Formula& route : model.routes) outcomes.push_back(writer.Write(route));
  std::vector<int> rules;
  for (const Formula& rule : model.rules) rules.push_back(writer.Write(rule));
  for (const std::vector<std::uint32_t>& excluding : model.excluding) {
    std::vector<int> none;
    for (const std::uint32_t rule : excluding) none.push_back(-rules[rule]);
    outcomes.push_back(writer.And(none));
  }
  return std::move(writer.out);
}

}  // namespace route::prove
