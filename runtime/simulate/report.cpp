#include "runtime/simulate/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace route {
namespace {

using nlohmann::ordered_json;

/// A table of texts, the first row of which are its heads. Numbers are recognised by what they begin with and go to the right.
using Rows = std::vector<std::vector<std::string>>;

struct Section {
  std::string title;
  Rows rows;
};

auto Share(std::uint64_t part, std::uint64_t whole) -> std::string {
  const std::uint64_t permille = whole == 0 ? 0 : (part * 1000 + whole / 2) / whole;
  return std::to_string(permille / 10) + "." + std::to_string(permille % 10) + "%";
}

template <typename List>
void AddCounts(const std::vector<std::uint64_t>& counts, const List& names, std::uint64_t all, Rows& rows) {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0) rows.push_back({std::string(names[i].name), std::to_string(counts[i]), Share(counts[i], all)});
  }
}

auto OutcomeRows(const Simulated& policy, std::uint64_t requests) -> Rows {
  Rows rows = {{"outcome", "requests", "share"}};
  for (std::size_t i = 0; i < policy.outcomes.size(); ++i) {
    if (policy.outcomes[i] == 0) continue;
    rows.push_back({std::string(OutcomeName(static_cast<Outcome>(i))), std::to_string(policy.outcomes[i]),
                    Share(policy.outcomes[i], requests)});
  }
  return rows;
}

auto DeploymentRows(const Simulated& policy, const Table& table, std::uint64_t requests) -> Rows {
  Rows rows = {{"deployment", "requests", "share", "tokens in", "tokens out", "USD"}};
  for (std::size_t i = 0; i < policy.deployments.size(); ++i) {
    const Tally& tally = policy.deployments[i];
    if (tally.requests == 0) continue;
    rows.push_back({std::string(table.deployments()[i].name), std::to_string(tally.requests), Share(tally.requests, requests),
                    std::to_string(tally.input_tokens), std::to_string(tally.output_tokens), tally.cost.Text()});
  }
  return rows;
}

auto ChangeRows(const Changes& changes) -> Rows {
  std::vector<const Changes::value_type*> ordered;
  for (const auto& change : changes) ordered.push_back(&change);
  std::ranges::stable_sort(ordered, [](const auto* left, const auto* right) { return left->second.requests > right->second.requests; });
  Rows rows = {{"from", "to", "requests", "USD before", "USD after", "first at line"}};
  for (const auto* change : ordered) {
    rows.push_back({change->first.first, change->first.second, std::to_string(change->second.requests),
                    change->second.cost_before.Text(), change->second.cost_after.Text(), std::to_string(change->second.first_line)});
  }
  return rows;
}

auto ChangedRequests(const Changes& changes) -> std::uint64_t {
  std::uint64_t count = 0;
  for (const auto& [names, change] : changes) count += change.requests;
  return count;
}

auto SectionsOf(const Simulation& simulation, const SimulationInput& input) -> std::vector<Section> {
  const std::uint64_t all = simulation.requests;
  const Simulated& policy = simulation.policy;
  std::vector<Section> sections = {{"what happened", OutcomeRows(policy, all)},
                                   {"who would have answered", DeploymentRows(policy, *input.table, all)}};
  Rows routes = {{"route", "requests", "share"}};
  AddCounts(policy.routes, input.table->routes(), all, routes);
  sections.push_back({"by which route", std::move(routes)});
  Rows refusals = {{"refused by", "requests", "share"}};
  AddCounts(policy.refusals, input.table->refusals(), all, refusals);
  AddCounts(policy.missing, input.table->attributes(), all, refusals);
  sections.push_back({"why refused (a rule, or an attribute without a value)", std::move(refusals)});
  if (simulation.other) {
    sections.push_back({"who would have answered under " + std::string(input.other->policy_name()) + " " +
                            std::string(input.other->policy_version()),
                        DeploymentRows(*simulation.other, *input.other, all)});
    sections.push_back({"what changes", ChangeRows(simulation.changes)});
  }
  std::erase_if(sections, [](const Section& section) { return section.rows.size() == 1; });
  return sections;
}

/// Sentences about the whole.
auto Summary(const Simulation& simulation, const SimulationInput& input) -> std::vector<std::string> {
  std::vector<std::string> lines = {
      std::string(input.table->policy_name()) + " " + std::string(input.table->policy_version()) + ", bundle " +
          std::string(input.table->hash().substr(0, 12)),
      std::to_string(simulation.requests) + " requests, " + simulation.policy.cost.Text() + " USD"};
  if (simulation.unreadable != 0) {
    lines.push_back(std::to_string(simulation.unreadable) + " lines could not be read; the first is line " +
                    std::to_string(simulation.first_unreadable_line) + ": " + simulation.first_unreadable);
  }
  if (simulation.policy.misfits != 0) {
    lines.push_back(std::to_string(simulation.policy.misfits) + " values did not fit their attribute; the first is in line " +
                    std::to_string(simulation.policy.first_misfit_line) + ": " + simulation.policy.first_misfit);
  }
  if (simulation.other) {
    lines.push_back("against " + std::string(input.other->policy_name()) + " " + std::string(input.other->policy_version()) +
                    ", bundle " + std::string(input.other->hash().substr(0, 12)) + ": " +
                    std::to_string(ChangedRequests(simulation.changes)) + " requests go elsewhere, " +
                    std::to_string(simulation.plans_changed) + " more have another plan behind the same first choice; " +
                    simulation.other->cost.Text() + " USD, " + (simulation.other->cost - simulation.policy.cost).Text() +
                    " USD more");
  }
  return lines;
}

auto IsNumber(const std::string& text) -> bool {
  return !text.empty() && ((text[0] >= '0' && text[0] <= '9') || (text[0] == '-' && text.size() > 1));
}

/// Columns of numbers go to the right.
auto IsRight(const Rows& rows, std::size_t column) -> bool {
  return std::ranges::all_of(rows.begin() + 1, rows.end(), [&](const auto& row) { return IsNumber(row[column]); });
}

auto TextTable(const Rows& rows) -> std::string {
  std::vector<std::size_t> widths(rows[0].size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string gap(widths[i] - row[i].size(), ' ');
      line += "  " + (IsRight(rows, i) ? gap + row[i] : row[i] + gap);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

auto MarkdownTable(const Rows& rows) -> std::string {
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (const std::string& cell : rows[r]) text += "| " + cell + " ";
    text += "|\n";
    if (r != 0) continue;
    for (std::size_t i = 0; i < rows[0].size(); ++i) text += IsRight(rows, i) ? "|---:" : "|---";
    text += "|\n";
  }
  return text;
}

auto PolicyJson(const Simulated& policy, const Table& table) -> ordered_json {
  ordered_json row;
  row["policy"] = table.policy_name();
  row["version"] = table.policy_version();
  row["sha256"] = table.hash();
  row["cost_usd"] = policy.cost.Text();
  for (std::size_t i = 0; i < policy.outcomes.size(); ++i) {
    row["outcomes"][std::string(OutcomeName(static_cast<Outcome>(i)))] = policy.outcomes[i];
  }
  const auto counts = [&](const char* name, const char* key, const std::vector<std::uint64_t>& list, const auto& names) {
    row[name] = ordered_json::array();
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i] != 0) row[name].push_back({{key, names[i].name}, {"requests", list[i]}});
    }
  };
  row["deployments"] = ordered_json::array();
  for (std::size_t i = 0; i < policy.deployments.size(); ++i) {
    const Tally& tally = policy.deployments[i];
    if (tally.requests == 0) continue;
    row["deployments"].push_back({{"deployment", table.deployments()[i].name},
                                  {"requests", tally.requests},
                                  {"input_tokens", tally.input_tokens},
                                  {"output_tokens", tally.output_tokens},
                                  {"cost_usd", tally.cost.Text()}});
  }
  counts("routes", "route", policy.routes, table.routes());
  counts("refusals", "refusal", policy.refusals, table.refusals());
  counts("missing", "attribute", policy.missing, table.attributes());
  row["misfits"] = policy.misfits;
  return row;
}

}  // namespace

auto ToJson(const Simulation& simulation, const SimulationInput& input) -> ordered_json {
  ordered_json document;
  document["schema"] = "route.simulate/1";
  document["requests"] = simulation.requests;
  document["unreadable_lines"] = simulation.unreadable;
  document["simulated"] = PolicyJson(simulation.policy, *input.table);
  if (!simulation.other) return document;
  document["against"] = PolicyJson(*simulation.other, *input.other);
  document["requests_changed"] = ChangedRequests(simulation.changes);
  document["plans_changed"] = simulation.plans_changed;
  document["changes"] = ordered_json::array();
  for (const auto& [names, change] : simulation.changes) {
    document["changes"].push_back({{"from", names.first},
                                   {"to", names.second},
                                   {"requests", change.requests},
                                   {"cost_before_usd", change.cost_before.Text()},
                                   {"cost_after_usd", change.cost_after.Text()},
                                   {"first_line", change.first_line}});
  }
  return document;
}

auto ToText(const Simulation& simulation, const SimulationInput& input) -> std::string {
  std::string text;
  for (const std::string& line : Summary(simulation, input)) text += line + "\n";
  for (const Section& section : SectionsOf(simulation, input)) text += section.title + "\n" + TextTable(section.rows);
  return text;
}

auto ToMarkdown(const Simulation& simulation, const SimulationInput& input) -> std::string {
  std::string text = "# Simulation\n\n";
  for (const std::string& line : Summary(simulation, input)) text += "- " + line + "\n";
  for (const Section& section : SectionsOf(simulation, input)) {
    std::string title = section.title;
    title[0] = static_cast<char>(title[0] - 'a' + 'A');
    text += "\n## " + title + "\n\n" + MarkdownTable(section.rows);
  }
  return text;
}

}  // namespace route
