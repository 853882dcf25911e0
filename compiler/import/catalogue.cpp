#include "compiler/import/catalogue.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "compiler/import/price.h"
#include "compiler/import/text.h"

namespace route::import {
namespace {

constexpr std::size_t kCommentColumn = 47;
constexpr std::size_t kLineWidth = 118;

/// Pads with spaces; a text that is too long gets two.
auto Padded(std::string text, std::size_t width) -> std::string {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

template <typename Items>
auto LongestName(const Items& items) -> std::size_t {
  std::size_t longest = 0;
  for (const auto& item : items) longest = std::max(longest, item.name.size());
  return longest;
}

void AppendLine(std::string& text, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  text += line + "\n";
}

void PrintVendors(const std::vector<CatalogueVendor>& vendors, std::string& text) {
  std::size_t width = LongestName(vendors);
  for (const CatalogueVendor& vendor : vendors) {
    std::string line =
        "vendor " + Padded(vendor.name, width) + " { headquarters " + std::string(CountryCode(vendor.headquarters));
    line +=
        vendor.source.empty() ? " }   # as stated with --headquarters" : "   source " + Quoted(vendor.source) + " }";
    AppendLine(text, line);
  }
  if (!vendors.empty()) text += "\n";
}

auto ContextText(const CatalogueModel& model) -> std::string {
  return model.context ? "context " + Grouped(*model.context) + " tokens" : "";
}

void PrintModels(const std::vector<CatalogueModel>& models, std::string& text) {
  std::size_t name_width = LongestName(models);
  std::size_t context_width = 0;
  for (const CatalogueModel& model : models) context_width = std::max(context_width, ContextText(model).size());
  for (const CatalogueModel& model : models) {
    std::string line = "model " + Padded(model.name, name_width) + " {";
    if (std::string context = ContextText(model); !context.empty() || !model.capabilities.empty()) {
      line += " " + Padded(context, model.capabilities.empty() ? 0 : context_width);
    }
    for (std::size_t i = 0; i < model.capabilities.size(); ++i) {
      line += (i == 0 ? (context_width > 0 ? "  capabilities " : "capabilities ") : ", ") + model.capabilities[i];
    }
    AppendLine(text, line + " }");
  }
  if (!models.empty()) text += "\n";
}

auto MembersText(const CatalogueGroup& group) -> std::vector<std::string> {
  std::vector<std::string> members;
  for (const CatalogueMember& member : group.members) {
    bool weighted = group.order == CatalogueGroup::Order::kByWeight && group.members.size() > 1;
    members.push_back(member.deployment + (weighted ? " weight " + std::to_string(member.weight) : ""));
  }
  return members;
}

void PrintGroups(const std::vector<CatalogueGroup>& groups, std::string& text) {
  std::size_t width = LongestName(groups);
  for (const CatalogueGroup& group : groups) {
    if (!group.note.empty()) AppendLine(text, "# " + group.note);
    std::string line = "group " + Padded(group.name, width) + " = ";
    const std::string indent(line.size(), ' ');
    std::vector<std::string> members = MembersText(group);
    for (std::size_t i = 0; i < members.size(); ++i) {
      std::string item = members[i] + (i + 1 < members.size() ? ", " : "");
      if (line.size() > indent.size() && line.size() + item.size() > kLineWidth) {
        AppendLine(text, line);
        line = indent;
      }
      line += item;
    }
    if (group.order == CatalogueGroup::Order::kCheapest) line += " by cheapest";
    AppendLine(text, line);
  }
  if (!groups.empty()) text += "\n";
}

auto AskedText(const std::vector<std::string>& asked) -> std::string {
  if (asked.size() == 1) return "asked_model is " + Quoted(asked.front());
  std::string text = "asked_model in { ";
  for (std::size_t i = 0; i < asked.size(); ++i) text += (i == 0 ? "" : ", ") + Quoted(asked[i]);
  return text + " }";
}

auto RouteText(const CatalogueRoute& route, std::size_t name_width) -> std::string {
  std::string line = "route " + Padded(route.name, name_width) + " when " + AskedText(route.asked) + " to ";
  for (std::size_t i = 0; i < route.tiers.size(); ++i) {
    line += (i == 0 ? "" : ", then ") + route.tiers[i];
    if (route.retries > 0) line += " retry " + std::to_string(route.retries);
  }
  return line;
}

void PrintRoutes(const Catalogue& catalogue, std::string& text) {
  if (catalogue.routes.empty()) return;
  std::size_t width = LongestName(catalogue.routes);
  std::vector<std::string> every;
  for (const CatalogueRoute& route : catalogue.routes)
    every.insert(every.end(), route.asked.begin(), route.asked.end());
  std::vector<std::string> lines;
  if (catalogue.policy.empty()) {
    AppendLine(
        text,
        "# Routes belong into the policy. These say what the proxy did; copy them there without the comment signs.");
    lines.emplace_back("attribute asked_model text from request \"model\"");
    lines.emplace_back();
  }
  lines.push_back("refuse unknown_model when not (" + AskedText(every) + ") with \"there is no such model\"");
  lines.emplace_back();
  for (const CatalogueRoute& route : catalogue.routes) lines.push_back(RouteText(route, width));
  for (const std::string& line : lines) AppendLine(text, (catalogue.policy.empty() ? "# " : "") + line);
}

}  // namespace

auto PrintDeployment(const CatalogueDeployment& deployment) -> std::vector<std::string> {
  std::vector<std::string> lines;
  lines.push_back("deployment " + deployment.name + " serves " + deployment.model + " {");
  std::string who =
      "  vendor " + deployment.vendor + "   processed in " + std::string(CountryCode(deployment.processed_in));
  if (!deployment.status.empty()) who += "   status " + deployment.status;
  if (!deployment.place_note.empty()) who = Padded(who, kCommentColumn - 2) + "  # " + deployment.place_note;
  lines.push_back(who);
  std::string price =
      "  price " + FormatMoney(deployment.price_in) + " USD in, " + FormatMoney(deployment.price_out) + " USD out";
  if (deployment.as_of) price += "   as of " + FormatDate(*deployment.as_of);
  lines.push_back(Padded(price, kCommentColumn - 2) + "  # " + deployment.source);
  for (const std::string& note : deployment.notes) lines.push_back("  # " + note);
  std::string upstream;
  if (!deployment.endpoint.empty()) upstream += "  endpoint " + Quoted(deployment.endpoint);
  if (!deployment.upstream.empty()) upstream += "  model " + Quoted(deployment.upstream);
  if (!deployment.key_env.empty()) upstream += "  key env " + deployment.key_env;
  if (!upstream.empty()) lines.push_back(upstream);
  lines.emplace_back("}");
  return lines;
}

auto PrintCatalogue(const Catalogue& catalogue) -> std::string {
  std::string text;
  for (const std::string& line : catalogue.header) AppendLine(text, "# " + line);
  text += "\n";
  if (!catalogue.policy.empty()) {
    text += "policy " + catalogue.policy + "\n\n";
    if (!catalogue.routes.empty()) text += "attribute asked_model text from request \"model\"\n\n";
  }
  PrintVendors(catalogue.vendors, text);
  PrintModels(catalogue.models, text);
  for (const CatalogueDeployment& deployment : catalogue.deployments) {
    for (const std::string& line : PrintDeployment(deployment)) AppendLine(text, line);
  }
  if (!catalogue.deployments.empty()) text += "\n";
  for (const CatalogueDraft& draft : catalogue.drafts) {
    AppendLine(text, "# Not part of the catalogue: " + draft.missing);
    for (const std::string& line : draft.lines) AppendLine(text, "# " + line);
    text += "\n";
  }
  PrintGroups(catalogue.groups, text);
  PrintRoutes(catalogue, text);
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

}  // namespace route::import
