#include <algorithm>
#include <limits>
#include <map>

#include "compiler/diagnostics/fixes.h"
#include "compiler/resolve/resolver.h"

namespace route::resolve {

using diagnostics::Code;

namespace {

constexpr std::uint32_t kMaxWeight = 1'000'000;
constexpr std::uint32_t kMaxRetries = 100;
constexpr std::int64_t kMaxMilliseconds = 86'400'000;  // a day

/// With its weight.
auto SpanOf(const ast::Member& member) -> Span {
  return member.weight ? Join(member.name.span, member.weight->span) : member.name.span;
}

}  // namespace

auto Resolver::PositiveInteger(const ast::Quantity& quantity, std::uint32_t most, std::string_view what)
    -> std::optional<std::uint32_t> {
  std::int64_t micros = quantity.number.micros;
  if (micros % Decimal::kScale != 0 || micros <= 0 || micros / Decimal::kScale > most) {
    Error(Code::kR0205, quantity.span,
          std::string(what) + " is a whole number from 1 to " + std::to_string(most) + ", not `" + TextOf(quantity.span) + "`");
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(micros / Decimal::kScale);
}

auto Resolver::Milliseconds(const ast::Quantity& quantity, std::string_view what) -> std::optional<std::uint32_t> {
  auto number = NumberIn(quantity, Unit::kMilliseconds, UnitNeed::kStated);
  if (!number) return std::nullopt;
  if (number->micros % Decimal::kScale != 0 || number->micros <= 0 || number->micros / Decimal::kScale > kMaxMilliseconds) {
    Error(Code::kR0205, quantity.span, std::string(what) + " is a whole number of milliseconds up to one day, not `" +
                                           TextOf(quantity.span) + "`");
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(number->micros / Decimal::kScale);
}

void Resolver::ApplyOrder(ResolvedSelection& selection, TierOrder order, Span span) {
  selection.order = order;
  if (order == TierOrder::kAsListed || order == TierOrder::kByWeight) return;
  for (const ir::Candidate& candidate : selection.candidates) {
    const ir::Deployment& deployment = policy_.deployments[candidate.deployment.index];
    bool stated = order != TierOrder::kFastest || deployment.first_token_ms.has_value();
    if (order == TierOrder::kQuality) stated = policy_.models[deployment.model.index].quality.has_value();
    if (stated) continue;
    Report(diagnostics::Builder(Code::kR0303, span,
                                "`" + deployment.name + "` does not state its `" +
                                    (order == TierOrder::kFastest ? "first token" : "quality") + "`, which this order needs")
               .AddNote(deployment.span, "`" + deployment.name + "` is declared here")
               .WithHint("state the fact, so that nothing is guessed"));
    return;
  }
  // Smaller is better for each key; equal keys keep the order in which the deployments were declared or listed.
  auto key = [&](const ir::Candidate& candidate) -> std::int64_t {
    const ir::Deployment& deployment = policy_.deployments[candidate.deployment.index];
    if (order == TierOrder::kCheapest) return deployment.price_in.micros + deployment.price_out.micros;
    if (order == TierOrder::kFastest) return deployment.first_token_ms->micros;
    return -policy_.models[deployment.model.index].quality->micros;
  };
  std::stable_sort(selection.candidates.begin(), selection.candidates.end(),
                   [&](const ir::Candidate& a, const ir::Candidate& b) { return key(a) < key(b); });
}

void Resolver::ReplaceOrder(ResolvedSelection& selection, const ast::Order& order) {
  if (selection.ordered_by == ResolvedSelection::OrderedBy::kSelection) {
    Error(Code::kR0302, order.span,
          "`cheapest`, `fastest` and `best` order a selection already, and another order would select others",
          "take this order out, or select with `deployments` alone");
  }
  bool weighted = std::ranges::any_of(selection.candidates, [](const ir::Candidate& c) { return c.weight != 1; });
  if ((weighted || selection.order == TierOrder::kByWeight) && order.order != TierOrder::kByWeight) {
    Error(Code::kR0306, order.span, "the deployments have weights, which this order ignores",
          "take out the weights or the order");
  }
  ApplyOrder(selection, order.order, order.span);
}

auto Resolver::ResolveSelection(const ast::Selection& selection) -> ResolvedSelection {
  ResolvedSelection result;
  std::optional<ir::DeploymentTest> test;
  if (selection.test) test = ResolveTest(*selection.test);
  for (std::uint32_t i = 0; i < policy_.deployments.size(); ++i) {
    if (!test || SurelyHolds(*test, {i})) result.candidates.push_back({{i}, 1});
  }
  if (result.candidates.empty() && !emitter_.has_errors()) {
    Error(Code::kR0304, selection.span, "no deployment is selected here", "loosen the test, or add a deployment that passes it");
  }
  if (selection.order) {
    ApplyOrder(result, *selection.order, selection.span);
    result.ordered_by = ResolvedSelection::OrderedBy::kSelection;
  }
  if (selection.count) {
    result.limit = PositiveInteger(*selection.count, kMaxDeployments, "the count");
  } else if (selection.number == ast::Selection::Number::kOne) {
    result.limit = 1;
  }
  return result;
}

auto Resolver::ResolveMembers(const ast::Members& members) -> ResolvedSelection {
  ResolvedSelection result;
  std::map<std::string, const ast::Member*> seen;
  for (const ast::Member& member : members) {
    auto deployment = deployment_names_.Find(member.name.text);
    if (!deployment) {
      if (IsService(member.name)) continue;
      if (group_names_.Contains(member.name.text)) {
        Error(Code::kR0201, member.name.span, "`" + member.name.text + "` is a group, and a list is made of deployments",
              "list its deployments");
      } else {
        UnknownName("deployment", member.name, deployment_names_.Names());
      }
      continue;
    }
    if (auto [earlier, first] = seen.try_emplace(member.name.text, &member); !first) {
      bool same = TextOf(SpanOf(*earlier->second)) == TextOf(SpanOf(member));
      Error(Code::kR0207, member.name.span, "`" + member.name.text + "` is listed twice", "take one out",
            same ? diagnostics::DeleteFromList(sources_, SpanOf(*(&member - 1)), SpanOf(member)) : std::nullopt);
      continue;
    }
    ir::Candidate candidate{{*deployment}, 1};
    if (member.weight) {
      result.order = TierOrder::kByWeight;
      candidate.weight = PositiveInteger(*member.weight, kMaxWeight, "a weight").value_or(1);
    }
    result.candidates.push_back(candidate);
  }
  return result;
}

void Resolver::AddGroup(const ast::Group& declared) {
  ResolvedSelection group;
  if (const auto* selection = std::get_if<ast::Selection>(&declared.what)) {
    group = ResolveSelection(*selection);
  } else {
    group = ResolveMembers(std::get<ast::Members>(declared.what));
  }
  if (declared.order) {
    ReplaceOrder(group, *declared.order);
  }
  if (deployment_names_.Contains(declared.name.text)) {
    Report(diagnostics::Builder(Code::kR0202, declared.name.span, "`" + declared.name.text + "` is a deployment already")
               .AddNote(deployment_names_.SpanOf(declared.name.text), "it is declared here")
               .WithHint("give the group another name"));
    return;
  }
  auto index = static_cast<std::uint32_t>(groups_.size());
  if (Declare(group_names_, "group", declared.name, index)) groups_.push_back(std::move(group));
}

auto Resolver::ResolveTier(const ast::Tier& tier) -> ir::Tier {
  ResolvedSelection selection;
  Span target = tier.span;
  if (const auto* inline_selection = std::get_if<ast::Selection>(&tier.target)) {
    selection = ResolveSelection(*inline_selection);
    target = inline_selection->span;
  } else if (const auto* name = std::get_if<ast::Name>(&tier.target)) {
    target = name->span;
    if (auto group = group_names_.Find(name->text)) {
      selection = groups_[*group];
    } else if (auto deployment = deployment_names_.Find(name->text)) {
      selection.candidates.push_back({{*deployment}, 1});
    } else {
      std::vector<std::string> known = group_names_.Names();
      for (const std::string& each : deployment_names_.Names()) known.push_back(each);
      if (!IsService(*name)) UnknownName("group or deployment", *name, known);
    }
  } else {
    selection = ResolveMembers(std::get<ast::Members>(tier.target));
  }
  auto once = [&](std::string_view words, const std::vector<ast::Quantity>& stated) {
    if (stated.size() < 2) return;
    Error(Code::kR0302, stated[1].span, "this tier says its `" + std::string(words) + "` twice", "take one of the two out",
          SameTwiceFix(words, stated[0].span, stated[1].span));
  };
  if (!tier.order.empty()) {
    if (tier.order.size() > 1) {
      Error(Code::kR0302, tier.order.back().span, "this tier says its order twice", "take one of the two out",
            SameTwiceFix("", tier.order[0].span, tier.order[1].span));
    }
    ReplaceOrder(selection, tier.order[0]);
  }
  ir::Tier result;
  result.label = TextOf(target);
  result.order = selection.order;
  result.candidates = std::move(selection.candidates);
  result.limit = selection.limit;
  result.span = tier.span;
  if (!tier.within.empty()) {
    once("within", tier.within);
    result.within_ms = Milliseconds(tier.within[0], "the time of a tier");
  }
  if (!tier.retry.empty()) {
    once("retry", tier.retry);
    result.retries = PositiveInteger(tier.retry[0], kMaxRetries, "the number of retries");
  }
  return result;
}

}  // namespace route::resolve
