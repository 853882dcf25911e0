#include <llvm/Support/raw_ostream.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "compiler/diff/words.h"
#include "compiler/driver/diff.h"
#include "compiler/explain/document.h"
#include "compiler/ir/json.h"
#include "compiler/ir/report.h"
#include "compiler/ir/words.h"
#include "runtime/decide/report.h"

namespace route::driver {
namespace {

using diff::Aspect;
using diff::Count;
using Json = nlohmann::ordered_json;

auto Plain(const Count& count) -> std::string {
  return count.Text(Count::Groups::kNone);
}
auto Grouped(const Count& count) -> std::string {
  return count.Text(Count::Groups::kThousands);
}

/// A sentence from a phrase.
auto Sentence(std::string text) -> std::string {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text + ".";
}

auto AspectNames(const std::vector<Aspect>& aspects) -> std::vector<std::string> {
  std::vector<std::string> names;
  for (const Aspect aspect : aspects) names.push_back(ir::Quoted(diff::AspectName(aspect)));
  return names;
}

// --- For people ---------------------------------------------------------------------------------------------------

class Writer {
 public:
  explicit Writer(const ComparedPolicies& compared)
      : compared_(compared), report_(compared.report), before_(compared.before.side()), after_(compared.after.side()) {}

  auto Write() -> explain::Document {
    document_.title = ir::Quoted(compared_.before.path) + " → " + ir::Quoted(compared_.after.path) + ": " +
                      diff::VerdictName(report_.verdict);
    AddSummary();
    AddChanges();
    AddVerdictWitnesses();
    AddCatalogue();
    AddServices();
    AddFrame();
    AddUnused();
    return std::move(document_);
  }

 private:
  void AddSummary() {
    explain::Section section{.title = "In short", .text = Sentence(diff::VerdictText(report_)), .points = {}};
    const bool complete = report_.listing == diff::DiffReport::Listing::kComplete;
    const std::string all = Grouped(report_.requests) + " classes of requests";
    section.points.push_back({"",
                              complete ? Grouped(report_.changed) + " of " + all + " are decided differently."
                                       : "There are " + all + ", too many differences among them to list.",
                              {}});
    if (compared_.command.allow) {
      section.points.push_back(
          {"",
           report_.HasUnexplained()
               ? "Something changes that " + ir::Quoted(*compared_.command.allow) + " does not allow."
               : "Everything that changes is allowed by " + ir::Quoted(*compared_.command.allow) + ".",
           {}});
    }
    if (HasCosts()) {
      section.points.push_back({"",
                                "Costs are those of the first choice at list prices, for " +
                                    diff::TokensText(compared_.command.tokens) + ".",
                                {}});
    }
    document_.sections.push_back(std::move(section));
  }

  auto CostOf(const diff::Change& change) const -> std::string {
    return diff::CostChangeText(report_, before_, after_, change.difference.delta, compared_.command.tokens);
  }

  auto HasCosts() const -> bool {
    for (const diff::Change& change : report_.changes) {
      if (!CostOf(change).empty()) return true;
    }
    return false;
  }

  /// Not of the listed cubes alone: what is left over is counted.
  auto WhereOf(const diff::Where& where) const -> std::string {
    constexpr std::size_t kMost = 6;
    std::string text;
    for (std::size_t i = 0; i < where.cubes.size() && i < kMost; ++i) {
      text += (i == 0 ? "" : "; or ") + diff::WhereText(*report_.space, where.cubes[i]);
    }
    if (where.cubes.size() > kMost || !where.rest.IsZero()) text += "; or other requests";
    return text;
  }

  void AddChanges() {
    if (report_.changes.empty()) return;
    explain::Section section{.title = "What changes for requests", .text = {}, .points = {}};
    const std::size_t shown = std::min(compared_.command.most, report_.changes.size());
    for (std::size_t i = 0; i < shown; ++i) section.points.push_back(PointOf(report_.changes[i]));
    const std::size_t left_out = report_.changes.size() - shown + report_.unlisted.changes;
    if (left_out > 0) {
      Count rest = report_.unlisted.requests;
      for (std::size_t i = shown; i < report_.changes.size(); ++i) rest.Add(report_.changes[i].requests);
      section.points.push_back(
          {"", "And " + ir::Counted(left_out, "more change") + ", for " + Grouped(rest) + " classes of requests.", {}});
    }
    document_.sections.push_back(std::move(section));
  }

  auto PointOf(const diff::Change& change) const -> explain::Point {
    std::string what;
    for (const std::string& part : diff::WhatText(report_, before_, after_, change.difference.delta))
      what += (what.empty() ? "" : "; ") + part;
    explain::Point point{.name = "", .text = WhereOf(change.where) + ": " + what + ".", .details = {}};
    std::string counted = Grouped(change.requests) + " of " + Grouped(report_.requests) + " classes";
    const std::string cause = diff::CauseText(change.difference.cause);
    if (!cause.empty()) counted += ", because of the " + cause;
    point.details.push_back(counted);
    if (const std::string cost = CostOf(change); !cost.empty()) point.details.push_back("cost " + cost);
    const std::vector<std::string> blamed = diff::BlameTexts(report_, before_, after_, change);
    if (!blamed.empty()) point.details.push_back(ir::EnumerateSome(blamed, 4));
    point.details.push_back("for example " + diff::GivenText(change.witness));
    point.details.push_back("before: " + diff::DecisionText(before_, change.witness.before));
    point.details.push_back("after: " + diff::DecisionText(after_, change.witness.after));
    AddJudgement(change, point);
    return point;
  }

  void AddJudgement(const diff::Change& change, explain::Point& point) const {
    if (!compared_.command.allow) return;
    for (const std::uint32_t index : change.difference.explained_by) {
      const diff::Allowance& allowance = compared_.options.allowances.at(index);
      point.details.push_back("intended (" + *compared_.command.allow + ":" + std::to_string(allowance.line) +
                              "): " + allowance.because);
    }
    if (!change.unexplained.empty())
      point.details.push_back("not allowed: " + ir::Enumerate(AspectNames(change.unexplained)));
  }

  /// Where changes could not be listed, one request each way stands for them.
  void AddVerdictWitnesses() {
    if (report_.listing == diff::DiffReport::Listing::kComplete) return;
    explain::Section section{.title = "What changes for requests", .text = {}, .points = {}};
    const auto add = [&](const std::optional<diff::Witness>& witness, const std::string& what) {
      if (!witness) return;
      section.points.push_back({"",
                                "a request that reaches " + what + ": " + diff::GivenText(*witness),
                                {"before: " + diff::DecisionText(before_, witness->before),
                                 "after: " + diff::DecisionText(after_, witness->after)}});
    };
    for (const diff::Move& move : report_.moves) {
      explain::Point point{.name = "", .text = move.deployment + ":", .details = {}};
      if (!move.lost.IsZero()) {
        point.details.push_back("no longer reached by " + Grouped(move.lost) + " classes: " + WhereOf(move.lost_where));
      }
      if (!move.gained.IsZero()) {
        point.details.push_back("newly reached by " + Grouped(move.gained) + " classes: " + WhereOf(move.gained_where));
      }
      section.points.push_back(std::move(point));
    }
    if (report_.moves_listed == diff::DiffReport::Listing::kTooManyClasses) {
      section.points.push_back({"", "Other deployments may be reached by more or fewer requests too; they were not counted.", {}});
    }
    add(report_.loses, "less");
    add(report_.gains, "more");
    if (!section.points.empty()) document_.sections.push_back(std::move(section));
  }

  void AddCatalogue() {
    if (report_.catalogue.empty()) return;
    explain::Section section{.title = "The catalogue", .text = {}, .points = {}};
    for (const diff::CatalogueChange& found : report_.catalogue) {
      std::string facts;
      for (const std::string& fact : diff::FactTexts(found.change)) facts += (facts.empty() ? "" : "; ") + fact;
      explain::Point point{.name = "", .text = found.change.deployment + ": " + facts + ".", .details = {}};
      if (!found.requests) {
        point.details.emplace_back("requests that reach it were not counted: there are too many classes");
      } else if (found.requests->IsZero()) {
        point.details.emplace_back("no request reaches it");
      } else {
        const bool removed = found.change.kind == diff::DeploymentChange::Kind::kRemoved;
        point.details.push_back(Grouped(*found.requests) + " of " + Grouped(report_.requests) + " classes " +
                                (removed ? "reached" : "reach") + " it: " + WhereOf(found.where));
      }
      if (compared_.command.allow)
        point.details.emplace_back(found.explained ? "intended" : "not allowed: `catalogue`");
      section.points.push_back(std::move(point));
    }
    document_.sections.push_back(std::move(section));
  }

  void AddServices() {
    if (report_.services.empty()) return;
    explain::Section section{.title = "Services that see prompts", .text = {}, .points = {}};
    const std::string all = Grouped(report_.requests) + " classes";
    for (const diff::ServiceChange& change : report_.services) {
      std::string facts;
      for (const std::string& fact : diff::FactTexts(change.change)) facts += (facts.empty() ? ": " : "; ") + fact;
      explain::Point point{.name = "", .text = change.change.deployment + facts + ".", .details = {}};
      const auto add = [&](const diff::Count& count, const diff::Where& where, const std::optional<diff::Witness>& witness,
                           const std::string& what) {
        if (count.IsZero()) return;
        point.details.push_back(what + " " + Grouped(count) + " of " + all + ": " + WhereOf(where));
        if (witness) point.details.push_back("for example " + diff::GivenText(*witness));
      };
      add(change.lost, change.lost_where, change.loses, "no longer sees the prompts of");
      add(change.gained, change.gained_where, change.gains, "newly sees the prompts of");
      if (change.counted == diff::ServiceChange::Counted::kNo) {
        point.details.emplace_back("whose prompts it sees was not compared: there are too many classes");
      }
      if (compared_.command.allow) point.details.emplace_back(change.explained ? "intended" : "not allowed: `services`");
      section.points.push_back(std::move(point));
    }
    document_.sections.push_back(std::move(section));
  }

  void AddFrame() {
    if (report_.frame.empty()) return;
    explain::Section section{.title = "How requests are read, and limits", .text = {}, .points = {}};
    for (const diff::FrameDifference& difference : report_.frame) {
      const diff::FrameChange& change = difference.change;
      const bool limits = change.kind == diff::FrameChange::Kind::kLimits;
      const auto shown = [](const std::string& text) { return text.empty() ? std::string("not declared") : text; };
      explain::Point point{.name = "",
                           .text = (limits ? "limit " : "attribute ") + ir::Quoted(change.subject) + ": " +
                                   shown(change.before) + " → " + shown(change.after) + ".",
                           .details = {}};
      if (compared_.command.allow) {
        point.details.emplace_back(difference.explained ? "intended"
                                   : limits             ? "not allowed: `limits`"
                                                        : "not allowed: `reading`");
      }
      section.points.push_back(std::move(point));
    }
    document_.sections.push_back(std::move(section));
  }

  void AddUnused() {
    if (report_.unused.empty()) return;
    explain::Section section{.title = "Intended changes that did not happen",
                             .text = "These lines explain nothing any more; take them out.",
                             .points = {}};
    for (const std::size_t index : report_.unused) {
      const diff::Allowance& allowance = compared_.options.allowances.at(index);
      section.points.push_back(
          {"", *compared_.command.allow + ":" + std::to_string(allowance.line) + ": " + allowance.because + ".", {}});
    }
    document_.sections.push_back(std::move(section));
  }

  const ComparedPolicies& compared_;
  const diff::DiffReport& report_;
  const diff::Side before_;
  const diff::Side after_;
  explain::Document document_;
};

// --- For programs -------------------------------------------------------------------------------------------------

auto NamesOf(const std::vector<std::uint32_t>& indexes, const diff::DiffReport& report) -> Json {
  Json names = Json::array();
  for (const std::uint32_t index : indexes) names.push_back(report.program.deployments.at(index));
  return names;
}

auto ChoiceJson(const diff::FirstChoice& choice, const diff::DiffReport& report) -> Json {
  Json list = Json::array();
  for (const ir::Candidate& candidate : choice) {
    list.push_back({{"name", report.program.deployments.at(candidate.deployment.index)}, {"weight", candidate.weight}});
  }
  return list;
}

auto ReadingJson(const diff::Side& side, const diff::Witness::Reading& reading) -> Json {
  if (!reading.request) return {{"request", nullptr}, {"decision", ToJson(ReportMissingAttribute(reading.missing))}};
  return {{"request", ir::RequestToJson(*side.policy, *reading.request)},
          {"decision", ToJson(ir::Report(*side.policy, *side.sources, reading.decision))}};
}

auto WitnessJson(const ComparedPolicies& compared, const diff::Witness& witness) -> Json {
  return {{"given", witness.given},
          {"not_given", witness.not_given},
          {"before", ReadingJson(compared.before.side(), witness.before)},
          {"after", ReadingJson(compared.after.side(), witness.after)}};
}

auto WhereJson(const diff::DiffReport& report, const diff::Where& where) -> Json {
  Json list = Json::array();
  for (const diff::Cube& cube : where.cubes) list.push_back(diff::WhereText(*report.space, cube));
  return list;
}

auto ChangeJson(const ComparedPolicies& compared, const diff::Change& change) -> Json {
  const diff::DiffReport& report = compared.report;
  const diff::Delta& delta = change.difference.delta;
  const diff::Side before = compared.before.side();
  const diff::Side after = compared.after.side();
  Json row;
  row["classes"] = Plain(change.requests);
  row["where"] = WhereJson(report, change.where);
  row["classes_beside_where"] = Plain(change.where.rest);
  row["what"] = diff::WhatText(report, before, after, delta);
  row["no_longer_reached"] = NamesOf(delta.lost, report);
  row["newly_reached"] = NamesOf(delta.gained, report);
  row["first_choice"] = nullptr;
  if (delta.first)
    row["first_choice"] = {{"before", ChoiceJson(delta.first->first, report)},
                           {"after", ChoiceJson(delta.first->second, report)}};
  row["chain"] = delta.chain;
  row["outcome"] = delta.ends.has_value();
  const std::string cost = diff::CostChangeText(report, before, after, delta, compared.command.tokens);
  row["cost"] = cost.empty() ? Json(nullptr) : Json(cost);
  const std::string cause = diff::CauseText(change.difference.cause);
  row["cause"] = cause.empty() ? Json(nullptr) : Json(cause);
  row["rules"] = diff::BlameTexts(report, before, after, change);
  row["intended"] = Json::array();
  for (const std::uint32_t index : change.difference.explained_by)
    row["intended"].push_back(compared.options.allowances.at(index).line);
  row["unexplained"] = Json::array();
  for (const Aspect aspect : change.unexplained) row["unexplained"].push_back(diff::AspectName(aspect));
  row["witness"] = WitnessJson(compared, change.witness);
  return row;
}

auto FactsJson(const diff::DeploymentChange& change) -> Json {
  Json facts = Json::array();
  const auto value = [](const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); };
  for (const diff::FactChange& fact : change.facts) {
    facts.push_back({{"fact", fact.fact}, {"before", value(fact.before)}, {"after", value(fact.after)}});
  }
  return facts;
}

auto KindText(diff::DeploymentChange::Kind kind) -> std::string {
  return kind == diff::DeploymentChange::Kind::kAdded     ? "added"
         : kind == diff::DeploymentChange::Kind::kRemoved ? "removed"
                                                          : "changed";
}

auto CatalogueJson(const diff::DiffReport& report) -> Json {
  Json rows = Json::array();
  for (const diff::CatalogueChange& found : report.catalogue) {
    rows.push_back({{"deployment", found.change.deployment},
                    {"kind", KindText(found.change.kind)},
                    {"facts", FactsJson(found.change)},
                    {"classes", found.requests ? Json(Plain(*found.requests)) : Json(nullptr)},
                    {"where", WhereJson(report, found.where)},
                    {"intended", found.explained}});
  }
  return rows;
}

auto ServicesJson(const ComparedPolicies& compared) -> Json {
  Json rows = Json::array();
  const auto moved = [&](const diff::Count& count, const diff::Where& where, const std::optional<diff::Witness>& witness) {
    return Json{{"classes", Plain(count)},
                {"where", WhereJson(compared.report, where)},
                {"witness", witness ? WitnessJson(compared, *witness) : Json(nullptr)}};
  };
  for (const diff::ServiceChange& change : compared.report.services) {
    rows.push_back({{"service", change.change.deployment},
                    {"kind", KindText(change.change.kind)},
                    {"facts", FactsJson(change.change)},
                    {"counted", change.counted == diff::ServiceChange::Counted::kYes},
                    {"lost", moved(change.lost, change.lost_where, change.loses)},
                    {"gained", moved(change.gained, change.gained_where, change.gains)},
                    {"intended", change.explained}});
  }
  return rows;
}

auto ToJson(const ComparedPolicies& compared) -> Json {
  const diff::DiffReport& report = compared.report;
  Json document;
  document["schema"] = "route.diff/1";
  document["before"] = compared.before.path;
  document["after"] = compared.after.path;
  document["verdict"] = diff::VerdictName(report.verdict);
  document["explained"] = !report.HasUnexplained();
  document["complete"] = report.listing == diff::DiffReport::Listing::kComplete;
  document["classes"] = Plain(report.requests);
  document["changed"] = document["complete"] ? Json(Plain(report.changed)) : Json(nullptr);
  document["tokens"] = {{"in", compared.command.tokens.in}, {"out", compared.command.tokens.out}};
  document["loses"] = report.loses ? WitnessJson(compared, *report.loses) : Json(nullptr);
  document["gains"] = report.gains ? WitnessJson(compared, *report.gains) : Json(nullptr);
  document["changes"] = Json::array();
  for (const diff::Change& change : report.changes) document["changes"].push_back(ChangeJson(compared, change));
  document["unlisted"] = {{"changes", report.unlisted.changes},
                          {"classes", Plain(report.unlisted.requests)},
                          {"explained", report.unlisted.explained}};
  document["moves_complete"] = report.moves_listed == diff::DiffReport::Listing::kComplete;
  document["moves"] = Json::array();
  for (const diff::Move& move : report.moves) {
    document["moves"].push_back(
        {{"deployment", move.deployment},
         {"lost", {{"classes", Plain(move.lost)}, {"where", WhereJson(report, move.lost_where)}}},
         {"gained", {{"classes", Plain(move.gained)}, {"where", WhereJson(report, move.gained_where)}}}});
  }
  document["catalogue"] = CatalogueJson(report);
  document["services"] = ServicesJson(compared);
  document["frame"] = Json::array();
  for (const diff::FrameDifference& difference : report.frame) {
    const diff::FrameChange& change = difference.change;
    document["frame"].push_back({{"kind", change.kind == diff::FrameChange::Kind::kLimits ? "limits" : "reading"},
                                 {"subject", change.subject},
                                 {"before", change.before},
                                 {"after", change.after},
                                 {"intended", difference.explained}});
  }
  document["unused"] = Json::array();
  for (const std::size_t index : report.unused)
    document["unused"].push_back(compared.options.allowances.at(index).line);
  return document;
}

}  // namespace

void PrintDiff(const ComparedPolicies& compared, const CommonOptions& common) {
  switch (common.format) {
    case Format::kText:
    case Format::kPlain:
      llvm::outs() << explain::ToText(Writer(compared).Write(), WidthOf(Stream::kOut));
      break;
    case Format::kMarkdown:
      llvm::outs() << explain::ToMarkdown(Writer(compared).Write());
      break;
    case Format::kJson:
      PrintJson(ToJson(compared));
      break;
    case Format::kSarif:
    case Format::kGithub:
    case Format::kJunit:
      throw InternalError("a format that `diff` does not have");
  }
  llvm::outs().flush();
}

}  // namespace route::driver
