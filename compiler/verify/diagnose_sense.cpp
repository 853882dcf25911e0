#include "compiler/verify/diagnose_sense.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/ir/text.h"
#include "compiler/ir/words.h"
#include "compiler/verify/diagnose.h"
#include "compiler/verify/explanation.h"
#include "runtime/values/value_text.h"

namespace route::verify {
namespace {

using diagnostics::Builder;
using diagnostics::Code;
using ir::Quoted;

/// A rule, refusal, route or guarantee by its kind and name.
struct Named {
  std::string kind;
  std::string name;
  Span span;
};

class Reporter {
 public:
  Reporter(const ir::Policy& policy, diagnostics::Emitter& emitter) : policy_(policy), emitter_(emitter) {}

  void Report(const DearerSpill& finding) {
    const ir::Route& route = RouteAt(finding.route);
    const ir::Route& relieved = RouteAt(finding.relieved);
    const ir::Attribute& budget = policy_.attributes.at(finding.budget.index);
    const std::string from = ir::FormatValue(budget, finding.witness.at(finding.budget.index));
    Builder builder(Code::kR0517, route.span,
                    "from " + Quoted(budget.name + " " + from) + " on, route " + Quoted(route.name) +
                        " takes requests to something dearer");
    std::move(builder).AddNote(relieved.span, "below that, route " + Quoted(relieved.name) + " takes them");
    emitter_.Report(AddClockNote(std::move(builder), policy_)
                        .WithWitness(WitnessValues(policy_, finding.witness),
                                     Priced(finding.first) + " is tried first, and with less spent " +
                                         Priced(finding.first_below))
                        .WithRules({route.name, relieved.name})
                        .WithHint("begin route " + Quoted(route.name) + " with something cheaper, or exchange what the two lead to"));
  }

  void Report(const DeadMembers& finding) {
    const ir::Route& route = RouteAt(finding.route);
    const ir::Tier& tier = route.tiers.at(finding.tier);
    std::vector<std::string> members;
    for (const DeploymentId id : finding.deployments) members.push_back(policy_.deployments.at(id.index).name);
    const bool is_one = members.size() == 1;
    Builder builder(Code::kR0518, tier.span,
                    "no request reaches " + SomeNames(members) + ", " + (is_one ? "a member" : "members") + " of the tier " +
                        Quoted(tier.label) + " of route " + Quoted(route.name));
    std::vector<std::string> names{route.name};
    for (const RuleId id : finding.rules) {
      const ir::Rule& rule = policy_.rules.at(id.index);
      names.push_back(rule.name);
      std::move(builder).AddNote(rule.span, "rule " + Quoted(rule.name) + " applies to the request");
    }
    emitter_.Report(std::move(builder)
                        .WithWitness(WitnessValues(policy_, finding.witness),
                                     std::string(is_one ? "it is" : "they are") +
                                         " not allowed, and so it is for every request of every route")
                        .WithRules(std::move(names))
                        .WithHint(std::string("take ") + (is_one ? "it" : "them") + " out, or let a rule allow " +
                                  (is_one ? "it" : "them") + " for some request"));
  }

  void Report(const CutShort& finding) {
    const ir::Route& route = RouteAt(finding.route);
    const ir::Tier& tier = route.tiers.at(finding.tier);
    Builder builder(Code::kR0519, tier.span,
                    WhatIsCut(finding, " of the tier " + Quoted(tier.label) + " of route " + Quoted(route.name)));
    emitter_.Report(std::move(builder)
                        .WithWitness({}, WhyItIsCut(finding, tier))
                        .WithRules({route.name})
                        .WithHint(HowNotToCut(finding)));
  }

  void Report(const IdlePart& finding) {
    const Named owner = NamedBy(finding.whose);
    std::string evidence;
    switch (finding.how) {
      case IdlePart::How::kImplied: evidence = "it holds whenever the parts beside it hold"; break;
      case IdlePart::How::kCovered: evidence = "whenever it holds, a part beside it holds, too"; break;
      case IdlePart::How::kEarlier:
        evidence = "it holds whenever the parts beside it hold and nothing before the route has answered";
        break;
    }
    emitter_.Report(Builder(Code::kR0521, finding.span,
                            "this part of the condition of " + owner.kind + " " + Quoted(owner.name) + " makes no difference")
                        .WithWitness({}, evidence)
                        .WithRules({owner.name})
                        .WithHint("leave it out, or correct it"));
  }

  void Report(const OutOfDate& finding) {
    const Named owner = NamedBy(finding.whose);
    const bool is_over = finding.when == OutOfDate::When::kOver;
    const std::string says = owner.kind == "guarantee" ? " promises nothing " : " does not apply ";
    emitter_.Report(Builder(Code::kR0522, owner.span,
                            owner.kind + " " + Quoted(owner.name) + says + (is_over ? "any more" : "yet"))
                        .WithWitness({}, is_over ? "its condition holds on no day from today on"
                                                 : "its condition holds on no day up to today")
                        .WithRules({owner.name})
                        .WithHint(is_over ? "delete it, or give it another date"
                                          : "see to it that what stands until then is meant"));
  }

  void Report(const IdleRule& finding) {
    const ir::Rule& rule = policy_.rules.at(finding.rule.index);
    Builder builder(Code::kR0523, rule.span, "rule " + Quoted(rule.name) + " changes nothing with this catalogue");
    std::vector<std::string> names;
    for (const RuleId id : finding.covered_by) {
      const ir::Rule& other = policy_.rules.at(id.index);
      names.push_back(other.name);
      std::move(builder).AddNote(other.span, "rule " + Quoted(other.name) + " excludes them, too");
    }
    std::vector<std::string> keepers;
    for (const RefusalId id : finding.refusals) {
      const ir::Refusal& refusal = policy_.refusals.at(id.index);
      keepers.push_back(refusal.name);
      std::move(builder).AddNote(refusal.span, "refusal " + Quoted(refusal.name) + " answers before services are asked");
    }
    for (const RuleId id : finding.kept_by) {
      const ir::Rule& other = policy_.rules.at(id.index);
      keepers.push_back(other.name);
      if (std::ranges::find(finding.covered_by, id) != finding.covered_by.end()) continue;
      std::move(builder).AddNote(other.span, "rule " + Quoted(other.name) + " keeps services from these prompts, too");
    }
    std::string evidence = names.empty() ? "every deployment of the catalogue has what it requires"
                                         : "whatever it excludes for a request, " + JoinNames(names) +
                                               (names.size() == 1 ? " excludes" : " exclude") + " already";
    if (!keepers.empty()) {
      evidence += ", and " + JoinNames(keepers) + (keepers.size() == 1 ? " keeps" : " keep") +
                  " services from the same prompts already";
    }
    for (const std::string& keeper : keepers) {
      if (std::ranges::find(names, keeper) == names.end()) names.push_back(keeper);
    }
    names.insert(names.begin(), rule.name);
    emitter_.Report(std::move(builder)
                        .WithWitness({}, evidence)
                        .WithRules(std::move(names))
                        .WithHint("keep it for catalogues to come, or delete it"));
  }

 private:
  /// `large_us` at 3 USD in and 12 USD out
  auto Priced(DeploymentId id) const -> std::string {
    const ir::Deployment& deployment = policy_.deployments.at(id.index);
    return Quoted(deployment.name) + " at " + FormatQuantity(deployment.price_in, Unit::kUsd) + " in and " +
           FormatQuantity(deployment.price_out, Unit::kUsd) + " out";
  }

  static auto WhatIsCut(const CutShort& finding, const std::string& of_tier) -> std::string {
    if (finding.by == CutShort::By::kDeadline) {
      return "of the " + FormatDuration(finding.promised) + of_tier + " not all may be left";
    }
    const bool is_time = finding.by == CutShort::By::kTime;
    if (finding.left == 0) return "no retry" + of_tier + (is_time ? " fits into its time" : " is ever made");
    return "of the " + std::to_string(finding.promised) + " retries" + of_tier + " no more than " +
           std::to_string(finding.left) + (is_time ? " fit into its time" : " are ever made");
  }

  auto WhyItIsCut(const CutShort& finding, const ir::Tier& tier) const -> std::string {
    switch (finding.by) {
      case CutShort::By::kAttempts:
        return "each deployment has an attempt first, and the limit of " + std::to_string(policy_.limits.attempts) +
               " attempts comes before the retries are used up";
      case CutShort::By::kDeadline:
        return "if the tiers before it wait as long as they may, the deadline of " +
               FormatDuration(policy_.limits.deadline_ms) + " leaves it " + FormatDuration(finding.left);
      case CutShort::By::kTime:
        return "the tier has " + FormatDuration(tier.within_ms.value_or(policy_.limits.deadline_ms)) + ", and " +
               std::to_string(finding.promised + 1) + " attempts take longer than that to their first tokens";
    }
    return "";
  }

  static auto HowNotToCut(const CutShort& finding) -> std::string {
    switch (finding.by) {
      case CutShort::By::kAttempts: return "lower `retry`, or let `limits` allow more attempts";
      case CutShort::By::kDeadline: return "give it or the tiers before it a shorter `within`, or raise the deadline in `limits`";
      case CutShort::By::kTime: return "lower `retry`, or give the tier more time";
    }
    return "";
  }

  auto NamedBy(const std::variant<RuleId, RefusalId, RouteId, GuaranteeId>& whose) const -> Named {
    struct Finder {
      const ir::Policy& policy;
      auto operator()(RuleId id) const -> Named {
        return {"rule", policy.rules.at(id.index).name, policy.rules.at(id.index).span};
      }
      auto operator()(RefusalId id) const -> Named {
        return {"refusal", policy.refusals.at(id.index).name, policy.refusals.at(id.index).span};
      }
      auto operator()(RouteId id) const -> Named {
        return {"route", policy.routes.at(id.index).name, policy.routes.at(id.index).span};
      }
      auto operator()(GuaranteeId id) const -> Named {
        return {"guarantee", policy.guarantees.at(id.index).name, policy.guarantees.at(id.index).span};
      }
    };
    return std::visit(Finder{policy_}, whose);
  }

  auto RouteAt(RouteId id) const -> const ir::Route& { return policy_.routes.at(id.index); }

  const ir::Policy& policy_;
  diagnostics::Emitter& emitter_;
};

}  // namespace

auto DiagnoseSense(const ir::Policy& policy, const VerifyReport& report, diagnostics::Emitter& emitter) -> void {
  Reporter reporter(policy, emitter);
  for (const DearerSpill& finding : report.dearer_spills) reporter.Report(finding);
  for (const DeadMembers& finding : report.dead_members) reporter.Report(finding);
  for (const CutShort& finding : report.cut_short) reporter.Report(finding);
  for (const IdlePart& finding : report.idle_parts) reporter.Report(finding);
  for (const OutOfDate& finding : report.out_of_date) reporter.Report(finding);
  for (const IdleRule& finding : report.idle_rules) reporter.Report(finding);
}

}  // namespace route::verify
