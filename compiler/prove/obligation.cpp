#include "compiler/prove/obligation.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace route::prove {

Model::Model(const ir::Policy& of) : policy(&of), classes(of), excluding(of.deployments.size()), screening(of.services.size()) {
  for (const ir::Refusal& refusal : of.refusals) refusals.push_back(Compile(refusal.when));
  for (const ir::Route& route : of.routes) routes.push_back(Compile(route.when));
  for (std::uint32_t r = 0; r < of.rules.size(); ++r) {
    rules.push_back(Compile(of.rules[r].when));
    for (std::uint32_t d = 0; d < of.deployments.size(); ++d) {
      if (!ir::Holds(of.rules[r].keep, of, DeploymentId{d})) excluding[d].push_back(r);
    }
  }
  for (std::uint32_t s = 0; s < of.services.size(); ++s) asked.push_back(!ir::AskedFor(of, {s}).empty());
  for (const Formula& refusal : refusals) AddScreen(Foreseen(refusal, Formula::Op::kAny), asked);
  for (std::uint32_t r = 0; r < of.rules.size(); ++r) {
    std::vector<bool> kept(of.services.size());
    for (std::uint32_t s = 0; s < kept.size(); ++s) kept[s] = asked[s] && ir::Says(of.rules[r].keep, of, ServiceId{s}) == ir::Said::kNo;
    AddScreen(Foreseen(rules[r], Formula::Op::kAll), kept);
  }
}

void Model::AddScreen(Formula when, const std::vector<bool>& kept) {
  if (std::ranges::count(kept, true) == 0) return;
  for (std::uint32_t s = 0; s < kept.size(); ++s) {
    if (kept[s]) screening[s].push_back(static_cast<std::uint32_t>(screens.size()));
  }
  screens.push_back(std::move(when));
}

auto Model::Foreseen(const Formula& formula, Formula::Op unknown) const -> Formula {
  if (formula.op == Formula::Op::kIn) {
    const AttributeId attribute = classes.dimensions().at(formula.dimension).attribute;
    return ir::IsAnswered(*policy, attribute) ? Formula{unknown} : formula;
  }
  if (formula.op == Formula::Op::kNot) unknown = unknown == Formula::Op::kAll ? Formula::Op::kAny : Formula::Op::kAll;
  Formula foreseen{formula.op};
  for (const Formula& part : formula.parts) foreseen.parts.push_back(Foreseen(part, unknown));
  return foreseen;
}

auto Model::Compile(const ir::Condition& condition) const -> Formula {
  using Kind = ir::Condition::Kind;
  Formula formula;
  for (const ir::Condition& child : condition.children) formula.parts.push_back(Compile(child));
  switch (condition.kind) {
    case Kind::kTrue:
    case Kind::kAll:
      formula.op = Formula::Op::kAll;
      break;
    case Kind::kFalse:
    case Kind::kAny:
      formula.op = Formula::Op::kAny;
      break;
    case Kind::kNot:
      formula.op = Formula::Op::kNot;
      break;
    case Kind::kIsOneOf:
    case Kind::kIncludes:
    case Kind::kIsYes:
    case Kind::kInRange:
    case Kind::kTextIs:
    case Kind::kStartsWith:
    case Kind::kInCountries:
      formula.op = Formula::Op::kIn;
      formula.dimension = classes.DimensionOf(condition).index;
      formula.classes = classes.Satisfying(condition);
      break;
  }
  return formula;
}

auto ObligationsOf(const Model& model) -> std::vector<Obligation> {
  const ir::Policy& policy = *model.policy;
  ir::Served by_name;
  for (std::uint32_t i = 0; i < policy.refusals.size(); ++i) by_name.unless_refused_by.push_back(RefusalId{i});
  std::vector<Obligation> obligations = {{"coverage", {}, by_name, {}, {}}};
  for (const ir::Guarantee& guarantee : policy.guarantees) {
    Obligation obligation{"guarantee " + guarantee.name, model.Compile(guarantee.when), guarantee.promise, {}, {}};
    const ir::DeploymentTest* test = nullptr;
    if (const auto* every = std::get_if<ir::EveryDeploymentReached>(&guarantee.promise)) {
      test = &every->test;
      for (std::uint32_t s = 0; s < policy.services.size(); ++s) {
        obligation.fails.push_back(ir::Says(*test, policy, ServiceId{s}) == ir::Said::kNo);
      }
    }
    if (const auto* first = std::get_if<ir::FirstChoice>(&guarantee.promise)) test = &first->test;
    for (std::uint32_t d = 0; test != nullptr && d < policy.deployments.size(); ++d) {
      obligation.passes.push_back(ir::Holds(*test, policy, DeploymentId{d}));
    }
    obligations.push_back(std::move(obligation));
  }
  return obligations;
}

}  // namespace route::prove
