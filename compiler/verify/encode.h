#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/ir/classes.h"
#include "compiler/ir/policy.h"
#include "compiler/ir/screens.h"
#include "compiler/verify/hulls.h"
#include "compiler/verify/query_log.h"
#include "compiler/verify/smt/solver.h"
#include "compiler/verify/verdict_cache.h"
#include "compiler/verify/verify.h"

/// A policy as formulas over booleans: the only place that knows how.
///
/// A request is a choice of one class for each dimension (see `ir::ValueClasses`). A dimension of three to eight names
/// has a boolean for each class, exactly one of which is true. Numbers, dates and anything with more classes have
/// booleans for "this class or a later one", each implying the one before it, so that a range is two literals
/// whatever lies in it; with two classes that is a single boolean either way. Conditions become formulas over these,
/// and each rule, refusal, route and set of excluding rules gets a name that questions can assume.
namespace route::verify {

auto EngineOf(SolverKind solver) -> smt::EngineKind;

class Encoder {
 public:
  /// Declares and defines everything in the solver. All arguments must outlive the encoder; `cache` may be null.
  Encoder(const ir::Policy& policy, const ir::ValueClasses& classes, smt::Solver& solver, VerdictCache* cache = nullptr);

  /// The same policy for requests whose `attribute` has this value, whatever their own is: formulas over the other attributes,
  /// made of the booleans of `whole` when they are first asked for. They have no names of their own, so they can be
  /// made within a scope. Hulls stay those of `whole`, which must outlive the encoder and is none of these itself.
  Encoder(const Encoder& whole, AttributeId attribute, const ir::Value& value);

  auto policy() const -> const ir::Policy& { return *policy_; }
  auto classes() const -> const ir::ValueClasses& { return *classes_; }
  auto solver() const -> smt::Solver& { return *solver_; }
  auto cache() const -> VerdictCache* { return cache_; }

  /// `solver().Check(assumptions)`, or what an earlier run answered. There is no model and no core to look at after it.
  auto Ask(const std::vector<smt::Term>& assumptions) -> smt::Answer;

  /// From here on `log`, which may be null, gets each question that `Ask` and `FindSmallest` answer: what is asserted beyond
  /// what every question takes for granted, and what is assumed.
  void RecordTo(QueryLog* log) { log_ = log; }
  void Record(std::vector<smt::Term> assumptions, smt::Answer answer);

  /// Of the question which request satisfies what is asserted, the smallest or any. Policies whose classes have other
  /// numbers have other keys.
  enum class Wanted : std::uint8_t { kSmallest, kAny };
  auto KeyOfClasses(Wanted wanted) -> QuestionKey;

  /// "The condition of this one holds", whatever else does.
  auto Matches(RuleId rule) const -> smt::Term;
  auto Matches(RefusalId refusal) const -> smt::Term;
  auto Matches(RouteId route) const -> smt::Term;

  auto Encode(const ir::Condition& condition) const -> smt::Term { return Encode(condition, nullptr); }

  /// The same of a request that differs in one dimension, which has this class: a formula over the others.
  struct FixedClass {
    ir::DimensionId dimension;
    std::uint32_t value_class = 0;
  };
  auto EncodeWith(const ir::Condition& condition, const FixedClass& fixed) const -> smt::Term {
    return Encode(condition, &fixed);
  }

  /// No refusal matches.
  auto NotRefused() const -> smt::Term;

  /// No rule that excludes the deployment applies.
  auto Allowed(DeploymentId deployment) const -> smt::Term;

  /// "The service is asked, so it sees the prompt", whatever then becomes of the request. Of the policy that the solver was
  /// made for.
  auto Asked(ServiceId service) const -> smt::Term;

  /// What keeps services from prompts, and when.
  struct Screen {
    const ir::Screen* meaning;
    smt::Term holds = smt::kFalse;
  };
  auto screens() const -> const std::vector<Screen>& { return screens_; }

  /// Deployments that the same rules exclude.
  struct Alike {
    std::vector<RuleId> excluding;
    std::vector<DeploymentId> deployments;
  };
  auto alike() const -> const std::vector<Alike>& { return whole().alike_; }

  /// Literals that together say "this route decides": it matches, and no refusal and no earlier route does. Those that cannot
  /// match together with it are left out.
  auto Decides(RouteId route) const -> std::vector<smt::Term> { return Decides(route, HullOf(route)); }

  /// The same of requests within a box: those that match none of them are left out, too.
  auto Decides(RouteId route, const Hull& within) const -> std::vector<smt::Term>;

  /// The earlier routes, and the refusals, that could match together with the route.
  auto RoutesBefore(RouteId route) const -> std::vector<RouteId>;
  auto RefusalsBefore(RouteId route) const -> std::vector<RefusalId> { return RefusalsMeeting(HullOf(route)); }

  /// The routes that could match together with the condition.
  auto RoutesMeeting(const ir::Condition& condition) const -> std::vector<RouteId>;

  /// The routes before `end`, and the refusals, that could match together with what is in the hull.
  auto RoutesMeeting(const Hull& hull, RouteId end) const -> std::vector<RouteId>;
  auto RefusalsMeeting(const Hull& hull) const -> std::vector<RefusalId>;

  auto HullOf(RuleId rule) const -> const Hull& { return whole().rule_hulls_.at(rule.index); }
  auto HullOf(RouteId route) const -> const Hull& { return whole().route_hulls_[route.index]; }
  auto HullOf(RefusalId refusal) const -> const Hull& { return whole().refusal_hulls_[refusal.index]; }

  /// For each candidate of a tier: it is in the tier's part of the plan, provided that its route decides.
  auto Reached(const ir::Tier& tier) const -> std::vector<smt::Term>;

  /// Something of the tier, or of the whole chain, is in the plan.
  auto SomeReached(const ir::Tier& tier) const -> smt::Term;
  auto SomeReached(const ir::Route& route) const -> smt::Term;

  /// Literals that together say "this class", and "a class before this one".
  auto IsClass(ir::DimensionId dimension, std::uint32_t value_class) const -> std::vector<smt::Term>;
  auto IsBefore(ir::DimensionId dimension, std::uint32_t value_class) const -> std::vector<smt::Term>;

  /// Whether any classes, one of each dimension, are those of some request: not where a date and a day of the week share a
  /// clock.
  auto CombinesFreely() const -> bool;

  /// After an answer kYes: the class of each dimension in the solver's model.
  auto ModelClasses() const -> std::vector<std::uint16_t>;

 private:
  struct Dimension {
    enum class Form : std::uint8_t { kExact, kOrLater };
    Form form = Form::kOrLater;
    std::vector<smt::Term> terms;  // kExact: one for each class; kOrLater: one for each class but the first
  };

  void DefineConditions();
  void DefineAllowed();
  void DefineAsked();
  /// What no request is: a date with another day of the week than its own, if both come from one clock.
  auto IsPossible() const -> smt::Term;
  auto AskOrRemember(const std::vector<smt::Term>& assumptions) -> smt::Answer;
  auto Named(const std::string& name, smt::Term meaning) -> smt::Term;
  void DeclareDimension(ir::DimensionId dimension);
  auto OrLater(const Dimension& dimension, std::uint32_t value_class) const -> smt::Term;
  auto Encode(const ir::Condition& condition, const FixedClass* fixed) const -> smt::Term;
  auto InClasses(ir::DimensionId dimension, const std::vector<bool>& wanted) const -> smt::Term;
  auto whole() const -> const Encoder& { return whole_ == nullptr ? *this : *whole_; }
  /// The condition for requests that have the value.
  using Known = std::unordered_map<std::uint32_t, smt::Term>;
  auto WithValue(Known& known, std::uint32_t index, const ir::Condition& when, smt::Term in_general) const -> smt::Term;
  auto UniqueName(const std::string& text) -> std::string;
  auto UniqueNames(const std::vector<std::string>& texts) -> std::vector<std::string>;

  const ir::Policy* policy_;
  const ir::ValueClasses* classes_;
  smt::Solver* solver_;
  VerdictCache* cache_ = nullptr;
  QueryLog* log_ = nullptr;
  std::size_t granted_ = 0;  // how many assertions every question takes for granted
  std::string shape_;  // the names of all classes
  std::vector<Dimension> dimensions_;
  std::vector<smt::Term> rules_;
  std::vector<smt::Term> refusals_;
  std::vector<smt::Term> routes_;
  std::vector<smt::Term> allowed_;
  std::vector<Alike> alike_;
  std::vector<std::size_t> alike_of_;  // by deployment
  std::vector<ir::Screen> screen_meanings_;
  std::vector<Screen> screens_;
  std::vector<smt::Term> asked_;
  std::vector<Hull> rule_hulls_;
  HullIndex refusal_hulls_;
  HullIndex route_hulls_;
  std::set<std::string> names_;

  // Of a policy for requests that have one value.
  const Encoder* whole_ = nullptr;
  AttributeId attribute_;
  ir::Request having_;  // with the value
  mutable Known rules_with_value_;
  mutable Known refusals_with_value_;
  mutable Known routes_with_value_;
  mutable Known allowed_with_value_;  // by index into `alike_`
};

/// Sums of weights over those terms that are true, compared with constants. A diagram over the terms, shared between
/// the calls on one object: terms × distinct partial sums in size.
class Sum {
 public:
  struct Item {
    smt::Term term;
    std::int64_t weight = 1;  ///< at least 0
  };

  Sum(smt::Solver& solver, std::vector<Item> items);

  /// The sum over the first `count` items is more than `bound`.
  auto Exceeds(std::size_t count, std::int64_t bound) -> smt::Term;
  auto Exceeds(std::int64_t bound) -> smt::Term { return Exceeds(items_.size(), bound); }

 private:
  smt::Solver* solver_;
  std::vector<Item> items_;
  std::vector<std::int64_t> largest_;  // the sum of the first i weights
  std::map<std::pair<std::size_t, std::int64_t>, smt::Term> known_;
};

}  // namespace route::verify
