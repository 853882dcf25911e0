#include "compiler/testing/witness_finder.h"

#include <optional>
#include <utility>
#include <variant>

#include "compiler/base/internal_error.h"
#include "compiler/ir/classes.h"
#include "compiler/ir/nearest_request.h"
#include "compiler/verify/encode.h"
#include "compiler/verify/witness.h"

namespace route::testing {
namespace {

using Kind = CoverageItem::Kind;
using smt::Answer;
using smt::Term;

/// The policy with its named conditions as premises of guarantees, so that an unused one has classes as well.
auto WithNamedConditions(const ir::Policy& policy) -> ir::Policy {
  ir::Policy probe = policy;
  for (const ir::NamedCondition& named : policy.conditions) {
    ir::Guarantee guarantee;
    guarantee.name = named.name;
    guarantee.when = named.condition;
    guarantee.promise = ir::Served{};
    probe.guarantees.push_back(std::move(guarantee));
  }
  return probe;
}

/// An empty request; an attribute that nothing fills in has the first value of its first class.
auto EmptyRequest(const ir::Policy& policy, const ir::ValueClasses& classes, Moment now) -> ir::Request {
  const ir::Request least = classes.Representative(std::vector<std::uint16_t>(classes.dimensions().size(), 0));
  std::vector<ir::GivenValue> given;
  while (true) {
    auto request = ir::CompleteRequest(policy, given, now);
    if (request) return std::move(*request);
    given.push_back({request.error(), least.at(request.error().index)});
  }
}

}  // namespace

struct WitnessFinder::Impl {
  Impl(const ir::Policy& original, Moment now, const verify::Limits& limits)
      : policy(WithNamedConditions(original)),
        classes(policy),
        solver(verify::EngineOf(limits.solver), limits.rlimit),
        encoder(policy, classes, solver),
        empty(EmptyRequest(policy, classes, now)) {
    Term undecided = encoder.NotRefused();
    std::vector<Term> ways;
    for (std::uint32_t i = 0; i < policy.routes.size(); ++i) {
      decides.push_back(solver.Define("decided by " + std::to_string(i), solver.And({undecided, encoder.Matches(RouteId{i})})));
      undecided = solver.Define("undecided after " + std::to_string(i), solver.And({undecided, solver.Not(encoder.Matches(RouteId{i}))}));
      ways.push_back(solver.And({decides[i], encoder.SomeReached(policy.routes[i])}));
    }
    served = solver.Define("served", solver.Or(ways));
    asked_about.assign(policy.attributes.size(), false);
    for (const ir::Dimension& dimension : classes.dimensions()) {
      if (dimension.classes > 1) asked_about[dimension.attribute.index] = true;
    }
  }

  /// "The request reaches the item."
  auto Reaching(const CoverageItem& item) -> Term {
    switch (item.kind) {
      case Kind::kRule: {
        const ir::Rule& rule = policy.rules[item.index];
        for (std::uint32_t d = 0; d < policy.deployments.size(); ++d) {
          if (ir::Holds(rule.keep, policy, DeploymentId{d})) continue;
          return solver.And({encoder.NotRefused(), encoder.Matches(RuleId{item.index})});
        }
        return KeepsAService({item.index});
      }
      case Kind::kRefusal: {
        std::vector<Term> terms{encoder.Matches(RefusalId{item.index})};
        for (std::uint32_t i = 0; i < item.index; ++i) terms.push_back(solver.Not(encoder.Matches(RefusalId{i})));
        return solver.And(terms);
      }
      case Kind::kRoute: return decides.at(item.index);
      case Kind::kTier:
        return solver.And({decides.at(item.index), encoder.SomeReached(policy.routes[item.index].tiers.at(item.tier))});
      case Kind::kDeployment: return InSomePlan({item.index});
      case Kind::kConditionHolds: return encoder.Encode(policy.conditions.at(item.index).condition);
      case Kind::kConditionFails: return solver.Not(encoder.Encode(policy.conditions.at(item.index).condition));
    }
    throw InternalError("a kind of coverage that there is not");
  }

  /// Whatever becomes of the request: "the rule could apply, as far as is known before services answer".
  auto KeepsAService(RuleId rule) -> Term {
    for (const verify::Encoder::Screen& screen : encoder.screens()) {
      if (screen.meaning->by == std::variant<RefusalId, RuleId>(rule)) return screen.holds;
    }
    return smt::kFalse;
  }

  auto InSomePlan(DeploymentId deployment) -> Term {
    std::vector<Term> ways;
    for (std::uint32_t r = 0; r < policy.routes.size(); ++r) {
      for (const ir::Tier& tier : policy.routes[r].tiers) {
        const std::vector<Term> reached = encoder.Reached(tier);
        for (std::size_t c = 0; c < tier.candidates.size(); ++c) {
          if (tier.candidates[c].deployment == deployment) ways.push_back(solver.And({decides[r], reached.at(c)}));
        }
      }
    }
    return solver.Or(ways);
  }

  /// Asserts as many classes of the empty request as it finds possible. False if the solver gave up.
  auto KeepClassesOfEmpty() -> bool {
    const std::vector<std::uint16_t> wanted = classes.Classify(empty);
    std::vector<bool> keep(wanted.size(), true);
    while (true) {
      std::vector<Term> assumptions;
      std::vector<std::uint32_t> dimension_of;
      for (std::uint32_t d = 0; d < wanted.size(); ++d) {
        if (!keep[d]) continue;
        for (Term literal : encoder.IsClass({d}, wanted[d])) {
          assumptions.push_back(literal);
          dimension_of.push_back(d);
        }
      }
      switch (solver.Check(assumptions)) {
        case Answer::kYes:
          for (Term literal : assumptions) solver.Assert(literal);
          return true;
        case Answer::kUnknown: return false;
        case Answer::kNo: break;
      }
      if (solver.Core().empty()) return false;
      keep[dimension_of.at(solver.Core().back())] = false;
    }
  }

  auto Find(const CoverageItem& item) -> Found {
    const Term reaching = Reaching(item);
    if (reaching == smt::kFalse) return {.answer = Found::Answer::kNone, .run = {}};
    const smt::Scope scope(solver);
    solver.Assert(reaching);
    switch (solver.Check({served})) {
      case Answer::kYes: solver.Assert(served); break;
      case Answer::kNo: break;
      case Answer::kUnknown: return {};
    }
    switch (solver.Check({})) {
      case Answer::kYes: break;
      case Answer::kNo: return {.answer = Found::Answer::kNone, .run = {}};
      case Answer::kUnknown: return {};
    }
    if (!KeepClassesOfEmpty()) return {};
    const verify::Smallest smallest = verify::FindSmallest(encoder);
    if (smallest.answer != Answer::kYes) return {};
    ir::Request request = ir::NearestRequest(policy, classes, smallest.classes, empty);
    ir::Decision decision = ir::Evaluate(policy, request);
    return {.answer = Found::Answer::kFound, .run = {.request = std::move(request), .decision = std::move(decision)}};
  }

  ir::Policy policy;
  ir::ValueClasses classes;
  smt::Solver solver;
  verify::Encoder encoder;
  ir::Request empty;
  std::vector<Term> decides;  // for each route
  Term served{};
  std::vector<bool> asked_about;
};

WitnessFinder::WitnessFinder(const ir::Policy& policy, Moment now, const verify::Limits& limits)
    : impl_(std::make_unique<Impl>(policy, now, limits)) {}
WitnessFinder::~WitnessFinder() = default;

auto WitnessFinder::Find(const CoverageItem& item) -> Found {
  return impl_->Find(item);
}

auto WitnessFinder::asked_about() const -> const std::vector<bool>& {
  return impl_->asked_about;
}

}  // namespace route::testing
