#include <algorithm>
#include <map>
#include <set>

#include "compiler/base/internal_error.h"
#include "compiler/explain/explain.h"
#include "compiler/explain/plan_section.h"
#include "compiler/explain/reasons.h"
#include "compiler/explain/sentences.h"
#include "compiler/ir/facts.h"
#include "compiler/ir/text.h"
#include "compiler/ir/words.h"

namespace route::explain {
namespace {

constexpr std::size_t kMostNames = 12;
constexpr std::size_t kMostPoints = 40;  // of one list; the rest is counted

/// Of a long list only so many, with the number of the others below.
auto Shortened(std::vector<std::string> lines) -> std::vector<std::string> {
  if (lines.size() <= kMostPoints) return lines;
  const std::size_t more = lines.size() - kMostPoints;
  lines.resize(kMostPoints);
  lines.push_back("and " + std::to_string(more) + " more");
  return lines;
}

auto AsPoints(std::vector<std::string> lines) -> std::vector<Point> {
  std::vector<Point> points;
  for (std::string& line : Shortened(std::move(lines))) points.push_back({.name = {}, .text = std::move(line), .details = {}});
  return points;
}

class DecisionPage {
 public:
  DecisionPage(const ir::Policy& policy, const SourceSet& sources, const ir::Request& request, const NearestChanges& changes)
      : policy_(policy),
        sources_(sources),
        request_(request),
        decision_(ir::Evaluate(policy, request)),
        changes_(changes),
        phrases_(policy) {}

  auto Write() -> Document {
    Document page{.title = "The request is " + OutcomeOf(decision_) + ".", .sections = {}};
    page.sections.push_back({.title = "The request", .text = ir::FormatRequest(policy_, request_), .points = {}});
    if (!decision_.services.empty()) page.sections.push_back(Services());
    page.sections.push_back(Refusals());
    if (!decision_.refusal) {
      page.sections.push_back(Rules());
      page.sections.push_back(Routes());
    }
    for (Section& section : PlanSections(policy_, decision_)) page.sections.push_back(std::move(section));
    page.sections.push_back(Changes());
    return page;
  }

 private:
  auto Where(Span span) const -> std::string { return " (" + sources_.Describe(span) + ")"; }

  auto OutcomeOf(const ir::Decision& decision) const -> std::string {
    switch (decision.outcome) {
      case Outcome::kRouted:
        return "served by route " + ir::Quoted(policy_.routes.at(decision.route.value().index).name) + ", first by " +
               FirstText(decision);
      case Outcome::kRefused: {
        const ir::Refusal& refusal = policy_.refusals.at(decision.refusal.value().index);
        return "refused by " + ir::Quoted(refusal.name) + (refusal.reason.empty() ? "" : ", with \"" + refusal.reason + "\"");
      }
      case Outcome::kUncovered: return "not served, because no route fits it";
      case Outcome::kUnservable:
        return "not served, because nothing that route " + ir::Quoted(policy_.routes.at(decision.route.value().index).name) +
               " leads to is allowed";
    }
    throw InternalError("an outcome that there is not");
  }

  auto FirstText(const ir::Decision& decision) const -> std::string {
    std::vector<std::string> names;
    for (DeploymentId id : ir::FirstChoices(policy_, decision)) names.push_back(ir::Quoted(policy_.deployments.at(id.index).name));
    return ir::Enumerate(names, "or");
  }

  /// Asked before anything is decided.
  auto Services() -> Section {
    Section section{.title = "Who else reads the prompt", .text = {}, .points = {}};
    std::size_t asked = 0;
    for (const ir::ServiceUse& use : decision_.services) {
      const std::string& name = policy_.services.at(use.service.index).name;
      std::vector<std::string> details;
      for (const RefusalId id : use.refusals) {
        details.push_back("refusal " + ir::Quoted(policy_.refusals.at(id.index).name) + " answers, whatever the services say");
      }
      for (const RuleId id : use.rules) {
        const ir::Rule& rule = policy_.rules.at(id.index);
        const std::vector<std::string> facts = ir::Facts(policy_, rule.keep, use.service, ir::Went::kFalse);
        details.push_back("rule " + ir::Quoted(rule.name) + " could apply, and rules it out" +
                          (facts.empty() ? "" : ", " + ir::Enumerate(facts)) + Where(rule.span));
      }
      asked += use.is_asked() ? 1 : 0;
      section.points.push_back({.name = name,
                                .text = "service " + ir::Quoted(name) + (use.is_asked() ? " is asked" : " is not asked"),
                                .details = Shortened(std::move(details))});
    }
    section.text = std::to_string(asked) + " of " + ir::Counted(decision_.services.size(), "service") + ".";
    return section;
  }

  auto Refusals() -> Section {
    Section section{.title = "Is it refused?", .text = {}, .points = {}};
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < policy_.refusals.size(); ++i) {
      const ir::Refusal& refusal = policy_.refusals[i];
      const std::string reason = Reason(policy_, refusal.when, request_, phrases_);
      const bool is_it = decision_.refusal == RefusalId{static_cast<std::uint32_t>(i)};
      lines.push_back(ir::Quoted(refusal.name) + (is_it ? " applies" : " does not apply") +
                      (reason.empty() ? "" : ": " + reason) + Where(refusal.span));
      if (is_it) break;
    }
    section.text = decision_.refusal ? "Yes. Nothing else is asked then." : lines.empty() ? "No: the policy refuses nobody." : "No.";
    if (decision_.refusal && lines.size() > kMostPoints) lines.erase(lines.begin(), lines.end() - kMostPoints);
    section.points = AsPoints(std::move(lines));
    return section;
  }

  auto Rules() -> Section {
    Section section{.title = "What is ruled out", .text = {}, .points = {}};
    std::map<std::uint32_t, std::vector<DeploymentId>> excluded;
    std::set<DeploymentId> all;
    for (const ir::Exclusion& exclusion : decision_.excluded) {
      excluded[exclusion.by.index].push_back(exclusion.deployment);
      all.insert(exclusion.deployment);
    }
    for (RuleId id : decision_.rules) {
      const ir::Rule& rule = policy_.rules.at(id.index);
      const std::string reason = Reason(policy_, rule.when, request_, phrases_);
      std::string text = ir::Quoted(rule.name) + " applies" + (reason.empty() ? " to every request" : ": " + reason);
      if (!rule.because.empty()) text += "; its reason: \"" + rule.because + "\"";
      std::vector<std::string> details;
      for (DeploymentId deployment : excluded[id.index]) {
        const std::vector<std::string> facts = ir::Facts(policy_, rule.keep, deployment, ir::Went::kFalse);
        details.push_back("it rules out " + ir::Quoted(policy_.deployments.at(deployment.index).name) +
                          (facts.empty() ? "" : ", " + ir::Enumerate(facts)));
      }
      if (details.empty()) text += "; it rules out nothing";
      section.points.push_back({.name = rule.name, .text = text + Where(rule.span), .details = Shortened(std::move(details))});
    }
    std::vector<std::string> others;
    for (std::uint32_t i = 0; i < policy_.rules.size(); ++i) {
      if (std::ranges::find(decision_.rules, RuleId{i}) == decision_.rules.end()) others.push_back(ir::Quoted(policy_.rules[i].name));
    }
    section.text = std::to_string(all.size()) + " of " + ir::Counted(policy_.deployments.size(), "deployment") + ", by " +
                   ir::Counted(excluded.size() - static_cast<std::size_t>(std::ranges::count_if(
                                                     excluded, [](const auto& entry) { return entry.second.empty(); })),
                               "rule") + ".";
    if (decision_.rules.empty()) section.text = "Nothing: no rule applies.";
    if (!others.empty()) section.text += " Rules that do not apply: " + ir::EnumerateSome(others, kMostNames) + ".";
    return section;
  }

  auto Routes() -> Section {
    Section section{.title = "Which route it takes", .text = {}, .points = {}};
    std::vector<std::string> lines;
    for (std::uint32_t i = 0; i < policy_.routes.size(); ++i) {
      const ir::Route& route = policy_.routes[i];
      const bool is_it = decision_.route == RouteId{i};
      const std::string reason = Reason(policy_, route.when, request_, phrases_);
      lines.push_back(ir::Quoted(route.name) + (is_it ? " fits" : " does not fit") +
                      (reason.empty() ? ", as it has no condition" : ": " + reason) + Where(route.span));
      if (is_it) break;
    }
    if (lines.size() > kMostPoints) lines.erase(lines.begin(), lines.end() - kMostPoints);
    section.text = decision_.route ? "The first that fits, and no other is asked then." : "None fits.";
    section.points = AsPoints(std::move(lines));
    return section;
  }

  /// ``with `tier` platinum instead of gold (measured by the gateway)``
  auto ChangeText(const Change& change) const -> std::string {
    std::vector<std::string> parts;
    for (AttributeId id : change.attributes) {
      const ir::Attribute& attribute = policy_.attributes.at(id.index);
      const bool is_claimed = std::ranges::any_of(attribute.sources, [](const ir::Source& source) {
        return SourceTrust(source.kind, source.argument) == Trust::kClaimed;
      });
      parts.push_back(ir::Quoted(attribute.name) + " " + ir::FormatValue(attribute, change.request.at(id.index)) +
                      " instead of " + ir::FormatValue(attribute, request_.at(id.index)) +
                      (is_claimed ? " (which the caller can claim)" : ""));
    }
    return "with " + ir::Enumerate(parts) + " it is " + OutcomeOf(change.decision);
  }

  auto Changes() const -> Section {
    Section section{.title = "What would change it",
                    .text = "The nearest requests that are decided otherwise, each decided again by the evaluator and by the "
                            "compiled table.",
                    .points = {}};
    const bool is_served = decision_.outcome == Outcome::kRouted;
    const auto add = [&](const std::string& name, const std::string& what, const std::optional<Change>& change) {
      const std::string none = changes_.search == NearestChanges::Search::kStopped
                                   ? "none was found among the " + std::to_string(changes_.tried) + " nearest requests"
                                   : "none with up to two attributes changed, of a set up to two members";
      section.points.push_back({.name = name, .text = what + ": " + (change ? ChangeText(*change) : none), .details = {}});
    };
    add("outcome", "another outcome", changes_.outcome);
    const bool is_same = changes_.outcome && changes_.route && changes_.outcome->request == changes_.route->request;
    if (is_served) {
      add("route", "another route", changes_.route);
      add("first_choice", "another first choice", changes_.first_choice);
    } else if (!is_same) {
      add("route", "being served", changes_.route);
    }
    return section;
  }

  const ir::Policy& policy_;
  const SourceSet& sources_;
  const ir::Request& request_;
  const ir::Decision decision_;
  const NearestChanges& changes_;
  Phrases phrases_;
};

}  // namespace

auto ExplainDecision(const ir::Policy& policy, const SourceSet& sources, const ir::Request& request,
                     const NearestChanges& changes) -> Document {
  return DecisionPage(policy, sources, request, changes).Write();
}

}  // namespace route::explain
