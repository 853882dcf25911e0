#include "compiler/verify/compared.h"

#include <cstdlib>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "compiler/ir/evaluate.h"
#include "compiler/verify/violation.h"

namespace route::verify {
namespace {

auto Given(ir::Condition condition, AttributeId attribute, const ir::Request& having) -> ir::Condition {
  for (ir::Condition& child : condition.children) child = Given(std::move(child), attribute, having);
  const bool is_connective = !condition.children.empty();
  if (is_connective || !ir::AsksAbout(condition, attribute)) return condition;
  ir::Condition constant;
  constant.kind = ir::Holds(condition, having) ? ir::Condition::Kind::kTrue : ir::Condition::Kind::kFalse;
  constant.span = condition.span;
  return constant;
}

/// Refusals, rules and routes for requests that have one of the two values.
struct Side {
  ir::Policy policy;
  Encoder encoder;

  Side(Encoder& whole, AttributeId attribute, const ir::Value& value)
      : policy(verify::Given(whole.policy(), attribute, value)), encoder(policy, whole) {}
  Side(const Side&) = delete;
  auto operator=(const Side&) -> Side& = delete;

  auto solver() const -> smt::Solver& { return encoder.solver(); }

  /// "The request is not refused, and this holds of the route that decides."
  template <typename OfRoute>
  auto Decided(const OfRoute& of_route) -> smt::Term {
    smt::Term result = smt::kFalse;
    for (std::size_t i = policy.routes.size(); i-- > 0;) {
      const smt::Term matches = encoder.Matches(RouteId{static_cast<std::uint32_t>(i)});
      result = solver().Or({solver().And({matches, of_route(policy.routes[i])}),
                            solver().And({solver().Not(matches), result})});
    }
    return solver().And({encoder.NotRefused(), result});
  }

  auto Served() -> smt::Term {
    return Decided([&](const ir::Route& route) { return encoder.SomeReached(route); });
  }

  /// A first choice has a number that is not in this range.
  auto FirstChoiceOutside(ir::DeploymentTest number, std::int64_t low, std::int64_t high) -> smt::Term {
    number.low = low;
    number.high = high;
    return Decided([&](const ir::Route& route) { return FirstChoiceFails(encoder, number, route); });
  }
};

auto AllowedLess(Side& with, Side& than) -> smt::Term {
  smt::Solver& solver = with.solver();
  const smt::Term with_is_refused = solver.Not(with.encoder.NotRefused());
  std::vector<smt::Term> ways;
  for (const Encoder::Alike& alike : with.encoder.alike()) {
    const DeploymentId deployment = alike.deployments.front();
    ways.push_back(solver.And({than.encoder.Allowed(deployment),
                               solver.Or({with_is_refused, solver.Not(with.encoder.Allowed(deployment))})}));
  }
  return solver.And({than.encoder.NotRefused(), solver.Or(ways)});
}

/// A first choice of `lesser` has a smaller number than one of `greater`: some number of the catalogue lies between them.
auto FirstChoiceIsSmaller(Side& lesser, Side& greater, const ir::DeploymentTest& number) -> smt::Term {
  constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
  std::set<std::int64_t> numbers;
  for (std::uint32_t i = 0; i < lesser.policy.deployments.size(); ++i) {
    numbers.insert(ir::NumberOf(number, lesser.policy, {i}).value().micros);
  }
  std::vector<smt::Term> ways;
  for (const std::int64_t between : numbers) {
    if (between == *numbers.begin()) continue;  // nothing is smaller
    ways.push_back(lesser.solver().And({lesser.FirstChoiceOutside(number, between, kHighest),
                                        greater.FirstChoiceOutside(number, kLowest, between)}));
  }
  return lesser.solver().Or(ways);
}

}  // namespace

auto Given(const ir::Policy& policy, AttributeId attribute, const ir::Value& value) -> ir::Policy {
  ir::Policy given = policy;
  ir::Request having(policy.attributes.size());
  having.at(attribute.index) = value;
  for (ir::Refusal& refusal : given.refusals) refusal.when = Given(std::move(refusal.when), attribute, having);
  for (ir::Rule& rule : given.rules) rule.when = Given(std::move(rule.when), attribute, having);
  for (ir::Route& route : given.routes) route.when = Given(std::move(route.when), attribute, having);
  return given;
}

auto ComparisonFails(Encoder& encoder, const ir::Compared& promise) -> smt::Term {
  Side with(encoder, promise.attribute, promise.value);
  Side than(encoder, promise.attribute, promise.than);
  switch (promise.what) {
    case ir::Compared::What::kAllowed:
      return AllowedLess(with, than);
    case ir::Compared::What::kServed:
      return encoder.solver().And({than.Served(), encoder.solver().Not(with.Served())});
    case ir::Compared::What::kFirstChoiceAtLeast:
      return FirstChoiceIsSmaller(with, than, promise.number);
    case ir::Compared::What::kFirstChoiceAtMost:
      return FirstChoiceIsSmaller(than, with, promise.number);
  }
  std::abort();  // everything that is compared is handled above
}

}  // namespace route::verify
