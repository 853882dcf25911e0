#include "compiler/import/config_routes.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "compiler/import/price.h"
#include "compiler/import/text.h"
#include "runtime/values/decimal.h"

namespace route::import {
namespace {

constexpr std::int64_t kMostWeight = 1'000'000;

/// The groups of one alias, in the order in which they are tried, and the names under which it is asked for.
struct Served {
  std::vector<std::string> groups;
  std::vector<std::string> asked;
};

class RouteBuilder {
 public:
  RouteBuilder(const Config& config, Namer& names, Catalogue& catalogue, Lints& lints)
      : config_(config), names_(names), catalogue_(catalogue), lints_(lints) {}

  void Run(const std::vector<PlacedEntry>& placed) {
    for (const PlacedEntry& each : placed) by_alias_[each.entry->alias].push_back(each);
    std::set<std::string> seen;
    for (const ConfigEntry& entry : config_.entries) {
      if (seen.insert(entry.alias).second) AddAlias(entry);
    }
    for (const ConfigAlias& alias : config_.aliases) AddOtherName(alias);
    for (const ConfigFallback& fallback : config_.fallbacks) CheckFallback(fallback);
    for (const std::string& alias : order_) AddRoute(alias);
  }

 private:
  void AddAlias(const ConfigEntry& first) {
    order_.push_back(first.alias);
    std::map<std::int64_t, std::vector<PlacedEntry>> levels;
    for (const PlacedEntry& each : by_alias_[first.alias]) levels[OrderOf(*each.entry)].push_back(each);
    Subject subject{first.line, first.alias};
    Served served;
    for (const auto& [level, entries] : levels) {
      CatalogueGroup group;
      group.members = Weigh(entries);
      if (group.members.empty()) continue;
      std::string wanted =
          first.alias + (served.groups.empty() ? "" : "_order_" + std::to_string(served.groups.size() + 1));
      group.name = names_.Take(wanted);
      group.note = "`" + Printable(first.alias) + "`" + (levels.size() > 1 ? ", order " + std::to_string(level) : "");
      if (config_.strategy == "cost-based-routing") group.order = CatalogueGroup::Order::kCheapest;
      served.groups.push_back(group.name);
      catalogue_.groups.push_back(std::move(group));
    }
    if (served.groups.empty()) {
      lints_.Add(LintKind::kNoMembers, LintAction::kLeftOut, subject, "none of its deployments is in the catalogue");
      return;
    }
    if (IsPlain(first.alias)) {
      served.asked.push_back(first.alias);
    } else {
      lints_.Add(LintKind::kNotPlain, LintAction::kLeftOut, subject,
                 "its name holds characters that would mislead a reader; it has no route");
    }
    served_[first.alias] = std::move(served);
  }

  /// Lower comes first; LiteLLM tries entries without an order last.
  auto OrderOf(const ConfigEntry& entry) -> std::int64_t {
    constexpr std::int64_t kLast = 1'000'000'000'000;
    const Scalar* order = Find(entry.params, "order");
    if (order == nullptr) return kLast;
    return ParseTokens(order->text).value_or(kLast);
  }

  /// By which of its fields the shuffle weighs a group; empty for all alike.
  static auto WeighedBy(const ConfigEntry& first) -> std::string_view {
    for (std::string_view field : {"weight", "rpm", "tpm"}) {
      const Scalar* value = Find(first.params, field);
      if (value != nullptr && value->kind != Scalar::Kind::kNull) return field;
    }
    return {};
  }

  auto Weigh(const std::vector<PlacedEntry>& entries) -> std::vector<CatalogueMember> {
    std::string_view field = WeighedBy(*entries.front().entry);
    std::vector<std::pair<const PlacedEntry*, std::int64_t>> weights;
    for (const PlacedEntry& each : entries) {
      std::int64_t weight = field.empty() ? Decimal::kScale : WeightOf(each, field);
      if (weight > 0) weights.emplace_back(&each, weight);
    }
    std::int64_t divisor = 0;
    std::int64_t most = 1;
    for (const auto& [entry, weight] : weights) divisor = std::gcd(divisor, weight);
    for (const auto& [entry, weight] : weights) most = std::max(most, weight / divisor);
    std::vector<CatalogueMember> members;
    for (const auto& [entry, weight] : weights) {
      std::int64_t whole = weight / divisor;
      if (most > kMostWeight)
        whole = std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<__int128>(whole) * kMostWeight / most));
      members.push_back({entry->deployment, static_cast<std::uint32_t>(whole)});
    }
    if (most > kMostWeight) {
      lints_.Add(LintKind::kWeight, LintAction::kCorrected, SubjectOf(entries.front()),
                 "the weights of this group are finer than one in " + Grouped(kMostWeight) + " and were rounded");
    }
    return members;
  }

  static auto SubjectOf(const PlacedEntry& placed) -> Subject { return {placed.entry->line, placed.entry->alias}; }

  /// In millionths; 0 for an entry that is never drawn.
  auto WeightOf(const PlacedEntry& placed, std::string_view field) -> std::int64_t {
    const Scalar* value = Find(placed.entry->params, field);
    std::string situation = "it has no `" + std::string(field) + "` and others of its group do";
    if (value != nullptr) {
      auto weight = ParseDecimal(value->text);
      if (weight && weight->micros > 0) return weight->micros;
      situation = "its `" + std::string(field) + "` is `" + Printable(value->text) + "`";
    }
    lints_.Add(LintKind::kWeight, LintAction::kLeftOut, SubjectOf(placed),
               situation + ", so it is never drawn; its group goes without it");
    return 0;
  }

  void AddOtherName(const ConfigAlias& alias) {
    Subject subject{alias.line, alias.name};
    auto served = served_.find(alias.target);
    if (served == served_.end()) {
      lints_.Add(LintKind::kUnknownGroup, LintAction::kLeftOut, subject,
                 "it is another name of `" + Printable(alias.target) + "`, of which nothing is in the catalogue");
    } else if (served_.contains(alias.name)) {
      lints_.Add(LintKind::kDuplicateKey, LintAction::kLeftOut, subject,
                 "this alias is the name of a model of `model_list`");
    } else if (!IsPlain(alias.name)) {
      lints_.Add(LintKind::kNotPlain, LintAction::kLeftOut, subject,
                 "this alias holds characters that would mislead a reader");
    } else if (std::ranges::find(served->second.asked, alias.name) == served->second.asked.end()) {
      served->second.asked.push_back(alias.name);
    }
  }

  void CheckFallback(const ConfigFallback& fallback) {
    Subject subject{fallback.line, fallback.from.empty() ? "default_fallbacks" : fallback.from};
    if (!fallback.from.empty() && !served_.contains(fallback.from)) {
      lints_.Add(LintKind::kUnknownGroup, LintAction::kLeftOut, subject,
                 "it has fallbacks, and nothing of it is in the catalogue");
    }
    for (const std::string& target : fallback.to) {
      if (served_.contains(target)) continue;
      lints_.Add(LintKind::kUnknownGroup, LintAction::kLeftOut, subject,
                 "it falls back to `" + Printable(target) + "`, of which nothing is in the catalogue");
    }
  }

  auto FallbackOf(const std::string& alias) const -> const ConfigFallback* {
    for (const std::string& from : {alias, std::string()}) {
      auto found = std::ranges::find(config_.fallbacks, from, &ConfigFallback::from);
      if (found != config_.fallbacks.end()) return &*found;
    }
    return nullptr;
  }

  void AddRoute(const std::string& alias) {
    auto served = served_.find(alias);
    if (served == served_.end() || served->second.asked.empty()) return;
    CatalogueRoute route;
    route.name = route_names_.Take(alias);
    route.retries = config_.retries;
    for (const std::string& name : served->second.asked) {
      if (asked_.insert(name).second) route.asked.push_back(name);
    }
    if (route.asked.empty()) return;
    AppendGroups(alias, route.tiers);
    if (const ConfigFallback* fallback = FallbackOf(alias)) {
      for (const std::string& target : fallback->to) AppendGroups(target, route.tiers);
    }
    catalogue_.routes.push_back(std::move(route));
  }

  void AppendGroups(const std::string& alias, std::vector<std::string>& tiers) {
    auto served = served_.find(alias);
    if (served == served_.end()) return;
    for (const std::string& group : served->second.groups) {
      if (std::ranges::find(tiers, group) == tiers.end()) tiers.push_back(group);
    }
  }

  const Config& config_;
  Namer& names_;
  Catalogue& catalogue_;
  Lints& lints_;
  Namer route_names_;
  std::map<std::string, std::vector<PlacedEntry>> by_alias_;
  std::vector<std::string> order_;  // aliases as they first appear
  std::map<std::string, Served> served_;
  std::set<std::string> asked_;
};

}  // namespace

void AddRoutes(const Config& config, const std::vector<PlacedEntry>& placed, Namer& names, Catalogue& catalogue,
               Lints& lints) {
  RouteBuilder(config, names, catalogue, lints).Run(placed);
}

}  // namespace route::import
