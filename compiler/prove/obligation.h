#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/ir/classes.h"
#include "compiler/ir/policy.h"

/// What a proof pack has to show, in the form that the search for certificates works on. `docs/proof-pack.md` is the
/// format; nothing here is trusted, because `routeaudit` checks what comes out with code of its own.
namespace route::prove {

/// A condition over classes of values.
struct Formula {
  enum class Op : std::uint8_t { kAll, kAny, kNot, kIn };
  Op op = Op::kAll;
  std::vector<Formula> parts;   ///< kAll, kAny: any number; kNot: one
  std::uint32_t dimension = 0;  ///< kIn: the class in this dimension is one of `classes`
  std::vector<bool> classes;
};

/// A policy with every condition over classes, and every test answered for every deployment.
struct Model {
  explicit Model(const ir::Policy& policy);

  auto Compile(const ir::Condition& condition) const -> Formula;

  const ir::Policy* policy;
  ir::ValueClasses classes;
  std::vector<Formula> refusals, rules, routes;
  std::vector<std::vector<std::uint32_t>> excluding;  ///< for each deployment: the rules that take it out
};

/// "Every request for which `when` holds keeps the promise": a guarantee, or coverage.
struct Obligation {
  std::string name;
  Formula when;
  decltype(ir::Guarantee::promise) promise;
  std::vector<bool> passes;  ///< of a promise about deployments: for each, whether it passes the test
};

/// Coverage first ("routed, or refused by name"), then the guarantees in their order.
auto ObligationsOf(const Model& model) -> std::vector<Obligation>;

}  // namespace route::prove
