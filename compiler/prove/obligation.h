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
  std::vector<Formula> parts = {};  ///< kAll, kAny: any number; kNot: one
  std::uint32_t dimension = 0;      ///< kIn: the class in this dimension is one of `classes`
  std::vector<bool> classes = {};
};

/// A policy with every condition over classes, and every test answered for every deployment.
struct Model {
  explicit Model(const ir::Policy& policy);

  auto Compile(const ir::Condition& condition) const -> Formula;

  /// What is known of it before services answer. What they say counts as `unknown`, kAll (true) or kAny (false), and behind a
  /// `not` as the opposite. Nothing is simplified: the checkers number the parts of the same formula.
  auto Foreseen(const Formula& formula, Formula::Op unknown) const -> Formula;

  const ir::Policy* policy;
  ir::ValueClasses classes;
  std::vector<Formula> refusals, rules, routes;
  std::vector<Formula> screens;                       ///< when a refusal, and then when a rule keeps services from the prompt
  std::vector<std::vector<std::uint32_t>> excluding;  ///< for each deployment: the rules that take it out
  std::vector<std::vector<std::uint32_t>> screening;  ///< for each service: the screens that keep it from the prompt
  std::vector<bool> asked;                            ///< for each service: whether some attribute asks it

 private:
  /// If it keeps some service.
  void AddScreen(Formula when, const std::vector<bool>& kept);
};

/// "Every request for which `when` holds keeps the promise": a guarantee, or coverage.
struct Obligation {
  std::string name;
  Formula when;
  decltype(ir::Guarantee::promise) promise;
  std::vector<bool> passes;  ///< of a promise about deployments: for each, whether it passes the test
  std::vector<bool> fails;   ///< of a promise about every deployment: for each service, whether the test says that it does not
};

/// Coverage first ("routed, or refused by name"), then the guarantees in their order.
auto ObligationsOf(const Model& model) -> std::vector<Obligation>;

}  // namespace route::prove
