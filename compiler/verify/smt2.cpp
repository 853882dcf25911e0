#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "compiler/verify/compared.h"
#include "compiler/verify/questions.h"
#include "compiler/verify/violation.h"

namespace route::verify {
namespace {

auto StatusOf(smt::Answer answer) -> std::string {
  switch (answer) {
    case smt::Answer::kYes: return "(set-info :status sat)\n";
    case smt::Answer::kNo: return "(set-info :status unsat)\n";
    case smt::Answer::kUnknown: return "(set-info :status unknown)\n";
  }
  return "";
}

/// Writes the questions in the order of `Verify`. Those about routes, refusals and guarantees stand with all earlier routes and
/// refusals, of which `Verify` leaves out those that cannot match together with the route in question; the further ones as
/// they are asked.
class Script {
 public:
  explicit Script(Encoder& encoder) : encoder_(encoder) {
    declarations_ = encoder.solver().ToSmt2();
    text_ = "; The questions that `routec check` asks about policy " + encoder.policy().name +
            ", over classes of attribute values\n(set-logic QF_UF)\n\n" + declarations_;
  }

  auto text() const -> const std::string& { return text_; }
  auto TakeQueries() -> Queries {
    return {.declarations = "(set-logic QF_UF)\n" + declarations_, .queries = std::move(queries_)};
  }

  void Coverage() {
    Begin("coverage. sat: a request that no refusal answers and no route takes");
    Assert(encoder_.NotRefused());
    for (std::uint32_t i = 0; i < policy().routes.size(); ++i) Deny(RouteId{i});
    AskAndEnd();
  }

  void Servability() {
    Begin("servability of each route, in order, for what the earlier ones leave");
    Assert(encoder_.NotRefused());
    for (std::uint32_t i = 0; i < policy().routes.size(); ++i) {
      Begin("route " + policy().routes[i].name + ". sat: a request of which it excludes every deployment");
      Assert(encoder_.Matches(RouteId{i}));
      Assert(solver().Not(encoder_.SomeReached(policy().routes[i])));
      AskAndEnd();
      Deny(RouteId{i});
    }
    End();
  }

  void DeadRoutes() {
    Begin("reachability of each route, in order, for what refusals and the earlier ones leave");
    Assert(encoder_.NotRefused());
    for (std::uint32_t i = 0; i < policy().routes.size(); ++i) {
      Begin("route " + policy().routes[i].name + ". sat: a request that it decides");
      Assert(encoder_.Matches(RouteId{i}));
      AskAndEnd();
      Deny(RouteId{i});
    }
    End();
  }

  void DeadRules() {
    for (std::uint32_t i = 0; i < policy().rules.size(); ++i) {
      if (policy().rules[i].origin != ir::Rule::Origin::kWritten) continue;
      Begin("rule " + policy().rules[i].name + ". sat: a request to which it applies");
      Assert(encoder_.Matches(RuleId{i}));
      AskAndEnd();
    }
  }

  void DeadServices() {
    for (std::uint32_t i = 0; i < policy().services.size(); ++i) {
      Begin("service " + policy().services[i].name + ". sat: a request that it may see");
      Assert(encoder_.Asked({i}));
      AskAndEnd();
    }
  }

  void DeadRefusals() {
    Begin("reachability of each refusal, in order, for what the earlier ones leave");
    for (std::uint32_t i = 0; i < policy().refusals.size(); ++i) {
      Begin("refusal " + policy().refusals[i].name + ". sat: a request that it answers");
      Assert(encoder_.Matches(RefusalId{i}));
      AskAndEnd();
      Deny(RefusalId{i});
    }
    End();
  }

  void Guarantee(const ir::Guarantee& guarantee) {
    const auto* served = std::get_if<ir::Served>(&guarantee.promise);
    Begin("guarantee " + guarantee.name + ": " + guarantee.text + ". It holds if all within say unsat but the premise");
    Assert(encoder_.Encode(guarantee.when));
    const auto* compared = std::get_if<ir::Compared>(&guarantee.promise);
    if (const auto* every = std::get_if<ir::EveryDeploymentReached>(&guarantee.promise)) Services(*every);
    Begin("the premise. sat: a request that the promise is about, which may be one that is refused if services count");
    Assert(Concerned(encoder_, guarantee));
    AskAndEnd();
    if (served == nullptr && compared == nullptr) Assert(encoder_.NotRefused());
    if (served != nullptr) Refusals(*served);
    if (compared != nullptr) {
      Begin("the two requests. sat: a request that breaks the promise, whatever its own value of the attribute");
      Assert(ComparisonFails(encoder_, *compared));
      AskAndEnd();
      End();
      return;
    }
    for (std::uint32_t i = 0; i < policy().routes.size(); ++i) {
      const std::optional<smt::Term> violation = Violation(encoder_, guarantee, policy().routes[i]);
      const std::string which = "route " + policy().routes[i].name;
      if (!violation) {
        Comment(which + " is too large a question about money to be written down");
      } else if (*violation == smt::kFalse) {
        Comment(which + " keeps the promise whatever the request, by the catalogue alone");
      } else {
        Begin(which + ". sat: a request that it decides and that breaks the promise");
        Assert(encoder_.Matches(RouteId{i}));
        Assert(*violation);
        AskAndEnd();
      }
      Deny(RouteId{i});
    }
    if (served != nullptr) {
      Begin("no route. sat: a request that none takes");
      AskAndEnd();
    }
    End();
  }

  /// The questions that have been asked.
  void Further(const QueryLog& log) {
    for (const QueryLog::Question& question : log.questions()) {
      Begin(question.about);
      for (const smt::Term term : question.holds) Assert(term);
      AskAndEnd(question.answer);
    }
  }

 private:
  void Services(const ir::EveryDeploymentReached& promise) {
    for (std::uint32_t i = 0; i < policy().services.size(); ++i) {
      if (ir::Says(promise.test, policy(), ServiceId{i}) != ir::Said::kNo) continue;
      Begin("service " + policy().services[i].name + ". sat: a request, refused or not, that it sees against the promise");
      Assert(encoder_.Asked({i}));
      AskAndEnd();
    }
  }

  void Refusals(const ir::Served& promise) {
    for (std::uint32_t i = 0; i < policy().refusals.size(); ++i) {
      if (!std::ranges::binary_search(promise.unless_refused_by, RefusalId{i})) {
        Begin("refusal " + policy().refusals[i].name + ". sat: a request that it answers against the promise");
        Assert(encoder_.Matches(RefusalId{i}));
        AskAndEnd();
      }
      Deny(RefusalId{i});
    }
  }

  void Comment(const std::string& words) { text_ += "\n; " + words + "\n"; }
  void Begin(const std::string& words) {
    Comment(words);
    text_ += "(push 1)\n";
    scopes_.push_back({.words = words, .asserted = {}, .terms = {}});
  }
  void Assert(smt::Term term) {
    if (term == smt::kTrue) return;
    const std::string assertion = "(assert " + solver().ToSmt2(term) + ")\n";
    text_ += assertion;
    scopes_.back().asserted += assertion;
    scopes_.back().terms.push_back(term);
  }
  template <typename Id>
  void Deny(Id id) {
    Assert(solver().Not(encoder_.Matches(id)));
  }
  void AskAndEnd() {
    std::vector<smt::Term> all;
    for (const OpenScope& scope : scopes_) all.insert(all.end(), scope.terms.begin(), scope.terms.end());
    AskAndEnd(encoder_.Ask(all));
  }
  void AskAndEnd(smt::Answer answer) {
    const std::string ask = StatusOf(answer) + "(check-sat)\n";
    text_ += ask;
    Query query;
    for (const OpenScope& scope : scopes_) {
      query.question += (query.question.empty() ? "" : "; ") + scope.words;
      query.text += scope.asserted;
    }
    std::string number = std::to_string(queries_.size() + 1);
    number.insert(0, number.size() < 5 ? 5 - number.size() : 0, '0');
    query.name = number;
    query.text = "; " + query.question + "\n" + query.text + ask;
    queries_.push_back(std::move(query));
    End();
  }
  void End() {
    text_ += "(pop 1)\n";
    scopes_.pop_back();
  }

  auto policy() const -> const ir::Policy& { return encoder_.policy(); }
  auto solver() const -> smt::Solver& { return encoder_.solver(); }

  Encoder& encoder_;
  struct OpenScope {
    std::string words;
    std::string asserted;
    std::vector<smt::Term> terms;
  };
  std::string declarations_;
  std::string text_;
  std::vector<OpenScope> scopes_;
  std::vector<Query> queries_;
};

/// Asks what `Verify` asks beyond the existence of requests for routes, rules and refusals, and for breaking promises.
auto AskFurther(Encoder& encoder, const Limits& limits) -> QueryLog {
  QueryLog log;
  encoder.RecordTo(&log);
  log.About("R0506. sat: a request to which the one rule applies and the other does not");
  FindRedundantRules(encoder);
  log.About("R0507. sat: a request of which the condition does not hold");
  FindAlwaysHolds(encoder);
  log.About("R0508. sat: a request that the route decides, and that reaches the tier if one is named");
  FindDeadTiers(encoder);
  log.About("R0509. sat: a request that reaches the tier, and with attempts left if it speaks of them");
  FindUntriedTiers(encoder);
  log.About("R0519. sat: a request for which the tier has so many retries");
  FindCutShort(encoder);
  log.About("R0517. sat: a request that something dearer takes when more is spent");
  FindDearerSpills(encoder);
  log.About("R0518. sat: a request that reaches the deployment, or that the route decides");
  FindDeadMembers(encoder);
  log.About("R0521. sat: a request for which the part does not hold and the parts beside it do, or these alone");
  FindIdleParts(encoder, limits.depth);
  if (limits.today) {
    log.About("R0522. sat: a request on such a day of which the condition holds");
    FindOutOfDate(encoder, *limits.today, limits.depth);
  }
  if (limits.depth == Limits::Depth::kAudit) {
    log.About("R0513 and R0514. sat: a request that is allowed more with another value");
    FindValueGains(encoder);
    log.About("R0515. sat: a request, of the route if one decides, whose service one loss ends");
    FindSingleLosses(encoder);
    log.About("R0523. sat: a request for which the rule excludes what none of the others does, or to which it applies");
    FindIdleRules(encoder);
  }
  encoder.RecordTo(nullptr);
  return log;
}

/// Everything that `Verify` asks about the policy.
void AskAll(Encoder& encoder, const Limits& limits, Script& script) {
  script.Coverage();
  script.Servability();
  script.DeadRoutes();
  script.DeadRules();
  script.DeadRefusals();
  script.DeadServices();
  for (const ir::Guarantee& guarantee : encoder.policy().guarantees) script.Guarantee(guarantee);
  script.Further(AskFurther(encoder, limits));
}

}  // namespace

auto EmitSmt2(const ir::Policy& policy, const Limits& limits) -> std::string {
  const ir::ValueClasses classes(policy);
  smt::Solver solver(EngineOf(limits.solver), limits.rlimit);
  Encoder encoder(policy, classes, solver);
  Script script(encoder);
  AskAll(encoder, limits, script);
  return script.text();
}

auto EmitQueries(const ir::Policy& policy, const Limits& limits) -> Queries {
  const ir::ValueClasses classes(policy);
  smt::Solver solver(EngineOf(limits.solver), limits.rlimit);
  Encoder encoder(policy, classes, solver);
  Script script(encoder);
  AskAll(encoder, limits, script);
  return script.TakeQueries();
}

}  // namespace route::verify
