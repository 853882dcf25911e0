#include "runtime/decide/report.h"
#include "runtime/values/value_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace route {
namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kWidestLabel = 36;

auto Entry(std::string_view name, const SourcePlace& place, std::string_view because) -> DecisionReport::Rule {
  return {std::string(name), std::string(place.file), place.line, std::string(because), std::string(place.policy)};
}

/// ` (policy.route:31)`, or nothing for a policy that was not read from a file.
auto Where(const DecisionReport::Rule& rule) -> std::string {
  return rule.file.empty() ? "" : " (" + rule.file + ":" + std::to_string(rule.line) + ")";
}

/// The items with commas between, broken before an item that would end past `width` columns.
auto WrapList(const std::vector<std::string>& items, std::size_t width) -> std::vector<std::string> {
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string item = items[i] + (i + 1 < items.size() ? "," : "");
    if (lines.back().empty()) {
      lines.back() = item;
    } else if (lines.back().size() + 1 + item.size() <= width) {
      lines.back() += " " + item;
    } else {
      lines.push_back(item);
    }
  }
  return lines;
}

auto Padded(std::string text, std::size_t width) -> std::string {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

auto WidthLeft(std::size_t indent) -> std::size_t {
  return kColumns > indent ? kColumns - indent : 0;
}

auto Headline(const DecisionReport& report) -> std::string {
  switch (report.outcome) {
    case Outcome::kRouted:
      return "routed by route `" + report.route.value_or("") + "`" +
             (report.route_place ? Where(*report.route_place) : "") + "\n";
    case Outcome::kRefused: {
      if (report.rules.empty()) return "refused: " + report.reason.value_or("") + "\n";
      const std::string by = "refused by `" + report.rules.front().name + "`";
      std::string text = by + Where(report.rules.front()) + "\n";
      if (report.reason && *report.reason != by) text += "  " + *report.reason + "\n";
      return text;
    }
    case Outcome::kUncovered:
      return "uncovered: " + report.reason.value_or("") + "\n";
    case Outcome::kUnservable:
      return "unservable: " + report.reason.value_or("") + (report.route_place ? Where(*report.route_place) : "") +
             "\n";
  }
  return {};
}

auto TierExtras(const DecisionReport::Tier& tier) -> std::string {
  std::string extras;
  if (tier.within_ms) extras += "within " + FormatDuration(*tier.within_ms);
  if (tier.retries) extras += (extras.empty() ? "retries " : ", retries ") + std::to_string(*tier.retries);
  return extras;
}

auto PlanText(const std::vector<DecisionReport::Tier>& plan) -> std::string {
  const std::size_t number_width = std::to_string(plan.size()).size();
  std::size_t label_width = 0;
  for (const auto& tier : plan) {
    if (tier.label.size() <= kWidestLabel) label_width = std::max(label_width, tier.label.size());
  }
  const std::string lead = "  tier ";
  const std::size_t indent = lead.size() + number_width + 2 + label_width + 2;

  std::vector<std::vector<std::string>> lists;
  std::size_t list_width = 0;
  for (const auto& tier : plan) {
    const bool weighted = std::ranges::any_of(tier.deployments, [](const auto& d) { return d.weight != 1; });
    std::vector<std::string> names;
    for (const auto& deployment : tier.deployments) {
      names.push_back(deployment.name + (weighted ? " (weight " + std::to_string(deployment.weight) + ")" : ""));
    }
    lists.push_back(WrapList(names, WidthLeft(indent)));
    list_width = std::max(list_width, lists.back().back().size());
  }

  std::string text;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    std::string line = lead + Padded(std::to_string(i + 1), number_width) + "  ";
    if (plan[i].label.size() <= kWidestLabel) {
      line += Padded(plan[i].label, label_width) + "  ";
    } else {
      text += line + plan[i].label + "\n";
      line = std::string(indent, ' ');
    }
    for (std::size_t k = 0; k < lists[i].size(); ++k) {
      if (k != 0) {
        text += line + "\n";
        line = std::string(indent, ' ');
      }
      line += lists[i][k];
    }
    if (const std::string extras = TierExtras(plan[i]); !extras.empty()) {
      const std::size_t column = indent + list_width + 3;
      if (column + extras.size() <= kColumns) {
        line = Padded(line, column) + extras;
      } else {
        text += line + "\n";
        line = std::string(indent, ' ') + extras;
      }
    }
    text += line + "\n";
  }
  return text;
}

auto RulesText(const std::vector<DecisionReport::Rule>& rules) -> std::string {
  if (rules.empty()) return {};
  std::string text = "rules that apply\n";
  for (const auto& rule : rules) {
    text += "  " + rule.name + Where(rule);
    if (!rule.because.empty()) text += "  " + rule.because;
    text += "\n";
  }
  return text;
}

auto ExcludedText(const std::vector<DecisionReport::Exclusion>& excluded) -> std::string {
  if (excluded.empty()) return {};
  std::size_t name_width = 0;
  for (const auto& row : excluded) name_width = std::max(name_width, row.deployment.size());
  const std::string between = "  by ";
  const std::size_t indent = 2 + name_width + between.size();
  std::string text = "excluded\n";
  for (std::size_t i = 0; i < excluded.size();) {
    const std::string& deployment = excluded[i].deployment;
    std::vector<std::string> rules;
    for (; i < excluded.size() && excluded[i].deployment == deployment; ++i) rules.push_back(excluded[i].by);
    std::string lead = "  " + Padded(deployment, name_width) + between;
    for (const auto& line : WrapList(rules, WidthLeft(indent))) {
      text += lead + line + "\n";
      lead = std::string(indent, ' ');
    }
  }
  return text;
}

auto ServicesText(const std::vector<DecisionReport::Service>& services) -> std::string {
  if (services.empty()) return {};
  std::size_t name_width = 0;
  for (const auto& service : services) name_width = std::max(name_width, service.name.size());
  const std::string between = "  not asked, by ";
  std::string text = "services that see the prompt\n";
  for (const auto& service : services) {
    std::string lead = "  " + Padded(service.name, name_width);
    if (service.kept_by.empty()) {
      text += lead + "  asked\n";
      continue;
    }
    lead += between;
    const std::size_t indent = lead.size();
    for (const auto& line : WrapList(service.kept_by, WidthLeft(indent))) {
      text += lead + line + "\n";
      lead = std::string(indent, ' ');
    }
  }
  return text;
}

auto ServicesOf(const Table& table, std::span<const std::uint16_t> classes) -> std::vector<DecisionReport::Service> {
  std::vector<DecisionReport::Service> services;
  if (table.services().empty()) return services;
  const std::vector<std::uint32_t> screens = MatchedScreens(table, classes);
  for (std::size_t s = 0; s < table.services().size(); ++s) {
    if (table.services()[s].attributes.empty()) continue;
    DecisionReport::Service& entry = services.emplace_back();
    entry.name = table.services()[s].name;
    for (const std::uint32_t index : screens) {
      const ScreenView& screen = table.screens()[index];
      if (((screen.services >> s) & 1U) == 0) continue;
      const bool is_rule = screen.by == ScreenView::By::kRule;
      entry.kept_by.emplace_back(is_rule ? table.rules()[screen.index].name : table.refusals()[screen.index].name);
    }
  }
  return services;
}

}  // namespace

auto Report(const Table& table, std::span<const std::uint16_t> classes, const Decision& decision) -> DecisionReport {
  DecisionReport report;
  report.outcome = decision.outcome;
  report.services = ServicesOf(table, classes);
  if (decision.outcome == Outcome::kRefused) {
    if (decision.refusal >= table.refusals().size()) {
      report.reason = "the request's attributes do not fit the policy";
      return report;
    }
    const RefusalView& refusal = table.refusals()[decision.refusal];
    report.rules.push_back(Entry(refusal.name, refusal.place, refusal.reason));
    report.reason =
        refusal.reason.empty() ? "refused by `" + std::string(refusal.name) + "`" : std::string(refusal.reason);
    return report;
  }

  const std::vector<std::uint32_t> rules = MatchedRules(table, classes);
  for (const std::uint32_t rule : rules) {
    const RuleView& view = table.rules()[rule];
    report.rules.push_back(Entry(view.name, view.place, view.because));
  }
  for (std::uint32_t d = 0; d < table.deployments().size(); ++d) {
    if (decision.Allows(d)) continue;
    for (const std::uint32_t rule : rules) {
      if (!RuleExcludes(table, rule, d)) continue;
      report.excluded.push_back({std::string(table.deployments()[d].name), std::string(table.rules()[rule].name)});
    }
  }
  if (decision.outcome == Outcome::kUncovered) {
    report.reason = "no route matches this request";
    return report;
  }

  const RouteView& route = table.routes()[decision.route];
  report.route = route.name;
  report.route_place = Entry(route.name, route.place, "");
  for (const PlanTier& planned : Plan(table, decision)) {
    const TierView& tier = table.tiers()[planned.tier];
    DecisionReport::Tier shown;
    shown.label = tier.label;
    if (tier.within_ms != kNone) shown.within_ms = tier.within_ms;
    if (tier.retries != kNone) shown.retries = tier.retries;
    for (const CandidateView& candidate : planned.deployments) {
      shown.deployments.push_back({std::string(table.deployments()[candidate.deployment].name), candidate.weight});
    }
    report.plan.push_back(std::move(shown));
  }
  if (decision.outcome == Outcome::kUnservable) {
    report.reason = "route `" + std::string(route.name) + "` matches, but no deployment of its chain is allowed";
  }
  return report;
}

auto ReportMissingAttribute(std::string_view attribute) -> DecisionReport {
  DecisionReport report;
  report.outcome = Outcome::kRefused;
  report.reason = "attribute `" + std::string(attribute) + "` has no value and no default";
  return report;
}

auto ToJson(const DecisionReport& report) -> nlohmann::ordered_json {
  using Json = nlohmann::ordered_json;
  const auto optional = [](const auto& value) -> Json { return value ? Json(*value) : Json(nullptr); };
  Json json;
  json["outcome"] = OutcomeName(report.outcome);
  json["route"] = optional(report.route);
  json["rules"] = Json::array();
  for (const auto& rule : report.rules) json["rules"].push_back(rule.name);
  json["plan"] = Json::array();
  for (const auto& tier : report.plan) {
    Json entry;
    entry["tier"] = tier.label;
    entry["deployments"] = Json::array();
    for (const auto& deployment : tier.deployments) {
      Json candidate;
      candidate["name"] = deployment.name;
      candidate["weight"] = deployment.weight;
      entry["deployments"].push_back(std::move(candidate));
    }
    entry["within_ms"] = optional(tier.within_ms);
    entry["retries"] = optional(tier.retries);
    json["plan"].push_back(std::move(entry));
  }
  json["excluded"] = Json::array();
  for (const auto& row : report.excluded) {
    Json entry;
    entry["deployment"] = row.deployment;
    entry["by"] = row.by;
    json["excluded"].push_back(std::move(entry));
  }
  for (const auto& service : report.services) {
    json["services"].push_back({{"name", service.name}, {"asked", service.kept_by.empty()}, {"kept_by", service.kept_by}});
  }
  if (report.reason) json["reason"] = *report.reason;
  return json;
}

auto ToText(const DecisionReport& report) -> std::string {
  std::string text = Headline(report);
  if (report.outcome == Outcome::kRefused) return text + ServicesText(report.services);
  return text + PlanText(report.plan) + RulesText(report.rules) + ExcludedText(report.excluded) + ServicesText(report.services);
}

}  // namespace route
