#include <algorithm>

#include "compiler/base/internal_error.h"
#include "compiler/explain/explain.h"
#include "compiler/explain/sentences.h"
#include "compiler/ir/words.h"

namespace route::explain {
namespace {

class PolicyPage {
 public:
  PolicyPage(const ir::Policy& policy, const SourceSet& sources, const verify::VerifyReport* report)
      : policy_(policy), sources_(sources), report_(report), phrases_(policy) {}

  auto Write() -> Document {
    Document page{.title = "The policy " + ir::Quoted(policy_.name) +
                           (policy_.version.empty() ? "" : ", version " + policy_.version),
                  .sections = {}};
    const auto add = [&](Section section) {
      if (!section.text.empty() || !section.points.empty()) page.sections.push_back(std::move(section));
    };
    add(Layers());
    add(Attributes());
    add(Deployments());
    add(Services());
    add(Rules());
    add(ImpliedRules());
    add(Refusals());
    add(Routes());
    add({.title = "Limits", .text = LimitsSentence(policy_.limits), .points = {}});
    add(Guarantees());
    add(Places());
    return page;
  }

 private:
  /// ` (policy.route:31)`, and whose it is if the policy extends another.
  auto Origin(Span span, std::uint32_t layer) const -> std::string {
    std::string text = " (" + sources_.Describe(span);
    if (policy_.layers.size() > 1) text += ", of " + ir::Quoted(policy_.layers.at(layer).name);
    return text + ")";
  }

  auto Layers() const -> Section {
    if (policy_.layers.size() < 2) return {};
    std::vector<std::string> names;
    for (const ir::Layer& layer : policy_.layers) {
      names.push_back(ir::Quoted(layer.name) + (layer.version.empty() ? "" : " " + layer.version));
    }
    return {.title = "Whose rules these are",
            .text = "The policy is made of " + ir::Enumerate(names) +
                    ", each of which extends the one before it and can only narrow it: the rules of all apply together, "
                    "and the routes of the last are tried first.",
            .points = {}};
  }

  auto Attributes() const -> Section {
    Section section{.title = "What is known about a request",
                    .text = "What is measured, the gateway finds out itself. What is claimed, the caller says, and it need "
                            "not be true.",
                    .points = {}};
    for (const ir::Attribute& attribute : policy_.attributes) {
      section.points.push_back({.name = attribute.name, .text = AttributeSentences(attribute), .details = {}});
    }
    if (section.points.empty()) section.text = "Nothing is: every request is the same to this policy.";
    return section;
  }

  auto Deployments() const -> Section {
    Section section{.title = "Who can answer", .text = {}, .points = {}};
    for (const ir::Deployment& deployment : policy_.deployments) {
      section.points.push_back({.name = deployment.name, .text = DeploymentSentences(policy_, deployment), .details = {}});
    }
    return section;
  }

  auto Services() const -> Section {
    Section section{.title = "Who else reads prompts", .text = {}, .points = {}};
    for (std::uint32_t i = 0; i < policy_.services.size(); ++i) {
      section.points.push_back({.name = policy_.services[i].name, .text = ServiceSentences(policy_, {i}), .details = {}});
    }
    if (section.points.empty()) return section;
    section.text = "These services are asked before a request is decided, all at once, and answer no request. The rules bind "
                   "them as they bind deployments: one is asked only if no rule that excludes it could apply, whatever the "
                   "services say, and no refusal answers in any case.";
    return section;
  }

  auto Rules() -> Section {
    Section section{.title = "What is never allowed",
                    .text = "All rules that apply hold at once. Nothing that they exclude is ever tried, whatever fails.",
                    .points = {}};
    for (const ir::Rule& rule : policy_.rules) {
      if (rule.origin != ir::Rule::Origin::kWritten) continue;
      std::string text = ir::Quoted(rule.name) + ": " + RuleSentence(rule, phrases_);
      if (!rule.because.empty()) text += " Reason: \"" + rule.because + "\".";
      section.points.push_back({.name = rule.name, .text = text + Origin(rule.span, rule.layer), .details = {}});
    }
    if (section.points.empty()) section.text = "The policy has no rules of its own.";
    return section;
  }

  auto ImpliedRules() -> Section {
    Section section{.title = "What a request's needs rule out", .text = {}, .points = {}};
    for (const ir::Rule& rule : policy_.rules) {
      switch (rule.origin) {
        case ir::Rule::Origin::kWritten: break;
        case ir::Rule::Origin::kCapability:
        case ir::Rule::Origin::kContext:
        case ir::Rule::Origin::kCost:
          section.points.push_back({.name = rule.name, .text = ir::Quoted(rule.name) + ": " + RuleSentence(rule, phrases_), .details = {}});
          break;
      }
    }
    if (!section.points.empty()) section.text = "Nobody writes these rules; they hold because nothing else could work.";
    return section;
  }

  auto Refusals() -> Section {
    Section section{.title = "Who is refused", .text = {}, .points = {}};
    for (const ir::Refusal& refusal : policy_.refusals) {
      section.points.push_back({.name = refusal.name,
                                .text = ir::Quoted(refusal.name) + ": " + RefusalSentence(refusal, phrases_) +
                                        Origin(refusal.span, refusal.layer),
                                .details = {}});
    }
    section.text = section.points.empty() ? "Nobody is." : "Refusals come before anything else; the first that fits answers.";
    return section;
  }

  auto Routes() -> Section {
    Section section{.title = "Where a request goes",
                    .text = "The first of these that fits decides. Of its deployments only those are tried that are allowed.",
                    .points = {}};
    for (std::size_t i = 0; i < policy_.routes.size(); ++i) {
      const ir::Route& route = policy_.routes[i];
      const RoutePlace place = i == 0 ? RoutePlace::kFirst : RoutePlace::kLater;
      section.points.push_back({.name = route.name,
                                .text = ir::Quoted(route.name) + ": " + RouteSentence(policy_, route, place, phrases_) +
                                        Origin(route.span, route.layer),
                                .details = {}});
    }
    return section;
  }

  auto VerdictSentence(const verify::GuaranteeResult& result) const -> std::string {
    switch (result.verdict) {
      case Verdict::kProved:
        if (!result.vacuous) return " This is proved.";
        if (result.refused_by.empty()) return " This is proved, but only because no such request can be.";
        return " This is proved, but only because every such request is refused.";
      case Verdict::kViolated: return " This does NOT hold: " + result.explanation + ".";
      case Verdict::kUnknown: return " Whether this holds is not known.";
    }
    throw InternalError("an unknown verdict");
  }

  auto Guarantees() -> Section {
    Section section{.title = "What is promised", .text = {}, .points = {}};
    for (std::size_t i = 0; i < policy_.guarantees.size(); ++i) {
      const ir::Guarantee& guarantee = policy_.guarantees[i];
      std::string text = ir::Quoted(guarantee.name) + ": " + GuaranteeSentence(policy_, guarantee, phrases_);
      if (report_ != nullptr && i < report_->guarantees.size()) text += VerdictSentence(report_->guarantees[i]);
      section.points.push_back({.name = guarantee.name, .text = text + Origin(guarantee.span, guarantee.layer), .details = {}});
    }
    if (section.points.empty()) section.text = "Nothing is.";
    return section;
  }

  /// Those that the sentences above name.
  auto Places() const -> Section {
    Section section{.title = "What the places are", .text = {}, .points = {}};
    for (std::uint32_t index : phrases_.named_jurisdictions()) {
      const ir::Jurisdiction& jurisdiction = policy_.jurisdictions.at(index);
      std::string text = ir::Quoted(jurisdiction.name) + " means";
      for (std::uint32_t country : jurisdiction.countries) text += " " + std::string(Countries()[country].code);
      if (!jurisdiction.title.empty()) text += ": " + jurisdiction.title;
      if (jurisdiction.provenance.as_of) text += ", as of " + FormatDate(*jurisdiction.provenance.as_of);
      if (!jurisdiction.provenance.source.empty()) text += ", from " + jurisdiction.provenance.source;
      section.points.push_back({.name = jurisdiction.name, .text = text + ".", .details = {}});
    }
    return section;
  }

  const ir::Policy& policy_;
  const SourceSet& sources_;
  const verify::VerifyReport* report_;
  Phrases phrases_;
};

}  // namespace

auto ExplainPolicy(const ir::Policy& policy, const SourceSet& sources, const verify::VerifyReport* report) -> Document {
  return PolicyPage(policy, sources, report).Write();
}

}  // namespace route::explain
