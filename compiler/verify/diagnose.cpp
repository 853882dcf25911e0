#include "compiler/verify/diagnose.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/ir/clock.h"
#include "compiler/ir/evaluate.h"
#include "compiler/ir/json.h"
#include "compiler/ir/text.h"
#include "compiler/verify/diagnose_sense.h"
#include "compiler/verify/explanation.h"
#include "compiler/verify/questions.h"
#include "runtime/values/value_text.h"

namespace route::verify {
namespace {

using diagnostics::Builder;
using diagnostics::Code;
using diagnostics::WitnessValue;

constexpr std::size_t kMostDeploymentNotes = 3;
constexpr std::size_t kMostRuleNotes = 4;  // as many as `SomeNames` names

auto Quoted(const std::string& name) -> std::string {
  return "`" + name + "`";
}

/// The distinct deployments of a chain, in its order.
auto ChainOf(const ir::Route& route) -> std::vector<DeploymentId> {
  std::vector<DeploymentId> chain;
  for (const ir::Tier& tier : route.tiers) {
    for (const ir::Candidate& candidate : tier.candidates) {
      if (std::ranges::find(chain, candidate.deployment) == chain.end()) chain.push_back(candidate.deployment);
    }
  }
  return chain;
}

class Reporter {
 public:
  Reporter(const ir::Policy& policy, const SourceSet& sources, const VerifyReport& report, diagnostics::Emitter& emitter)
      : policy_(policy), sources_(sources), report_(report), emitter_(emitter) {}

  void Report(const Uncovered& finding) {
    emitter_.Report(AddClockNote(Builder(Code::kR0501, policy_.span, "some requests are taken by no route"), policy_)
                        .WithWitness(WitnessValues(policy_, finding.witness), "no route matches")
                        .WithHint(CatchAllHint()));
  }

  void Report(const Unservable& finding) {
    const ir::Route& route = RouteAt(finding.route);
    Builder builder(Code::kR0502, route.span,
                    "route " + Quoted(route.name) + " takes requests for which none of its deployments is allowed");
    std::vector<std::string> names{route.name};
    for (const RuleId id : finding.rules) {
      const ir::Rule& rule = RuleAt(id);
      names.push_back(rule.name);
      std::move(builder).AddNote(rule.span, ExcludesOf(rule, route));
    }
    emitter_.Report(
        AddClockNote(std::move(builder), policy_)
            .WithWitness(WitnessValues(policy_, finding.witness),
                         "route " + Quoted(route.name) + " matches and every deployment of its chain is excluded")
            .WithRules(std::move(names))
            .WithHint(UnservableHint(route, finding.witness)));
  }

  /// Those that the same ones hide are one finding, so that a route without a condition that stands too early is one mistake.
  void Report(const std::vector<DeadRoute>& dead_routes) {
    std::vector<std::vector<DeadRoute>> groups;
    for (const DeadRoute& dead : dead_routes) {
      const auto is_alike = [&](const std::vector<DeadRoute>& group) {
        const DeadRoute& first = group.front();
        return !first.never_matches && !dead.never_matches && first.hidden_by == dead.hidden_by &&
               first.refused_by == dead.refused_by && first.outcome == dead.outcome;
      };
      const auto group = std::ranges::find_if(groups, is_alike);
      group == groups.end() ? groups.push_back({dead}) : group->push_back(dead);
    }
    for (const std::vector<DeadRoute>& group : groups) ReportDeadRoutes(group);
  }

  void Report(const DeadRule& finding) {
    const ir::Rule& rule = RuleAt(finding.rule);
    std::string evidence = "its condition can never hold";
    std::string hint = "correct the condition of rule " + Quoted(rule.name);
    if (finding.keeps_away.empty()) {
      hint += ", or delete the rule";
    } else {
      evidence += "; but before the services answer it could, and that keeps " + ServiceNames(finding.keeps_away) + " from prompts";
      hint += "; " + WithoutIt(finding.keeps_away);
    }
    emitter_.Report(Builder(Code::kR0504, rule.span, "rule " + Quoted(rule.name) + " never applies")
                        .WithWitness({}, evidence)
                        .WithRules({rule.name})
                        .WithHint(hint));
  }

  void Report(const DeadRefusal& finding) {
    const ir::Refusal& refusal = policy_.refusals.at(finding.refusal.index);
    Builder builder(Code::kR0505, refusal.span, "refusal " + Quoted(refusal.name) + " never answers a request");
    std::vector<std::string> names;
    for (const RefusalId id : finding.hidden_by) {
      const ir::Refusal& earlier = policy_.refusals.at(id.index);
      names.push_back(earlier.name);
      std::move(builder).AddNote(earlier.span, "refusal " + Quoted(earlier.name) + " comes before it");
    }
    std::string evidence =
        finding.never_matches ? "its condition can never hold"
                              : "every request that meets its condition is refused by " + JoinNames(names) + " already";
    std::string hint = finding.never_matches ? "correct the condition of refusal " + Quoted(refusal.name) + ", or delete it"
                                             : "delete refusal " + Quoted(refusal.name) + ", or move it up for its own reason";
    if (!finding.keeps_away.empty()) {
      evidence += "; but " + Quoted(refusal.name) + " does so before any service is asked, and that keeps " +
                  ServiceNames(finding.keeps_away) + " from prompts";
      hint = "move refusal " + Quoted(refusal.name) + " up for its own reason; " + WithoutIt(finding.keeps_away);
    }
    names.insert(names.begin(), refusal.name);
    emitter_.Report(
        std::move(builder)
            .WithWitness({}, evidence)
            .WithRules(std::move(names))
            .WithHint(std::move(hint)));
  }

  void Report(const DeadService& finding) {
    const ir::Service& service = policy_.services.at(finding.service.index);
    Builder builder(Code::kR0524, service.span, "service " + Quoted(service.name) + " may see no request");
    std::vector<std::string> names{service.name};
    for (const RefusalId id : finding.refusals) {
      const ir::Refusal& refusal = policy_.refusals.at(id.index);
      names.push_back(refusal.name);
      std::move(builder).AddNote(refusal.span, "refusal " + Quoted(refusal.name) + " answers before it is asked");
    }
    for (const RuleId id : finding.rules) {
      names.push_back(RuleAt(id).name);
      std::move(builder).AddNote(RuleAt(id).span, "rule " + Quoted(RuleAt(id).name) +
                                                      " excludes it, and could apply whatever the services say");
    }
    std::vector<std::string> asked;
    for (const AttributeId id : ir::AskedFor(policy_, finding.service)) asked.push_back(policy_.attributes.at(id.index).name);
    emitter_.Report(std::move(builder)
                        .WithWitness({}, "before it is asked, the rules cannot be known to allow it, so " + JoinNames(asked) +
                                             (asked.size() == 1 ? " always takes the default in the place of its answer"
                                                                : " always take the defaults in the place of its answers"))
                        .WithRules(std::move(names))
                        .WithHint("run the service where these rules allow it, or let the rules ask about what is known before"));
  }

  void Report(const RedundantRule& finding) {
    const ir::Rule& rule = RuleAt(finding.rule);
    const ir::Rule& other = RuleAt(finding.covered_by);
    emitter_.Report(Builder(Code::kR0506, rule.span,
                            "rule " + Quoted(rule.name) + " adds nothing to rule " + Quoted(other.name))
                        .AddNote(other.span, "rule " + Quoted(other.name) + " requires the same")
                        .WithWitness({}, "every request that meets its condition meets that of " + Quoted(other.name) +
                                             ", too, and both require the same")
                        .WithRules({rule.name, other.name})
                        .WithHint("delete rule " + Quoted(rule.name) + ", or correct what it requires"));
  }

  void Report(const AlwaysHolds& finding) {
    if (const auto* rule = std::get_if<RuleId>(&finding.whose)) ReportAlwaysHolds("rule", RuleAt(*rule));
    if (const auto* route = std::get_if<RouteId>(&finding.whose)) ReportAlwaysHolds("route", RouteAt(*route));
    if (const auto* refusal = std::get_if<RefusalId>(&finding.whose)) {
      ReportAlwaysHolds("refusal", policy_.refusals.at(refusal->index));
    }
  }

  void Report(const DeadTier& finding) {
    const ir::Route& route = RouteAt(finding.route);
    const ir::Tier& tier = route.tiers.at(finding.tier);
    Builder builder(Code::kR0508, tier.span,
                    "the tier " + Quoted(tier.label) + " of route " + Quoted(route.name) + " is never reached");
    std::vector<std::string> names{route.name};
    ir::Route only = route;
    only.tiers = {tier};
    std::vector<std::string> rules;
    for (const RuleId id : finding.rules) {
      rules.push_back(RuleAt(id).name);
      if (rules.size() <= kMostRuleNotes) std::move(builder).AddNote(RuleAt(id).span, ExcludesOf(RuleAt(id), only));
    }
    names.insert(names.end(), rules.begin(), rules.end());
    emitter_.Report(std::move(builder)
                        .WithWitness(WitnessValues(policy_, finding.witness),
                                     finding.rules.size() == 1
                                         ? "none of its deployments is allowed, and so it is for every request of the route"
                                         : "none of its deployments is allowed, and for every request of the route one or "
                                           "several of " + SomeNames(rules) + " exclude them all")
                        .WithRules(std::move(names))
                        .WithHint("take the tier out, or put deployments there that the rules allow"));
  }

  void Report(const UntriedTier& finding) {
    const ir::Route& route = RouteAt(finding.route);
    const ir::Tier& tier = route.tiers.at(finding.tier);
    const bool is_time = finding.limit == UntriedTier::Limit::kDeadline;
    const std::string limit = is_time ? "the deadline of " + FormatDuration(policy_.limits.deadline_ms)
                                      : "the limit of " + std::to_string(policy_.limits.attempts) + " attempts";
    const std::string used = is_time ? "the tiers before it may wait " + FormatDuration(finding.used)
                                     : "the tiers before it make " + std::to_string(finding.used) + " attempts";
    emitter_.Report(Builder(Code::kR0509, tier.span,
                            std::string(is_time ? "no time" : "no attempt") + " is left for the tier " +
                                Quoted(tier.label) + " of route " + Quoted(route.name))
                        .WithWitness({}, used + ", and " + limit + " comes first")
                        .WithRules({route.name})
                        .WithHint(is_time ? "give the tiers before it a shorter `within`, or raise the deadline in `limits`"
                                          : "lower `retry` before it, or let `limits` allow more attempts"));
  }

  void Report(const SlowFailover& finding) {
    const ir::Route& route = RouteAt(finding.route);
    const ir::Tier& tier = route.tiers.at(finding.tier);
    const ir::Tier& next = route.tiers.at(finding.tier + 1);
    const auto time = [](std::int64_t micros) { return FormatQuantity(Decimal{micros}, Unit::kMilliseconds); };
    emitter_.Report(Builder(Code::kR0512, tier.span,
                            "after " + FormatDuration(tier.within_ms.value()) + " route " + Quoted(route.name) +
                                " gives up " + Quoted(tier.label) + " for what is slower")
                        .AddNote(next.span, "the next tier begins here")
                        .WithWitness({}, "the next tier takes " + time(finding.next_ms) +
                                             " to the first token at its fastest, this one " + time(finding.slowest_ms) +
                                             " at its slowest")
                        .WithRules({route.name})
                        .WithHint("put a faster tier next, or leave `within` out"));
  }

  void Report(const RepeatedTier& finding) {
    const ir::Route& route = RouteAt(finding.route);
    const ir::Tier& tier = route.tiers.at(finding.tier);
    const ir::Tier& first = route.tiers.at(finding.first);
    emitter_.Report(Builder(Code::kR0525, tier.span,
                            "the tier " + Quoted(tier.label) + " of route " + Quoted(route.name) + " has nothing new to try")
                        .AddNote(first.span, "it is tried here")
                        .WithWitness({}, "when a request comes to it, each of its deployments has failed already")
                        .WithRules({route.name})
                        .WithHint("name something else there, or write `retry` at the earlier tier if another attempt is meant"));
  }

  void Report(const ValueGain& finding) {
    const ir::Attribute& attribute = policy_.attributes.at(finding.attribute.index);
    const bool is_claim = finding.how == ValueGain::How::kClaimed;
    // The default as it is written, not the first value of its class.
    const ir::Value& instead = finding.instead.at(finding.attribute.index);
    const std::string value = ir::FormatValue(attribute, is_claim ? instead : attribute.fallback.value_or(instead));
    Builder builder(is_claim ? Code::kR0513 : Code::kR0514, attribute.span,
                    is_claim ? "a caller who claims another " + Quoted(attribute.name) + " is allowed more"
                             : "a request without " + Quoted(attribute.name) + " is allowed more than some with it");
    std::vector<std::string> names{attribute.name};
    for (const RuleId id : finding.rules) {
      names.push_back(RuleAt(id).name);
      std::move(builder).AddNote(RuleAt(id).span, "rule " + Quoted(RuleAt(id).name) + " no longer applies");
    }
    std::vector<std::string> gained;
    for (const DeploymentId id : finding.gained) gained.push_back(policy_.deployments.at(id.index).name);
    std::vector<std::string> seen_by;
    for (const ServiceId id : finding.services) seen_by.push_back(policy_.services.at(id.index).name);
    std::string more = "with " + Quoted(attribute.name + " " + value) + " instead ";
    if (!gained.empty()) more += "it may also go to " + SomeNames(gained);
    if (!seen_by.empty()) more += std::string(gained.empty() ? "" : ", and ") + "its prompt is shown to " + SomeNames(seen_by);
    emitter_.Report(
        AddClockNote(std::move(builder), policy_)
            .WithWitness(WitnessValues(policy_, finding.witness), std::move(more))
            .WithRules(std::move(names))
            .WithHint(is_claim ? "take the value from what the gateway measures or the tenant's entry, or accept that callers "
                                 "are trusted with it"
                               : "choose the strictest value as the default, or give none, so that such requests are refused"));
  }

  void Report(const SingleLoss& finding) {
    const ir::Route& route = RouteAt(finding.route);
    using Unit = ir::SurvivesLoss::Unit;
    std::string lost;
    switch (finding.unit) {
      case Unit::kDeployment: lost = "deployment " + Quoted(policy_.deployments.at(finding.lost).name); break;
      case Unit::kVendor: lost = "vendor " + Quoted(policy_.vendors.at(finding.lost).name); break;
      case Unit::kCountry: lost = "country " + std::string(Countries()[finding.lost].code); break;
    }
    emitter_.Report(AddClockNote(Builder(Code::kR0515, route.span, "losing " + lost + " alone ends service for some requests"), policy_)
                        .WithWitness(WitnessValues(policy_, finding.witness),
                                     "route " + Quoted(route.name) + " has nothing else left to try")
                        .WithRules({route.name})
                        .WithHint("give the route a further tier, or accept the risk"));
  }

  void Report(const TrivialGuarantee& finding) {
    const ir::Guarantee& guarantee = policy_.guarantees.at(finding.guarantee.index);
    const bool is_bound = std::holds_alternative<ir::Bounded>(guarantee.promise) ||
                          std::holds_alternative<ir::CostsAtMost>(guarantee.promise);
    emitter_.Report(Builder(Code::kR0516, guarantee.span, "nothing could break guarantee " + Quoted(guarantee.name))
                        .WithWitness({}, is_bound ? "it promises no more than `limits` enforce"
                                                  : "every deployment of the catalogue keeps it, whatever is routed where")
                        .WithRules({guarantee.name})
                        .WithHint("promise something that depends on the policy, or keep it for catalogues to come"));
  }

  void Report(const GuaranteeResult& result) {
    const ir::Guarantee& guarantee = policy_.guarantees.at(result.guarantee.index);
    switch (result.verdict) {
      case Verdict::kProved:
        if (result.vacuous) ReportVacuous(guarantee, result.refused_by);
        return;
      case Verdict::kViolated:
        ReportViolation(guarantee, result);
        return;
      case Verdict::kUnknown:
        emitter_.Report(
            Builder(Code::kR0520, guarantee.span,
                    "the solver gave up on the question: does guarantee " + Quoted(guarantee.name) + " hold")
                .WithRules({guarantee.name})
                .WithHint(kGaveUpHint));
        return;
    }
  }

  void Report(const Unanswered& unanswered) {
    emitter_.Report(Builder(Code::kR0520, unanswered.span, "the solver gave up on the question: " + unanswered.question)
                        .WithHint(kGaveUpHint));
  }

 private:
  static constexpr const char* kGaveUpHint =
      "allow the solver a larger resource limit, or simplify the conditions that the question is about";

  void ReportDeadRoutes(const std::vector<DeadRoute>& group) {
    const DeadRoute& finding = group.front();
    const ir::Route& route = RouteAt(finding.route);
    std::vector<std::string> dead;
    for (const DeadRoute& each : group) dead.push_back(RouteAt(each.route).name);
    const bool is_one = group.size() == 1;
    Builder builder(Code::kR0503, route.span,
                    is_one ? "route " + Quoted(route.name) + " is never taken" : "routes " + SomeNames(dead) + " are never taken");
    std::vector<std::string> hiding;
    for (const RefusalId id : finding.refused_by) {
      const ir::Refusal& refusal = policy_.refusals.at(id.index);
      hiding.push_back(refusal.name);
      std::move(builder).AddNote(refusal.span, "refusal " + Quoted(refusal.name) + " comes before every route");
    }
    for (const RouteId id : finding.hidden_by) {
      hiding.push_back(RouteAt(id).name);
      std::move(builder).AddNote(RouteAt(id).span, "route " + Quoted(RouteAt(id).name) + " is tried before " + (is_one ? "it" : "them"));
    }
    std::vector<std::string> names = dead;
    names.insert(names.end(), hiding.begin(), hiding.end());
    std::move(builder).WithRules(std::move(names));
    if (finding.never_matches) {
      emitter_.Report(std::move(builder)
                          .WithWitness({}, "its condition can never hold")
                          .WithHint("correct the condition of route " + Quoted(route.name) + ", or delete the route"));
      return;
    }
    std::string hint = "delete route " + Quoted(route.name) + ", or narrow the refusals that answer its requests";
    if (!finding.hidden_by.empty()) {
      const ir::Route& first = RouteAt(finding.hidden_by.front());
      const std::string place = "route " + Quoted(first.name) + " (" + sources_.Describe(first.span) + ")";
      hint = is_one ? "move route " + Quoted(route.name) + " before " + place + ", or delete it"
                    : "move " + place + " behind them, or delete them";
    }
    emitter_.Report(std::move(builder)
                        .WithWitness({}, "every request that meets " + std::string(is_one ? "its condition" : "their conditions") +
                                             " is answered by " + JoinNames(hiding) + (hiding.size() > 1 ? " together" : "") +
                                             (finding.outcome == DeadRoute::Outcome::kSame ? ", with the same chain" : ""))
                        .WithHint(std::move(hint)));
  }

  template <typename Declared>
  void ReportAlwaysHolds(const std::string& kind, const Declared& declared) {
    emitter_.Report(Builder(Code::kR0507, declared.span,
                            "the condition of " + kind + " " + Quoted(declared.name) + " always holds")
                        .WithWitness({}, "no request fails to meet it")
                        .WithRules({declared.name})
                        .WithHint("correct the condition, or leave it out and say so"));
  }

  auto ServiceNames(const std::vector<ServiceId>& services) const -> std::string {
    std::vector<std::string> names;
    for (const ServiceId id : services) names.push_back(policy_.services.at(id.index).name);
    return SomeNames(names);
  }

  auto WithoutIt(const std::vector<ServiceId>& services) const -> std::string {
    return "without it " + ServiceNames(services) + " would see prompts that " + (services.size() == 1 ? "it does" : "they do") +
           " not see now";
  }

  auto RouteAt(RouteId id) const -> const ir::Route& { return policy_.routes.at(id.index); }
  auto RuleAt(RuleId id) const -> const ir::Rule& { return policy_.rules.at(id.index); }

  auto ExcludesOf(const ir::Rule& rule, const ir::Route& route) const -> std::string {
    std::vector<std::string> excluded;
    for (const DeploymentId id : ChainOf(route)) {
      if (!ir::Holds(rule.keep, policy_, id)) excluded.push_back(policy_.deployments.at(id.index).name);
    }
    return Quoted(rule.name) + " excludes " + SomeNames(excluded);
  }

  auto CatchAllHint() const -> std::string {
    std::string target = "a group";
    if (!policy_.routes.empty() && !policy_.routes.back().tiers.empty()) {
      target = policy_.routes.back().tiers.back().label;
    }
    return "add a last route without a condition, for example `route everything_else to " + target + "`";
  }

  auto UnservableHint(const ir::Route& route, const ir::Request& witness) const -> std::string {
    const ir::Decision decision = ir::Evaluate(policy_, witness);
    for (std::uint32_t i = 0; i < policy_.deployments.size(); ++i) {
      const auto is_this = [&](const ir::Exclusion& exclusion) { return exclusion.deployment == DeploymentId{i}; };
      if (std::ranges::any_of(decision.excluded, is_this)) continue;
      return "add a tier to route " + Quoted(route.name) + " that these rules allow, for example `then " +
             policy_.deployments[i].name + "`, or refuse such requests with a `refuse` of their own";
    }
    return "no deployment of the catalogue is allowed: add one that is, relax one of the rules, or refuse such "
           "requests "
           "with a `refuse` of their own";
  }

  void ReportVacuous(const ir::Guarantee& guarantee, const std::vector<RefusalId>& refused_by) {
    if (refused_by.empty()) {
      emitter_.Report(Builder(Code::kR0511, guarantee.span,
                              "the premise of guarantee " + Quoted(guarantee.name) + " can never happen")
                          .WithRules({guarantee.name})
                          .WithHint("correct the premise: as it stands, the guarantee promises nothing"));
      return;
    }
    Builder builder(Code::kR0511, guarantee.span,
                    "every request that meets the premise of guarantee " + Quoted(guarantee.name) + " is refused");
    std::vector<std::string> names;
    for (const RefusalId id : refused_by) {
      const ir::Refusal& refusal = policy_.refusals.at(id.index);
      names.push_back(refusal.name);
      std::move(builder).AddNote(refusal.span, "refusal " + Quoted(refusal.name) + " comes before every route");
    }
    const bool is_one = names.size() == 1;
    const std::string evidence = "they are all refused by " + JoinNames(names) + (is_one ? "" : " together");
    names.insert(names.begin(), guarantee.name);
    emitter_.Report(std::move(builder)
                        .WithWitness({}, evidence)
                        .WithRules(std::move(names))
                        .WithHint("correct the premise, or narrow the " + std::string(is_one ? "refusal" : "refusals") +
                                  ": as it stands, the guarantee promises nothing"));
  }

  void ReportViolation(const ir::Guarantee& guarantee, const GuaranteeResult& result) {
    const ir::Request& witness = result.witness.value();
    const ir::Decision decision = ir::Evaluate(policy_, witness);
    Builder builder(Code::kR0510, guarantee.span, "guarantee " + Quoted(guarantee.name) + " does not hold");
    std::vector<std::string> names{guarantee.name};
    if (std::holds_alternative<ir::Served>(guarantee.promise) && IsShownByUnservable(result)) {
      const ir::Route& route = RouteAt(*result.route);
      emitter_.Report(std::move(builder)
                          .AddNote(route.span, "route " + Quoted(route.name) + " takes the request")
                          .WithWitness(WitnessValues(policy_, witness), "it is the request that R0502 shows for route " +
                                                                            Quoted(route.name) + ", with the rules that leave nothing")
                          .WithRules({guarantee.name, route.name})
                          .WithHint("see to R0502 of route " + Quoted(route.name) + " first"));
      return;
    }
    if (decision.refusal) {
      const ir::Refusal& refusal = policy_.refusals.at(decision.refusal->index);
      names.push_back(refusal.name);
      std::move(builder).AddNote(refusal.span, "refusal " + Quoted(refusal.name) + " answers the request");
    }
    if (IsAboutRules(guarantee)) {
      for (const RuleId id : Excluding(decision, result.deployments)) {
        names.push_back(RuleAt(id).name);
        std::move(builder).AddNote(RuleAt(id).span, "rule " + Quoted(RuleAt(id).name) + " applies to the request");
      }
    } else if (result.route && (result.services.empty() || !result.deployments.empty())) {
      const ir::Route& route = RouteAt(*result.route);
      names.push_back(route.name);
      std::move(builder).AddNote(route.span, "route " + Quoted(route.name) + " takes the request");
      if (RulesMatter(guarantee)) {
        const bool is_served = std::holds_alternative<ir::Served>(guarantee.promise);
        for (const RuleId id : is_served ? MinimalRules(policy_, route, decision.rules) : Excluding(decision, ChainOf(route))) {
          names.push_back(RuleAt(id).name);
          std::move(builder).AddNote(RuleAt(id).span, ExcludesOf(RuleAt(id), route));
        }
      } else {
        for (std::size_t i = 0; i < std::min(result.deployments.size(), kMostDeploymentNotes); ++i) {
          const ir::Deployment& deployment = policy_.deployments.at(result.deployments[i].index);
          std::move(builder).AddNote(deployment.span, Quoted(deployment.name) + " is declared here");
        }
      }
    }
    for (const ServiceId id : result.services) {
      const ir::Service& service = policy_.services.at(id.index);
      names.push_back(service.name);
      std::move(builder).AddNote(service.span, "service " + Quoted(service.name) + " is declared here");
    }
    emitter_.Report(AddClockNote(std::move(builder), policy_)
                        .WithWitness(WitnessValues(policy_, witness), result.explanation)
                        .WithRules(std::move(names))
                        .WithHint(ViolationHint(guarantee, result, decision)));
  }

  auto IsShownByUnservable(const GuaranteeResult& result) const -> bool {
    return std::ranges::any_of(report_.unservable, [&](const Unservable& finding) {
      return result.route == finding.route && result.witness == finding.witness;
    });
  }

  /// Whether what rules took out of the chain can be the cause; otherwise it is what they left in.
  static auto RulesMatter(const ir::Guarantee& guarantee) -> bool {
    return !std::holds_alternative<ir::EveryDeploymentReached>(guarantee.promise) &&
           !std::holds_alternative<ir::Bounded>(guarantee.promise) &&
           !std::holds_alternative<ir::CostsAtMost>(guarantee.promise);
  }

  /// The rules that exclude one of these.
  auto Excluding(const ir::Decision& decision, const std::vector<DeploymentId>& deployments) const
      -> std::vector<RuleId> {
    std::vector<RuleId> excluding;
    for (const RuleId id : decision.rules) {
      const auto excludes = [&](DeploymentId deployment) { return !ir::Holds(RuleAt(id).keep, policy_, deployment); };
      if (std::ranges::any_of(deployments, excludes)) excluding.push_back(id);
    }
    return excluding;
  }

  /// Is it the rules alone that keep the promise, whatever the routes?
  static auto IsAboutRules(const ir::Guarantee& guarantee) -> bool {
    const auto* compared = std::get_if<ir::Compared>(&guarantee.promise);
    return compared != nullptr && compared->what == ir::Compared::What::kAllowed;
  }

  auto ViolationHint(const ir::Guarantee& guarantee, const GuaranteeResult& result, const ir::Decision& decision) const
      -> std::string {
    const std::string route = result.route ? "route " + Quoted(RouteAt(*result.route).name) : "";
    struct Hint {
      const Reporter& self;
      const ir::Guarantee& guarantee;
      const GuaranteeResult& result;
      const ir::Decision& decision;
      const std::string& route;

      auto AtFault() const -> std::string {
        return Quoted(self.policy_.deployments.at(result.deployments.at(0).index).name);
      }
      auto operator()(const ir::EveryDeploymentReached&) const -> std::string {
        if (result.deployments.empty()) {
          return "add a rule with the guarantee's condition that forbids service " +
                 Quoted(self.policy_.services.at(result.services.at(0).index).name) + ", or narrow the guarantee's condition";
        }
        return "add a rule with the guarantee's condition that forbids " + AtFault() + ", or take it out of " + route;
      }
      auto operator()(const ir::FirstChoice&) const -> std::string {
        return "begin " + route + " with deployments that keep the promise, or narrow the guarantee's condition";
      }
      auto operator()(const ir::Served&) const -> std::string {
        if (decision.refusal) {
          const std::string name = self.policy_.refusals.at(decision.refusal->index).name;
          if (guarantee.text.find("refused only by") != std::string::npos) {
            return "add " + Quoted(name) + " to those that the guarantee names, or narrow its condition";
          }
          return "write `unless refused by " + name + "` in the guarantee, or narrow the condition of " + Quoted(name);
        }
        if (result.route) return self.UnservableHint(self.RouteAt(*result.route), result.witness.value());
        return self.CatchAllHint();
      }
      static auto Another(ir::SurvivesLoss::Unit unit) -> std::string {
        switch (unit) {
          case ir::SurvivesLoss::Unit::kDeployment:
            return "another deployment";
          case ir::SurvivesLoss::Unit::kVendor:
            return "a deployment of another vendor";
          case ir::SurvivesLoss::Unit::kCountry:
            return "a deployment in another country";
        }
        std::abort();  // every unit is handled above
      }
      auto operator()(const ir::SurvivesLoss& promise) const -> std::string {
        bool something_is_left = false;
        bool something_is_retried = false;
        for (const ir::PlanTier& planned : decision.plan) {
          const ir::Tier& tier = self.RouteAt(decision.route.value()).tiers.at(planned.tier);
          something_is_retried = something_is_retried || tier.retries.value_or(0) > 0;
          for (const ir::Candidate& candidate : planned.deployments) {
            something_is_left = something_is_left ||
                                std::ranges::find(result.deployments, candidate.deployment) == result.deployments.end();
          }
        }
        if (!something_is_left) return "add " + Another(promise.unit) + " to " + route + " that the rules allow";
        const std::uint32_t attempts = self.policy_.limits.attempts;
        return "let `limits` allow more than " + std::to_string(attempts) +
               (attempts == 1 ? " attempt, " : " attempts, ") + (something_is_retried ? "lower `retry`, " : "") +
               "or have " + route + " try " + Another(promise.unit) + " earlier";
      }
      auto operator()(const ir::CostsAtMost& promise) const -> std::string {
        return "limit it: `cost " + FormatQuantity(promise.usd, Unit::kUsd) +
               "` or a shorter `answer` in `limits`; or lower `retry` or `attempts`, or promise more";
      }
      auto operator()(const ir::Compared& promise) const -> std::string {
        const ir::Attribute& attribute = self.policy_.attributes.at(promise.attribute.index);
        return "what depends on " + Quoted(attribute.name) + " here must not leave " +
               Quoted(ir::FormatValue(attribute, promise.value)) + " with less: change that condition, or promise it `when` of fewer requests";
      }
      auto operator()(const ir::Bounded& promise) const -> std::string {
        const std::uint32_t attempts = ir::PlanAttempts(self.policy_, decision);
        if (promise.attempts && attempts > *promise.attempts) {
          return "lower `retry` or drop a tier in " + route + ", or promise " + std::to_string(attempts) + " attempts";
        }
        return "give each tier of " + route + " a shorter `within`, or promise " +
               FormatDuration(ir::PlanTime(self.policy_, decision));
      }
    };
    return std::visit(Hint{*this, guarantee, result, decision, route}, guarantee.promise);
  }

  const ir::Policy& policy_;
  const SourceSet& sources_;
  const VerifyReport& report_;
  diagnostics::Emitter& emitter_;
};

}  // namespace

auto AddClockNote(Builder&& builder, const ir::Policy& policy) -> Builder&& {
  if (const auto clocks = ir::ClocksOfTwoZones(policy)) {
    const auto name_of = [&](AttributeId id) { return Quoted(policy.attributes.at(id.index).name); };
    std::move(builder).AddNote(policy.attributes.at(clocks->second.index).span,
                               name_of(clocks->first) + " and " + name_of(clocks->second) +
                                   " read clocks of two time zones, which verification takes as independent: see whether there "
                                   "is such a moment");
  }
  return std::move(builder);
}

auto WitnessValues(const ir::Policy& policy, const ir::Request& request) -> std::vector<WitnessValue> {
  const nlohmann::ordered_json json = ir::RequestToJson(policy, request);
  std::vector<WitnessValue> values;
  for (std::size_t i = 0; i < policy.attributes.size(); ++i) {
    const ir::Attribute& attribute = policy.attributes[i];
    values.push_back({attribute.name, ir::FormatValue(attribute, request.at(i)),
                      json.at(attribute.name).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)});
  }
  return values;
}

auto Diagnose(const ir::Policy& policy, const SourceSet& sources, const VerifyReport& report,
              diagnostics::Emitter& emitter) -> void {
  Reporter reporter(policy, sources, report, emitter);
  for (const Uncovered& finding : report.uncovered) reporter.Report(finding);
  for (const Unservable& finding : report.unservable) reporter.Report(finding);
  reporter.Report(report.dead_routes);
  for (const DeadRule& finding : report.dead_rules) reporter.Report(finding);
  for (const DeadRefusal& finding : report.dead_refusals) reporter.Report(finding);
  for (const DeadService& finding : report.dead_services) reporter.Report(finding);
  for (const RedundantRule& finding : report.redundant_rules) reporter.Report(finding);
  for (const AlwaysHolds& finding : report.always_hold) reporter.Report(finding);
  for (const DeadTier& finding : report.dead_tiers) reporter.Report(finding);
  for (const UntriedTier& finding : report.untried_tiers) reporter.Report(finding);
  for (const SlowFailover& finding : report.slow_failovers) reporter.Report(finding);
  for (const RepeatedTier& finding : report.repeated_tiers) reporter.Report(finding);
  DiagnoseSense(policy, report, emitter);
  for (const GuaranteeResult& result : report.guarantees) reporter.Report(result);
  for (const ValueGain& finding : report.value_gains) reporter.Report(finding);
  for (const SingleLoss& finding : report.single_losses) reporter.Report(finding);
  for (const TrivialGuarantee& finding : report.trivial_guarantees) reporter.Report(finding);
  for (const Unanswered& unanswered : report.unanswered) reporter.Report(unanswered);
}

}  // namespace route::verify
