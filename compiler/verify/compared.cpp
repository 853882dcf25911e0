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

/// Refusals, rules and routes for requests that have one of the two values.
struct Side {
  Encoder encoder;

  auto solver() const -> smt::Solver& { return encoder.solver(); }
  auto policy() const -> const ir::Policy& { return encoder.policy(); }

  /// "The request is not refused, and this holds of the route that decides."
  template <typename OfRoute>
  auto Decided(const OfRoute& of_route) -> smt::Term {
    smt::Term result = smt::kFalse;
    for (std::size_t i = policy().routes.size(); i-- > 0;) {
      const smt::Term matches = encoder.Matches(RouteId{static_cast<std::uint32_t>(i)});
      result = solver().Or({solver().And({matches, of_route(policy().routes[i])}),
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
  for (std::uint32_t i = 0; i < lesser.policy().deployments.size(); ++i) {
    numbers.insert(ir::NumberOf(number, lesser.policy(), {i}).value().micros);
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

auto ComparisonFails(Encoder& encoder, const ir::Compared& promise) -> smt::Term {
  Side with{Encoder(encoder, promise.attribute, promise.value)};
  Side than{Encoder(encoder, promise.attribute, promise.than)};
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
